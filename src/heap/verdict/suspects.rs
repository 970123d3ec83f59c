//! Leak suspects by the two rules of Eclipse MAT: single objects that hold much, with the point where
//! it accumulates, and groups of a class that no single object explains.

use super::analysis::Analysis;
use crate::heap::graph::{ClassId, EdgeKind, Node, NodeKind};

/// What is less than this share of the heap is no suspect, and less than this many bytes neither.
pub(super) const LEAST_SHARE: f64 = 0.1;
pub(super) const LEAST_BYTES: u64 = 4 << 20;

/// A child that retains this share of its parent is where the path to the accumulation goes on.
const BIG_DROP: f64 = 0.7;

/// A decline this long without a drop is a chain.
const LONG_CHAIN: usize = 24;

/// What was found, in nodes.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// The object that holds it all; none for a group.
    pub(super) object: Option<Node>,
    /// Where it accumulates.
    pub(super) point: Option<Node>,
    /// What accumulates there.
    pub(super) class: Option<ClassId>,
    /// How many of the class.
    pub(super) count: u64,
    pub(super) retained: u64,
    /// Objects of the class hold each other in a row.
    pub(super) chain: bool,
}

impl Analysis {
    /// Retained size from which on something is worth a look, in bytes.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share"
    )]
    pub(super) fn threshold(&self) -> u64 {
        ((self.total_size() as f64 * LEAST_SHARE) as u64).max(LEAST_BYTES)
    }

    /// Whether a node only groups others: everything hangs on it, and that says nothing.
    pub(super) fn is_transparent(&self, node: Node) -> bool {
        let graph = &self.graph;
        node == graph.root() || graph.kind(node) == NodeKind::Synthetic || self.is_global(node)
    }

    /// The global object or the context behind it.
    fn is_global(&self, node: Node) -> bool {
        let name = self.graph.name_bytes(node);
        let is_context = |node| {
            self.graph.name_bytes(node) == b"system / NativeContext" && !self.is_vm_context(node)
        };
        // From Node 26 on the context is the root, and the global object hangs on it.
        is_context(node)
            || name.starts_with(b"global")
                && (self.distances.is_user_root(node) || is_context(self.tree.dominator(node)))
    }

    /// A context of `node:vm`: its global object mirrors a sandbox, the main one's is called global.
    pub(super) fn is_vm_context(&self, context: Node) -> bool {
        let follow = |name| self.graph.follow(context, EdgeKind::Internal, name);
        // `extension` up to Node 25.
        let global = follow("extension").or_else(|| follow("global_object"));
        global.is_some_and(|node| !self.graph.name_bytes(node).starts_with(b"global"))
    }

    /// Suspects by both rules, by what they retain.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let mut found = self.single_candidates();
        found.extend(self.group_candidates(&found));
        found.sort_by_key(|one| std::cmp::Reverse(one.retained));
        self.one_for_each_point(found)
    }

    /// A table that has grown refers to the one before: both are the same map's.
    fn one_for_each_point(&self, found: Vec<Candidate>) -> Vec<Candidate> {
        let mut kept: Vec<Candidate> = Vec::new();
        for one in found {
            match kept.iter_mut().find(|other| one.point.is_some() && other.point == one.point) {
                Some(other) if one.count > other.count => {
                    (other.class, other.count) = (one.class, one.count);
                }
                Some(_) => {}
                None => kept.push(one),
            }
        }
        kept
    }

    /// Goes down from the root to every place where much comes together.
    fn single_candidates(&self) -> Vec<Candidate> {
        let threshold = self.threshold();
        let mut found: Vec<Candidate> = Vec::new();
        // A node, and how many above it had one big child each.
        let mut open = vec![(self.graph.root(), 0)];
        while let Some((node, depth)) = open.pop() {
            let size = |child: &Node| self.tree.retained_size(*child);
            let biggest = self.tree.children(node).map(|child| size(&child)).max().unwrap_or(0);
            let big: Vec<Node> =
                self.tree.children(node).filter(|child| size(child) > threshold).collect();
            let transparent = self.is_transparent(node);
            if !transparent && self.tree.retained_size(node) - biggest > threshold {
                found.extend(self.candidate(node));
            } else if big.is_empty() && depth >= LONG_CHAIN {
                found.extend(self.chain(node));
            }
            let depth = if transparent || big.len() != 1 { 0 } else { depth + 1 };
            open.extend(big.into_iter().map(|child| (child, depth)));
        }
        found
    }

    fn candidate(&self, node: Node) -> Option<Candidate> {
        let point = self.owner(node);
        let nodes_own =
            matches!(self.graph.name_bytes(node), b"BuiltinModule" | b"internalBinding");
        if nodes_own || self.data_size(node) < self.threshold() || self.lets_go(point) {
            return None;
        }
        let (class, count) = self.accumulated(node)?;
        let object = self.suspect_of(point);
        Some(Candidate {
            object: Some(object),
            point: Some(point),
            class: Some(class),
            count,
            retained: self.tree.retained_size(object),
            chain: false,
        })
    }

    /// The object that people know for a node of V8's own: an array's elements are the array's.
    pub(super) fn owner(&self, node: Node) -> Node {
        let mut at = node;
        while matches!(self.graph.kind(at), NodeKind::Array | NodeKind::Hidden)
            && self.graph.name_bytes(at) != b"system / Context"
        {
            let above = self.tree.dominator(at);
            if self.is_transparent(above) || above == at {
                return node;
            }
            at = above;
        }
        at
    }

    /// Up from where it accumulates, as long as little is added: the topmost object of a class that
    /// the program gave a name, or else the point itself.
    fn suspect_of(&self, point: Node) -> Node {
        let mut found = point;
        let mut at = point;
        loop {
            if self.is_named(at) {
                found = at;
            }
            let dominator = self.tree.dominator(at);
            if self.is_transparent(dominator) || dominator == at || !self.is_most_of(at, dominator)
            {
                return found;
            }
            at = dominator;
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "a share")]
    fn is_most_of(&self, child: Node, parent: Node) -> bool {
        let [child, parent] = [child, parent].map(|node| self.tree.retained_size(node) as f64);
        child >= BIG_DROP * parent
    }

    /// Whether the program gave its class a name.
    pub(super) fn is_named(&self, node: Node) -> bool {
        self.graph.kind(node) == NodeKind::Object && is_class_name(self.classes.name_of(node))
    }

    /// The class that makes up most of what a node dominates at once, and how many of it.
    pub(super) fn accumulated(&self, node: Node) -> Option<(ClassId, u64)> {
        let mut sums: rustc_hash::FxHashMap<ClassId, (u64, u64)> = rustc_hash::FxHashMap::default();
        for child in self.tree.children(node) {
            let sum = sums.entry(self.classes.class(child)).or_default();
            sum.0 += 1;
            sum.1 += self.tree.retained_size(child);
        }
        let most =
            sums.into_iter().max_by_key(|(class, (_, size))| (*size, std::cmp::Reverse(*class)))?;
        Some((most.0, most.1.0))
    }

    /// What a node retains without code: a module's functions and its source are no leak.
    fn data_size(&self, node: Node) -> u64 {
        let graph = &self.graph;
        let source = graph.strings().find("source");
        let mut code = 0;
        for one in self.tree.subtree(node) {
            match graph.kind(*one) {
                NodeKind::Code => {
                    code += self.tree.self_size(*one);
                    let sources = graph.edges(*one).filter(|edge| {
                        Some(edge.name) == source
                            && !edge.kind.is_indexed()
                            && graph.kind(edge.to).is_string()
                    });
                    code += sources.map(|edge| self.tree.retained_size(edge.to)).sum::<u64>();
                }
                NodeKind::ObjectShape | NodeKind::Closure => code += self.tree.self_size(*one),
                NodeKind::Object if self.is_module_scope(*one) => code += self.tree.self_size(*one),
                _ => {}
            }
        }
        self.tree.retained_size(node).saturating_sub(code)
    }

    /// A scope with very many variables is a file's.
    fn is_module_scope(&self, node: Node) -> bool {
        self.graph.name_bytes(node) == b"system / Context" && self.tree.self_size(node) > 50 * 8
    }

    /// Whether the collection has a limit and takes out what is oldest.
    fn lets_go(&self, point: Node) -> bool {
        let collection = self.collection(point).filter(|kind| matches!(*kind, "Map" | "Set"));
        collection.is_some_and(|kind| self.drops_oldest(point, kind))
    }

    /// A long decline without a drop: every link holds the next one.
    fn chain(&self, last: Node) -> Option<Candidate> {
        let mut links = vec![last];
        let mut at = last;
        while !self.is_transparent(self.tree.dominator(at)) {
            at = self.tree.dominator(at);
            links.push(at);
        }
        links.reverse();
        let first = *links.iter().find(|node| self.graph.kind(**node) != NodeKind::Hidden)?;
        let whole = self.tree.subtree(first);
        let mut counts: rustc_hash::FxHashMap<ClassId, u64> = rustc_hash::FxHashMap::default();
        for link in &links {
            if self.graph.kind(*link) != NodeKind::Hidden {
                *counts.entry(self.classes.class(*link)).or_default() += 1;
            }
        }
        let rank = |(class, count): &(ClassId, u64)| {
            (is_class_name(self.classes.name(*class)), *count, std::cmp::Reverse(*class))
        };
        let frequent = |(_, count): &(ClassId, u64)| *count * 8 > links.len() as u64;
        let (class, _) = counts.into_iter().filter(frequent).max_by_key(rank)?;
        let count = whole.iter().filter(|node| self.classes.class(**node) == class).count() as u64;
        Some(Candidate {
            object: Some(first),
            point: Some(first),
            class: Some(class),
            count,
            retained: self.tree.retained_size(first),
            chain: true,
        })
    }

    /// Classes that amount to much outside of the single suspects.
    fn group_candidates(&self, single: &[Candidate]) -> Vec<Candidate> {
        let mut inside: Vec<std::ops::Range<usize>> = single
            .iter()
            .filter_map(|one| one.object)
            .map(|node| self.tree.place(node)..self.tree.place(node) + self.tree.count(node))
            .collect();
        inside.sort_by_key(|range| range.start);
        let sizes = self.class_sizes_outside(&inside);
        let threshold = self.threshold();
        let mut groups: Vec<Candidate> = (0..)
            .zip(sizes)
            .filter(|(class, (count, retained))| {
                *count >= 10 && *retained > threshold && is_class_name(self.classes.name(*class))
            })
            .map(|(class, (count, retained))| Candidate {
                object: None,
                point: None,
                class: Some(class),
                count,
                retained,
                chain: false,
            })
            .collect();
        groups.sort_by_key(|one| std::cmp::Reverse(one.retained));
        // What is inside another group's objects is told with them.
        groups.truncate(1);
        groups
    }

    /// Count and retained size by class, without what is in one of the slices of the tree's order.
    fn class_sizes_outside(&self, inside: &[std::ops::Range<usize>]) -> Vec<(u64, u64)> {
        let mut sums = vec![(0, 0); self.classes.len()];
        let mut counted_to = vec![0; self.classes.len()];
        let order = self.tree.order();
        let mut skip = inside.iter().peekable();
        let mut place = 0;
        while place < order.len() {
            while skip.peek().is_some_and(|range| range.end <= place) {
                skip.next();
            }
            if let Some(range) = skip.peek().filter(|range| range.start <= place) {
                place = range.end;
                continue;
            }
            let node = order[place];
            let class = self.classes.class(node) as usize;
            let sum: &mut (u64, u64) = &mut sums[class];
            sum.0 += 1;
            if place >= counted_to[class] {
                sum.1 += self.tree.retained_at(place);
                counted_to[class] = place + self.tree.count_at(place);
            }
            place += 1;
        }
        sums
    }
}

