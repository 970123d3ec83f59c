//! Big arrays, maps, sets and objects used as maps: how much is in them, and how full they are.

use serde::Serialize;

use super::analysis::Analysis;
use super::object::ObjectRef;
use crate::heap::graph::{DominatorTree, Edge, EdgeKind, Graph, Node, NodeKind};

/// Collections that hold less than a thousandth of the heap, or less than this, are not worth a row.
const LEAST_BYTES: u64 = 64 << 10;

/// Bytes of a pointer in V8 as Node.js builds it.
const POINTER: u64 = 8;

/// One collection.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CollectionRow {
    /// It.
    pub object: ObjectRef,
    /// What it is used as.
    pub collection: &'static str,
    /// References it holds: elements, values, or keys with their values.
    pub entries: u64,
    /// Entries that its memory has room for.
    pub capacity: u64,
    /// Entries as a share of the capacity, 0 to 1.
    pub fill: f64,
    /// A shortest way from a root.
    pub path_text: String,
}

/// An object has to have this many properties of its own to pass for a map.
const MANY_PROPERTIES: usize = 100;

impl Analysis {
    /// The biggest by what they retain.
    #[must_use]
    pub fn collections(&self, most: usize) -> Vec<CollectionRow> {
        let least = (self.total_size() / 1000).max(LEAST_BYTES);
        let mut found = self.collections_of(least);
        found.sort_by_key(|(node, _)| std::cmp::Reverse(self.tree.retained_size(*node)));
        found.truncate(most);
        found.into_iter().map(|(node, kind)| self.collection_row(node, kind)).collect()
    }

    /// All that retain so many bytes, and what they are used as.
    pub(super) fn collections_of(&self, least: u64) -> Vec<(Node, &'static str)> {
        let mut found: Vec<(Node, &'static str)> = Vec::new();
        let mut next = 0;
        let order = self.tree.order();
        while let Some(node) = order.get(next) {
            if self.tree.retained_at(next) < least {
                next += self.tree.count_at(next);
                continue;
            }
            next += 1;
            if self.graph.kind(*node) == NodeKind::Object && !self.is_transparent(*node) {
                found.extend(self.collection(*node).map(|kind| (*node, kind)));
            }
        }
        found
    }

    /// What an object is used as, where it is a collection.
    pub(super) fn collection(&self, node: Node) -> Option<&'static str> {
        let kind = collection(&self.graph, node)?;
        let is_one = kind != "Object" || own_entries(&self.graph, node) >= MANY_PROPERTIES;
        is_one.then_some(kind)
    }

    fn collection_row(&self, node: Node, collection: &'static str) -> CollectionRow {
        let (entries, capacity) = self.fill(node, collection);
        let capacity = capacity.max(entries);
        CollectionRow {
            object: self.object(node),
            collection,
            entries,
            capacity,
            #[allow(clippy::cast_precision_loss, reason = "a share")]
            fill: entries as f64 / capacity.max(1) as f64,
            path_text: self.way(node),
        }
    }

    /// Entries and room for them.
    pub(super) fn fill(&self, node: Node, collection: &str) -> (u64, u64) {
        self.filled().fill(node, collection)
    }

    fn filled(&self) -> Filled<'_> {
        Filled { graph: &self.graph, tree: &self.tree }
    }

    /// Whether the oldest entries of a map or set were deleted, as a cache does it that has a limit.
    ///
    /// V8 leaves holes where they were until it makes the table anew. A leak may delete many entries,
    /// but its oldest ones are still there.
    pub(super) fn drops_oldest(&self, node: Node, collection: &str) -> bool {
        let width = if collection == "Map" { 3 } else { 2 };
        let (_, capacity) = self.fill(node, collection);
        let first = first_entry(capacity);
        let slots = self.filled().table_slots(node).into_iter().filter(|slot| *slot >= first);
        slots.min().is_some_and(|slot| (slot - first) / width > 0)
    }
}

/// What an object is used as, where its class is that of a collection. Of plain objects nobody knows
/// without a count.
pub(super) fn collection(graph: &Graph, node: Node) -> Option<&'static str> {
    match graph.name_bytes(node) {
        b"Array" => Some("Array"),
        b"Map" | b"SafeMap" => Some("Map"),
        b"Set" | b"SafeSet" => Some("Set"),
        b"Object" => Some("Object"),
        _ => None,
    }
}

/// Properties and elements.
fn own_entries(graph: &Graph, node: Node) -> usize {
    let is_own = |edge: &Edge| matches!(edge.kind, EdgeKind::Property | EdgeKind::Element);
    graph.edges(node).filter(is_own).count()
}

/// What counts the entries of a snapshot's collections.
pub(super) struct Filled<'a> {
    pub(super) graph: &'a Graph,
    pub(super) tree: &'a DominatorTree,
}

impl Filled<'_> {
    /// Entries and room for them.
    ///
    /// The room comes from the size of V8's own array, which counts for its owner: an array has one
    /// pointer an element; the table of a map (`OrderedHashMap`) three an entry and one for each
    /// bucket of two, that of a set two and one.
    pub(super) fn fill(&self, node: Node, collection: &str) -> (u64, u64) {
        let words = self.tree.self_size(node).saturating_sub(6 * POINTER) / POINTER;
        match collection {
            "Array" => {
                let elements = self.graph.edges(node).filter(|edge| edge.kind == EdgeKind::Element);
                (elements.count() as u64, words)
            }
            "Map" => {
                let capacity = power_of_two(words.saturating_sub(3) * 2 / 7);
                (self.table_entries(node, capacity, 3), capacity)
            }
            "Set" => {
                let capacity = power_of_two(words.saturating_sub(3) * 2 / 5);
                (self.table_entries(node, capacity, 2), capacity)
            }
            _ => {
                let count = own_entries(self.graph, node) as u64;
                (count, count)
            }
        }
    }

    /// Keys or values of a table that are objects, whichever are more: small numbers have no edge.
    fn table_entries(&self, node: Node, capacity: u64, width: u64) -> u64 {
        let first = first_entry(capacity);
        let mut fields = [0_u64; 3];
        for slot in self.table_slots(node).into_iter().filter(|slot| *slot >= first) {
            fields[((slot - first) % width) as usize] += 1;
        }
        fields[0].max(fields[1])
    }

    /// The places in a map's or set's table that hold something.
    fn table_slots(&self, node: Node) -> Vec<u64> {
        let graph = self.graph;
        let Some(table) = graph.follow(node, EdgeKind::Internal, "table") else {
            return Vec::new();
        };
        let slot = |edge: Edge| {
            let is_hole = graph.name_bytes(edge.to) == b"system / Hole";
            let name = std::str::from_utf8(graph.strings().bytes(edge.name)).ok();
            let number = if edge.kind.is_indexed() {
                Some(u64::from(edge.name))
            } else {
                name?.parse().ok()
            };
            number.filter(|_| !is_hole)
        };
        graph.edges(table).filter_map(slot).collect()
    }
}

/// V8's tables have room for a power of two; what is more belongs to an old table that is still there.
fn power_of_two(capacity: u64) -> u64 {
    capacity.checked_ilog2().map_or(0, |bits| 1 << bits)
}

/// Where the entries of a table begin: behind three counts and a bucket for every two entries.
fn first_entry(capacity: u64) -> u64 {
    3 + capacity / 2
}
