//! Whose time it is: what V8, Node and native code do is charged to the function that asked for it.

use crate::profile::category::Category;
use crate::profile::draft::NONE;
use crate::profile::{FunctionId, Node, Profile};

/// Whether code is of the program or of a package.
pub(super) fn is_user(category: Category) -> bool {
    matches!(category, Category::App | Category::Package(_) | Category::Wasm)
}

/// By node, and by function.
pub(super) struct Owners {
    of_node: Vec<Node>,
    charged: Vec<u64>,
    by_function: Vec<u64>,
    garbage: Vec<u64>,
}

impl Owners {
    pub(super) fn of(profile: &Profile) -> Self {
        let tree = profile.tree();
        let mut of_node: Vec<Node> = Vec::with_capacity(tree.len());
        let mut charged = vec![0; tree.len()];
        let mut by_function = vec![0; profile.functions().len()];
        for node in 0..tree.len() as Node {
            let above = tree.parent(node).map_or(NONE, |parent| of_node[parent as usize]);
            let is_own = is_user(profile.function(tree.function(node)).category);
            let owner = if is_own { node } else { above };
            of_node.push(owner);
            if owner != NONE {
                charged[owner as usize] += tree.self_weight(node);
                by_function[tree.function(owner) as usize] += tree.self_weight(node);
            }
        }
        let garbage = garbage(profile, &of_node);
        Self { of_node, charged, by_function, garbage }
    }

    /// The node that a node's own weight is charged to: itself, or the nearest one above that is of the
    /// program or of a package.
    pub(super) fn owner(&self, node: Node) -> Option<Node> {
        Some(self.of_node[node as usize]).filter(|owner| *owner != NONE)
    }

    /// What is charged to a node.
    pub(super) fn charged(&self, node: Node) -> u64 {
        self.charged[node as usize]
    }

    /// What is charged to a function, wherever it was called.
    pub(super) fn charged_to(&self, function: FunctionId) -> u64 {
        self.by_function[function as usize]
    }

    /// Garbage collection that interrupted a function, or what it had asked for; V8 itself tells no
    /// caller of it.
    pub(super) fn garbage_of(&self, function: FunctionId) -> u64 {
        self.garbage[function as usize]
    }
}

/// A collection is charged to what ran at the sample before it: it was an allocation there that had no
/// room.
fn garbage(profile: &Profile, owners: &[Node]) -> Vec<u64> {
    let (tree, samples) = (profile.tree(), profile.samples());
    let mut garbage = vec![0; profile.functions().len()];
    let mut last = NONE;
    for (number, node) in samples.nodes().iter().enumerate() {
        let category = profile.function(tree.function(*node)).category;
        if category != Category::GarbageCollector {
            last = owners[*node as usize];
        } else if last != NONE {
            garbage[tree.function(last) as usize] += samples.weight(number);
        }
    }
    garbage
}
