//! Whose the sizes of V8's own objects are: an array's elements are the array's, not a class of their
//! own (DevTools: `calculateShallowSizes`).

use super::essential::user_roots;
use super::kinds::{EdgeKind, NodeKind};
use super::sizes::SelfSizes;
use super::{Graph, Node, edge_kind, edge_target};

const NOBODY: u32 = u32::MAX;
const MANY: u32 = u32::MAX - 1;

/// Moves the size of every node of V8's own that has one owner to that owner.
///
/// Nothing is moved where the file has no global object (`exposeInternals`).
pub(super) fn attribute(graph: &Graph, sizes: &mut SelfSizes) {
    if user_roots(graph).is_empty() {
        return;
    }
    let owners = owners(graph);
    for node in graph.nodes() {
        let owner = owners[node as usize];
        if owner == node || owner >= MANY || owner == graph.root {
            continue;
        }
        if graph.kind(owner) != NodeKind::Synthetic {
            let size = sizes.get(node);
            sizes.set(node, 0);
            sizes.set(owner, sizes.get(owner) + size);
        }
    }
}

/// Whether a node has a size of its own only until an owner is found.
fn is_ownable(graph: &Graph, node: Node) -> bool {
    match graph.kind(node) {
        NodeKind::Hidden | NodeKind::Array => true,
        NodeKind::Native => graph.name_bytes(node) == b"system / ExternalStringData",
        _ => false,
    }
}

fn owners(graph: &Graph) -> Vec<u32> {
    let mut owners: Vec<u32> =
        graph.nodes().map(|node| if is_ownable(graph, node) { NOBODY } else { node }).collect();
    let mut open = Vec::new();
    for node in graph.nodes() {
        if owners[node as usize] == node {
            pass_on(graph, &mut owners, &mut open, node);
        }
        while let Some(next) = open.pop() {
            pass_on(graph, &mut owners, &mut open, next);
        }
    }
    owners
}

fn pass_on(graph: &Graph, owners: &mut [u32], open: &mut Vec<Node>, node: Node) {
    let owner = owners[node as usize];
    for word in graph.words_of(node) {
        let to = edge_target(*word);
        let known = owners[to as usize];
        if known == to || known == owner || known == MANY || edge_kind(*word) == EdgeKind::Weak {
            continue;
        }
        owners[to as usize] = if known == NOBODY { owner } else { MANY };
        open.push(to);
    }
}
