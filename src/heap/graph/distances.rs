//! How far everything is from the program's roots, and by which edge the shortest way leads there.

use rustc_hash::{FxHashMap, FxHashSet};

use super::ephemerons::table_id;
use super::essential::is_user_root;
use super::kinds::{EdgeKind, NodeKind};
use super::{Graph, Node, edge_kind, edge_target};

/// What only V8 itself reaches is this far away and more, as in DevTools.
const SYSTEM_DISTANCE: i32 = 100_000_000;

/// Distance of what nothing reaches.
const UNREACHED: i32 = -5;

/// No way leads here: the root, and what nothing reaches.
pub const NO_EDGE: u32 = u32::MAX;

/// Shortest ways, and with them distances.
///
/// Nothing refers to the root in V8's files; in one where something does, what hangs on the root may be
/// told farther away than DevTools has it.
#[derive(Debug)]
pub struct Distances {
    /// For each node, the number of the last edge of a shortest way from the root.
    edges: Vec<u32>,
    root: Node,
    /// Distance of the root.
    start: i32,
    /// Whether the way comes from a root of the program, by the first edge of it.
    user_roots: FxHashSet<Node>,
}

impl Distances {
    /// Breadth first over edges that are not weak: from the program's roots, then from the root.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        Search::new(graph).run()
    }

    /// Edges from a root of the program; 100,000,000 and more for what only V8 reaches. Walks the way.
    #[must_use]
    pub fn distance(&self, graph: &Graph, node: Node) -> i32 {
        if node == self.root {
            return self.start;
        }
        let mut steps = 0;
        let mut at = node;
        loop {
            if self.user_roots.contains(&at) {
                return steps + 1;
            }
            match self.edge(at) {
                NO_EDGE if at == self.root => return self.start + steps,
                NO_EDGE => return UNREACHED,
                edge => at = graph.edge_source(edge),
            }
            steps += 1;
        }
    }

    /// Whether a shortest way has at most so many edges. What nothing reaches has a way of none.
    #[must_use]
    pub fn is_within(&self, graph: &Graph, node: Node, most: usize) -> bool {
        let mut at = node;
        for _ in 0..=most {
            match self.edge(at) {
                NO_EDGE => return true,
                edge => at = graph.edge_source(edge),
            }
        }
        false
    }

    /// Whether the program begins here: the global object, or its context.
    #[must_use]
    pub fn is_user_root(&self, node: Node) -> bool {
        self.user_roots.contains(&node)
    }

    /// Number of the edge by which a shortest way comes; [`NO_EDGE`] where there is none.
    #[must_use]
    pub fn edge(&self, node: Node) -> u32 {
        self.edges[node as usize]
    }

    /// The edges of a shortest way from the root.
    #[must_use]
    pub fn path(&self, graph: &Graph, node: Node) -> Vec<u32> {
        let mut path = Vec::new();
        let mut at = node;
        while self.edge(at) != NO_EDGE {
            path.push(self.edge(at));
            at = graph.edge_source(self.edge(at));
        }
        path.reverse();
        path
    }
}

/// Distances of many nodes: ways that meet, as those into a linked list do, are walked once.
#[derive(Debug)]
pub struct KnownDistances<'a> {
    distances: &'a Distances,
    graph: &'a Graph,
    known: FxHashMap<Node, i32>,
}

impl<'a> KnownDistances<'a> {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(distances: &'a Distances, graph: &'a Graph) -> Self {
        Self { distances, graph, known: FxHashMap::default() }
    }

    /// As [`Distances::distance`].
    pub fn distance(&mut self, node: Node) -> i32 {
        let mut walked = Vec::new();
        let mut at = node;
        let mut distance = loop {
            if let Some(distance) = self.known.get(&at) {
                break *distance;
            }
            match self.distances.edge(at) {
                edge if edge != NO_EDGE && !self.distances.is_user_root(at) => {
                    walked.push(at);
                    at = self.graph.edge_source(edge);
                }
                _ => break self.distances.distance(self.graph, at),
            }
        };
        for node in walked.into_iter().rev() {
            distance += 1;
            self.known.insert(node, distance);
        }
        distance
    }
}

struct Search<'a> {
    graph: &'a Graph,
    edges: Vec<u32>,
    open: Vec<Node>,
    /// Pairs of weak maps of which one edge was seen.
    pending: FxHashSet<Vec<u8>>,
}

