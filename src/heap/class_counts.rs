//! How many objects there are of each class: the rows of a class histogram, and its file.

use std::cmp::Reverse;
use std::io::{self, Write};

use rustc_hash::FxHashMap;
use serde_json::Value;

/// Rows in the file, the one of the other classes aside.
const LISTED_CLASSES: usize = 10_000;
/// Names of classes are cut to this many bytes.
pub const NAME_BYTES: usize = 256;
/// The name of the row for classes that have none of their own.
const OTHERS: &str = "(other classes)";

/// A class and its objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassCount {
    /// Its name, at most [`NAME_BYTES`] long.
    pub name: String,
    /// Number of its objects.
    pub count: u64,
}

/// The objects of a heap by class, most first; equal counts by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassCounts {
    rows: Vec<ClassCount>,
    /// Objects of classes that were not named.
    others: u64,
}

impl ClassCounts {
    /// Of names with their counts, where a name may come twice, and of `others` without a name.
    pub fn new(named: impl IntoIterator<Item = (String, u64)>, others: u64) -> Self {
        let mut count_of: FxHashMap<String, u64> = FxHashMap::default();
        for (name, count) in named {
            *count_of.entry(cut(name)).or_default() += count;
        }
        let rows = count_of.into_iter().map(|(name, count)| ClassCount { name, count });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_unstable_by(|a, b| (Reverse(a.count), &a.name).cmp(&(Reverse(b.count), &b.name)));
        Self { rows, others }
    }

    /// All objects.
    #[must_use]
    pub fn object_count(&self) -> u64 {
        self.rows.iter().map(|row| row.count).sum::<u64>() + self.others
    }

    /// Classes with a name.
    #[must_use]
    pub fn class_count(&self) -> u64 {
        self.rows.len() as u64
    }

    /// The `limit` classes with the most objects.
    #[must_use]
    pub fn top(&self, limit: usize) -> &[ClassCount] {
        &self.rows[..limit.min(self.rows.len())]
    }

    /// Writes the document: the fields of `head`, which is a JSON object in one line, the figures,
    /// and a line for each class.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write(&self, head: &str, out: &mut impl Write) -> io::Result<()> {
        let fields = head.trim_end().strip_suffix('}').unwrap_or("{");
        let comma = if fields == "{" { "" } else { "," };
        let (objects, classes) = (self.object_count(), self.class_count());
        write!(out, "{fields}{comma}\"objectCount\":{objects},\"classCount\":{classes},")?;
        out.write_all(b"\"classes\":[")?;
        let listed = self.top(LISTED_CLASSES);
        let others = self.object_count() - listed.iter().map(|row| row.count).sum::<u64>();
        let rest = ClassCount { name: OTHERS.into(), count: others };
        let mut separator = "\n";
        for row in listed.iter().chain((others > 0).then_some(&rest)) {
            let name = Value::from(row.name.as_str());
            write!(out, "{separator}{{\"name\":{name},\"count\":{}}}", row.count)?;
            separator = ",\n";
        }
        out.write_all(b"\n]}\n")
    }
}

/// The first [`NAME_BYTES`] of a name, whole characters only.
fn cut(mut name: String) -> String {
    let end = (0..=NAME_BYTES.min(name.len())).rev().find(|end| name.is_char_boundary(*end));
    name.truncate(end.unwrap_or(0));
    name
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn counts(named: &[(&str, u64)], others: u64) -> ClassCounts {
        ClassCounts::new(named.iter().map(|(name, count)| ((*name).into(), *count)), others)
    }

    fn document(counts: &ClassCounts, head: &str) -> Value {
        let mut text = Vec::new();
        counts.write(head, &mut text).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    #[test]
    fn most_first_and_a_name_once() {
        let counts = counts(&[("B", 2), ("A", 2), ("Room", 3), ("B", 1), ("C", 9)], 4);
        let rows: Vec<_> = counts.top(3).iter().map(|row| (row.name.as_str(), row.count)).collect();
        assert_eq!(rows, [("C", 9), ("B", 3), ("Room", 3)]);
        assert_eq!((counts.object_count(), counts.class_count()), (21, 4));
        assert_eq!(counts.top(99).len(), 4);
    }

    #[test]
    fn names_are_cut_between_characters_and_joined() {
        let long = "\u{e9}".repeat(127) + "x\u{e9}";
        let counts = counts(&[(&long, 1), (&(long.clone() + "!"), 2)], 0);
        assert_eq!(counts.top(9), [ClassCount { name: "\u{e9}".repeat(127) + "x", count: 3 }]);
    }

    #[test]
    fn the_document_has_the_head_the_figures_and_a_line_a_class() {
        let counts = counts(&[("Room \"1\"\n", 3), ("A", 2)], 0);
        let mut text = Vec::new();
        counts.write("{\"format\":\"f\"}\n", &mut text).unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "{\"format\":\"f\",\"objectCount\":5,\"classCount\":2,\"classes\":[\n\
             {\"name\":\"Room \\\"1\\\"\\n\",\"count\":3},\n{\"name\":\"A\",\"count\":2}\n]}\n"
        );
    }

    #[test]
    fn nothing_is_a_document_too() {
        for head in ["{}", ""] {
            let expected = json!({ "objectCount": 0, "classCount": 0, "classes": [] });
            assert_eq!(document(&counts(&[], 0), head), expected);
        }
    }

    #[test]
    fn what_is_not_listed_is_summed_up() {
        let named = (0..LISTED_CLASSES + 5).map(|at| (format!("Class {at}"), 2));
        let document = document(&ClassCounts::new(named, 7), "{}");
        let rows = document["classes"].as_array().unwrap();
        assert_eq!(rows.len(), LISTED_CLASSES + 1);
        assert_eq!(rows[LISTED_CLASSES], json!({ "name": OTHERS, "count": 17 }));
        let sum: u64 = rows.iter().map(|row| row["count"].as_u64().unwrap()).sum();
        assert_eq!(Some(sum), document["objectCount"].as_u64());
    }
}
