//! The string table: one blob and offsets.

use std::borrow::Cow;

use super::input::Input;
use crate::error::Result;
use crate::text::string::{Text, read_text};

/// Bytes that are kept of a string: V8 itself cuts at 1,024 characters unless told otherwise.
const KEPT: usize = 4096;

/// Above this size of the table, and of a string, only the head is kept: names stay whole.
const LARGE_TABLE: usize = 256 << 20;
const KEPT_IN_LARGE: usize = 96;

/// All strings of a file, or the heads of very long ones.
#[derive(Debug, Default)]
pub struct Strings {
    blob: Vec<u8>,
    /// Where each ends.
    ends: Vec<u64>,
}

impl Strings {
    /// Number of strings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The bytes of a string; empty where there is no such string.
    #[must_use]
    pub fn bytes(&self, index: u32) -> &[u8] {
        let index = index as usize;
        let Some(&end) = self.ends.get(index) else { return &[] };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.blob[start as usize..end as usize]
    }

    /// A string as text: lone surrogates and cut characters are U+FFFD.
    #[must_use]
    pub fn get(&self, index: u32) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes(index))
    }

    /// Index of the first string that equals `text`: a look at every one.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<u32> {
        (0..self.ends.len() as u32).find(|index| self.bytes(*index) == text.as_bytes())
    }

    /// Memory that is held, in bytes.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.blob.capacity() + self.ends.capacity() * 8
    }

    fn start(&self) -> usize {
        self.ends.last().map_or(0, |end| *end as usize)
    }

    fn end(&mut self) {
        self.ends.push(self.blob.len() as u64);
    }
}

impl Text for Strings {
    fn add(&mut self, text: &[u8]) {
        let start = self.start();
        let most = if start > LARGE_TABLE { KEPT_IN_LARGE } else { KEPT };
        let room = most.saturating_sub(self.blob.len() - start);
        self.blob.extend_from_slice(&text[..text.len().min(room)]);
    }
}

/// Reads the array of strings at the input's next byte; what is behind the first `used` is not kept.
pub(super) fn read_strings(input: &mut Input<'_>, used: usize) -> Result<Strings> {
    let mut strings = Strings::default();
    let mut unused = Strings::default();
    input.expect(b'[', "before strings")?;
    if input.accept(b']')? {
        return Ok(strings);
    }
    loop {
        input.expect(b'"', "before a string")?;
        let kept = strings.len() < used;
        if kept {
            read_text(input, &mut strings)?;
            strings.end();
        } else {
            read_text(input, &mut unused)?;
            unused.blob.clear();
        }
        if input.accept(b',')? {
            continue;
        }
        input.expect(b']', "after strings")?;
        strings.blob.shrink_to_fit();
        strings.ends.shrink_to_fit();
        return Ok(strings);
    }
}

/// A string outside the table, such as an object's key.
pub(super) fn read_string(input: &mut Input<'_>) -> Result<Vec<u8>> {
    let mut one = Strings::default();
    input.expect(b'"', "before a string")?;
    read_text(input, &mut one)?;
    Ok(one.blob)
}

#[cfg(test)]
impl<'a> FromIterator<&'a str> for Strings {
    fn from_iter<I: IntoIterator<Item = &'a str>>(texts: I) -> Self {
        let mut strings = Self::default();
        for text in texts {
            strings.add(text.as_bytes());
            strings.end();
        }
        strings
    }
}
