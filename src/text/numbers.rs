//! Records of unsigned integers in a flat JSON array, eight bytes at a time.
//!
//! The digits of a number are found and folded in one 64-bit word (the well-known multiplication
//! trick, see Daniel Lemire's "Number parsing at a gigabyte per second"); anything out of the
//! ordinary falls back to a byte loop.

/// The most numbers a record may have.
pub(crate) const MAX_FIELDS: usize = 16;

/// One record: the numbers, and where each starts in the input.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) values: [u64; MAX_FIELDS],
    pub(crate) starts: [usize; MAX_FIELDS],
}

/// What came of reading a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// A record with the comma or the bracket behind it: `next` is the position after that, and
    /// `last` tells that it was the bracket.
    Record { next: usize, last: bool },
    /// The input ends before the record does.
    More,
    /// Neither, because of the byte at this position.
    Bad(usize),
}

impl Record {
    /// Reads `width` (at most [`MAX_FIELDS`]) numbers from `at` on.
    #[inline(always)]
    pub(crate) fn read(&mut self, width: usize, input: &[u8], mut at: usize) -> Read {
        for field in 0..width.min(MAX_FIELDS) {
            if let Some((value, next)) = quick(input, at) {
                self.values[field] = value;
                self.starts[field] = at;
                at = next;
                continue;
            }
            match slow(input, at) {
                Slow::Number { value, start, next, last } => {
                    self.values[field] = value;
                    self.starts[field] = start;
                    at = next;
                    if last {
                        let whole = field + 1 == width;
                        return if whole { Read::Record { next, last } } else { Read::Bad(at - 1) };
                    }
                }
                Slow::More => return Read::More,
                Slow::Bad(at) => return Read::Bad(at),
            }
        }
        Read::Record { next: at, last: false }
    }
}

/// JSON's white space.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// Position of the first byte from `at` on that is not white space.
pub(crate) fn skip_space(input: &[u8], at: usize) -> usize {
    let rest = input.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| is_space(**byte)).count()
}

