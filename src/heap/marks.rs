//! Which objects there are at one moment, in a few bytes each: what is left of a heap snapshot to tell
//! later what was allocated since, and what was freed.
//!
//! An object is its id and a group: a class with a size, of which a heap has some thousands. Ids are kept
//! in order, as distances, seven bits a byte. Classes are those of memwatch's `HeapDiff`: objects go by
//! their name, some of V8's types by one of their own, the others by none.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

/// Objects that watch the others, and are left out.
const WATCHER: &str = "HeapDiff";

/// What a node is grouped by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Class {
    /// An object: the index of its name's string.
    Named(u32),
    /// A node of another type.
    Kind(usize),
}

/// Marks while the snapshot passes by. Eight bytes a node.
pub(super) struct MarkDraft {
    object: Option<usize>,
    kinds: Vec<String>,
    /// Id in the upper half, group in the lower one.
    rows: Vec<u64>,
    known: FxHashMap<(Class, u64), u32>,
    groups: Vec<(Class, u64)>,
}

impl MarkDraft {
    /// For node types of these names.
    pub(super) fn new(kinds: &[String]) -> Self {
        Self {
            object: kinds.iter().position(|kind| kind == "object"),
            kinds: kinds.to_vec(),
            rows: Vec::new(),
            known: FxHashMap::default(),
            groups: Vec::new(),
        }
    }

    /// Takes a node in. `false`: V8 has no such id.
    pub(super) fn add(&mut self, kind: usize, name: u32, id: u64, size: u64) -> bool {
        let class = if self.object == Some(kind) { Class::Named(name) } else { Class::Kind(kind) };
        let next = self.groups.len();
        let group = *self.known.entry((class, size)).or_insert_with(|| {
            self.groups.push((class, size));
            u32::try_from(next).unwrap_or(u32::MAX)
        });
        self.rows.push(id << 32 | u64::from(group));
        id <= u64::from(u32::MAX)
    }

    /// After the last string: `names` of strings by their index.
    pub(super) fn finish(mut self, names: &FxHashMap<u32, String>) -> HeapMarks {
        let node_count = self.rows.len() as u64;
        let groups: Vec<Group> = self
            .groups
            .iter()
            .map(|&(class, size)| Group {
                class: self.name(class, names),
                is_object: matches!(class, Class::Named(_)),
                size,
            })
            .collect();
        let is_watcher = |group: &Group| group.is_object && group.class.as_deref() == Some(WATCHER);
        let own: Vec<bool> = groups.iter().map(is_watcher).collect();
        self.rows.retain(|row| !own[group_of(*row)]);
        self.rows.sort_unstable();
        let bytes = self.rows.iter().map(|row| groups[group_of(*row)].size).sum();
        HeapMarks { node_count, bytes, rows: encode(&self.rows), groups }
    }

    fn name(&self, class: Class, names: &FxHashMap<u32, String>) -> Option<String> {
        let kind = match class {
            Class::Named(index) => return Some(names.get(&index).cloned().unwrap_or_default()),
            Class::Kind(kind) => self.kinds.get(kind)?.as_str(),
        };
        let name = match kind {
            "array" => "Array",
            "string" => "String",
            "code" => "Code",
            "closure" => "Closure",
            "regexp" => "RegExp",
            "number" => "Number",
            "native" => "Native",
            _ => return None,
        };
        Some(name.to_owned())
    }
}

fn group_of(row: u64) -> usize {
    (row & u64::from(u32::MAX)) as usize
}

fn encode(rows: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(rows.len() * 3);
    let mut last = 0;
    for row in rows {
        let id = row >> 32;
        push_varint(&mut bytes, id - last);
        push_varint(&mut bytes, row & u64::from(u32::MAX));
        last = id;
    }
    bytes.shrink_to_fit();
    bytes
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value > 127 {
        bytes.push((value & 127) as u8 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Objects of one class and size.
struct Group {
    /// None for what goes by no name.
    class: Option<String>,
    /// It goes by its own name.
    is_object: bool,
    size: u64,
}

impl Group {
    /// Whether a node of this group cannot be what later is one of `later`. V8 gives an id to an
    /// address: what is made where an object was freed, and never moved since, goes by its id.
    fn cannot_become(&self, later: &Self) -> bool {
        self.is_object != later.is_object || self.is_object && self.class != later.class
    }
}

/// The objects of a heap at one moment.
pub struct HeapMarks {
    /// Nodes of the snapshot.
    pub node_count: u64,
    /// Sum of their sizes, watchers left out.
    pub bytes: u64,
    rows: Vec<u8>,
    groups: Vec<Group>,
}

/// What became of a class between two moments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassChange {
    /// Its name.
    pub name: String,
    /// By how much its objects grew together.
    pub bytes: i64,
    /// New objects.
    pub added: u64,
    /// Objects that are gone.
    pub removed: u64,
}

/// What became of a heap between two moments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeapChanges {
    /// Nodes that are gone.
    pub freed: u64,
    /// New nodes.
    pub allocated: u64,
    /// Classes with objects among them, by name.
    pub classes: Vec<ClassChange>,
}

impl HeapMarks {
    /// What was freed and allocated until `later`, a moment of the same heap.
    #[must_use]
    pub fn changes_to(&self, later: &Self) -> HeapChanges {
        let mut tally = Tally::default();
        let (mut before, mut after) = (self.objects().peekable(), later.objects().peekable());
        loop {
            match (before.peek(), after.peek()) {
                (None, None) => return tally.finish(),
                (Some(old), Some(new)) if old.0 == new.0 => {
                    let (gone, made) = (&self.groups[old.1], &later.groups[new.1]);
                    if gone.cannot_become(made) {
                        tally.free(gone);
                        tally.allocate(made);
                    }
                    before.next();
                    after.next();
                }
                (Some(old), new) if new.is_none_or(|new| old.0 < new.0) => {
                    tally.free(&self.groups[old.1]);
                    before.next();
                }
                (_, Some(new)) => {
                    tally.allocate(&later.groups[new.1]);
                    after.next();
                }
                (Some(_), None) => {
                    before.next();
                }
            }
        }
    }

    /// Id and group of each, by id.
    fn objects(&self) -> impl Iterator<Item = (u64, usize)> + '_ {
        let (mut rest, mut id) = (self.rows.as_slice(), 0);
        std::iter::from_fn(move || {
            id += take_varint(&mut rest)?;
            Some((id, take_varint(&mut rest)? as usize))
        })
    }
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            break;
        }
    }
    Some(value)
}

