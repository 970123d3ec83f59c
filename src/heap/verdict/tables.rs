//! The tables of the report: classes, biggest objects, strings that are there several times.

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::analysis::Analysis;
use super::names::{cut, text};
use super::object::ObjectRef;
use crate::heap::graph::{ClassSizes, Node, NodeKind};

/// Characters of a class's name that are shown.
pub(super) const CLASS_NAME: usize = 200;

/// A class and what its objects amount to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassRow {
    /// Name of the class, a shape `{a, b}`, or V8's group in parentheses.
    pub name: String,
    /// Objects.
    pub count: u64,
    /// Their own sizes, in bytes.
    pub self_size: u64,
    /// What would be freed with all of them, in bytes.
    pub retained_size: u64,
    /// The same as a share of the heap.
    pub share: f64,
}

/// An object with the way to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BigObject {
    /// The object.
    #[serde(flatten)]
    pub object: ObjectRef,
    /// A shortest way from a root.
    pub path_text: String,
}

/// Strings of the same text.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DuplicateString {
    /// Its beginning.
    pub text: String,
    /// How often it is there.
    pub count: u64,
    /// All of them together, in bytes.
    pub self_size: u64,
    /// What one alone would save, in bytes.
    pub wasted: u64,
}

impl Analysis {
    /// The classes among `nodes` (a part of the tree's order from `start` on) that retain most.
    #[must_use]
    pub fn class_rows(&self, nodes: &[Node], start: usize, most: usize) -> Vec<ClassRow> {
        let sizes = self.classes.sizes(&self.tree, nodes, start);
        self.rows_of(&sizes, most)
    }

    fn rows_of(&self, sizes: &[ClassSizes], most: usize) -> Vec<ClassRow> {
        let mut found: Vec<(u32, &ClassSizes)> =
            (0..).zip(sizes).filter(|(_, one)| one.count > 0).collect();
        found.sort_by_key(|(_, one)| std::cmp::Reverse((one.retained_size, one.count)));
        found.truncate(most);
        found
            .into_iter()
            .map(|(class, one)| self.class_row(self.classes.name(class), one))
            .collect()
    }

    pub(super) fn class_row(&self, name: &str, sizes: &ClassSizes) -> ClassRow {
        ClassRow {
            name: cut(name, CLASS_NAME),
            count: sizes.count,
            self_size: sizes.self_size,
            retained_size: sizes.retained_size,
            share: self.share_of(sizes.retained_size),
        }
    }

    /// What a node retains, by class.
    #[must_use]
    pub fn contents(&self, node: Node, most: usize) -> Vec<ClassRow> {
        let inside = &self.tree.subtree(node)[1..];
        self.class_rows(inside, self.tree.place(node) + 1, most)
    }

    /// The objects that retain most, without those that only group roots.
    #[must_use]
    pub fn biggest_objects(&self, most: usize) -> Vec<BigObject> {
        // Whatever retains less than the smallest of the biggest cannot dominate one of them.
        let mut found: Vec<Node> = Vec::new();
        let mut least = 0;
        let mut next = 0;
        let order = self.tree.order();
        while let Some(node) = order.get(next) {
            let retained = self.tree.retained_at(next);
            if retained <= least {
                next += self.tree.count_at(next);
                continue;
            }
            next += 1;
            if self.is_shown(*node) {
                found.push(*node);
            }
            if found.len() >= 4 * most.max(1) {
                least = self.keep_biggest(&mut found, most);
            }
        }
        self.keep_biggest(&mut found, most);
        let big =
            |node: &Node| BigObject { object: self.object(*node), path_text: self.way(*node) };
        found.iter().map(big).collect()
    }

    /// Keeps the biggest; answers what a further one must exceed.
    fn keep_biggest(&self, found: &mut Vec<Node>, most: usize) -> u64 {
        found.sort_by_key(|node| std::cmp::Reverse(self.tree.retained_size(*node)));
        found.truncate(most);
        if found.len() < most {
            0
        } else {
            found.last().map_or(0, |node| self.tree.retained_size(*node))
        }
    }

    fn is_shown(&self, node: Node) -> bool {
        let kind = self.graph.kind(node);
        !self.is_transparent(node)
            && !matches!(
                kind,
                NodeKind::Hidden | NodeKind::Code | NodeKind::Array | NodeKind::ObjectShape
            )
    }

    /// Strings that are there several times, by what that costs.
    ///
    /// V8 cuts long strings in the file: two that differ behind the cut look the same, so those of
    /// different sizes are not counted together.
    #[must_use]
    pub fn duplicate_strings(&self, most: usize) -> Vec<DuplicateString> {
        let graph = &self.graph;
        let mut seen: Vec<(u32, u32)> = vec![(0, 0); graph.strings().len()];
        let mut first: FxHashMap<u32, Node> = FxHashMap::default();
        for (place, node) in self.tree.order().iter().copied().enumerate() {
            let size = u32::try_from(self.tree.self_size_at(place)).unwrap_or(u32::MAX);
            if graph.kind(node) != NodeKind::String || size == 0 {
                continue;
            }
            let name = graph.name_index(node);
            let (count, known) = &mut seen[name as usize];
            if *count == 0 {
                *known = size;
            }
            if *known == size {
                *count += 1;
                if *count == 2 {
                    first.insert(name, node);
                }
            }
        }
        let wasted = |name: &u32| {
            let (count, size) = seen[*name as usize];
            u64::from(count - 1) * u64::from(size)
        };
        let mut names: Vec<u32> = first.keys().copied().collect();
        names.sort_by_key(|name| (std::cmp::Reverse(wasted(name)), *name));
        names.truncate(most);
        let row = |name: u32| {
            let (count, size) = seen[name as usize];
            DuplicateString {
                text: cut(&text(graph, first[&name]), 200),
                count: u64::from(count),
                self_size: u64::from(count) * u64::from(size),
                wasted: wasted(&name),
            }
        };
        names.into_iter().map(row).collect()
    }
}
