//! The nodes' own sizes, apart from the graph: the tree of dominators takes them over as sums.

use super::columns::HugeSizes;
use super::{Graph, Node, ownership};

/// Sizes as the file has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileSizes(pub(super) SelfSizes);

impl FileSizes {
    /// The sizes that DevTools shows: what is V8's own and has one owner counts for that.
    #[must_use]
    pub fn owned(self, graph: &Graph) -> SelfSizes {
        let mut sizes = self.0;
        ownership::attribute(graph, &mut sizes);
        sizes
    }
}

/// Own size of each node, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelfSizes {
    pub(super) sizes: Vec<u32>,
    /// What does not fit into the column, by node.
    pub(super) huge: HugeSizes,
}

impl SelfSizes {
    /// Size of a node, in bytes.
    #[inline]
    #[must_use]
    pub fn get(&self, node: Node) -> u64 {
        match self.sizes[node as usize] {
            u32::MAX => self.huge.get(&node).copied().unwrap_or(u64::from(u32::MAX)),
            size => u64::from(size),
        }
    }

    pub(super) fn set(&mut self, node: Node, size: u64) {
        self.sizes[node as usize] = u32::try_from(size).unwrap_or(u32::MAX);
        if size >= u64::from(u32::MAX) {
            self.huge.insert(node, size);
        }
    }
}
