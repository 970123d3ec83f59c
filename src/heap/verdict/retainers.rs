//! Who refers to an object.

use super::analysis::Analysis;
use super::path::PathStep;
use crate::heap::graph::{EdgeKind, Graph, KnownDistances, Node};

/// A reference to an object, from its other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Retainer {
    /// Who refers.
    pub(super) from: Node,
    /// Number of the edge.
    pub(super) edge: usize,
}

/// Retainers that are sorted by how near they are.
const MOST_SORTED: usize = 10_000;

/// Every edge that leads to `node`, in the file's order: one look at all edges.
///
/// A table of incoming edges would take 8 bytes for each of them and is asked once.
pub(super) fn retainers(graph: &Graph, node: Node) -> Vec<Retainer> {
    let mut found = Vec::new();
    for from in graph.nodes() {
        for edge in graph.edge_range(from) {
            if graph.edge(edge).to == node {
                found.push(Retainer { from, edge });
            }
        }
    }
    found
}

impl Analysis {
    /// What refers to a node, at most `limit` of them, and how many there are: the nearest to a root
    /// first, weak references last.
    pub(super) fn retainer_steps(&self, node: Node, limit: usize) -> (Vec<PathStep>, usize) {
        let graph = &self.graph;
        let mut found = retainers(graph, node);
        // Of very many the order is the file's.
        let total = found.len();
        found.truncate(MOST_SORTED.max(limit));
        let mut distances = KnownDistances::new(&self.distances, graph);
        found.sort_by_cached_key(|one| {
            let is_weak = graph.edge(one.edge).kind == EdgeKind::Weak;
            (is_weak, rank(distances.distance(one.from)))
        });
        let step = |one: &Retainer| PathStep {
            edge: self.edge_ref(graph.edge(one.edge)),
            object: self.object(one.from),
        };
        (found.iter().take(limit).map(step).collect(), total)
    }
}

/// What nothing reaches has a negative distance and is the farthest.
fn rank(distance: i32) -> u32 {
    u32::try_from(distance).unwrap_or(u32::MAX)
}
