//! The slow and obvious way to all that the engine finds out: the rules of DevTools, word by word, on
//! the parsed document.

use std::collections::{BTreeMap, HashSet, VecDeque};

mod document;
mod names;

use document::{Edge, Node};
use names::{Interface, contains, pair, parse_int, without_attributes};

/// What only V8 itself reaches is this far away and more.
const SYSTEM: i64 = 100_000_000;

/// A document, and what follows from it.
pub(super) struct Naive {
    pub(super) root: usize,
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    /// Node, script, line, column.
    pub(super) locations: Vec<[u64; 4]>,
    /// Numbers of the edges out of each node.
    out: Vec<Vec<usize>>,
}

/// Count, sum of own sizes, and what would be freed with all of them.
pub(super) type ClassFigures = (u64, u64, u64);

impl Naive {
    fn edges_of(&self, node: usize) -> impl Iterator<Item = &Edge> {
        self.out[node].iter().map(|number| &self.edges[*number])
    }

    /// Which nodes can be reached from `starts` over edges that `follow` likes.
    fn reach(&self, starts: &[usize], follow: impl Fn(&Edge) -> bool) -> Vec<bool> {
        let mut reached = vec![false; self.nodes.len()];
        let mut open = starts.to_vec();
        while let Some(node) = open.pop() {
            if !reached[node] {
                reached[node] = true;
                open.extend(self.edges_of(node).filter(|edge| follow(edge)).map(|edge| edge.to));
            }
        }
        reached
    }

    fn is_dom_trees(&self, node: usize) -> bool {
        self.nodes[node].kind == "synthetic" && self.nodes[node].name == "(Document DOM trees)"
    }

    /// Rule 1, in the order of the root's edges.
    fn user_roots(&self) -> Vec<usize> {
        let targets = self.edges_of(self.root).map(|edge| edge.to);
        let is_user =
            |node: &usize| self.nodes[*node].kind != "synthetic" || self.is_dom_trees(*node);
        let mut roots: Vec<usize> = Vec::new();
        for node in targets.filter(is_user) {
            if !roots.contains(&node) {
                roots.push(node);
            }
        }
        roots
    }

    /// Rule 2.
    fn page_owned(&self) -> Vec<bool> {
        let is_start = |edge: &&Edge| {
            edge.kind == "shortcut" || edge.kind == "element" && self.is_dom_trees(edge.to)
        };
        let starts = self.edges_of(self.root).filter(is_start).map(|edge| edge.to);
        self.reach(&starts.collect::<Vec<_>>(), |edge| edge.kind != "weak")
    }

    /// Rule 3a: the edge from a weak map's table to a value.
    pub(super) fn is_from_table(&self, edge: &Edge) -> bool {
        edge.kind == "internal"
            && pair(&edge.name)
                .is_some_and(|(_, table)| table == self.nodes[edge.from].id.to_string())
    }

    /// Rule 3.
    fn is_essential(&self, edge: &Edge, page: &[bool]) -> bool {
        let is_root = edge.from == self.root;
        !self.is_from_table(edge)
            && edge.kind != "weak"
            && edge.from != edge.to
            && (is_root || edge.kind != "shortcut")
            && (is_root || page[edge.from] || !page[edge.to])
    }

    /// Rule 4: own sizes, after those of V8's own objects were given to their owners.
    pub(super) fn owned_sizes(&self) -> Vec<u64> {
        let mut sizes: Vec<u64> = self.nodes.iter().map(|node| node.size).collect();
        if self.user_roots().is_empty() {
            return sizes;
        }
        let ownable = |node: usize| match self.nodes[node].kind {
            "hidden" | "array" => true,
            "native" => self.nodes[node].name == "system / ExternalStringData",
            _ => false,
        };
        let mut owners = vec![Vec::new(); self.nodes.len()];
        for owner in (0..self.nodes.len()).filter(|node| !ownable(*node)) {
            let from_owner = |edge: &Edge| {
                edge.kind != "weak"
                    && (edge.from == owner || ownable(edge.from))
                    && ownable(edge.to)
            };
            for (node, reached) in self.reach(&[owner], from_owner).iter().enumerate() {
                if *reached && ownable(node) {
                    owners[node].push(owner);
                }
            }
        }
        for (node, owners) in owners.iter().enumerate() {
            if let [owner] = owners[..]
                && owner != self.root
                && self.nodes[owner].kind != "synthetic"
            {
                sizes[owner] += std::mem::take(&mut sizes[node]);
            }
        }
        sizes
    }

