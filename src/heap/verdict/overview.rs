//! The heap in a few numbers.

use serde::Serialize;

use super::analysis::Analysis;
use crate::heap::graph::NodeKind;

/// Sizes in bytes, shares from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// Size of all objects in the file.
    pub total_size: u64,
    /// Number of objects.
    pub objects: u64,
    /// Number of references.
    pub edges: u64,
    /// References from V8's own roots.
    pub roots: u64,
    /// By V8's type of node, largest first.
    pub kinds: Vec<KindRow>,
    /// Some of them as shares.
    pub shares: Shares,
    /// Memory of Buffers, ArrayBuffers and typed arrays: outside V8's heap.
    pub array_buffer_bytes: u64,
    /// Strings that live outside V8's heap.
    pub external_string_bytes: u64,
    /// Memory that V8 knows of and that has no object; null before Node 24.
    pub extra_native_bytes: Option<u64>,
}

/// The nodes of one type.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KindRow {
    /// V8's type of node.
    pub kind: &'static str,
    /// How many.
    pub count: u64,
    /// Their own sizes, in bytes.
    pub self_size: u64,
    /// The same as a share of the heap.
    pub share: f64,
}

/// What people ask for first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shares {
    /// Strings of all kinds.
    pub strings: f64,
    /// Compiled code and what belongs to it.
    pub code: f64,
    /// Functions.
    pub closures: f64,
}

impl Analysis {
    /// The heap in a few numbers: one look at every node.
    #[must_use]
    pub fn overview(&self) -> Overview {
        let graph = &self.graph;
        let mut sums = [(0_u64, 0_u64); NodeKind::ALL.len()];
        let (mut buffers, mut external) = (0, 0);
        for (place, node) in self.tree.order().iter().enumerate() {
            let (kind, size) = (graph.kind(*node), self.tree.self_size_at(place));
            let sum = &mut sums[kind as usize];
            sum.0 += 1;
            sum.1 += size;
            if kind == NodeKind::Native && size > 0 {
                match graph.name_bytes(*node) {
                    b"system / JSArrayBufferData" => buffers += size,
                    b"system / ExternalStringData" => external += size,
                    _ => {}
                }
            }
        }
        let size_of = |wanted: &[NodeKind]| wanted.iter().map(|kind| sums[*kind as usize].1).sum();
        let share_of = |wanted: &[NodeKind]| self.share_of(size_of(wanted));
        let shares = Shares {
            strings: share_of(&[NodeKind::String, NodeKind::ConsString, NodeKind::SlicedString]),
            code: share_of(&[NodeKind::Code]),
            closures: share_of(&[NodeKind::Closure]),
        };
        Overview {
            total_size: self.total_size(),
            objects: graph.len() as u64,
            edges: graph.edge_count() as u64,
            roots: self.root_references(),
            kinds: self.kind_rows(&sums),
            shares,
            array_buffer_bytes: buffers,
            external_string_bytes: external,
            extra_native_bytes: graph.extra_native_bytes(),
        }
    }

    fn kind_rows(&self, sums: &[(u64, u64)]) -> Vec<KindRow> {
        let row = |(kind, (count, self_size)): (NodeKind, &(u64, u64))| KindRow {
            kind: kind.name(),
            count: *count,
            self_size: *self_size,
            share: self.share_of(*self_size),
        };
        let mut rows: Vec<_> = NodeKind::ALL.into_iter().zip(sums).map(row).collect();
        rows.retain(|row| row.count > 0);
        rows.sort_by_key(|row| std::cmp::Reverse(row.self_size));
        rows
    }

    /// Below the root are V8's groups of roots, below some of them more groups.
    fn root_references(&self) -> u64 {
        let graph = &self.graph;
        let mut open = vec![graph.root()];
        let mut found = 0;
        let mut groups = 0;
        while let Some(group) = open.pop() {
            for edge in graph.edges(group) {
                // Groups are few; a file in which they go round in circles is made up.
                if graph.kind(edge.to) == NodeKind::Synthetic && groups < 1000 {
                    groups += 1;
                    open.push(edge.to);
                } else {
                    found += 1;
                }
            }
        }
        found
    }
}
