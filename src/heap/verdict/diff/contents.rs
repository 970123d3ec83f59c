//! What grows inside of the objects that grow: the messages of new rooms.

use rustc_hash::FxHashMap;

use super::super::suspects::is_class_name;
use crate::heap::graph::ClassId;

/// Classes that are told as the contents of another one.
const MOST: usize = 4;

/// How V8 holds a text is not what people count.
const STRINGS: [&str; 3] = ["(string)", "(concatenated string)", "(sliced string)"];

/// Classes inside of new objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    /// How many new objects they are in.
    pub(super) holders: u64,
    /// Number of objects by class, the program's own classes first.
    pub(super) list: Vec<(ClassId, u64)>,
}

impl Contents {
    /// The most telling of all that is inside.
    pub(super) fn of<'a>(
        holders: u64,
        counts: FxHashMap<ClassId, u64>,
        name: impl Fn(ClassId) -> &'a str,
    ) -> Self {
        let mut list = joined(counts, &name);
        let is_own = |class: ClassId| is_class_name(name(class));
        list.sort_by_key(|(class, count)| std::cmp::Reverse((is_own(*class), *count, *class)));
        list.truncate(MOST);
        Self { holders, list }
    }
}

/// With all kinds of strings as one: the first of those that are there stands for them.
fn joined<'a>(
    counts: FxHashMap<ClassId, u64>,
    name: &impl Fn(ClassId) -> &'a str,
) -> Vec<(ClassId, u64)> {
    let kind = |class: ClassId| STRINGS.iter().position(|one| *one == name(class));
    let (strings, mut list): (Vec<_>, Vec<_>) =
        counts.into_iter().partition(|(class, _)| kind(*class).is_some());
    let all = strings.iter().map(|(_, count)| count).sum();
    list.extend(strings.iter().min_by_key(|(class, _)| kind(*class)).map(|one| (one.0, all)));
    list
}
