//! Class names, as DevTools has them, and what each class amounts to.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::essential::NodeSet;
use super::interfaces::{Definition, Interfaces};
use super::kinds::{EdgeKind, NodeKind};
use super::tree::DominatorTree;
use super::{Graph, Node};

/// Number of a class.
pub type ClassId = u32;

const NONE: ClassId = u32::MAX;

/// The class of every node.
#[derive(Debug)]
pub struct Classes {
    of: Vec<ClassId>,
    names: Vec<String>,
    /// Names of plain objects.
    interfaces: Vec<Definition>,
}

/// What the objects of a class amount to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassSizes {
    /// Objects; those whose size belongs to another one do not count.
    pub count: u64,
    /// Their own sizes, in bytes.
    pub self_size: u64,
    /// What would be freed with all of them, in bytes.
    pub retained_size: u64,
}

impl Classes {
    /// Names every node's class.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        Self::with(graph, Interfaces::of(graph))
    }

    /// The same for an older snapshot that is compared with `newer`: its plain objects get the names
    /// that those of the newer one have (DevTools: `aggregatesForDiff`).
    #[must_use]
    pub fn of_older(older: &Graph, newer: &Graph, classes: &Self) -> Self {
        Self::with(older, Interfaces::of_older(older, newer, &classes.interfaces))
    }

    fn with(graph: &Graph, interfaces: Interfaces) -> Self {
        let mut naming = Naming::new(graph);
        let mut of: Vec<ClassId> = graph.nodes().map(|node| naming.class(node)).collect();
        let Interfaces { definitions, named } = interfaces;
        let classes: Vec<ClassId> =
            definitions.iter().map(|one| naming.named(one.name.clone())).collect();
        for (node, interface) in named {
            of[node as usize] = classes[interface as usize];
        }
        for node in detached(graph) {
            let name = format!("Detached {}", graph.strings.get(graph.name_index(node)));
            of[node as usize] = naming.named(element_name(name.into()));
        }
        Self { of, names: naming.names, interfaces: definitions }
    }

    /// Class of a node.
    #[inline]
    #[must_use]
    pub fn class(&self, node: Node) -> ClassId {
        self.of[node as usize]
    }

    /// Name of a class.
    #[must_use]
    pub fn name(&self, class: ClassId) -> &str {
        &self.names[class as usize]
    }

    /// Name of a node's class.
    #[must_use]
    pub fn name_of(&self, node: Node) -> &str {
        self.name(self.class(node))
    }

    /// Number of classes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The class with a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<ClassId> {
        self.names.iter().position(|one| one == name).map(|class| class as ClassId)
    }

    /// What each class amounts to among `nodes`, which are a part of the tree's order from `start` on.
    #[must_use]
    pub fn sizes(&self, tree: &DominatorTree, nodes: &[Node], start: usize) -> Vec<ClassSizes> {
        let mut sizes = vec![ClassSizes::default(); self.names.len()];
        // What an object of the class retains that retains this one too was counted there.
        let mut counted_to = vec![0; self.names.len()];
        for (place, node) in nodes.iter().enumerate() {
            let self_size = tree.self_size_at(start + place);
            let class = self.class(*node) as usize;
            if self_size == 0 {
                continue;
            }
            let of = &mut sizes[class];
            of.count += 1;
            of.self_size += self_size;
            if start + place >= counted_to[class] {
                of.retained_size += tree.retained_at(start + place);
                counted_to[class] = start + place + tree.count_at(start + place);
            }
        }
        sizes
    }
}

/// Gives out numbers to names.
struct Naming<'a> {
    graph: &'a Graph,
    /// By string index, for objects and native ones.
    by_string: Vec<ClassId>,
    by_kind: [ClassId; NodeKind::ALL.len()],
    by_name: FxHashMap<String, ClassId>,
    names: Vec<String>,
}

impl<'a> Naming<'a> {
    fn new(graph: &'a Graph) -> Self {
        Self {
            graph,
            by_string: vec![NONE; graph.strings.len()],
            by_kind: [NONE; NodeKind::ALL.len()],
            by_name: FxHashMap::default(),
            names: Vec::new(),
        }
    }

    #[inline]
    fn class(&mut self, node: Node) -> ClassId {
        let kind = self.graph.kind(node);
        if matches!(kind, NodeKind::Object | NodeKind::Native) {
            let string = self.graph.name_index(node);
            if self.by_string[string as usize] == NONE {
                let name = element_name(self.graph.strings.get(string));
                self.by_string[string as usize] = self.named(name);
            }
            return self.by_string[string as usize];
        }
        if self.by_kind[kind as usize] == NONE {
            self.by_kind[kind as usize] = self.named(kind_name(kind));
        }
        self.by_kind[kind as usize]
    }

    fn named(&mut self, name: String) -> ClassId {
        let Self { names, by_name, .. } = self;
        *by_name.entry(name).or_insert_with_key(|name| {
            names.push(name.clone());
            names.len() as ClassId - 1
        })
    }
}

fn kind_name(kind: NodeKind) -> String {
    match kind {
        NodeKind::Hidden => "(system)".to_owned(),
        NodeKind::Code => "(compiled code)".to_owned(),
        NodeKind::Closure => "Function".to_owned(),
        NodeKind::Regexp => "RegExp".to_owned(),
        _ => format!("({})", kind.name()),
    }
}

/// `<div id="a">` is a `<div>`.
fn element_name(name: Cow<'_, str>) -> String {
    let is_element = name.starts_with('<') || name.starts_with("Detached <");
    match name.find(' ').filter(|_| is_element) {
        Some(_) if name.starts_with("Detached <") => {
            let rest = &name["Detached ".len()..];
            rest.find(' ')
                .map_or_else(|| name.to_string(), |end| format!("Detached {}>", &rest[..end]))
        }
        Some(end) => format!("{}>", &name[..end]),
        None => name.into_owned(),
    }
}

const ATTACHED: u8 = 1;
const DETACHED: u8 = 2;

/// The native nodes that the embedder calls detached, and those that only they hold.
fn detached(graph: &Graph) -> Vec<Node> {
    let mut seen = NodeSet::new(graph.len());
    let state = |state| {
        let is = move |node: &Node| {
            graph.detachedness(*node) == state && graph.kind(*node) == NodeKind::Native
        };
        graph.nodes().filter(is).collect::<Vec<_>>()
    };
    let (attached, mut found) = (state(ATTACHED), state(DETACHED));
    for node in attached.iter().chain(&found) {
        seen.add(*node);
    }
    spread(graph, &mut seen, attached);
    let more = spread(graph, &mut seen, found.clone());
    found.extend(more);
    found
}

/// What native nodes lead to among native nodes, over edges that show.
fn spread(graph: &Graph, seen: &mut NodeSet, mut open: Vec<Node>) -> Vec<Node> {
    let mut found = Vec::new();
    while let Some(node) = open.pop() {
        for edge in graph.edges(node) {
            let shows = !matches!(edge.kind, EdgeKind::Hidden | EdgeKind::Weak);
            if shows && graph.kind(edge.to) == NodeKind::Native && seen.add(edge.to) {
                open.push(edge.to);
                found.push(edge.to);
            }
        }
    }
    found
}
