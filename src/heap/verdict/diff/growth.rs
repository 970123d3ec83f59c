//! What grew between two snapshots of one process.
//!
//! A class counts as growing where there are more of its objects, and where new ones are not merely parts
//! of other new ones: of rooms with messages in them, the rooms grow. So the dominator tree is walked down
//! to the first new object of such a class on each way. One that holds more than half of all that is new is
//! not what grows but where it grows: a list that was copied.

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::analysis::Analysis;
use super::super::signature::is_lifted;
use super::contents::Contents;
use super::holder::{Held, held};
use super::ids::Matched;
use super::table::{Delta, FileTable};
use crate::heap::graph::{ClassId, Node, NodeKind};

/// What grows by less is not told: this share of the heap (one in so many), or this many bytes, whichever
/// is less.
const LEAST_SHARE: u64 = 100;
const LEAST_BYTES: u64 = 100_000;

/// What V8 compiles and learns about a program grows while the program warms up, and it is told of from
/// this many bytes on.
const LEAST_OF_V8: u64 = 1 << 20;

/// Bytes from which on growth is told of a heap of this size.
pub(super) fn threshold(total_size: u64) -> u64 {
    (total_size / LEAST_SHARE).min(LEAST_BYTES)
}

/// The same for a class.
pub(super) fn class_threshold(total_size: u64, class: &str) -> u64 {
    match class {
        "(compiled code)" | "(system)" | "(array)" | "(object shape)" | "(synthetic)" => {
            threshold(total_size).max(LEAST_OF_V8)
        }
        _ => threshold(total_size),
    }
}

/// A class that grows.
pub(super) struct Growing {
    pub(super) class: ClassId,
    pub(super) kind: GrowthKind,
    /// The last file less the first.
    pub(super) delta: Delta,
    /// What is told first, in bytes.
    pub(super) score: u64,
    pub(super) held: Held,
    /// Other classes that grow inside of the new objects.
    pub(super) contents: Contents,
}

/// How a class grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GrowthKind {
    /// There are more objects.
    More,
    /// Objects that were there before got bigger, by so many bytes.
    Bigger {
        count: u64,
        bytes: u64,
        /// V8's id, where one of them is most of it.
        id: Option<u32>,
    },
}

/// Finds what grew by more than the threshold, most first.
pub(super) fn find(analysis: &Analysis, matched: &Matched, tables: &[FileTable]) -> Vec<Growing> {
    let finder = Finder::new(analysis, matched, tables);
    let mut found = finder.more();
    found.extend(finder.bigger(&found));
    found.sort_by_key(|one| (std::cmp::Reverse(one.score), one.class));
    found
}

struct Finder<'a> {
    analysis: &'a Analysis,
    matched: &'a Matched,
    /// By class of the newer snapshot, whose numbers are those of all.
    deltas: Vec<Delta>,
    /// By place in the order of the dominator tree: own sizes of new objects before it, in bytes.
    new_sizes: Vec<u64>,
}

/// New objects of a class that no other new ones hold.
#[derive(Default)]
struct Tops {
    nodes: Vec<Node>,
    /// What is new in what they retain, in bytes.
    weight: u64,
    /// The one with most of it, and how much that is.
    heaviest: Option<(Node, u64)>,
}

impl Tops {
    fn add(&mut self, node: Node, weight: u64) {
        self.nodes.push(node);
        self.weight += weight;
        if self.heaviest.is_none_or(|(_, most)| weight > most) {
            self.heaviest = Some((node, weight));
        }
    }

    /// The one that is most of it, if one is.
    fn main(&self) -> Option<Node> {
        self.heaviest.filter(|(_, weight)| 2 * weight > self.weight).map(|(node, _)| node)
    }

    /// Those whose holder is told.
    fn told(&self) -> Vec<Node> {
        self.main().map_or_else(|| self.nodes.clone(), |node| vec![node])
    }
}

impl<'a> Finder<'a> {
    fn new(analysis: &'a Analysis, matched: &'a Matched, tables: &[FileTable]) -> Self {
        let classes = 0..analysis.classes.len() as ClassId;
        let mut new_sizes = Vec::with_capacity(analysis.graph.len() + 1);
        let mut sum = 0;
        new_sizes.push(sum);
        for node in analysis.tree.order() {
            if matched.is_new[*node as usize] {
                sum += analysis.tree.self_size(*node);
            }
            new_sizes.push(sum);
        }
        Self {
            analysis,
            matched,
            deltas: classes.map(|class| Delta::of(tables, class)).collect(),
            new_sizes,
        }
    }

    fn class(&self, node: Node) -> ClassId {
        self.analysis.classes.class(node)
    }

    fn threshold(&self, class: ClassId) -> u64 {
        class_threshold(self.analysis.total_size(), self.analysis.classes.name(class))
    }

    fn is_new(&self, node: Node) -> bool {
        self.matched.is_new[node as usize]
    }

    /// Own sizes of what is new in what a node retains, in bytes.
    fn weight(&self, node: Node) -> u64 {
        let place = self.analysis.tree.place(node);
        self.new_sizes[place + self.analysis.tree.count(node)] - self.new_sizes[place]
    }

