//! Pairs of `WeakMap`s: V8 writes an edge to the value both from the table and from the key.

use rustc_hash::FxHashMap;

use memchr::{memchr2, memmem};

use super::columns::TARGET_BITS;
use super::kinds::EdgeKind;
use super::{Graph, edge_kind, edge_target};

/// The table's id, from `12 / part of key (… @3) -> value (… @5) pair in WeakMap (table @7)`, on one
/// line. An id that is too high is nobody's.
pub(super) fn table_id(name: &[u8]) -> Option<u64> {
    let digits = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = name.get(digits..)?.strip_prefix(b" / part of key (").filter(|_| digits > 0)?;
    let (rest, table) = split_id(rest.strip_suffix(b")")?)?;
    let (rest, _) = split_id(rest.strip_suffix(b") pair in WeakMap (table")?)?;
    let key = memmem::find_iter(rest, b") -> value (").find_map(|end| split_id(&rest[..end]));
    let is_pair = key.is_some() && !has_line_end(name);
    is_pair.then(|| std::str::from_utf8(table).unwrap_or_default().parse().unwrap_or(u64::MAX))
}

/// What is before ` @7` at the end, and the `7`.
fn split_id(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, id) = text.split_at(text.len() - digits);
    Some((before.strip_suffix(b" @").filter(|_| digits > 0)?, id))
}

/// Whether there is something that the `.` of DevTools' pattern does not match.
fn has_line_end(name: &[u8]) -> bool {
    memchr2(b'\n', b'\r', name).is_some()
        || ["\u{2028}", "\u{2029}"].iter().any(|end| memmem::find(name, end.as_bytes()).is_some())
}

/// Gives the edge that comes from the table a kind of its own, as the value lives by its key.
pub(super) fn mark(graph: &mut Graph) {
    let Graph { edge_names, strings, .. } = &*graph;
    let table = |name: u32| Some((name, table_id(strings.bytes(name))?));
    let tables: FxHashMap<u32, u64> = edge_names.strings().filter_map(table).collect();
    if tables.is_empty() {
        return;
    }
    let from_table = |number: &usize| {
        edge_kind(graph.words[*number]) == EdgeKind::Internal
            && tables.get(&edge_names.get(*number, false))
                == Some(&u64::from(graph.id(graph.edge_source(*number as u32))))
    };
    let named = edge_names.candidates(|name| tables.contains_key(&name));
    let ephemerons: Vec<usize> = named.filter(from_table).collect();
    for number in ephemerons {
        let word = &mut graph.words[number];
        *word = edge_target(*word) | (EdgeKind::Ephemeron as u32) << TARGET_BITS;
    }
}

#[cfg(test)]
mod tests {
    use super::table_id;

    #[test]
    fn the_table_is_named_at_the_end() {
        let name = b"3 / part of key (a @9) -> value (b @91) pair in WeakMap (table @97)";
        assert_eq!(table_id(name), Some(97));
        let far = b"3 / part of key (a @9) -> value (b @91) pair in WeakMap (table @98765432109876543210)";
        assert_eq!(table_id(far), Some(u64::MAX));
        for other in [
            &b"part of key (a @9) -> value (b @91) pair in WeakMap (table @97)"[..],
            b"3 / part of key (a @9) -> value (b\n @91) pair in WeakMap (table @97)",
            "3 / part of key (a @9) -> value (b\u{2028} @91) pair in WeakMap (table @97)"
                .as_bytes(),
            b"3 / part of key (a) -> value (b @91) pair in WeakMap (table @97)",
            b"3 / part of key (a @9) -> value (b @) pair in WeakMap (table @97)",
            b"3 / part of key (a @9) -> value (b @9) pair in WeakMap (table97)",
            b"3 / part of key (a @9) -> value (b @91) pair in WeakMap (table @97",
            b"3 / part of key (a @9) -> value (b @91) pair in WeakMap (table @x)",
            b"3",
            b"",
        ] {
            assert_eq!(table_id(other), None);
        }
    }
}
