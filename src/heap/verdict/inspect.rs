//! One object from all sides: what it refers to, who refers to it, what would go with it.

use serde::Serialize;

use super::analysis::Analysis;
use super::listing::{Window, page};
use super::object::ObjectRef;
use super::path::PathStep;
use crate::error::{Error, Result};
use crate::heap::graph::{EdgeKind, Node};

/// What [`inspect`] tells.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeapInspection {
    /// The object.
    pub object: InspectedObject,
    /// What it refers to: properties and variables first, then indices, then V8's own references.
    pub properties: Vec<PathStep>,
    /// Who refers to it, nearest to a root first; weak references last.
    pub retainers: Vec<PathStep>,
    /// What it dominates at once, by retained size.
    pub dominated: Vec<ObjectRef>,
    /// What all ways to it go through; none for the root.
    pub dominator: Option<ObjectRef>,
    /// A shortest way from a root.
    pub path: Vec<PathStep>,
    /// The same in one line.
    pub path_text: String,
    /// Lengths of the lists before they were cut.
    pub totals: InspectionTotals,
}

/// The object that is inspected.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InspectedObject {
    /// As it is told of everywhere.
    #[serde(flatten)]
    pub object: ObjectRef,
    /// Name of its class.
    pub class_name: String,
    /// References on the shortest way from a root of the program; 100,000,000 and more for what only V8
    /// reaches, -5 for what nothing does.
    pub distance: i32,
}

/// How much there is of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct InspectionTotals {
    /// References out of it.
    pub properties: usize,
    /// References to it.
    pub retainers: usize,
    /// Objects that it dominates at once.
    pub dominated: usize,
}

/// Looks at the object with V8's id `id`; lists get at most `limit` rows.
///
/// # Errors
///
/// [`Error::InvalidArgument`] where no object has this id.
pub fn inspect(analysis: &Analysis, id: u32, limit: usize) -> Result<HeapInspection> {
    let graph = &analysis.graph;
    let node = graph.find(id).ok_or_else(|| unknown(analysis, id))?;
    let (retainers, retainer_count) = analysis.retainer_steps(node, limit);
    let (dominated, dominated_count) = analysis.biggest_children(node, limit);
    let dominator = analysis.tree.dominator(node);
    Ok(HeapInspection {
        object: InspectedObject {
            object: analysis.object(node),
            class_name: analysis.class_name(node),
            distance: analysis.distances.distance(&analysis.graph, node),
        },
        properties: analysis.property_steps(node, limit),
        retainers,
        dominated,
        dominator: (dominator != node).then(|| analysis.object(dominator)),
        path: analysis.path(node),
        path_text: analysis.way(node),
        totals: InspectionTotals {
            properties: graph.edge_range(node).len(),
            retainers: retainer_count,
            dominated: dominated_count,
        },
    })
}

pub(super) fn unknown(analysis: &Analysis, id: u32) -> Error {
    Error::InvalidArgument(format!(
        "no object has the id @{id} among the {} of this snapshot; ids are the numbers behind the @ of a \
         report of the same file",
        analysis.graph.len()
    ))
}

/// Where references of a kind stand in the list.
pub(super) fn rank(kind: EdgeKind) -> usize {
    match kind {
        EdgeKind::Property | EdgeKind::Context => 0,
        EdgeKind::Element => 1,
        EdgeKind::Weak => 3,
        _ => 2,
    }
}

const RANKS: usize = 4;

impl Analysis {
    /// References out of a node, in the file's order within each rank.
    fn property_steps(&self, node: Node, limit: usize) -> Vec<PathStep> {
        let numbers = || self.graph.edge_range(node);
        let of_rank =
            |wanted| numbers().filter(move |number| rank(self.graph.edge(*number).kind) == wanted);
        let chosen = (0..RANKS).flat_map(of_rank).take(limit);
        chosen.map(|number| self.step(number as u32)).collect()
    }

    /// The children in the dominator tree that retain most, and how many there are.
    fn biggest_children(&self, node: Node, limit: usize) -> (Vec<ObjectRef>, usize) {
        let children: Vec<Node> = self.tree.children(node).collect();
        let count = children.len();
        let by_size = |child: &Node| (std::cmp::Reverse(self.tree.retained_size(*child)), *child);
        let children = page(children, Window::first(limit), by_size);
        (children.into_iter().map(|child| self.object(child)).collect(), count)
    }
}
