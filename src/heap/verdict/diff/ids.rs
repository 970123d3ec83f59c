//! Objects of two snapshots of one process, matched by V8's ids (DevTools: `calculateDiffForClass`).
//!
//! V8 gives an odd id to every object of the JavaScript heap and keeps it for the object's life. Even ones
//! are an embedder's and new in every snapshot.

use std::ops::Range;

use crate::error::Result;
use crate::heap::graph::{ClassId, Classes, DominatorTree, Graph, Node};
use crate::heap::parallel::both;

const NOBODY: Node = Node::MAX;

/// Ids are numbered through: a table by id is at most this many times the number of nodes.
const SPARSEST: usize = 8;

/// Of the ids that are in both files, the share whose objects are of one class where the files are of one
/// process. There it is next to 1: few objects change their class, such as a string that gets flattened.
/// Between two runs of one program it was 0.37 to 0.75, as the first objects of both are alike.
const SAME_PROCESS: f64 = 0.9;

/// Nodes by id.
pub(super) enum IdIndex {
    /// By half of the id.
    Dense(Vec<Node>),
    /// Sorted by id.
    Sparse(Vec<(u32, Node)>),
}

fn is_embedders(id: u32) -> bool {
    id.is_multiple_of(2)
}

impl IdIndex {
    pub(super) fn of(graph: &Graph) -> Self {
        let ids = || {
            graph.nodes().map(|node| (graph.id(node), node)).filter(|(id, _)| !is_embedders(*id))
        };
        let highest = ids().map(|(id, _)| id).max().unwrap_or(0);
        if highest as usize / 2 > SPARSEST * graph.len() {
            let mut sorted: Vec<(u32, Node)> = ids().collect();
            sorted.sort_unstable();
            return Self::Sparse(sorted);
        }
        let mut table = vec![NOBODY; highest as usize / 2 + 1];
        for (id, node) in ids() {
            table[id as usize / 2] = node;
        }
        Self::Dense(table)
    }

    #[inline]
    pub(super) fn find(&self, id: u32) -> Option<Node> {
        match self {
            Self::Dense(table) => {
                table.get(id as usize / 2).copied().filter(|node| *node != NOBODY)
            }
            Self::Sparse(sorted) => {
                let at = sorted.binary_search_by_key(&id, |(id, _)| *id).ok()?;
                Some(sorted[at].1)
            }
        }
    }
}

/// A snapshot with numbers for its classes that are the same in both.
#[derive(Clone, Copy)]
pub(super) struct Classed<'a> {
    pub(super) graph: &'a Graph,
    pub(super) tree: &'a DominatorTree,
    pub(super) classes: &'a Classes,
    pub(super) numbers: &'a [ClassId],
}

impl Classed<'_> {
    #[inline]
    fn class(&self, node: Node) -> ClassId {
        self.numbers[self.classes.class(node) as usize]
    }
}

/// Of a class, what is in both snapshots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) count: u64,
    /// Own sizes in the older one, in bytes.
    pub(super) older_size: u64,
    /// Own sizes in the newer one, in bytes.
    pub(super) newer_size: u64,
}

/// What became of the older snapshot's objects.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Matched {
    /// By number of the class.
    pub(super) kept: Vec<Kept>,
    /// By node of the newer one: not there before.
    pub(super) is_new: Vec<bool>,
    /// Objects that grew, and by how much, in bytes.
    pub(super) grown: Vec<(Node, u64)>,
    /// Objects with an id that is in both, and how many of them are of the same class in both.
    common: u64,
    same: u64,
}

/// Growth of a single object that is not worth a mention, in bytes.
const LEAST_GROWN: u64 = 256;

/// Both snapshots.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) older: Classed<'a>,
    pub(super) index: &'a IdIndex,
    pub(super) newer: Classed<'a>,
    /// Classes of both.
    pub(super) classes: usize,
}

impl Matched {
    /// Looks every object of the newer one up in the older one; a half of them on a thread of its own.
    pub(super) fn of(pair: Pair<'_>) -> Result<Self> {
        let nodes = pair.newer.graph.nodes();
        let half = nodes.end / 2;
        let (second, mut matched) =
            both(|| Self::of_nodes(pair, half..nodes.end), || Self::of_nodes(pair, 0..half))?;
        matched.add(second);
        Ok(matched)
    }

    fn of_nodes(pair: Pair<'_>, nodes: Range<Node>) -> Self {
        let mut matched = Self { kept: vec![Kept::default(); pair.classes], ..Self::default() };
        matched.is_new.reserve_exact(nodes.len());
        for node in nodes {
            let id = pair.newer.graph.id(node);
            let before = pair.index.find(id);
            matched.is_new.push(before.is_none() && !is_embedders(id));
            if let Some(before) = before {
                matched.pair(pair, before, node);
            }
        }
        matched
    }

    /// Adds what was found among the nodes behind these.
    fn add(&mut self, other: Self) {
        for (kept, more) in self.kept.iter_mut().zip(other.kept) {
            kept.count += more.count;
            kept.older_size += more.older_size;
            kept.newer_size += more.newer_size;
        }
        self.is_new.extend(other.is_new);
        self.grown.extend(other.grown);
        self.common += other.common;
        self.same += other.same;
    }

    /// Objects without a size are parts of others, and not counted: an array's elements.
    #[inline]
    fn pair(&mut self, Pair { older, newer, .. }: Pair<'_>, before: Node, node: Node) {
        let (from, to) = (older.tree.self_size(before), newer.tree.self_size(node));
        if from == 0 || to == 0 {
            return;
        }
        self.common += 1;
        let class = newer.class(node);
        if older.class(before) != class {
            return;
        }
        self.same += 1;
        let kept = &mut self.kept[class as usize];
        kept.count += 1;
        kept.older_size += from;
        kept.newer_size += to;
        if to >= from + LEAST_GROWN {
            self.grown.push((node, to - from));
        }
    }

    /// Whether ids mean the same in both.
    #[allow(clippy::cast_precision_loss, reason = "a share")]
    pub(super) fn is_one_process(&self) -> bool {
        self.common > 0 && self.same as f64 >= SAME_PROCESS * self.common as f64
    }
}