/// Position of the first byte from `at` on that is not a digit.
pub(crate) fn skip_digits(input: &[u8], at: usize) -> usize {
    let rest = input.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Appends a number in decimal.
pub(crate) fn push_decimal(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

/// The eight bytes from `at` on, the first one lowest.
#[inline(always)]
pub(crate) fn word(input: &[u8], at: usize) -> Option<u64> {
    input.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}

/// `byte` in all eight places.
pub(crate) const fn repeat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// A number of at most 15 digits with `,` or `\n,` behind it, and the position after the comma.
#[inline(always)]
fn quick(input: &[u8], at: usize) -> Option<(u64, usize)> {
    let (digits, count) = digits(word(input, at)?);
    let (value, end) = if count < 8 {
        (fold(digits, count)?, at + count)
    } else {
        let (more, extra) = self::digits(word(input, at + 8)?);
        let low = if extra == 0 { 0 } else { fold(more, extra)? };
        (fold_all(digits) * POWERS.get(extra)? + low, at + 8 + extra)
    };
    match *input.get(end)? {
        b',' => Some((value, end + 1)),
        b'\n' if *input.get(end + 1)? == b',' => Some((value, end + 2)),
        _ => None,
    }
}

const POWERS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// A word of text as digits' values, and how many digits it starts with.
#[inline(always)]
fn digits(word: u64) -> (u64, usize) {
    let values = word ^ repeat(b'0');
    // 0..=9 stay below 0x80, 10..=0x7F reach it; a carry can only come out of a byte that is no
    // digit, so the lowest mark is right.
    let marks = (values.wrapping_add(repeat(0x76)) | values) & repeat(0x80);
    (values, marks.trailing_zeros() as usize / 8)
}

/// The number of the first `count` digits, 1 to 7 of them: the others are shifted out and become
/// leading zeros.
#[inline(always)]
fn fold(digits: u64, count: usize) -> Option<u64> {
    if count == 0 || count > 7 {
        return None;
    }
    Some(fold_all(digits << (64 - 8 * count)))
}

/// The number of eight digits: pairs, then fours, then all.
#[inline(always)]
fn fold_all(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_FFFF_0000_FFFF;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xFFFF_FFFF
}

enum Slow {
    Number { value: u64, start: usize, next: usize, last: bool },
    More,
    Bad(usize),
}

/// A number with white space anywhere around it, and `,` or `]` behind it.
#[cold]
#[inline(never)]
fn slow(input: &[u8], at: usize) -> Slow {
    let start = skip_space(input, at);
    let end = skip_digits(input, start);
    let stop = skip_space(input, end);
    let Some(&stopper) = input.get(stop) else {
        return Slow::More;
    };
    let text = std::str::from_utf8(&input[start..end]).unwrap_or_default();
    match (text.parse(), stopper) {
        (Ok(value), b',' | b']') => {
            Slow::Number { value, start, next: stop + 1, last: stopper == b']' }
        }
        (Ok(_), _) => Slow::Bad(stop),
        (Err(_), _) => Slow::Bad(start),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_one(text: &str) -> (Read, u64) {
        let mut record = Record::default();
        let read = record.read(1, text.as_bytes(), 0);
        (read, record.values[0])
    }

    #[test]
    fn numbers_of_every_length() {
        for digits in 1..=19 {
            let number: u64 = "1234567890123456789"[..digits].parse().unwrap();
            for tail in [",5,6,7,8,9,0,1,2", "\n,5,6,7,8,9,0,1,2", "]", " \n, 1", ","] {
                let text = format!("{number}{tail}");
                let last = tail == "]";
                let next = digits + tail.find([',', ']']).unwrap() + 1;
                assert_eq!(read_one(&text), (Read::Record { next, last }, number), "{text}");
            }
        }
        assert_eq!(read_one(&format!("{},", u64::MAX)).1, u64::MAX);
    }

    #[test]
    fn an_open_end_wants_more() {
        for text in ["", " ", "1", "12345678", "1234567890123456789", "1 \n"] {
            assert_eq!(read_one(text).0, Read::More, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_located() {
        for (text, at) in [
            ("-1,", 0),
            (",", 0),
            ("]", 0),
            ("1.5,2,3,4,5,6", 1),
            ("1e5,", 1),
            ("1 2,", 2),
            ("\"1\",", 0),
            ("18446744073709551616,", 0),
            ("123\u{e9},2,3,4,5,6", 3),
            ("1}2,3,4,5,6,7", 1),
        ] {
            assert_eq!(read_one(text).0, Read::Bad(at), "{text}");
        }
    }

    #[test]
    fn a_short_record_is_bad() {
        let mut record = Record::default();
        assert_eq!(record.read(3, b"1,2]", 0), Read::Bad(3));
        assert_eq!(record.read(3, b"1,2,3]", 0), Read::Record { next: 6, last: true });
        assert_eq!(record.starts[..3], [0, 2, 4]);
        assert_eq!(record.read(3, b"1,2,3", 0), Read::More);
    }

    proptest! {
        #[test]
        fn as_str_parse_does(
            numbers in proptest::collection::vec(
                prop_oneof![0_u64..20, 0_u64..2_000_000_000, any::<u64>()], 1..12),
            newlines in any::<bool>(),
        ) {
            let separator = if newlines { "\n," } else { "," };
            let words: Vec<String> = numbers.iter().map(u64::to_string).collect();
            let text = format!("{}]", words.join(separator));
            let mut record = Record::default();
            let read = record.read(numbers.len(), text.as_bytes(), 0);
            prop_assert_eq!(read, Read::Record { next: text.len(), last: true });
            prop_assert_eq!(&record.values[..numbers.len()], &numbers[..]);
            for (start, word) in record.starts.iter().zip(&words) {
                prop_assert!(text[*start..].starts_with(word.as_str()));
            }
            for cut in 0..text.len() {
                let read = record.read(numbers.len(), &text.as_bytes()[..cut], 0);
                prop_assert_eq!(read, Read::More);
            }
        }

        #[test]
        fn decimal_as_display_does(number in any::<u64>(), shift in 0_u32..64) {
            let number = number >> shift;
            let mut out = Vec::new();
            push_decimal(&mut out, number);
            prop_assert_eq!(out, number.to_string().into_bytes());
        }
    }
}