#[derive(Default)]
struct Tally<'a> {
    freed: u64,
    allocated: u64,
    classes: BTreeMap<&'a str, ClassChange>,
}

impl<'a> Tally<'a> {
    fn free(&mut self, group: &'a Group) {
        self.freed += 1;
        if let Some(change) = self.change(group) {
            change.bytes = change.bytes.saturating_sub_unsigned(group.size);
            change.removed += 1;
        }
    }

    fn allocate(&mut self, group: &'a Group) {
        self.allocated += 1;
        if let Some(change) = self.change(group) {
            change.bytes = change.bytes.saturating_add_unsigned(group.size);
            change.added += 1;
        }
    }

    fn change(&mut self, group: &'a Group) -> Option<&mut ClassChange> {
        Some(self.classes.entry(group.class.as_deref()?).or_default())
    }

    fn finish(self) -> HeapChanges {
        let named = |(name, change): (&str, _)| ClassChange { name: name.to_owned(), ..change };
        let classes = self.classes.into_iter().map(named).collect();
        HeapChanges { freed: self.freed, allocated: self.allocated, classes }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// `(kind, name, id, size)` of nodes; kinds are hidden, object, string.
    fn marks(nodes: &[(usize, u32, u64, u64)]) -> HeapMarks {
        let kinds = ["hidden", "object", "string"].map(str::to_owned);
        let mut draft = MarkDraft::new(&kinds);
        for &(kind, name, id, size) in nodes {
            assert!(draft.add(kind, name, id, size));
        }
        let names = [(1, "Room"), (2, WATCHER), (3, "User")];
        draft.finish(&names.map(|(index, name)| (index, name.to_owned())).into_iter().collect())
    }

    fn change(name: &str, bytes: i64, added: u64, removed: u64) -> ClassChange {
        ClassChange { name: name.to_owned(), bytes, added, removed }
    }

    #[test]
    fn tells_what_came_and_what_went() {
        let huge = 5 << 30;
        let before = marks(&[
            (1, 1, 900_001, 40),
            (0, 9, 1, 7),
            (1, 2, 5, 1_000),
            (2, 3, 3, huge),
            (1, 1, 7, 40),
        ]);
        let after = marks(&[
            (1, 1, 900_001, 40),
            (1, 3, 900_003, 16),
            (1, 3, 4_294_967_295, 24),
            (2, 8, 11, 8),
            (0, 9, 13, 1),
            (1, 2, 15, 9),
        ]);
        assert_eq!((before.node_count, before.bytes), (5, 87 + huge));
        assert_eq!((after.node_count, after.bytes), (6, 89));
        let classes = vec![
            change("Room", -40, 0, 1),
            change("String", 8 - (5 << 30), 1, 1),
            change("User", 40, 2, 0),
        ];
        let expected = HeapChanges { freed: 3, allocated: 4, classes };
        assert_eq!(before.changes_to(&after), expected);
        assert_eq!(after.changes_to(&after), HeapChanges::default());
    }

    #[test]
    fn an_id_that_goes_to_another_object_is_one_that_went_and_one_that_came() {
        let before = marks(&[(1, 1, 1, 40), (1, 3, 3, 24), (1, 3, 5, 24), (2, 8, 7, 8)]);
        let after = marks(&[(2, 8, 1, 16), (1, 1, 3, 40), (1, 3, 5, 32), (0, 9, 7, 8)]);
        let classes =
            vec![change("Room", 0, 1, 1), change("String", 16, 1, 0), change("User", -24, 0, 1)];
        let expected = HeapChanges { freed: 2, allocated: 2, classes };
        assert_eq!(before.changes_to(&after), expected);
    }

    #[test]
    fn a_string_called_like_a_watcher_counts() {
        assert_eq!(marks(&[(2, 2, 1, 16)]).bytes, 16);
    }

    #[test]
    fn an_id_that_v8_cannot_have_is_told() {
        assert!(!MarkDraft::new(&[]).add(0, 0, 1 << 32, 8));
    }

    #[test]
    fn a_group_that_is_met_again_takes_a_few_bytes() {
        let nodes: Vec<_> = (0..1_000).map(|at| (1, 1, at * 2 + 1, 40)).collect();
        assert_eq!(marks(&nodes).rows.len(), 2_000);
    }
}
