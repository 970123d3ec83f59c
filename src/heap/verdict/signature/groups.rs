//! The dominator tree in class terms: siblings of a class are one group, so that a million rooms are one
//! row, with what they retain together.

use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use super::MOST_GROUPS;
use crate::heap::graph::{ClassId, Classes, DominatorTree, EdgeKind, Graph, Node, NodeKind};

/// Groups that retain a smaller share of the heap than one in this many are left out, and so are those
/// that retain less than this.
const LEAST_SHARE: u64 = 2000;
const LEAST_BYTES: u64 = 1024;

/// How far from the root groups go; objects of a class that hold each other in a row are one step.
const DEEPEST: u32 = 32;

/// Objects of a group that are remembered.
const SAMPLES: usize = 50;

/// Objects of a class that are held in the same way.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::heap::verdict) struct Group {
    /// Place in the list of the group that holds them.
    pub(in crate::heap::verdict) parent: Option<u32>,
    pub(in crate::heap::verdict) class: ClassId,
    /// Name of the reference that leads there, where it is the same for all that were looked at.
    pub(in crate::heap::verdict) edge: Option<String>,
    pub(in crate::heap::verdict) count: u64,
    pub(in crate::heap::verdict) self_size: u64,
    pub(in crate::heap::verdict) retained_size: u64,
    /// Some of them, the one that retains most first.
    pub(in crate::heap::verdict) samples: Vec<Node>,
}

/// The groups that retain most, each after its parent.
#[derive(Debug)]
pub(in crate::heap::verdict) struct Groups {
    pub(in crate::heap::verdict) list: Vec<Group>,
    /// Those that retain less were left out, in bytes.
    pub(in crate::heap::verdict) least: u64,
}

/// A group before its children are known.
struct Open {
    retained_size: u64,
    place: u32,
    depth: u32,
    nodes: Vec<Node>,
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Open {}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.retained_size, other.place).cmp(&(other.retained_size, self.place))
    }
}

/// Whether a node is one of V8's own and stands between what the program knows: an array's elements, a
/// map's table, an object's properties. What it dominates counts as its holder's.
pub(in crate::heap::verdict) fn is_lifted(graph: &Graph, node: Node) -> bool {
    match graph.kind(node) {
        NodeKind::Array | NodeKind::ObjectShape | NodeKind::Synthetic => true,
        NodeKind::Hidden => {
            !graph.name_bytes(node).starts_with(b"system / ")
                || !graph.name_bytes(node).ends_with(b"Context")
        }
        _ => false,
    }
}

impl Groups {
    /// Goes down from the root, where most is retained first, until the list is full.
    pub(in crate::heap::verdict) fn of(
        graph: &Graph,
        tree: &DominatorTree,
        classes: &Classes,
    ) -> Self {
        let root = graph.root();
        let total = tree.retained_size(root);
        let mut maker = Maker {
            graph,
            tree,
            classes,
            least: (total / LEAST_SHARE).max(LEAST_BYTES),
            list: Vec::new(),
            open: BinaryHeap::new(),
        };
        maker.add(None, 0, classes.class(root), Bucket { retained_size: total, nodes: vec![root] });
        while let Some(open) = maker.open.pop() {
            if maker.list.len() >= MOST_GROUPS {
                maker.least = maker.least.max(open.retained_size);
                break;
            }
            maker.expand(open);
        }
        Self { list: maker.list, least: maker.least }
    }
}

/// Children of a group that are of one class.
#[derive(Default)]
struct Bucket {
    retained_size: u64,
    nodes: Vec<Node>,
}

struct Maker<'a> {
    graph: &'a Graph,
    tree: &'a DominatorTree,
    classes: &'a Classes,
    least: u64,
    list: Vec<Group>,
    open: BinaryHeap<Open>,
}

impl Maker<'_> {
    fn add(&mut self, parent: Option<u32>, depth: u32, class: ClassId, bucket: Bucket) {
        let Bucket { retained_size, nodes } = bucket;
        let place = self.list.len() as u32;
        self.list.push(Group {
            parent,
            class,
            edge: self.common_edge(&nodes, retained_size),
            count: nodes.len() as u64,
            self_size: nodes.iter().map(|node| self.tree.self_size(*node)).sum(),
            retained_size,
            samples: self.samples(&nodes),
        });
        if depth < DEEPEST {
            self.open.push(Open { retained_size, place, depth, nodes });
        }
    }

    /// Finds what a group's objects hold, by class; what is of their own class belongs to them.
    fn expand(&mut self, open: Open) {
        let Open { place, depth, nodes, .. } = open;
        let class = self.list[place as usize].class;
        let mut buckets: FxHashMap<ClassId, Bucket> = FxHashMap::default();
        let (mut count, mut self_size) = (0, 0);
        let mut stack = nodes;
        while let Some(node) = stack.pop() {
            for child in self.tree.children(node) {
                let child_class = self.classes.class(child);
                if is_lifted(self.graph, child) {
                    stack.push(child);
                } else if child_class == class {
                    count += 1;
                    self_size += self.tree.self_size(child);
                    stack.push(child);
                } else {
                    let bucket = buckets.entry(child_class).or_default();
                    bucket.retained_size += self.tree.retained_size(child);
                    bucket.nodes.push(child);
                }
            }
        }
        let group = &mut self.list[place as usize];
        group.count += count;
        group.self_size += self_size;
        let mut found: Vec<(ClassId, Bucket)> = buckets.into_iter().collect();
        found.retain(|(_, bucket)| bucket.retained_size >= self.least);
        found.sort_by_key(|(class, bucket)| (std::cmp::Reverse(bucket.retained_size), *class));
        for (class, bucket) in found {
            self.add(Some(place), depth + 1, class, bucket);
        }
    }

    fn biggest(&self, nodes: &[Node]) -> Option<Node> {
        let size = |node: &&Node| (self.tree.retained_size(**node), std::cmp::Reverse(**node));
        nodes.iter().max_by_key(size).copied()
    }

    fn samples(&self, nodes: &[Node]) -> Vec<Node> {
        let some = nodes.iter().step_by(nodes.len().div_ceil(SAMPLES).max(1));
        self.biggest(nodes).into_iter().chain(some.copied()).collect()
    }

    /// Name of the reference that leads to the one that retains most of it all, or to the first of the
    /// nodes and to the last.
    fn common_edge(&self, nodes: &[Node], retained_size: u64) -> Option<String> {
        let (first, last) = (*nodes.first()?, *nodes.last()?);
        let biggest = self.biggest(nodes)?;
        let name = self.edge_name(biggest)?;
        let is_most = 2 * self.tree.retained_size(biggest) > retained_size;
        let is_same = |node| self.edge_name(node).as_ref() == Some(&name);
        (is_most || is_same(first) && is_same(last)).then_some(name)
    }

    /// Name of the reference from a node's dominator, where that refers to it.
    fn edge_name(&self, node: Node) -> Option<String> {
        let holder = self.tree.dominator(node);
        let edge = self.graph.edges(holder).find(|edge| edge.to == node)?;
        match edge.kind {
            EdgeKind::Property | EdgeKind::Context => {
                Some(self.graph.strings().get(edge.name).into_owned())
            }
            EdgeKind::Element => Some("[]".to_owned()),
            // From a map's table to a value, from an array's elements.
            _ if is_lifted(self.graph, holder) => Some("[]".to_owned()),
            _ => None,
        }
    }
}
