//! One object as the report shows it.

use serde::Serialize;

use super::analysis::Analysis;
use super::names::cut;
use super::tables::CLASS_NAME;
use crate::heap::graph::Node;

/// What is told of an object wherever it is named.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef {
    /// V8's id: `@65893`.
    pub id: u32,
    /// What it is called.
    pub name: String,
    /// V8's type of node.
    pub kind: &'static str,
    /// Own size, in bytes.
    pub self_size: u64,
    /// What would be freed with it, in bytes.
    pub retained_size: u64,
    /// The same as a share of the heap, 0 to 1.
    pub share: f64,
    /// Where its function or its class stands.
    pub location: Option<Place>,
}

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Name of the file, where it is known.
    pub file: Option<String>,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

impl Analysis {
    /// What is told of a node.
    #[must_use]
    pub fn object(&self, node: Node) -> ObjectRef {
        ObjectRef {
            id: self.graph.id(node),
            name: self.name(node),
            kind: self.graph.kind(node).name(),
            self_size: self.tree.self_size(node),
            retained_size: self.tree.retained_size(node),
            share: self.share(node),
            location: self.place(node),
        }
    }

    /// Name of a node's class, as the table of classes has it.
    #[must_use]
    pub fn class_name(&self, node: Node) -> String {
        cut(self.classes.name_of(node), CLASS_NAME)
    }

    /// Where a node's function or class stands.
    #[must_use]
    pub fn place(&self, node: Node) -> Option<Place> {
        let location = self.graph.location(node)?;
        Some(Place {
            file: self.scripts.file(&self.graph, location.script),
            line: location.line.saturating_add(1),
            column: location.column.saturating_add(1),
        })
    }
}