    /// Rule 5: for every node, all that it dominates, itself included.
    pub(super) fn dominated(&self) -> Vec<Vec<bool>> {
        let page = self.page_owned();
        let counts = |edge: &Edge| self.is_essential(edge, &page);
        let mut starts = vec![self.root];
        let from_root = self.reach(&starts, counts);
        for (node, is_reached) in from_root.iter().enumerate() {
            let mut retainers = self.edges.iter().filter(|edge| edge.to == node);
            if !is_reached && !retainers.any(counts) {
                starts.push(node);
            }
        }
        let reached = self.reach(&starts, counts);
        let dominated_by = |node: usize| -> Vec<bool> {
            if node == self.root {
                return vec![true; self.nodes.len()];
            }
            let starts: Vec<usize> =
                starts.iter().copied().filter(|start| *start != node).collect();
            let without = self.reach(&starts, |edge| counts(edge) && edge.to != node);
            // What only holds itself hangs on the root, and holds nothing.
            let lost = |other: usize| other == node || reached[other] && !without[other];
            (0..self.nodes.len()).map(lost).collect()
        };
        (0..self.nodes.len()).map(dominated_by).collect()
    }

    /// The immediate dominators: of all others that dominate a node the one that dominates least.
    pub(super) fn idoms(&self, dominated: &[Vec<bool>]) -> Vec<usize> {
        let size = |node: &usize| dominated[*node].iter().filter(|one| **one).count();
        let idom = |node: usize| {
            let others =
                (0..self.nodes.len()).filter(|other| *other != node && dominated[*other][node]);
            others.min_by_key(size).unwrap_or(self.root)
        };
        (0..self.nodes.len())
            .map(|node| if node == self.root { node } else { idom(node) })
            .collect()
    }

    /// Rule 7.
    pub(super) fn distances(&self) -> Vec<i64> {
        let mut distances = vec![-5; self.nodes.len()];
        let mut pending = HashSet::new();
        let roots = self.user_roots();
        for root in &roots {
            distances[*root] = 1;
        }
        let baseline = if roots.is_empty() { 0 } else { SYSTEM };
        self.spread(roots, &mut distances, &mut pending);
        distances[self.root] = baseline;
        self.spread(vec![self.root], &mut distances, &mut pending);
        distances
    }

    fn spread(&self, starts: Vec<usize>, distances: &mut [i64], pending: &mut HashSet<String>) {
        let mut open = VecDeque::from(starts);
        while let Some(node) = open.pop_front() {
            for edge in self.edges_of(node) {
                let wanted = edge.kind != "weak" && distances[edge.to] == -5;
                if wanted && self.is_way(edge, pending) {
                    distances[edge.to] = distances[node] + 1;
                    open.push_back(edge.to);
                }
            }
        }
    }

    fn is_way(&self, edge: &Edge, pending: &mut HashSet<String>) -> bool {
        let from = &self.nodes[edge.from];
        if (from.kind, &from.name[..]) == ("hidden", "system / NativeContext")
            && edge.name == "sloppy_function_map"
        {
            return false;
        }
        if (from.kind, &from.name[..]) == ("array", "(map descriptors)") {
            let index = parse_int(&edge.name);
            return index.is_none_or(|index| index < 2 || index % 3 != 1);
        }
        match pair(&edge.name).filter(|_| edge.kind == "internal") {
            Some((pair, _)) => !pending.insert(pair.clone()) && pending.remove(&pair),
            None => true,
        }
    }

