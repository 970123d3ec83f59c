//! Which file a script's number stands for.

use rustc_hash::FxHashMap;

use crate::heap::graph::{EdgeKind, Graph, Location, Node, NodeKind};

/// Names of files by V8's script ids, found by way of the functions in them.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    /// String index of the file's name.
    names: FxHashMap<u32, u32>,
}

impl Scripts {
    pub(super) fn of(graph: &Graph) -> Self {
        let mut names = FxHashMap::default();
        for Location { node, script, .. } in graph.locations() {
            if graph.kind(*node) != NodeKind::Closure || names.contains_key(script) {
                continue;
            }
            if let Some(name) = file_of(graph, *node) {
                names.insert(*script, name);
            }
        }
        Self { names }
    }

    pub(super) fn file(&self, graph: &Graph, script: u32) -> Option<String> {
        let name = graph.strings().get(*self.names.get(&script)?);
        Some(name.into_owned()).filter(|name| !name.is_empty())
    }
}

/// A closure's shared function info knows its script, and that is called like its file.
fn file_of(graph: &Graph, closure: Node) -> Option<u32> {
    let shared = graph.follow(closure, EdgeKind::Internal, "shared")?;
    let script = graph
        .follow(shared, EdgeKind::Internal, "script")
        .or_else(|| graph.follow(shared, EdgeKind::Internal, "script_or_debug_info"))?;
    (graph.kind(script) == NodeKind::Code).then(|| graph.name_index(script))
}
