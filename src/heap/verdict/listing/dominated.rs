//! The tree of dominators, opened level by level.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::OpenHeap;
use super::window::{Window, page};
use crate::error::Result;
use crate::heap::graph::{EdgeKind, Node};
use crate::heap::verdict::inspect::{rank, unknown};
use crate::heap::verdict::object::ObjectRef;
use crate::heap::verdict::path::EdgeRef;

/// An object and a page of what it dominates at once.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dominated {
    /// The object; its `edge` is that of its own dominator.
    pub object: DominatedRow,
    /// How many it dominates at once.
    pub total: usize,
    /// The biggest by what they retain first.
    pub rows: Vec<DominatedRow>,
}

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DominatedRow {
    /// The object.
    #[serde(flatten)]
    pub object: ObjectRef,
    /// Name of its class.
    pub class_name: String,
    /// By which reference its dominator holds it; none where only things between them do.
    pub edge: Option<EdgeRef>,
    /// Objects that would go with it, at any depth.
    pub dominated: usize,
}

impl OpenHeap {
    /// What an object dominates at once; the whole heap hangs on the root, which `None` stands for.
    ///
    /// # Errors
    /// [`crate::error::Error::InvalidArgument`] where no object has this id.
    pub fn dominators(&self, id: Option<u32>, window: Window) -> Result<Dominated> {
        let analysis = &self.analysis;
        let tree = &analysis.tree;
        let node = match id {
            Some(id) => analysis.graph.find(id).ok_or_else(|| unknown(analysis, id))?,
            None => analysis.graph.root(),
        };
        let children: Vec<Node> = tree.children(node).collect();
        let total = children.len();
        let by_size = |child: &Node| (Reverse(tree.retained_size(*child)), *child);
        let shown = page(children, window, by_size);
        let edges = self.references(node, &shown);
        let rows = shown.into_iter().map(|child| self.row(child, edges.get(&child).copied()));
        let above = tree.dominator(node);
        let held = if above == node { None } else { self.reference(above, node) };
        Ok(Dominated { object: self.row(node, held), total, rows: rows.collect() })
    }

    fn row(&self, node: Node, edge: Option<usize>) -> DominatedRow {
        let analysis = &self.analysis;
        DominatedRow {
            object: analysis.object(node),
            class_name: analysis.class_name(node),
            edge: edge.map(|number| analysis.edge_ref(analysis.graph.edge(number))),
            dominated: analysis.tree.count(node) - 1,
        }
    }

    fn reference(&self, from: Node, to: Node) -> Option<usize> {
        self.references(from, &[to]).remove(&to)
    }

    /// The edge to each of `targets` that says most: a property or variable before an index, and that before
    /// a reference of V8's own.
    fn references(&self, from: Node, targets: &[Node]) -> FxHashMap<Node, usize> {
        let graph = &self.analysis.graph;
        let mut found: FxHashMap<Node, Option<usize>> =
            targets.iter().map(|target| (*target, None)).collect();
        for number in graph.edge_range(from) {
            let edge = graph.edge(number);
            let Some(best) = found.get_mut(&edge.to).filter(|_| edge.kind != EdgeKind::Weak) else {
                continue;
            };
            let is_better = |old: usize| rank(edge.kind) < rank(graph.edge(old).kind);
            if best.is_none_or(is_better) {
                *best = Some(number);
            }
        }
        found.into_iter().filter_map(|(target, edge)| Some((target, edge?))).collect()
    }
}
