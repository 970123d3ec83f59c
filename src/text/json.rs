//! A JSON text token by token: no tree, no recursion, any nesting.
//!
//! What is skipped is not judged: a wrong bracket in a value that nobody asked for may pass.

use memchr::memchr2;

use super::input::{Input, invalid};
use super::string::{Text, read_text};
use crate::error::Result;

/// Bytes that are kept of a string.
const KEPT: usize = 4096;

/// The longest number that is taken for one, in bytes.
const LONGEST_NUMBER: usize = 64;

/// Numbers that a double holds exactly, as `Number.MAX_SAFE_INTEGER` has it.
const MOST_EXACT: f64 = 9_007_199_254_740_991.0;

/// Reads tokens.
pub(crate) struct Json<'a> {
    input: Input<'a>,
    scratch: Scratch,
}

/// A string that a chunk ends in, or one with escapes.
#[derive(Default)]
struct Scratch(Vec<u8>);

impl Text for Scratch {
    fn add(&mut self, text: &[u8]) {
        let room = KEPT.saturating_sub(self.0.len());
        self.0.extend_from_slice(&text[..text.len().min(room)]);
    }
}

impl<'a> Json<'a> {
    /// At the beginning of a text.
    pub(crate) fn new(input: Input<'a>) -> Self {
        Self { input, scratch: Scratch::default() }
    }

    /// Offset in the text of the next byte.
    pub(crate) fn offset(&self) -> u64 {
        self.input.offset()
    }

    /// Something is wrong at the next byte.
    pub(crate) fn bad<T>(&self, detail: impl Into<String>) -> Result<T> {
        self.input.bad(detail)
    }

    /// Whether the text has no byte at all; only at its beginning.
    pub(crate) fn is_empty(&mut self) -> Result<bool> {
        Ok(self.input.rest()?.is_empty())
    }

    /// The next byte that is not white space, without taking it.
    pub(crate) fn peek(&mut self) -> Result<u8> {
        self.input.peek()
    }

    /// Takes the next byte that is not white space: `wanted`.
    pub(crate) fn expect(&mut self, wanted: u8, place: &str) -> Result<()> {
        self.input.expect(wanted, place)
    }

    /// Nothing but white space may follow.
    pub(crate) fn end(&mut self) -> Result<()> {
        self.input.end()
    }

    /// Whether the array or object that is read has one more; takes what is between, or `close`.
    pub(crate) fn more(&mut self, first: &mut bool, close: u8) -> Result<bool> {
        if std::mem::take(first) {
            return Ok(!self.input.accept(close)?);
        }
        if self.input.accept(b',')? {
            return Ok(true);
        }
        self.input.expect(close, "or a comma")?;
        Ok(false)
    }

    /// The next key of the object that is read, the colon behind it taken; none at its end.
    pub(crate) fn key<T>(
        &mut self,
        first: &mut bool,
        of: impl FnOnce(&[u8]) -> T,
    ) -> Result<Option<T>> {
        if !self.more(first, b'}')? {
            return Ok(None);
        }
        let key = of(self.string()?);
        self.input.expect(b':', "after a key")?;
        Ok(Some(key))
    }

    /// A string, of a very long one the head.
    pub(crate) fn string(&mut self) -> Result<&[u8]> {
        self.input.expect(b'"', "before a string")?;
        let rest = self.input.rest()?;
        if let Some(length) = memchr2(b'"', b'\\', rest)
            && rest[length] == b'"'
        {
            let text = &self.input.take_front(length + 1)[..length];
            return Ok(&text[..length.min(KEPT)]);
        }
        self.scratch.0.clear();
        read_text(&mut self.input, &mut self.scratch)?;
        Ok(&self.scratch.0)
    }

    /// A number; one with a fraction is rounded.
    #[inline]
    pub(crate) fn integer(&mut self) -> Result<i64> {
        self.input.peek()?;
        if let Some((value, length)) = whole_integer(self.input.rest()?) {
            self.input.skip(length);
            return Ok(value);
        }
        self.slow_number()
    }

    /// A number with its fraction.
    pub(crate) fn real(&mut self) -> Result<f64> {
        self.input.peek()?;
        let start = self.offset();
        self.number_text()?;
        let text = std::str::from_utf8(&self.scratch.0).unwrap_or_default();
        text.parse().map_err(|_| invalid("expected a number", start))
    }

    /// A number that a chunk ends in, that is very long, or that is no integer.
    fn slow_number(&mut self) -> Result<i64> {
        let start = self.offset();
        self.number_text()?;
        decode_number(&self.scratch.0).map_err(|fault| invalid(fault, start))
    }

