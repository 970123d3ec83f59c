//! JSON, a piece at a time.

use std::io::{self, Write};

/// Writes an array; `item` writes each of its items.
pub(super) fn list<T>(
    out: &mut dyn Write,
    items: impl Iterator<Item = T>,
    mut item: impl FnMut(&mut dyn Write, T) -> io::Result<()>,
) -> io::Result<()> {
    out.write_all(b"[")?;
    for (number, value) in items.enumerate() {
        if number > 0 {
            out.write_all(b",")?;
        }
        item(out, value)?;
    }
    out.write_all(b"]")
}

/// Bytes of numbers that are written at once: a profile of an hour has many millions.
const BLOCK: usize = 1 << 10;

/// Writes an array of numbers.
pub(super) fn numbers(out: &mut dyn Write, numbers: impl Iterator<Item = i64>) -> io::Result<()> {
    let mut text = Vec::with_capacity(2 * BLOCK);
    text.push(b'[');
    for (place, number) in numbers.enumerate() {
        if place > 0 {
            text.push(b',');
        }
        push(&mut text, number);
        if text.len() > BLOCK {
            out.write_all(&text)?;
            text.clear();
        }
    }
    text.push(b']');
    out.write_all(&text)
}

/// Quicker than `write!`.
fn push(text: &mut Vec<u8>, number: i64) {
    let mut digits = [0; 20];
    let (mut rest, mut at) = (number.unsigned_abs(), digits.len());
    while at == digits.len() || rest > 0 {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    if number < 0 {
        text.push(b'-');
    }
    text.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size() {
        let mut out = Vec::new();
        let rows = [0, -1, 10, i64::MIN, i64::MAX];
        numbers(&mut out, rows.into_iter()).unwrap();
        assert_eq!(serde_json::from_slice::<Vec<i64>>(&out).unwrap(), rows);
        out.clear();
        let many: Vec<i64> = (-1000..1000).map(|number| number * 7_777).collect();
        numbers(&mut out, many.iter().copied()).unwrap();
        assert_eq!(serde_json::from_slice::<Vec<i64>>(&out).unwrap(), many);
        out.clear();
        numbers(&mut out, std::iter::empty()).unwrap();
        assert_eq!(out, b"[]");
    }
}
