//! Replaces what the program's strings say by their length and a keyed hash.
//!
//! One string of the table may serve as a name (of a property, a class) and as a value at once, so
//! every index `i` becomes `2 * i` where it is a name and `2 * i + 1` where it is a value. Hashes
//! tell equal strings of one process apart from others; without the key nobody can test a guess.

use sha2::{Digest, Sha256};

use super::weakmap;
use crate::heap::numbers::push_decimal;

/// V8 cuts longer strings to this many UTF-16 units.
const CUT_UNITS: usize = 1_024;
/// Hexadecimal digits of the hash that are kept.
const HASH_DIGITS: usize = 12;

/// Knows which strings are names and values, and writes both versions.
pub(super) struct Redactor {
    key: [u8; 16],
    uses: Uses,
}

impl Redactor {
    /// With the secret of this process.
    pub(super) fn new(key: [u8; 16]) -> Self {
        Self { key, uses: Uses::default() }
    }

    /// Marks string `index` as used, and gives the index of the version to use.
    #[inline]
    pub(super) fn refer(&mut self, index: u32, value: bool) -> u64 {
        self.uses.set(index, value);
        2 * u64::from(index) + u64::from(value)
    }

    /// Appends both versions of string `index`, whose text in JSON is `text`: `"name","value"`.
    pub(super) fn push_versions(&self, index: u64, text: &[u8], out: &mut Vec<u8>) {
        let (name, value) = self.uses.get(index);
        out.push(b'"');
        if name {
            match weakmap::redact(text) {
                Some(safe) => out.extend_from_slice(&safe),
                None => out.extend_from_slice(text),
            }
        }
        out.extend_from_slice(b"\",\"");
        if value && !text.is_empty() {
            self.push_value(text, out);
        }
        out.push(b'"');
    }

    fn push_value(&self, text: &[u8], out: &mut Vec<u8>) {
        out.push(b'<');
        let units = utf16_units(text);
        if units >= CUT_UNITS {
            out.extend_from_slice(b"1024+");
        } else {
            push_decimal(out, units as u64);
        }
        out.extend_from_slice(b" chars #");
        let hash = Sha256::new().chain_update(self.key).chain_update(text).finalize();
        let digits = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]).take(HASH_DIGITS);
        out.extend(digits.map(|digit| b"0123456789abcdef"[usize::from(digit)]));
        out.push(b'>');
    }
}

/// Length of a JSON string's inside in UTF-16 units; an escape is one unit.
fn utf16_units(text: &[u8]) -> usize {
    let mut units = 0;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let (unit, length) = match (byte, text.get(at + 1)) {
            (b'\\', Some(b'u')) => (1, 6),
            (b'\\', _) => (1, 2),
            (0x80..=0xBF, _) => (0, 1),
            (0xF0.., _) => (2, 1),
            _ => (1, 1),
        };
        units += unit;
        at += length;
    }
    units
}

/// Strings per page, and the 64-bit words they need at two bits each.
const PAGE_STRINGS: usize = 1 << 16;
const PAGE_WORDS: usize = PAGE_STRINGS * 2 / 64;

/// Two bits a string, in pages made on first use: a wild index costs one page (16 KiB) and 512 KiB
/// of directory at most.
#[derive(Default)]
struct Uses {
    pages: Vec<Option<Box<[u64; PAGE_WORDS]>>>,
}

impl Uses {
    #[inline]
    fn set(&mut self, index: u32, value: bool) {
        let (page, word, shift) = place(index);
        if page >= self.pages.len() {
            self.pages.resize_with(page + 1, || None);
        }
        let page = self.pages[page].get_or_insert_with(|| Box::new([0; PAGE_WORDS]));
        page[word] |= 1 << (shift + u32::from(value));
    }

    /// Used as a name, used as a value.
    fn get(&self, index: u64) -> (bool, bool) {
        let Ok(index) = u32::try_from(index) else {
            return (false, false);
        };
        let (page, word, shift) = place(index);
        let page = self.pages.get(page).and_then(Option::as_deref);
        let bits = page.map_or(0, |page| page[word] >> shift);
        (bits & 1 != 0, bits & 2 != 0)
    }
}

/// Page, word in it, and the first bit's place in that.
#[inline]
fn place(index: u32) -> (usize, usize, u32) {
    let index = index as usize;
    (index / PAGE_STRINGS, index % PAGE_STRINGS / 32, (index % 32) as u32 * 2)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn versions(text: &str, uses: &[bool]) -> String {
        let mut redactor = Redactor::new(*b"0123456789abcdef");
        for value in uses {
            assert_eq!(redactor.refer(70_000, *value), 140_000 + u64::from(*value));
        }
        let mut out = Vec::new();
        redactor.push_versions(70_000, text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_version_only_if_used() {
        // sha256sum of "0123456789abcdefhunter2"
        let value = "<7 chars #ad04b95c5201>";
        assert_eq!(versions("hunter2", &[]), r#""","""#);
        assert_eq!(versions("hunter2", &[false]), r#""hunter2","""#);
        assert_eq!(versions("hunter2", &[true]), format!(r#""","{value}""#));
        assert_eq!(versions("hunter2", &[true, false]), format!(r#""hunter2","{value}""#));
        assert_eq!(versions("", &[true, false]), r#""","""#);
    }

    #[test]
    fn names_of_pairs_are_emptied() {
        let text = "1 / part of key (a @2) -> value (secret @3) pair in WeakMap (table @4)";
        assert_eq!(
            versions(text, &[false]),
            "\"1 / part of key (* @2) -> value (* @3) pair in WeakMap (table @4)\",\"\""
        );
    }

    #[test]
    fn lengths() {
        for (text, units) in [
            ("", 0),
            ("abc", 3),
            (r#"\n\"\\"#, 3),
            (r"\u00e9x", 2),
            (r"\uD83D\uDE00", 2),
            (r"\\u00e9", 6),
            ("\u{e9}", 1),
            ("\u{20ac}", 1),
            ("\u{1F600}", 2),
            ("\\", 1),
        ] {
            assert_eq!(utf16_units(text.as_bytes()), units, "{text}");
        }
    }

    #[test]
    fn cut_strings_say_so() {
        let value = |length: usize| versions(&"x".repeat(length), &[true]);
        assert!(value(1_023).contains("\"<1023 chars #"));
        assert!(value(1_024).contains("\"<1024+ chars #"));
        assert!(value(9_999).contains("\"<1024+ chars #"));
    }

    #[test]
    fn the_key_matters() {
        let mut out = [Vec::new(), Vec::new()];
        for (key, out) in [1, 2].into_iter().zip(&mut out) {
            let mut redactor = Redactor::new([key; 16]);
            redactor.refer(0, true);
            redactor.push_versions(0, b"same", out);
        }
        assert_ne!(out[0], out[1]);
    }

    proptest! {
        #[test]
        fn uses_as_a_set_does(
            marks in proptest::collection::vec((0_u32..300_000, any::<bool>()), 0..50),
            wild in any::<u32>(),
        ) {
            let mut uses = Uses::default();
            uses.set(wild, true);
            for (index, value) in &marks {
                uses.set(*index, *value);
            }
            let marked = |index, value| marks.contains(&(index, value));
            for (index, _) in &marks {
                let expected = (marked(*index, false), marked(*index, true) || wild == *index);
                prop_assert_eq!(uses.get(u64::from(*index)), expected);
            }
            prop_assert!(uses.get(u64::from(wild)).1);
            prop_assert_eq!(uses.get(u64::MAX), (false, false));
        }
    }
}
