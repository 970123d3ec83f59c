//! Finds where a JSON value ends, and where a JSON string does, in pieces of any size.

use crate::heap::numbers::{is_space, repeat, word};

/// Position, from `at` on, of the first quote or backslash.
#[inline]
pub(super) fn find_special(input: &[u8], mut at: usize) -> Option<usize> {
    const ONES: u64 = repeat(1);
    const HIGHS: u64 = repeat(0x80);
    // Marks the zero bytes; wrong ones can only stand above a right one.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    while let Some(word) = word(input, at) {
        let marks = zeros(word ^ repeat(b'"')) | zeros(word ^ repeat(b'\\'));
        if marks != 0 {
            return Some(at + marks.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let tail = input.get(at..)?;
    tail.iter().position(|byte| matches!(byte, b'"' | b'\\')).map(|found| at + found)
}

/// The inside of a JSON string, read piece by piece.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Inside {
    escaped: bool,
}

impl Inside {
    /// Position of the closing quote, from `at` on; none if it is not in this piece.
    #[inline]
    pub(super) fn find_end(&mut self, input: &[u8], mut at: usize) -> Option<usize> {
        if self.escaped && at < input.len() {
            self.escaped = false;
            at += 1;
        }
        loop {
            let found = find_special(input, at)?;
            if input[found] == b'"' {
                return Some(found);
            }
            if found + 1 == input.len() {
                self.escaped = true;
                return None;
            }
            at = found + 2;
        }
    }
}

/// A JSON value that nobody wants to read. Brackets are counted, not matched by kind.
#[derive(Debug, Default)]
pub(super) struct Skipper {
    depth: u64,
    string: Option<Inside>,
    scalar: bool,
}

impl Skipper {
    /// How many bytes of `input` belong to the value, and whether it ends there. A value that is
    /// neither string, array nor object ends before the comma, bracket or space behind it.
    pub(super) fn skip(&mut self, input: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            if let Some(inside) = &mut self.string {
                let Some(end) = inside.find_end(input, at) else {
                    return (input.len(), false);
                };
                self.string = None;
                at = end + 1;
                if self.depth == 0 {
                    return (at, true);
                }
                continue;
            }
            let ends_scalar = self.scalar && (matches!(byte, b',' | b'}' | b']') || is_space(byte));
            if ends_scalar {
                return (at, true);
            }
            at += 1;
            match byte {
                b'"' => self.string = Some(Inside::default()),
                b'[' | b'{' => self.depth += 1,
                b']' | b'}' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return (at, true);
                    }
                }
                _ => self.scalar = self.depth == 0,
            }
        }
        (at, false)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Skips the value, fed in pieces of `size` bytes; its length, if it ended.
    fn length(text: &str, size: usize) -> Option<usize> {
        let mut skipper = Skipper::default();
        let mut total = 0;
        for piece in text.as_bytes().chunks(size) {
            let (used, done) = skipper.skip(piece);
            total += used;
            if done {
                return Some(total);
            }
            assert_eq!(used, piece.len());
        }
        None
    }

    #[test]
    fn values_end_where_they_should() {
        for value in [
            "[]",
            "{}",
            "[1,[2,[]],\"]\"]",
            r#"{"a\"]}":[{"b":"\\"}]}"#,
            r#""text \" [""#,
            r#""\\""#,
            "12",
            "-1.5e3",
            "true",
            "null",
        ] {
            for rest in [",\"next\":1", "}", "\n}"] {
                for size in [1, 2, 3, 100] {
                    assert_eq!(length(&format!("{value}{rest}"), size), Some(value.len()));
                }
            }
        }
    }

    #[test]
    fn open_values_go_on() {
        for value in ["[", "[[]", "\"", "\"\\\"", "{\"a\":", "12", ""] {
            for size in [1, 100] {
                assert_eq!(length(value, size), None, "{value}");
            }
        }
    }

    proptest! {
        #[test]
        fn special_as_position_does(text in "[ a\"\\\\\u{a2}]{0,40}", at in 0_usize..50) {
            let bytes = text.as_bytes();
            let naive = bytes.iter().skip(at).position(|b| matches!(b, b'"' | b'\\'));
            prop_assert_eq!(find_special(bytes, at), naive.map(|found| at + found));
        }
    }
}
