//! Counts and shallow sizes per class, while names are still numbers.
//!
//! Nodes come before the strings they are named after, so tallies are kept by string index. Of the
//! names only the largest classes' stay: memory is one tally per distinct name of an object or a
//! native node.

use std::cmp::{Ordering, Reverse};

use rustc_hash::FxHashMap;

/// Class names in the figures are cut to this many characters.
const NAME_CHARS: usize = 200;

/// Enough bytes of a name in JSON to cut it from: no character takes more than two `\uXXXX`.
pub(super) const NAME_BYTES: usize = 12 * NAME_CHARS;

/// One class of the heap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassFigure {
    /// Constructor name, or one of V8's groups such as `(string)`; at most 200 characters.
    pub name: String,
    /// Nodes of the class.
    pub count: u64,
    /// Sum of their shallow sizes, in bytes.
    pub self_size: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    count: u64,
    self_size: u64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.self_size = self.self_size.saturating_add(other.self_size);
    }
}

/// How a node type's nodes are grouped.
#[derive(Clone, Copy)]
enum Group {
    /// By their own name.
    Named,
    /// All in the group with this number.
    Fixed(usize),
}

/// The count so far.
pub(super) struct Census {
    top: usize,
    groups: Vec<Group>,
    fixed: Vec<(String, Tally)>,
    named: FxHashMap<u32, Tally>,
    /// String indices of `named`, in order, and how many of them have passed.
    order: Vec<u32>,
    passed: usize,
    largest: Vec<ClassFigure>,
    /// Every name by its index, where they are wanted.
    kept: Option<FxHashMap<u32, String>>,
}

impl Census {
    /// For node types of these names, giving the `top` largest classes in the end.
    pub(super) fn new(kinds: &[String], top: usize) -> Self {
        let mut fixed: Vec<(String, Tally)> = Vec::new();
        let mut group = |name: String| {
            let known = fixed.iter().position(|(other, _)| *other == name);
            Group::Fixed(known.unwrap_or_else(|| {
                fixed.push((name, Tally::default()));
                fixed.len() - 1
            }))
        };
        let groups = kinds.iter().map(|kind| group_name(kind).map_or(Group::Named, &mut group));
        Self {
            top,
            groups: groups.collect(),
            fixed,
            named: FxHashMap::default(),
            order: Vec::new(),
            passed: 0,
            largest: Vec::new(),
            kept: None,
        }
    }

    /// Keeps all names, for [`Self::take_names`].
    pub(super) fn keep_names(&mut self) {
        self.kept = Some(FxHashMap::default());
    }

    /// The names of objects and native nodes, after the last of them.
    pub(super) fn take_names(&mut self) -> FxHashMap<u32, String> {
        self.kept.take().unwrap_or_default()
    }

    /// Counts one node. A type the header does not name is left out.
    #[inline(always)]
    pub(super) fn add(&mut self, kind: usize, name: u32, self_size: u64) {
        let tally = Tally { count: 1, self_size };
        match self.groups.get(kind) {
            Some(Group::Named) => self.named.entry(name).or_default().add(tally),
            Some(Group::Fixed(group)) => self.fixed[*group].1.add(tally),
            None => {}
        }
    }

    /// To be called between the last node and the first string.
    pub(super) fn begin_names(&mut self) {
        self.order = self.named.keys().copied().collect();
        self.order.sort_unstable();
    }

    /// Whether the string with this index names a class. Indices must come in order.
    #[inline]
    pub(super) fn wants(&self, index: u64) -> bool {
        self.order.get(self.passed).is_some_and(|next| u64::from(*next) == index)
    }

    /// Takes the text, or its first [`NAME_BYTES`], of the string last wanted, as written in JSON.
    pub(super) fn name(&mut self, text: &[u8]) {
        let index = self.order.get(self.passed).copied();
        let Some(tally) = index.and_then(|index| self.named.get(&index)).copied() else {
            return;
        };
        self.passed += 1;
        let name = unescape(text);
        if let (Some(kept), Some(index)) = (&mut self.kept, index) {
            kept.insert(index, name.clone());
        }
        if let Some((_, fixed)) = self.fixed.iter_mut().find(|(group, _)| *group == name) {
            fixed.add(tally);
            return;
        }
        self.largest.push(figure(name, tally));
        if self.largest.len() > 2 * self.top + 64 {
            self.keep_largest();
        }
    }

    fn keep_largest(&mut self) {
        self.largest.sort_unstable_by(largest_first);
        self.largest.truncate(self.top);
    }

    /// The largest classes by shallow size, then count, then name.
    pub(super) fn finish(mut self) -> Vec<ClassFigure> {
        let fixed = std::mem::take(&mut self.fixed).into_iter();
        let met = fixed.filter(|(_, tally)| tally.count > 0);
        self.largest.extend(met.map(|(name, tally)| figure(name, tally)));
        self.keep_largest();
        self.largest
    }
}

fn figure(name: String, Tally { count, self_size }: Tally) -> ClassFigure {
    ClassFigure { name, count, self_size }
}

fn largest_first(a: &ClassFigure, b: &ClassFigure) -> Ordering {
    let rank = |class: &ClassFigure| Reverse((class.self_size, class.count));
    rank(a).cmp(&rank(b)).then_with(|| a.name.cmp(&b.name))
}

