//! The way from a root to an object.

use serde::Serialize;

use super::analysis::Analysis;
use super::names::cut;
use super::object::ObjectRef;
use crate::heap::graph::{Edge, EdgeKind, Node, NodeKind};

/// An edge and where it leads.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PathStep {
    /// What the reference is called.
    pub edge: EdgeRef,
    /// Where it leads; of a retainer, where it comes from.
    pub object: ObjectRef,
}

/// What a reference is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EdgeRef {
    /// V8's type of edge.
    pub kind: &'static str,
    /// Name of the property or variable, or an index.
    pub name: String,
}

/// A path longer than this is cut in its middle.
const LONGEST: usize = 40;

impl Analysis {
    /// What an edge is called.
    #[must_use]
    pub fn edge_ref(&self, edge: Edge) -> EdgeRef {
        let name = if edge.kind.is_indexed() {
            edge.name.to_string()
        } else {
            cut(&self.graph.strings().get(edge.name), 200)
        };
        EdgeRef { kind: edge.kind.name(), name }
    }

    /// An edge by its number, with the object that it leads to.
    #[must_use]
    pub fn step(&self, number: u32) -> PathStep {
        let edge = self.graph.edge(number as usize);
        PathStep { edge: self.edge_ref(edge), object: self.object(edge.to) }
    }

    /// A shortest way from a root of the program, or from V8's where there is none.
    ///
    /// It begins with the edge to that root. Of a very long one the middle is left out.
    #[must_use]
    pub fn path(&self, node: Node) -> Vec<PathStep> {
        let edges = self.distances.path(&self.graph, node);
        let half = LONGEST / 2;
        let is_shown = |at: usize| edges.len() <= LONGEST || at < half || at + half >= edges.len();
        let shown = edges.iter().enumerate().filter(|(at, _)| is_shown(*at));
        shown.map(|(_, number)| self.step(*number)).collect()
    }
}

/// A path in one line: `global.rooms.table[3]`, with `→` where no property leads on.
#[must_use]
pub fn path_text(path: &[PathStep]) -> String {
    let Some((root, rest)) = path.split_first() else { return String::new() };
    let mut text = root.object.name.clone();
    for PathStep { edge, object } in rest {
        append(&mut text, edge, object);
    }
    text
}

fn append(text: &mut String, edge: &EdgeRef, object: &ObjectRef) {
    let name = &edge.name;
    match edge.kind {
        "property" if is_identifier(name) => text.push_str(&format!(".{name}")),
        "property" => text.push_str(&format!("[{name:?}]")),
        "element" => text.push_str(&format!("[{name}]")),
        // The scope of a function: its variables say more than it does.
        "context" => text.push_str(&format!(" → variable {name}")),
        "internal" if name.contains(" pair in WeakMap ") => text.push_str(" → value in a WeakMap"),
        "internal" if matches!(&name[..], "context" | "table" | "elements" | "properties") => {}
        _ if object.kind == NodeKind::Closure.name() => {
            text.push_str(&format!(" → {}", object.name))
        }
        _ if name.is_empty() || edge.kind == EdgeKind::Hidden.name() => {
            text.push_str(&format!(" → {}", object.name));
        }
        _ => text.push_str(&format!(" → ({name})")),
    }
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|char| char.is_alphabetic() || char == '_' || char == '$');
    first && chars.all(|char| char.is_alphanumeric() || char == '_' || char == '$')
}
