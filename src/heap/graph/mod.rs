//! A heap snapshot of any size as a graph in columns.
//!
//! [`Graph::read`] takes `.heapsnapshot` files, plain, gzip or Zstandard, as a stream: reading and
//! decompressing, cutting and parsing are done by threads of their own, and the document is never
//! held. Per node 21 bytes stay, per edge 6, and the strings.
//!
//! The rules are those of Chrome DevTools' heap snapshot worker (`HeapSnapshot.ts`), with which the
//! results agree node by node: which edges count for dominators ([`essential`]), who owns the size of
//! V8's own arrays ([`ownership`]), dominators and retained sizes ([`dominators`]), distances
//! ([`distances`]), class names ([`classes`], [`interfaces`]).

mod classes;
mod columns;
mod distances;
mod document;
mod dominators;
mod edge_names;
mod ephemerons;
mod essential;
mod interfaces;
mod kinds;
#[cfg(test)]
mod naive;
mod ownership;
mod rows;
mod sizes;
mod strings;
#[cfg(test)]
mod tests;
mod tree;

use std::path::Path;

pub use crate::text::{Control, Encoding};
pub use classes::{ClassId, ClassSizes, Classes};
pub use columns::Location;
pub use distances::{Distances, KnownDistances, NO_EDGE};
pub use dominators::Dominators;
pub use kinds::{EdgeKind, NodeKind};
pub use sizes::{FileSizes, SelfSizes};
pub use strings::Strings;
pub use tree::DominatorTree;

use crate::error::Result;
use crate::text::{input, source};
use columns::{DETACHEDNESS_SHIFT, TARGET_BITS};
use edge_names::EdgeNames;

/// Ordinal of a node: its place in the file.
pub type Node = u32;

/// A whole snapshot.
#[derive(Debug, Default)]
pub struct Graph {
    kinds: Vec<u8>,
    names: Vec<u32>,
    ids: Vec<u32>,
    /// Where the edges of each node begin; one more than there are nodes.
    first_edges: Vec<u32>,
    words: Vec<u32>,
    edge_names: EdgeNames,
    locations: Vec<Location>,
    strings: Strings,
    root: Node,
    encoding: Option<Encoding>,
    extra_native_bytes: Option<u64>,
}

/// One edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Its type.
    pub kind: EdgeKind,
    /// A string index, or a number where [`EdgeKind::is_indexed`].
    pub name: u32,
    /// Where it leads.
    pub to: Node,
}

fn edge_kind(word: u32) -> EdgeKind {
    EdgeKind::ALL[(word >> TARGET_BITS) as usize]
}

fn edge_target(word: u32) -> Node {
    word & ((1 << TARGET_BITS) - 1)
}

impl Graph {
    /// Reads a file; its errors tell the offset in the uncompressed text.
    pub fn read(path: &Path, control: &Control) -> Result<(Self, FileSizes)> {
        Self::read_in_chunks(path, control, source::CHUNK)
    }

    fn read_in_chunks(path: &Path, control: &Control, chunk: usize) -> Result<(Self, FileSizes)> {
        let document::Document { layout, nodes, edges, locations, strings, encoding } =
            document::read(path, control, chunk)?;
        let mut first_edges = nodes.edge_counts;
        offsets(&mut first_edges);
        let mut graph = Self {
            kinds: nodes.kinds,
            names: nodes.names,
            ids: nodes.ids,
            first_edges,
            edge_names: edges.names,
            words: edges.words,
            locations,
            strings,
            root: layout.root as Node,
            encoding: Some(encoding),
            extra_native_bytes: layout.extra_native_bytes,
        };
        ephemerons::mark(&mut graph);
        let sizes = SelfSizes { sizes: nodes.sizes, huge: nodes.huge.into_inner() };
        Ok((graph, FileSizes(sizes)))
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Number of edges.
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.words.len()
    }

    /// All nodes.
    pub fn nodes(&self) -> std::ops::Range<Node> {
        0..self.kinds.len() as Node
    }

    /// Where everything hangs.
    #[must_use]
    pub fn root(&self) -> Node {
        self.root
    }