    /// Takes the bytes of a number.
    fn number_text(&mut self) -> Result<()> {
        self.scratch.0.clear();
        while let Some(byte @ (b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) =
            self.input.rest()?.first().copied()
        {
            if self.scratch.0.len() == LONGEST_NUMBER {
                return self.bad("a number that is far too long");
            }
            self.scratch.0.push(byte);
            self.input.skip(1);
        }
        Ok(())
    }

    /// The numbers of an array and the bracket behind them, each with its offset; there is one at least.
    pub(crate) fn integers(&mut self, mut each: impl FnMut(i64, u64) -> Result<()>) -> Result<()> {
        loop {
            // Those that are whole in this chunk and have a comma right behind them.
            let offset = self.offset();
            let rest = self.input.rest()?;
            let mut at = 0;
            while let Some((value, length)) = whole_integer(&rest[at..])
                && rest[at + length] == b','
            {
                each(value, offset + at as u64)?;
                at += length + 1;
            }
            self.input.skip(at);
            self.input.peek()?;
            let offset = self.offset();
            each(self.integer()?, offset)?;
            if !self.more(&mut false, b']')? {
                return Ok(());
            }
        }
    }

    /// Goes over any value.
    pub(crate) fn skip(&mut self) -> Result<()> {
        match self.peek()? {
            b'"' => self.string().map(drop),
            b'{' | b'[' => self.skip_nested(),
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'n' => self.literal(b"null"),
            b'-' | b'0'..=b'9' => self.skip_number(),
            _ => self.bad("expected a value"),
        }
    }

    /// Takes `null`, where it is next.
    pub(crate) fn null(&mut self) -> Result<bool> {
        let is_null = self.peek()? == b'n';
        if is_null {
            self.literal(b"null")?;
        }
        Ok(is_null)
    }

    fn literal(&mut self, text: &[u8]) -> Result<()> {
        for wanted in text {
            if self.input.rest()?.first() != Some(wanted) {
                return self.bad("expected a value");
            }
            self.input.skip(1);
        }
        Ok(())
    }

    /// Not judged: nobody wants it, and it may be out of every range.
    fn skip_number(&mut self) -> Result<()> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
        while self.input.rest()?.first().is_some_and(|byte| is_part(*byte)) {
            self.input.skip(1);
        }
        Ok(())
    }

    fn skip_nested(&mut self) -> Result<()> {
        let mut depth = 0_u64;
        loop {
            let rest = self.input.rest()?;
            if rest.is_empty() {
                return self.bad("the text ends too early");
            }
            let is_mark = |byte: &u8| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']');
            let Some(at) = rest.iter().position(is_mark) else {
                let length = rest.len();
                self.input.skip(length);
                continue;
            };
            let mark = rest[at];
            self.input.skip(at);
            if mark == b'"' {
                self.string()?;
                continue;
            }
            self.input.skip(1);
            depth = if matches!(mark, b'{' | b'[') { depth + 1 } else { depth - 1 };
            if depth == 0 {
                return Ok(());
            }
        }
    }
}

/// An integer of at most 18 digits that something else than a number's byte follows, and its length.
#[inline]
fn whole_integer(text: &[u8]) -> Option<(i64, usize)> {
    let sign = usize::from(text.first() == Some(&b'-'));
    let mut value = 0_i64;
    for (count, byte) in text[sign..].iter().enumerate() {
        match byte {
            b'0'..=b'9' if count < 18 => value = value * 10 + i64::from(byte - b'0'),
            b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-' => return None,
            _ if count == 0 => return None,
            _ => return Some((if sign == 1 { -value } else { value }, sign + count)),
        }
    }
    None
}

fn decode_number(text: &[u8]) -> std::result::Result<i64, &'static str> {
    let text = std::str::from_utf8(text).unwrap_or_default();
    if let Ok(value) = text.parse() {
        return Ok(value);
    }
    match text.parse::<f64>() {
        Ok(value) if value.abs() <= MOST_EXACT => Ok(value.round() as i64),
        Ok(_) => Err("a number that is out of range"),
        Err(_) => Err("expected a number"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::sync::mpsc::{channel, sync_channel};

    use super::super::source::{Control, HEADROOM};

    /// Reads `text`, `size` bytes at a time.
    fn with<T>(text: &str, size: usize, read: impl FnOnce(&mut Json<'_>) -> T) -> T {
        let (send, chunks) = sync_channel(text.len() + 1);
        let (spare, _spares) = channel();
        for piece in text.as_bytes().chunks(size) {
            send.send(Ok([&[0; HEADROOM][..], piece].concat())).unwrap();
        }
        drop(send);
        let control = Control::default();
        read(&mut Json::new(Input::new(chunks, spare, &control)))
    }

    #[test]
    fn numbers_of_every_kind() {
        for (text, value) in [
            ("0,", Some(0)),
            ("-7]", Some(-7)),
            ("1.5e3 ", Some(1_500)),
            ("2.5}", Some(3)),
            ("-0.4,", Some(0)),
            ("123456789012345678,", Some(123_456_789_012_345_678)),
            ("9223372036854775807,", Some(i64::MAX)),
            ("9223372036854775808,", None),
            ("1e300,", None),
            ("-,", None),
            ("x,", None),
            ("\"1\",", None),
            ("1e,", None),
        ] {
            for size in 1..=text.len() {
                assert_eq!(with(text, size, |json| json.integer().ok()), value, "{text} {size}");
            }
        }
    }

    #[test]
    fn strings_across_chunks() {
        let text = "\"a\\u00e9\\n\\\"z\"";
        for size in 1..=text.len() {
            let found = with(text, size, |json| json.string().unwrap().to_vec());
            assert_eq!(found, "aé\n\"z".as_bytes());
        }
        let long = format!("\"{}\"", "y".repeat(10_000));
        for size in [100, 20_000] {
            assert_eq!(with(&long, size, |json| json.string().unwrap().len()), KEPT);
        }
    }

    #[test]
    fn any_value_is_skipped() {
        for value in ["null", "true", "-1.5e7", "\"]\\\"\"", "[[{\"a\":[1,\"}\"]}],2]", "{}"] {
            for size in 1..=value.len() + 2 {
                let text = format!(" {value},9 ");
                let next = with(&text, size, |json| {
                    json.skip().unwrap();
                    json.expect(b',', "").unwrap();
                    json.integer().unwrap()
                });
                assert_eq!(next, 9, "{value}");
            }
        }
    }

    #[test]
    fn no_nesting_is_too_deep() {
        let text = format!("{}{},", "[".repeat(1 << 20), "]".repeat(1 << 20));
        with(&text, 1 << 16, |json| json.skip()).unwrap();
        assert!(with(&text[..1 << 20], 1 << 16, |json| json.skip()).is_err());
    }
}
