//! The tree of dominators, with what each node retains.

use super::Node;
use super::dominators::Dominators;
use super::sizes::SelfSizes;

/// Every subtree is a slice of [`DominatorTree::order`], and what a node retains is a difference of two
/// sums along it.
#[derive(Debug)]
pub struct DominatorTree {
    order: Vec<Node>,
    places: Vec<u32>,
    /// Nodes in the subtree, by place.
    counts: Vec<u32>,
    idoms: Vec<Node>,
    /// Self sizes of all nodes before each place; one more than there are places.
    sums: Vec<u64>,
}

impl DominatorTree {
    /// Sorts the nodes so that each is followed by what it dominates, and sums self sizes up.
    #[must_use]
    pub fn new(sizes: SelfSizes, dominators: Dominators) -> Self {
        let Dominators { order: walk, idoms } = dominators;
        let nodes = walk.len();
        // By place of the walk: a subtree's size until the walk comes there, then where the next child's
        // subtree begins. A dominator comes first in the walk.
        let mut next = subtree_sizes(&idoms);
        let mut order = vec![0; nodes];
        let mut counts = vec![0; nodes];
        for (place, node) in walk.iter().enumerate() {
            let count = next[place];
            let at = if place == 0 { 0 } else { next[idoms[place] as usize] };
            if place > 0 {
                next[idoms[place] as usize] += count;
            }
            next[place] = at + 1;
            order[at as usize] = *node;
            counts[at as usize] = count;
        }
        drop(next);
        let mut by_node = vec![0; nodes];
        for (node, idom) in walk.iter().zip(&idoms) {
            by_node[*node as usize] = walk[*idom as usize];
        }
        drop((walk, idoms));
        let sums = sums(&sizes, &order);
        drop(sizes);
        let mut places = vec![0; nodes];
        for (place, node) in (0..).zip(&order) {
            places[*node as usize] = place;
        }
        Self { order, places, counts, idoms: by_node, sums }
    }

    /// What would be freed with a node, itself included, in bytes.
    #[inline]
    #[must_use]
    pub fn retained_size(&self, node: Node) -> u64 {
        self.retained_at(self.places[node as usize] as usize)
    }

    /// Own size of a node, in bytes, with that of V8's objects that it alone owns.
    #[inline]
    #[must_use]
    pub fn self_size(&self, node: Node) -> u64 {
        self.self_size_at(self.places[node as usize] as usize)
    }

    /// The same for the node at a place of [`DominatorTree::order`].
    #[inline]
    #[must_use]
    pub fn self_size_at(&self, place: usize) -> u64 {
        self.sums[place + 1] - self.sums[place]
    }

    /// What the node at a place of [`DominatorTree::order`] retains, in bytes.
    #[inline]
    #[must_use]
    pub fn retained_at(&self, place: usize) -> u64 {
        self.sums[place + self.counts[place] as usize] - self.sums[place]
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
        self.count_at(self.places[node as usize] as usize)
    }

    /// The same for the node at a place.
    #[inline]
    #[must_use]
    pub fn count_at(&self, place: usize) -> usize {
        self.counts[place] as usize
    }

    /// Whether `node` is `ancestor` or dominated by it.
    #[must_use]
    pub fn is_dominated(&self, node: Node, ancestor: Node) -> bool {
        let place = self.place(ancestor);
        (place..place + self.count_at(place)).contains(&self.place(node))
    }

    /// What a node dominates at once, in the order of the tree.
    pub fn children(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        let place = self.place(node);
        let end = place + self.count_at(place);
        let mut at = place + 1;
        std::iter::from_fn(move || {
            let child = *self.order.get(at).filter(|_| at < end)?;
            at += self.count_at(at);
            Some(child)
        })
    }
}

/// Nodes in each subtree, by place of the walk.
fn subtree_sizes(idoms: &[u32]) -> Vec<u32> {
    let mut sizes = vec![1_u32; idoms.len()];
    for place in (1..idoms.len()).rev() {
        sizes[idoms[place] as usize] += sizes[place];
    }
    sizes
}

fn sums(sizes: &SelfSizes, order: &[Node]) -> Vec<u64> {
    let mut sums = Vec::with_capacity(order.len() + 1);
    let mut sum = 0;
    sums.push(sum);
    for node in order {
        sum += sizes.get(*node);
        sums.push(sum);
    }
    sums
}