    /// Rules 8 and 12.
    pub(super) fn classes(&self) -> Vec<String> {
        let detached = self.detached();
        let mut classes = Vec::new();
        for (node, is_detached) in self.nodes.iter().zip(detached) {
            let name =
                if is_detached { format!("Detached {}", node.name) } else { node.name.clone() };
            classes.push(match node.kind {
                "hidden" => "(system)".to_owned(),
                "code" => "(compiled code)".to_owned(),
                "closure" => "Function".to_owned(),
                "regexp" => "RegExp".to_owned(),
                "object" | "native" => without_attributes(&name),
                other => format!("({other})"),
            });
        }
        let interfaces = self.interfaces();
        for node in (0..self.nodes.len()).filter(|node| self.is_plain(*node)) {
            let mut best: Option<&Interface> = None;
            for one in &interfaces {
                let is_better =
                    best.is_none_or(|best| one.properties.len() > best.properties.len());
                if is_better && contains(self.properties(node), &one.properties) {
                    best = Some(one);
                }
            }
            if let Some(best) = best {
                classes[node].clone_from(&best.name);
            }
        }
        classes
    }

    /// The native nodes that are detached: state 2, or reached from such over native ones, unless
    /// reached from an attached one so.
    fn detached(&self) -> Vec<bool> {
        let is_native = |node: usize| self.nodes[node].kind == "native";
        let mut states: Vec<u64> = self.nodes.iter().map(|node| node.detachedness).collect();
        for state in [1, 2] {
            loop {
                let found = self.edges.iter().find(|edge| {
                    let shows = edge.kind != "hidden" && edge.kind != "weak";
                    shows
                        && is_native(edge.from)
                        && is_native(edge.to)
                        && states[edge.from] == state
                        && states[edge.to] == 0
                });
                let Some(edge) = found else { break };
                states[edge.to] = state;
            }
        }
        (0..self.nodes.len()).map(|node| is_native(node) && states[node] == 2).collect()
    }

    fn is_plain(&self, node: usize) -> bool {
        self.nodes[node].kind == "object" && self.nodes[node].name == "Object"
    }

    fn properties(&self, node: usize) -> Vec<&str> {
        let properties = self.edges_of(node).filter(|edge| edge.kind == "property");
        properties.map(|edge| &edge.name[..]).collect()
    }

    fn interfaces(&self) -> Vec<Interface> {
        let mut found: Vec<Interface> = Vec::new();
        let plain: Vec<usize> = (0..self.nodes.len()).filter(|node| self.is_plain(*node)).collect();
        for node in &plain {
            let Some(one) = Interface::of(&self.properties(*node)) else { continue };
            match found.iter_mut().find(|other| other.name == one.name) {
                Some(other) => other.count += 1,
                None => found.push(one),
            }
        }
        found.retain(|one| one.count >= 2 && one.count * 1000 >= plain.len());
        found.sort_by_key(|one| std::cmp::Reverse(one.count));
        found
    }

    /// Rule 9, for what is dominated by `top`.
    pub(super) fn class_figures(
        &self,
        top: usize,
        dominated: &[Vec<bool>],
        sizes: &[u64],
        classes: &[String],
    ) -> BTreeMap<String, ClassFigures> {
        let mut figures: BTreeMap<String, ClassFigures> = BTreeMap::new();
        let counts = |node: usize| dominated[top][node] && sizes[node] > 0;
        for node in (0..self.nodes.len()).filter(|node| counts(*node)) {
            let entry = figures.entry(classes[node].clone()).or_default();
            entry.0 += 1;
            entry.1 += sizes[node];
            let is_inside = |other: usize| {
                counts(other)
                    && other != node
                    && classes[other] == classes[node]
                    && dominated[other][node]
            };
            if !(0..self.nodes.len()).any(is_inside) {
                entry.2 += retained(&dominated[node], sizes);
            }
        }
        figures
    }
}

/// Rule 6.
pub(super) fn retained(dominated: &[bool], sizes: &[u64]) -> u64 {
    dominated.iter().zip(sizes).filter(|(is, _)| **is).map(|(_, size)| size).sum()
}
