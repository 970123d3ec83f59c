//! Strings and functions, each once.

use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::limit::{MOST_NAMES, grow};
use crate::error::Result;

/// Gives each different string a number, in the order of their coming.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: FxHashMap<Box<[u8]>, u32>,
}

impl Names {
    /// The number of a string.
    pub(super) fn number(&mut self, text: &[u8]) -> Result<u32> {
        if let Some(number) = self.numbers.get(text) {
            return Ok(*number);
        }
        let number = grow(self.numbers.len(), MOST_NAMES, "different names")?;
        self.numbers.insert(text.into(), number);
        Ok(number)
    }

    /// All strings by their numbers; what is no UTF-8 becomes U+FFFD.
    pub(super) fn into_texts(self) -> Vec<String> {
        let mut texts = vec![String::new(); self.numbers.len()];
        for (text, number) in self.numbers {
            texts[number as usize] = String::from_utf8_lossy(&text).into_owned();
        }
        texts
    }
}

/// Gives each different key a number, in the order of their coming.
#[derive(Debug)]
pub(super) struct Numbered<K> {
    numbers: FxHashMap<K, u32>,
    keys: Vec<K>,
}

impl<K> Default for Numbered<K> {
    fn default() -> Self {
        Self { numbers: FxHashMap::default(), keys: Vec::new() }
    }
}

impl<K: Copy + Eq + Hash> Numbered<K> {
    /// The number of a key.
    pub(super) fn number(&mut self, key: K) -> u32 {
        *self.numbers.entry(key).or_insert_with(|| {
            self.keys.push(key);
            self.keys.len() as u32 - 1
        })
    }

    /// All keys by their numbers.
    pub(super) fn into_keys(self) -> Vec<K> {
        self.keys
    }
}
