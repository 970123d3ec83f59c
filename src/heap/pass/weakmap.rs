//! Names of ephemeron edges, into which V8 writes the key and the value themselves.
//!
//! `3 / part of key (symbol @95) -> value (hunter2 @91) pair in WeakMap (table @97)` is the name of
//! an edge, yet `hunter2` is a string of the program. The object ids are worth keeping.

use crate::heap::numbers::skip_digits;

const BEGIN: &[u8] = b" / part of key (";
const MIDDLE: &[u8] = b") -> value (";
const END: &[u8] = b") pair in WeakMap (table @";

/// The text without key and value, if it is such a name; both as written between JSON's quotes.
///
/// What begins like one but does not go on like one loses everything behind its beginning.
pub(super) fn redact(text: &[u8]) -> Option<Vec<u8>> {
    let digits = skip_digits(text, 0);
    let (number, rest) = text.split_at(digits);
    let rest = rest.strip_prefix(BEGIN).filter(|_| digits > 0)?;
    let safe = match Ids::of(rest) {
        Some(Ids { key, value, table }) => {
            [number, BEGIN, b"* @", key, MIDDLE, b"* @", value, END, table, b")"].concat()
        }
        None => [number, BEGIN, b"*)"].concat(),
    };
    Some(safe)
}

/// Object ids, in digits.
#[derive(Debug, PartialEq, Eq)]
struct Ids<'a> {
    key: &'a [u8],
    value: &'a [u8],
    table: &'a [u8],
}

impl<'a> Ids<'a> {
    /// From the text behind [`BEGIN`]: the key's id is the first that is followed by [`MIDDLE`],
    /// the others come last.
    fn of(text: &'a [u8]) -> Option<Self> {
        let (text, table) = id_at_end(text.strip_suffix(b")")?, END)?;
        let (text, value) = id_at_end(text, b" @")?;
        let key = text.windows(2).enumerate().find_map(|(at, pair)| {
            let end = skip_digits(text, at + 2);
            let found = pair == b" @" && end > at + 2 && text[end..].starts_with(MIDDLE);
            found.then(|| &text[at + 2..end])
        })?;
        Some(Self { key, value, table })
    }
}

/// Splits `text` into what comes before `mark` and the digits behind it.
fn id_at_end<'a>(text: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, id) = text.split_at(text.len() - digits);
    Some((before.strip_suffix(mark)?, id)).filter(|_| digits > 0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn redacted(text: &str) -> Option<String> {
        redact(text.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn keeps_ids_only() {
        assert_eq!(
            redacted(
                "3 / part of key (symbol @95) -> value (hunter2 @91) pair in WeakMap (table @97)"
            )
            .unwrap(),
            "3 / part of key (* @95) -> value (* @91) pair in WeakMap (table @97)"
        );
    }

    #[test]
    fn values_that_look_like_the_pattern() {
        let text = "1 / part of key (a @1) -> value (b @2) -> value (c @3) pair in WeakMap (table @4) \
                    pair in WeakMap (table @5) x @6) pair in WeakMap (table @7)";
        assert_eq!(
            redacted(text).unwrap(),
            "1 / part of key (* @1) -> value (* @6) pair in WeakMap (table @7)"
        );
        // The value's text may be empty, and then no space stands before its mark but the mark's.
        assert_eq!(
            redacted("1 / part of key ( @1) -> value ( @2) pair in WeakMap (table @3)").unwrap(),
            "1 / part of key (* @1) -> value (* @2) pair in WeakMap (table @3)"
        );
    }

    #[test]
    fn broken_ones_lose_everything() {
        for tail in [
            "",
            "secret",
            "k @1) -> value (v @2) pair in WeakMap (table @3) ",
            "k @1) -> value (v @2) pair in WeakMap (table @)",
            "k @1) -> value (v @) pair in WeakMap (table @3)",
            "k @) -> value (v @2) pair in WeakMap (table @3)",
            "k @1) -> value (@2) pair in WeakMap (table @3)",
            "k @1 -> value (v @2) pair in WeakMap (table @3)",
        ] {
            let text = format!("12 / part of key ({tail}");
            assert_eq!(redacted(&text).unwrap(), "12 / part of key (*)", "{text}");
        }
    }

    #[test]
    fn other_names_are_left_alone() {
        for text in ["", "table", " / part of key (", "x3 / part of key (", "3 / part of key", "3"]
        {
            assert_eq!(redacted(text), None);
        }
    }

    proptest! {
        #[test]
        fn no_text_survives(
            number in any::<u32>(),
            key in "[A-Z) (>@-]{0,12}",
            value in "[A-Z) (>@-]{0,12}",
            tail in prop_oneof![Just(String::new()), Just("X".to_owned())],
            ids in any::<[u32; 3]>(),
        ) {
            let [a, b, c] = ids;
            let text = format!("{number} / part of key ({key} @{a}) -> value ({value} @{b}) \
                                pair in WeakMap (table @{c}){tail}");
            let expected = if tail.is_empty() {
                format!("{number} / part of key (* @{a}) -> value (* @{b}) pair in WeakMap (table @{c})")
            } else {
                format!("{number} / part of key (*)")
            };
            prop_assert_eq!(redacted(&text).unwrap(), expected);
        }
    }
}
