//! What holds a number of objects: the node of the dominator tree that most of them are below, and the
//! way to it.

use rustc_hash::FxHashMap;

use super::super::analysis::Analysis;
use super::super::object::ObjectRef;
use super::super::path::{EdgeRef, PathStep, is_identifier};
use super::super::signature::is_lifted;
use super::super::suspects::is_class_name;
use crate::heap::graph::{NO_EDGE, Node};

/// A holder holds more than this share of the objects, in percent.
const MOST: usize = 80;

/// Objects whose ways are compared.
const SAMPLES: usize = 200;

/// A way that is longer than this is looked at once: through a list.
const FAR: i32 = 10_000;

/// What only V8 itself reaches is this much farther.
const SYSTEM: i32 = 100_000_000;

pub(super) const GLOBAL: &str = "global";

/// Where objects are held.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Held {
    /// None where no single object holds most of them, or where it is not known.
    pub(super) holder: Option<ObjectRef>,
    /// Whether a single object holds most of them.
    pub(super) is_one: bool,
    /// `Manager.rooms`: what refers to the holder, or, without one, to most of the objects; may be empty.
    pub(super) name: String,
    /// A shortest way to the holder, or to one of the objects.
    pub(super) path: Vec<PathStep>,
    /// The same in one line, with what leads on: `global.manager.rooms[]`.
    pub(super) path_text: String,
}

/// Finds what holds more than four fifths of `nodes`.
pub(super) fn held(analysis: &Analysis, nodes: &[Node]) -> Held {
    match holder(analysis, nodes) {
        Some(holder) => below(analysis, holder, nodes),
        None => scattered(analysis, nodes),
    }
}

/// Evenly spread over the list; just one where the ways are very long.
fn samples<'a>(analysis: &Analysis, nodes: &'a [Node]) -> impl Iterator<Item = Node> + 'a {
    let is_far = nodes
        .first()
        .is_some_and(|node| analysis.distances.distance(&analysis.graph, *node) % SYSTEM > FAR);
    let most = if is_far { 1 } else { SAMPLES };
    nodes.iter().step_by(nodes.len().div_ceil(most).max(1)).copied()
}

/// The lowest object in the dominator tree that is above most of the nodes.
///
/// What is below a node is a range of the tree's order: one that holds more than half holds the median.
fn holder(analysis: &Analysis, nodes: &[Node]) -> Option<Node> {
    let tree = &analysis.tree;
    let mut places: Vec<usize> = nodes.iter().map(|node| tree.place(*node)).collect();
    places.sort_unstable();
    let median = tree.order()[*places.get(places.len() / 2)?];
    let covers = |node: Node| {
        let place = tree.place(node);
        let before = |end: usize| places.partition_point(|one| *one < end);
        let inside = before(place + tree.count(node)) - before(place);
        100 * inside > MOST * places.len()
    };
    let mut at = tree.dominator(median);
    while !covers(at) {
        at = tree.dominator(at);
    }
    let holder = visible(analysis, at);
    if !analysis.is_transparent(holder) {
        return Some(holder);
    }
    // Everything hangs on the global object: it holds only what hangs there at once.
    let is_direct = |node: &&Node| visible(analysis, tree.dominator(**node)) == holder;
    let direct = nodes.iter().filter(is_direct).count();
    (holder != analysis.graph.root() && 100 * direct > MOST * nodes.len()).then_some(holder)
}

/// The object that people know for a node of V8's own.
fn visible(analysis: &Analysis, node: Node) -> Node {
    let mut at = node;
    while is_lifted(&analysis.graph, at) && at != analysis.graph.root() {
        at = analysis.tree.dominator(at);
    }
    at
}

fn below(analysis: &Analysis, holder: Node, nodes: &[Node]) -> Held {
    let tails: Vec<String> =
        samples(analysis, nodes).filter_map(|node| tail(analysis, holder, node)).collect();
    let count = tails.len();
    let tail = match most_frequent(tails) {
        // A dictionary, where each is under a name of its own, and collections, whose values have none.
        Some((tail, times))
            if 2 * times < count || tail.starts_with(" → ") && is_collection(analysis, holder) =>
        {
            "[…]".to_owned()
        }
        Some((tail, _)) => tail,
        None => String::new(),
    };
    let path = analysis.path(holder);
    Held {
        holder: Some(analysis.object(holder)),
        is_one: true,
        name: reference(&path),
        path_text: analysis.way(holder) + &tail,
        path,
    }
}

/// What leads from the holder to one of the nodes, with indices left out; none where the shortest way
/// does not go through it.
fn tail(analysis: &Analysis, holder: Node, node: Node) -> Option<String> {
    let way = analysis.way_without_indices(node);
    way.strip_prefix(&analysis.way_without_indices(holder)).map(str::to_owned)
}

fn is_collection(analysis: &Analysis, node: Node) -> bool {
    matches!(analysis.graph.name_bytes(node), b"Map" | b"Set" | b"WeakMap" | b"WeakSet")
}

fn most_frequent(texts: Vec<String>) -> Option<(String, usize)> {
    let mut counts: FxHashMap<String, usize> = FxHashMap::default();
    for text in texts {
        *counts.entry(text).or_default() += 1;
    }
    counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)))
}

/// Each is held by something else: what most of these have in common is their class and the property.
fn scattered(analysis: &Analysis, nodes: &[Node]) -> Held {
    let mut names: FxHashMap<String, (usize, Node)> = FxHashMap::default();
    for node in samples(analysis, nodes) {
        let edge = analysis.distances.edge(node);
        if edge == NO_EDGE {
            continue;
        }
        let holder = visible(analysis, analysis.graph.edge_source(edge));
        let name = named(shown(analysis.classes.name_of(holder)), &analysis.step(edge), "[]");
        names.entry(name).or_insert((0, node)).0 += 1;
    }
    let most = names.into_iter().max_by(|a, b| a.1.0.cmp(&b.1.0).then_with(|| b.0.cmp(&a.0)));
    let Some((name, (_, sample))) = most else { return Held::default() };
    let (path, path_text) = (analysis.path(sample), analysis.way(sample));
    Held { holder: None, is_one: false, name, path, path_text }
}

/// What refers to the last object of a path: `Manager.rooms`. Empty where that says less than the path: of
/// a property of some object.
fn reference(path: &[PathStep]) -> String {
    match path {
        [.., above, last] if is_class_name(shown(&above.object.name)) => {
            named(shown(&above.object.name), last, &format!("[{}]", last.edge.name))
        }
        [.., last] if is_class_name(shown(&last.object.name)) => {
            format!("{} @{}", last.object.name, last.object.id)
        }
        _ => String::new(),
    }
}

/// `global (global*)` is how Node 26 calls it.
pub(super) fn shown(class: &str) -> &str {
    if class.starts_with("global ") { GLOBAL } else { class }
}

/// A reference by the object that it is in; `index` is how one without a name is written.
fn named(holder: &str, step: &PathStep, index: &str) -> String {
    let EdgeRef { kind, name } = &step.edge;
    match *kind {
        "property" if is_identifier(name) => format!("{holder}.{name}"),
        "property" => format!("{holder}[{name:?}]"),
        "context" => format!("variable {name}"),
        "element" => format!("{holder}{index}"),
        _ => format!("{holder} → {}", step.object.name),
    }
}