/// The group all nodes of a type are in; none if they go by their own names.
fn group_name(kind: &str) -> Option<String> {
    let name = match kind {
        "object" | "native" => return None,
        "closure" => "Function",
        "code" => "(compiled code)",
        "string" | "concatenated string" | "sliced string" => "(string)",
        "hidden" => "(system)",
        "regexp" => "RegExp",
        other => return Some(format!("({other})")),
    };
    Some(name.to_owned())
}

/// The first [`NAME_CHARS`] characters of a JSON string's inside. Lone surrogates, which V8 writes
/// for some astral characters, and broken escapes become U+FFFD.
fn unescape(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut units = Vec::new();
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        if units.len() >= 2 * NAME_CHARS {
            break;
        }
        let char = if char == '\\' { escape(&mut rest, &mut units) } else { Some(char) };
        if let Some(char) = char {
            units.extend_from_slice(char.encode_utf16(&mut [0; 2]));
        }
    }
    let chars = char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER));
    chars.take(NAME_CHARS).collect()
}

/// What follows a backslash: a character, or a UTF-16 unit that goes to `units`.
fn escape(rest: &mut std::str::Chars<'_>, units: &mut Vec<u16>) -> Option<char> {
    match rest.next()? {
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'u' => {
            let digits: String = rest.by_ref().take(4).collect();
            units.push(u16::from_str_radix(&digits, 16).unwrap_or(0xFFFD));
            None
        }
        other => Some(other),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn kinds(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn names(figures: &[ClassFigure]) -> Vec<(&str, u64, u64)> {
        figures.iter().map(|f| (f.name.as_str(), f.count, f.self_size)).collect()
    }

    #[test]
    fn groups() {
        let all = kinds(&[
            "hidden",
            "array",
            "string",
            "object",
            "code",
            "closure",
            "regexp",
            "number",
            "native",
            "synthetic",
            "concatenated string",
            "sliced string",
            "object shape",
        ]);
        let mut census = Census::new(&all, 20);
        for kind in 0..all.len() {
            census.add(kind, 5, 1 << kind);
        }
        census.add(99, 5, 1);
        census.begin_names();
        assert!(!census.wants(4) && census.wants(5));
        census.name(b"Room");
        assert_eq!(
            names(&census.finish()),
            [
                ("(object shape)", 1, 1 << 12),
                ("(string)", 3, (1 << 2) + (1 << 10) + (1 << 11)),
                ("(synthetic)", 1, 1 << 9),
                ("Room", 2, (1 << 3) + (1 << 8)),
                ("(number)", 1, 1 << 7),
                ("RegExp", 1, 1 << 6),
                ("Function", 1, 1 << 5),
                ("(compiled code)", 1, 1 << 4),
                ("(array)", 1, 1 << 1),
                ("(system)", 1, 1),
            ]
        );
    }

    #[test]
    fn an_object_named_like_a_group_joins_it() {
        let mut census = Census::new(&kinds(&["object", "closure"]), 2);
        census.add(0, 1, 8);
        census.add(1, 7, 100);
        census.begin_names();
        census.name(b"Function");
        assert_eq!(names(&census.finish()), [("Function", 2, 108)]);
    }

    #[test]
    fn only_the_largest_names_stay() {
        let mut census = Census::new(&kinds(&["object"]), 3);
        for name in 0..10_000_u32 {
            census.add(0, name, u64::from(name % 5_000));
        }
        census.begin_names();
        for name in 0..10_000_u64 {
            assert!(census.wants(name));
            census.name(name.to_string().as_bytes());
            assert!(census.largest.len() <= 2 * 3 + 64);
        }
        let figures = census.finish();
        assert_eq!(names(&figures), [("4999", 1, 4_999), ("9999", 1, 4_999), ("4998", 1, 4_998)]);
    }

    #[test]
    fn sizes_do_not_overflow() {
        let mut census = Census::new(&kinds(&["array"]), 1);
        census.add(0, 0, u64::MAX);
        census.add(0, 0, 1);
        assert_eq!(names(&census.finish()), [("(array)", 2, u64::MAX)]);
    }

    #[test]
    fn escapes() {
        assert_eq!(unescape(br#"a\"\\\/\b\f\n\r\t\u00e9"#), "a\"\\/\u{8}\u{c}\n\r\t\u{e9}");
        assert_eq!(unescape(br"\uD83D\uDE00 \uD812 x \uDC00"), "\u{1F600} \u{FFFD} x \u{FFFD}");
        assert_eq!(unescape(br"\u12"), "\u{12}");
        assert_eq!(unescape(br"\uzzzz!\"), "\u{FFFD}!");
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(unescape("\u{e9}".repeat(300).as_bytes()), "\u{e9}".repeat(200));
        let pairs = r"\uD83D\uDE00".repeat(300);
        assert_eq!(unescape(&pairs.as_bytes()[..NAME_BYTES]), "\u{1F600}".repeat(200));
        assert_eq!(unescape(r"\u00e9".repeat(300).as_bytes()), "\u{e9}".repeat(200));
    }
}