/// Whether a class is the program's own, not a collection or one of V8's and Node's many.
pub(super) fn is_class_name(name: &str) -> bool {
    const GENERIC: &[&str] = &[
        "Object",
        "Array",
        "Map",
        "Set",
        "WeakMap",
        "WeakSet",
        "WeakRef",
        "Function",
        "RegExp",
        "Generator",
        "AsyncGenerator",
        "Module",
        "global",
        "Arguments",
        "NodeError",
        "NativeModule",
        "BuiltinModule",
        "SafeMap",
        "SafeSet",
        "Promise",
        "Server",
        "Socket",
        "TLSSocket",
        "TCP",
        "Pipe",
        "TLSWrap",
        "TimersList",
        "Timeout",
        "Immediate",
        "ImmediateList",
        "PriorityQueue",
        "process",
        "AsyncResource",
        "AsyncContextFrame",
        "AsyncLocalStorage",
        "IncomingMessage",
        "ServerResponse",
        "ReadableState",
        "WritableState",
        "EventEmitter",
        "EventTarget",
        "AbortSignal",
        "AbortController",
        "Listener",
        "Agent",
        "HTTPParser",
        "FreeList",
        "Buffer",
        "ArrayBuffer",
        "Uint8Array",
        "Date",
        "Symbol",
        "Error",
        "URL",
        "URLSearchParams",
        "Context",
        "Proxy",
        "DataView",
        "SharedArrayBuffer",
        "DiagnosticsChannel",
        "Channel",
        "ReadStream",
        "WriteStream",
    ];
    let internal = name.starts_with(['(', '{'])
        || name.starts_with("system / ")
        || name.starts_with("Node / ");
    !internal && !name.is_empty() && !GENERIC.contains(&name)
}
