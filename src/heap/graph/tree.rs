//! The tree of dominators, with what each node retains.

use super::dominators::Dominators;
use super::{Graph, Node};

/// Every subtree is a slice of [`DominatorTree::order`].
#[derive(Debug)]
pub struct DominatorTree {
    order: Vec<Node>,
    places: Vec<u32>,
    /// Nodes in the subtree, by place.
    counts: Vec<u32>,
    idoms: Vec<Node>,
    retained: Vec<u64>,
}

impl DominatorTree {
    /// Sums self sizes up, and sorts the nodes so that each is followed by what it dominates.
    #[must_use]
    pub fn new(graph: &Graph, dominators: Dominators) -> Self {
        let Dominators { order: walk, idoms } = dominators;
        let nodes = walk.len();
        let mut sums: Vec<u64> = walk.iter().map(|node| graph.self_size(*node)).collect();
        let mut sizes = vec![1_u32; nodes];
        for place in (1..nodes).rev() {
            let idom = idoms[place] as usize;
            sums[idom] += sums[place];
            sizes[idom] += sizes[place];
        }
        let mut retained = vec![0; nodes];
        for (node, sum) in walk.iter().zip(sums) {
            retained[*node as usize] = sum;
        }
        // Where the next child's subtree begins, by place of the walk: a dominator comes first there.
        let mut next = vec![0_u32; nodes];
        let mut places = vec![0; nodes];
        let mut order = vec![0; nodes];
        let mut counts = vec![0; nodes];
        for place in 0..nodes {
            let at = if place == 0 { 0 } else { next[idoms[place] as usize] };
            if place > 0 {
                next[idoms[place] as usize] += sizes[place];
            }
            next[place] = at + 1;
            places[walk[place] as usize] = at;
            order[at as usize] = walk[place];
            counts[at as usize] = sizes[place];
        }
        drop((next, sizes));
        let mut by_node = vec![0; nodes];
        for (place, node) in walk.iter().enumerate() {
            by_node[*node as usize] = walk[idoms[place] as usize];
        }
        Self { order, places, counts, idoms: by_node, retained }
    }

    /// What would be freed with a node, itself included, in bytes.
    #[inline]
    #[must_use]
    pub fn retained_size(&self, node: Node) -> u64 {
        self.retained[node as usize]
    }

    /// The immediate dominator; the root's is the root.
    #[inline]
    #[must_use]
    pub fn dominator(&self, node: Node) -> Node {
        self.idoms[node as usize]
    }

    /// A node and everything it dominates.
    #[inline]
    #[must_use]
    pub fn subtree(&self, node: Node) -> &[Node] {
        let place = self.places[node as usize] as usize;
        &self.order[place..place + self.counts[place] as usize]
    }

    /// All nodes, each followed by what it dominates.
    #[must_use]
    pub fn order(&self) -> &[Node] {
        &self.order
    }

    /// Where a node is in [`DominatorTree::order`].
    #[inline]
    #[must_use]
    pub fn place(&self, node: Node) -> usize {
        self.places[node as usize] as usize
    }

    /// How many nodes a node dominates, itself included.
    #[inline]
    #[must_use]
    pub fn count(&self, node: Node) -> usize {
        self.counts[self.places[node as usize] as usize] as usize
    }

    /// Whether `node` is `ancestor` or dominated by it.
    #[must_use]
    pub fn is_dominated(&self, node: Node, ancestor: Node) -> bool {
        let place = self.place(ancestor);
        (place..place + self.count(ancestor)).contains(&self.place(node))
    }

    /// What a node dominates at once, in the order of the tree.
    pub fn children(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        let place = self.place(node);
        let end = place + self.counts[place] as usize;
        let mut at = place + 1;
        std::iter::from_fn(move || {
            let child = *self.order.get(at).filter(|_| at < end)?;
            at += self.counts[at] as usize;
            Some(child)
        })
    }
}