    /// How the file was compressed.
    #[must_use]
    pub fn encoding(&self) -> Option<Encoding> {
        self.encoding
    }

    /// Memory that V8 knows of and that has no node, in bytes; from Node 24 on.
    #[must_use]
    pub fn extra_native_bytes(&self) -> Option<u64> {
        self.extra_native_bytes
    }

    /// Type of a node.
    #[inline]
    #[must_use]
    pub fn kind(&self, node: Node) -> NodeKind {
        NodeKind::ALL[usize::from(self.kinds[node as usize] & ((1 << DETACHEDNESS_SHIFT) - 1))]
    }

    /// 0 unknown, 1 attached, 2 detached.
    #[must_use]
    pub fn detachedness(&self, node: Node) -> u8 {
        self.kinds[node as usize] >> DETACHEDNESS_SHIFT
    }

    /// String index of a node's name.
    #[inline]
    #[must_use]
    pub fn name_index(&self, node: Node) -> u32 {
        self.names[node as usize]
    }

    /// Name of a node, in bytes.
    #[must_use]
    pub fn name_bytes(&self, node: Node) -> &[u8] {
        self.strings.bytes(self.name_index(node))
    }

    /// V8's id of a node.
    #[inline]
    #[must_use]
    pub fn id(&self, node: Node) -> u32 {
        self.ids[node as usize]
    }

    /// The node with an id.
    #[must_use]
    pub fn find(&self, id: u32) -> Option<Node> {
        self.ids.iter().position(|one| *one == id).map(|node| node as Node)
    }

    /// Numbers of a node's edges.
    #[inline]
    #[must_use]
    pub fn edge_range(&self, node: Node) -> std::ops::Range<usize> {
        self.first_edges[node as usize] as usize..self.first_edges[node as usize + 1] as usize
    }

    /// An edge by its number.
    #[inline]
    #[must_use]
    pub fn edge(&self, number: usize) -> Edge {
        let word = self.words[number];
        let kind = edge_kind(word);
        Edge { kind, name: self.edge_names.get(number, kind.is_indexed()), to: edge_target(word) }
    }

    /// The node that an edge comes from: a binary search.
    #[must_use]
    pub fn edge_source(&self, number: u32) -> Node {
        (self.first_edges.partition_point(|first| *first <= number) - 1) as Node
    }

    /// Numbers of all edges with a string for a name: a look at every edge.
    pub fn edges_named(&self, name: u32) -> impl Iterator<Item = u32> + '_ {
        let is_named = |number: &usize| !edge_kind(self.words[*number]).is_indexed();
        let candidates = self.edge_names.candidates(move |one| one == name);
        candidates.filter(is_named).map(|number| number as u32)
    }

    /// A node's edges, in the file's order.
    #[inline]
    pub fn edges(&self, node: Node) -> impl ExactSizeIterator<Item = Edge> + '_ {
        self.edge_range(node).map(|number| self.edge(number))
    }

    #[inline]
    fn words_of(&self, node: Node) -> &[u32] {
        &self.words[self.edge_range(node)]
    }

    /// The string table.
    #[must_use]
    pub fn strings(&self) -> &Strings {
        &self.strings
    }

    /// The node that the first edge with this kind and name leads to.
    #[must_use]
    pub fn follow(&self, node: Node, kind: EdgeKind, name: &str) -> Option<Node> {
        let named = |edge: &Edge| {
            edge.kind == kind
                && !kind.is_indexed()
                && self.strings.bytes(edge.name) == name.as_bytes()
        };
        self.edges(node).find(named).map(|edge| edge.to)
    }

    /// All locations, in the order of their nodes.
    #[must_use]
    pub fn locations(&self) -> &[Location] {
        &self.locations
    }

    /// Where a node's constructor or function stands.
    #[must_use]
    pub fn location(&self, node: Node) -> Option<Location> {
        let at = self.locations.binary_search_by_key(&node, |location| location.node).ok()?;
        Some(self.locations[at])
    }
}

/// Counts, with a place to spare, become offsets.
fn offsets(counts: &mut [u32]) {
    let mut sum = 0;
    for count in counts {
        sum += std::mem::replace(count, sum);
    }
}
