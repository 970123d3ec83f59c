//! The call tree in columns.

use super::draft::NONE;

/// Place of a node in its tree: depth first, parents before children.
pub type Node = u32;

/// Number of a function in its profile.
pub type FunctionId = u32;

/// The tree's columns.
#[derive(Debug, Default)]
pub struct CallTree {
    pub(super) functions: Vec<FunctionId>,
    pub(super) parents: Vec<Node>,
    pub(super) own: Vec<u64>,
    pub(super) hits: Vec<u64>,
    pub(super) total: Vec<u64>,
    /// Whether no ancestor is of the same function.
    pub(super) outermost: Vec<bool>,
}

impl CallTree {
    /// Sums up; `functions` is the number of functions.
    pub(super) fn new(
        functions: Vec<FunctionId>,
        parents: Vec<Node>,
        own: Vec<u64>,
        hits: Vec<u64>,
        function_count: usize,
    ) -> Self {
        let mut total = own.clone();
        for node in (1..parents.len()).rev() {
            total[parents[node] as usize] += total[node];
        }
        let outermost = outermost(&functions, &parents, function_count);
        Self { functions, parents, own, hits, total, outermost }
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Whether there is no node; a profile has one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// The function of a node.
    #[must_use]
    pub fn function(&self, node: Node) -> FunctionId {
        self.functions[node as usize]
    }

    /// The caller of a node; none of the root, which is node 0.
    #[must_use]
    pub fn parent(&self, node: Node) -> Option<Node> {
        Some(self.parents[node as usize]).filter(|parent| *parent != NONE)
    }

    /// Own weight: microseconds, or bytes.
    #[must_use]
    pub fn self_weight(&self, node: Node) -> u64 {
        self.own[node as usize]
    }

    /// Weight with all callees: microseconds, or bytes.
    #[must_use]
    pub fn total_weight(&self, node: Node) -> u64 {
        self.total[node as usize]
    }

    /// Samples in the node itself.
    #[must_use]
    pub fn hits(&self, node: Node) -> u64 {
        self.hits[node as usize]
    }

    /// Whether no caller above is the same function: the weights of these nodes make up the function's
    /// total.
    #[must_use]
    pub fn is_outermost(&self, node: Node) -> bool {
        self.outermost[node as usize]
    }
}

fn outermost(functions: &[FunctionId], parents: &[Node], function_count: usize) -> Vec<bool> {
    // How often each function is on the stack that leads to the node at hand.
    let mut depths = vec![0_u32; function_count];
    let mut leaf = NONE;
    let mut outermost = Vec::with_capacity(parents.len());
    for (node, function) in functions.iter().enumerate() {
        while leaf != parents[node] {
            depths[functions[leaf as usize] as usize] -= 1;
            leaf = parents[leaf as usize];
        }
        leaf = node as Node;
        let depth = &mut depths[*function as usize];
        outermost.push(*depth == 0);
        *depth += 1;
    }
    outermost
}
