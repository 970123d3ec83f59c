//! JSON strings: escapes become UTF-8.

use memchr::memchr2;

use super::input::Input;
use crate::error::Result;

/// Where the text of a string goes, piece by piece.
pub(crate) trait Text {
    /// Takes the next piece, or as much of it as is wanted.
    fn add(&mut self, text: &[u8]);
}

/// Text up to and with the closing quote.
pub(crate) fn read_text(input: &mut Input<'_>, out: &mut impl Text) -> Result<()> {
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

fn read_escape(input: &mut Input<'_>, out: &mut impl Text) -> Result<()> {
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
fn read_unicode(input: &mut Input<'_>, out: &mut impl Text) -> Result<()> {
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