impl<'a> Search<'a> {
    fn new(graph: &'a Graph) -> Self {
        let nodes = graph.len();
        Self { graph, edges: vec![NO_EDGE; nodes], open: Vec::new(), pending: FxHashSet::default() }
    }

    fn run(mut self) -> Distances {
        let root = self.graph.root;
        for number in self.graph.edge_range(root) {
            let edge = self.graph.edge(number);
            if is_user_root(self.graph, edge) && self.edges[edge.to as usize] == NO_EDGE {
                self.reach(edge.to, number);
            }
        }
        let user_roots: FxHashSet<Node> = self.open.iter().copied().collect();
        self.spread();
        self.edges[root as usize] = NO_EDGE;
        self.open.push(root);
        self.spread();
        // What refers back to the root does not lead to it.
        self.edges[root as usize] = NO_EDGE;
        let start = if user_roots.is_empty() { 0 } else { SYSTEM_DISTANCE };
        Distances { edges: self.edges, root, start, user_roots }
    }

    #[inline]
    fn reach(&mut self, node: Node, edge: usize) {
        self.edges[node as usize] = edge as u32;
        self.open.push(node);
    }

    /// One distance after the other, so that only those of one distance are kept in mind.
    fn spread(&mut self) {
        let mut frontier = Vec::new();
        while !self.open.is_empty() {
            std::mem::swap(&mut frontier, &mut self.open);
            for node in frontier.drain(..) {
                self.step(node);
            }
        }
    }

    fn step(&mut self, node: Node) {
        let graph = self.graph;
        let is_odd = is_odd(graph, node);
        for number in graph.edge_range(node) {
            let word = graph.words[number];
            let (kind, to) = (edge_kind(word), edge_target(word));
            if self.edges[to as usize] != NO_EDGE || kind == EdgeKind::Weak {
                continue;
            }
            let is_internal = matches!(kind, EdgeKind::Internal | EdgeKind::Ephemeron);
            if (is_odd || is_internal) && !self.passes(node, number) {
                continue;
            }
            self.reach(to, number);
        }
    }

    /// What DevTools leaves out of its ways: see rule 7 in docs/how-it-works.md.
    fn passes(&mut self, node: Node, number: usize) -> bool {
        let graph = self.graph;
        let edge = graph.edge(number);
        match graph.kind(node) {
            NodeKind::Hidden
                if graph.name_bytes(node) == b"system / NativeContext"
                    && !edge.kind.is_indexed()
                    && graph.strings.bytes(edge.name) == b"sloppy_function_map" =>
            {
                return false;
            }
            NodeKind::Array if graph.name_bytes(node) == b"(map descriptors)" => {
                return self.index(edge).is_none_or(|index| index < 2 || index % 3 != 1);
            }
            _ => {}
        }
        self.ends_pair(edge)
    }

    /// The number that an edge's name is or begins with, as JavaScript's `parseInt` has it: V8 writes
    /// `internal` edges of this kind.
    fn index(&self, edge: super::Edge) -> Option<u64> {
        if edge.kind.is_indexed() {
            return Some(edge.name.into());
        }
        let name = self.graph.strings.bytes(edge.name).trim_ascii_start();
        let name = name.strip_prefix(b"+").unwrap_or(name);
        let digits = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
        std::str::from_utf8(&name[..digits]).ok()?.parse().ok()
    }

    /// Of the two edges to a weak map's value, from the map and from the key, the later one counts.
    fn ends_pair(&mut self, edge: super::Edge) -> bool {
        if !matches!(edge.kind, EdgeKind::Internal | EdgeKind::Ephemeron) {
            return true;
        }
        let name = self.graph.strings.bytes(edge.name);
        if table_id(name).is_none() {
            return true;
        }
        let digits = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let pair = &name[digits..];
        self.pending.remove(pair) || {
            self.pending.insert(pair.to_vec());
            false
        }
    }
}

/// Whether some of the edges out of `node` may be left out because of what it is.
fn is_odd(graph: &Graph, node: Node) -> bool {
    match graph.kind(node) {
        NodeKind::Hidden => graph.name_bytes(node) == b"system / NativeContext",
        NodeKind::Array => graph.name_bytes(node) == b"(map descriptors)",
        _ => false,
    }
}