    /// Whether a node is a new one of a class of which there are more.
    fn may_be_top(&self, node: Node) -> bool {
        let delta = self.deltas[self.class(node) as usize];
        self.is_new(node)
            && delta.count > 0
            && delta.self_size > 0
            && self.analysis.graph.kind(node) != NodeKind::Code
            && !is_lifted(&self.analysis.graph, node)
    }

    fn more(&self) -> Vec<Growing> {
        let mut tops: Vec<Tops> = Vec::new();
        tops.resize_with(self.deltas.len(), Tops::default);
        let mut rest: Vec<Tops> = Vec::new();
        rest.resize_with(self.deltas.len(), Tops::default);
        self.walk(&mut tops, &mut rest);
        let mut found = Vec::new();
        for (class, (tops, rest)) in (0..).zip(tops.into_iter().zip(rest)) {
            let delta = self.deltas[class as usize];
            let size = |bytes: i64| u64::try_from(bytes).unwrap_or(0);
            let (one, most) = if tops.nodes.is_empty() {
                (&rest, size(delta.self_size))
            } else {
                (&tops, size(delta.retained_size).max(size(delta.self_size)))
            };
            let score = one.weight.min(most);
            if delta.count > 0 && score > self.threshold(class) {
                found.push(Growing {
                    class,
                    kind: GrowthKind::More,
                    delta,
                    score,
                    held: held(self.analysis, &one.told()),
                    contents: self.contents(class, &tops.nodes),
                });
            }
        }
        found
    }

    /// Finds the tops of each class, and by class what is new outside of them.
    fn walk(&self, tops: &mut [Tops], rest: &mut [Tops]) {
        let tree = &self.analysis.tree;
        let order = tree.order();
        let all = self.new_sizes[order.len()];
        let mut list = None;
        let mut place = 0;
        while let Some(&node) = order.get(place) {
            let class = self.class(node) as usize;
            let weight = self.weight(node);
            let own = if self.is_new(node) { self.analysis.tree.self_size(node) } else { 0 };
            if self.may_be_top(node) && 2 * (weight - own) <= all {
                tops[class].add(node, weight);
                place += tree.count(node);
                continue;
            }
            if self.may_be_top(node) {
                list.get_or_insert(node);
            } else if own > 0 {
                rest[class].add(node, own);
            }
            place += 1;
        }
        if let Some(list) = list {
            self.judge(list, all, tops);
        }
    }

    /// A new object that holds more than half of what is new, but few things: it is what grows. So with a
    /// chain, whose links hold each other, and a Buffer.
    fn judge(&self, list: Node, all: u64, tops: &mut [Tops]) {
        let spread = tops.iter().filter(|tops| tops.main().is_none());
        if 2 * spread.map(|tops| tops.weight).sum::<u64>() > all {
            return;
        }
        for one in tops.iter_mut() {
            let nodes = std::mem::take(one).nodes.into_iter();
            for node in nodes.filter(|node| !self.analysis.tree.is_dominated(*node, list)) {
                one.add(node, self.weight(node));
            }
        }
        tops[self.class(list) as usize].add(list, self.weight(list));
    }

    /// What grows inside of the new objects, by number of new objects.
    fn contents(&self, class: ClassId, tops: &[Node]) -> Contents {
        let mut counts: FxHashMap<ClassId, u64> = FxHashMap::default();
        for node in tops.iter().flat_map(|top| self.analysis.tree.subtree(*top)) {
            if self.may_be_top(*node) {
                *counts.entry(self.class(*node)).or_default() += 1;
            }
        }
        let holders = counts.remove(&class).unwrap_or_default();
        Contents::of(holders, counts, |class| self.analysis.classes.name(class))
    }

    /// Classes whose objects got bigger, without those that hold what is told of already.
    fn bigger(&self, told: &[Growing]) -> Vec<Growing> {
        let holders: FxHashSet<u32> = told
            .iter()
            .filter_map(|one| one.held.holder.as_ref())
            .map(|holder| holder.id)
            .collect();
        let mut grown: Vec<Vec<(Node, u64)>> = vec![Vec::new(); self.deltas.len()];
        for (node, bytes) in &self.matched.grown {
            if !holders.contains(&self.analysis.graph.id(*node)) {
                grown[self.class(*node) as usize].push((*node, *bytes));
            }
        }
        let mut found = Vec::new();
        for (class, mut grown) in (0..).zip(grown) {
            let bytes: u64 = grown.iter().map(|(_, bytes)| bytes).sum();
            let delta = self.deltas[class as usize];
            let score = bytes.min(u64::try_from(delta.self_size).unwrap_or(0));
            if score <= self.threshold(class) {
                continue;
            }
            grown.sort_by_key(|(node, bytes)| (std::cmp::Reverse(*bytes), *node));
            // Where one of them is most of it, the rest is not worth the words.
            if 2 * grown[0].1 > bytes {
                grown.truncate(1);
            }
            let nodes: Vec<Node> = grown.iter().map(|(node, _)| *node).collect();
            let kind = GrowthKind::Bigger {
                count: nodes.len() as u64,
                bytes: grown.iter().map(|(_, bytes)| bytes).sum(),
                id: (nodes.len() == 1).then(|| self.analysis.graph.id(nodes[0])),
            };
            found.push(Growing {
                class,
                kind,
                delta,
                score,
                held: held(self.analysis, &nodes),
                contents: Contents::default(),
            });
        }
        found
    }
}
