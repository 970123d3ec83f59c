//! Which edges keep an object alive in DevTools' eyes: those that count for dominators.

use std::ops::Range;

use super::kinds::{EdgeKind, NodeKind};
use super::{Edge, Graph, Node, edge_kind, edge_target};
use crate::error::Result;
use crate::heap::parallel::both;

/// A bit for each node.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeSet {
    bits: Vec<u64>,
}

impl NodeSet {
    pub(super) fn new(nodes: usize) -> Self {
        Self { bits: vec![0; nodes / 64 + 1] }
    }

    #[inline]
    pub(super) fn has(&self, node: Node) -> bool {
        self.bits[node as usize / 64] >> (node % 64) & 1 == 1
    }

    /// Adds a node; false where it was there.
    #[inline]
    pub(super) fn add(&mut self, node: Node) -> bool {
        let (word, bit) = (&mut self.bits[node as usize / 64], 1 << (node % 64));
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

/// The edges that count, a bit for each.
#[derive(Debug)]
pub(super) struct Essential {
    bits: Vec<u64>,
}

/// A root's edge that leads to something of the program's: its global object, DOM trees.
pub(super) fn is_user_root(graph: &Graph, edge: Edge) -> bool {
    graph.kind(edge.to) != NodeKind::Synthetic || is_dom_trees(graph, edge.to)
}

fn is_dom_trees(graph: &Graph, node: Node) -> bool {
    graph.kind(node) == NodeKind::Synthetic && graph.name_bytes(node) == b"(Document DOM trees)"
}

/// Where the program begins: in Node.js the global objects of its contexts.
pub(super) fn user_roots(graph: &Graph) -> Vec<Node> {
    let edges = graph.edges(graph.root).filter(|edge| is_user_root(graph, *edge));
    edges.map(|edge| edge.to).collect()
}

impl Essential {
    pub(super) fn new(graph: &Graph) -> Result<Self> {
        let rule = Rule { graph, page: page_owned(graph) };
        let mut bits = vec![0; graph.edge_count().div_ceil(64)];
        let half = bits.len() / 2;
        let (first, second) = bits.split_at_mut(half);
        both(|| rule.mark(0, first), || rule.mark(half * 64, second))?;
        Ok(Self { bits })
    }

    /// Whether the edge with this number counts.
    #[inline]
    pub(super) fn has(&self, number: u32) -> bool {
        self.bits[number as usize / 64] >> (number % 64) & 1 == 1
    }

    /// From now on the edge does not count.
    #[inline]
    pub(super) fn remove(&mut self, number: u32) {
        self.bits[number as usize / 64] &= !(1 << (number % 64));
    }

    /// The edges that count among some, with the nodes they come from.
    pub(super) fn among(
        &self,
        graph: &Graph,
        numbers: Range<usize>,
    ) -> impl Iterator<Item = (Node, usize)> {
        let mut node = if numbers.is_empty() { 0 } else { graph.edge_source(numbers.start as u32) };
        let mut end = graph.edge_range(node).end;
        numbers.filter(|number| self.has(*number as u32)).map(move |number| {
            while number >= end {
                node += 1;
                end = graph.edge_range(node).end;
            }
            (node, number)
        })
    }
}

struct Rule<'a> {
    graph: &'a Graph,
    /// The nodes that belong to the program, not to V8 or a debugger alone.
    page: NodeSet,
}

impl Rule<'_> {
    /// Sets the bits of the edges from number `first` on.
    fn mark(&self, first: usize, bits: &mut [u64]) {
        let end = (first + bits.len() * 64).min(self.graph.edge_count());
        if first >= end {
            return;
        }
        let mut node = self.graph.edge_source(first as u32);
        for number in first..end {
            while number >= self.graph.edge_range(node).end {
                node += 1;
            }
            let counts = u64::from(self.counts(node, self.graph.words[number]));
            bits[(number - first) / 64] |= counts << (number % 64);
        }
    }

    /// Whether the edge that `word` describes, out of `from`, counts.
    #[inline]
    fn counts(&self, from: Node, word: u32) -> bool {
        let to = edge_target(word);
        match edge_kind(word) {
            EdgeKind::Ephemeron | EdgeKind::Weak => return false,
            _ if to == from => return false,
            _ if from == self.graph.root => return true,
            EdgeKind::Shortcut => return false,
            _ => {}
        }
        // A debugger's reference, or a collector's root, must not steal what the program holds.
        !self.page.has(to) || self.page.has(from)
    }
}

/// Everything that the program's own roots reach over edges that are not weak.
fn page_owned(graph: &Graph) -> NodeSet {
    let mut found = NodeSet::new(graph.len());
    let is_start = |edge: &Edge| {
        edge.kind == EdgeKind::Shortcut
            || edge.kind == EdgeKind::Element && is_dom_trees(graph, edge.to)
    };
    let starts = graph.edges(graph.root).filter(is_start).map(|edge| edge.to);
    let mut open: Vec<Node> = starts.filter(|node| found.add(*node)).collect();
    while let Some(node) = open.pop() {
        for word in graph.words_of(node) {
            if edge_kind(*word) != EdgeKind::Weak && found.add(edge_target(*word)) {
                open.push(edge_target(*word));
            }
        }
    }
    found
}
