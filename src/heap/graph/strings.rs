//! The string table: one blob and offsets.

use std::borrow::Cow;

use memchr::memchr2;

use super::input::Input;
use crate::error::Result;

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

    fn add(&mut self, text: &[u8]) {
        let start = self.start();
        let most = if start > LARGE_TABLE { KEPT_IN_LARGE } else { KEPT };
        let room = most.saturating_sub(self.blob.len() - start);
        self.blob.extend_from_slice(&text[..text.len().min(room)]);
    }

    fn end(&mut self) {
        self.ends.push(self.blob.len() as u64);
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

/// Text up to and with the closing quote.
fn read_text(input: &mut Input<'_>, out: &mut Strings) -> Result<()> {
    loop {
        let rest = input.rest()?;
        if rest.is_empty() {
            return input.bad("the text ends in the middle of a string");
        }
        let stop = memchr2(b'"', b'\\', rest);
        let length = stop.unwrap_or(rest.len());
        out.add(&rest[..length]);
        let stopper = stop.map(|at| rest[at]);
        input.skip(length + usize::from(stopper.is_some()));
        match stopper {
            Some(b'"') => return Ok(()),
            Some(_) => read_escape(input, out)?,
            None => {}
        }
    }
}

fn read_escape(input: &mut Input<'_>, out: &mut Strings) -> Result<()> {
    let byte = input.byte()?;
    let plain = match byte {
        b'"' | b'\\' | b'/' => byte,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return read_unicode(input, out),
        _ => return input.bad("an unknown escape in a string"),
    };
    out.add(&[plain]);
    Ok(())
}

/// A UTF-16 unit, with its other half where it has one; halves alone become U+FFFD.
fn read_unicode(input: &mut Input<'_>, out: &mut Strings) -> Result<()> {
    let mut unit = hex4(input)?;
    loop {
        let mut text = [0; 4];
        if !(0xD800..0xDC00).contains(&unit) {
            let char = char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.add(char.encode_utf8(&mut text).as_bytes());
            return Ok(());
        }
        if input.rest()?.first() != Some(&b'\\') {
            out.add("\u{FFFD}".as_bytes());
            return Ok(());
        }
        input.skip(1);
        if input.rest()?.first() != Some(&b'u') {
            out.add("\u{FFFD}".as_bytes());
            return read_escape(input, out);
        }
        input.skip(1);
        let low = hex4(input)?;
        if (0xDC00..0xE000).contains(&low) {
            let code = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            let char = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.add(char.encode_utf8(&mut text).as_bytes());
            return Ok(());
        }
        out.add("\u{FFFD}".as_bytes());
        unit = low;
    }
}

fn hex4(input: &mut Input<'_>) -> Result<u32> {
    let mut unit = 0;
    for _ in 0..4 {
        let byte = input.byte()?;
        match char::from(byte).to_digit(16) {
            Some(digit) => unit = unit << 4 | digit,
            None => return input.bad("four hexadecimal digits are missing in a string"),
        }
    }
    Ok(unit)
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
