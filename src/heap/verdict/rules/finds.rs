//! What the rules look for, found in one pass over the nodes and one over the edges.

use rustc_hash::FxHashMap;

use crate::heap::graph::{EdgeKind, Graph, Node, NodeKind};

/// Instances by class, and edges by name.
pub(super) struct Finds {
    instances: FxHashMap<&'static str, Vec<Node>>,
    edges: FxHashMap<&'static str, Vec<u32>>,
}

/// Classes of which a rule wants every object.
const CLASSES: [&str; 8] = [
    "Timeout",
    "Module",
    "Socket",
    "TLSSocket",
    "Generator",
    "AsyncContextFrame",
    "system / NativeContext",
    "system / JSArrayBufferData",
];

/// Properties of which a rule wants every holder.
const PROPERTIES: [&str; 3] = ["_events", "<symbol kEvents>", "<symbol kResourceStore>"];

impl Finds {
    pub(super) fn of(graph: &Graph) -> Self {
        let (instances, edges) = std::thread::scope(|scope| {
            let edges = scope.spawn(|| edges(graph));
            (instances(graph), edges.join().unwrap_or_default())
        });
        Self { instances, edges }
    }

    pub(super) fn instances(&self, class: &str) -> &[Node] {
        self.instances.get(class).map_or(&[], Vec::as_slice)
    }

    /// Numbers of the edges with one of [`PROPERTIES`] for a name.
    pub(super) fn edges(&self, property: &str) -> &[u32] {
        self.edges.get(property).map_or(&[], Vec::as_slice)
    }
}

fn instances(graph: &Graph) -> FxHashMap<&'static str, Vec<Node>> {
    let mut wanted = vec![usize::MAX; graph.strings().len()];
    for index in 0..graph.strings().len() as u32 {
        let name = graph.strings().bytes(index);
        if let Some(at) = CLASSES.iter().position(|class| class.as_bytes() == name) {
            wanted[index as usize] = at;
        }
    }
    let mut found: FxHashMap<&'static str, Vec<Node>> = FxHashMap::default();
    for node in graph.nodes() {
        let at = wanted[graph.name_index(node) as usize];
        let fits = at != usize::MAX
            && matches!(graph.kind(node), NodeKind::Object | NodeKind::Native | NodeKind::Hidden);
        if fits {
            found.entry(CLASSES[at]).or_default().push(node);
        }
    }
    found
}

fn edges(graph: &Graph) -> FxHashMap<&'static str, Vec<u32>> {
    let mut found: FxHashMap<&'static str, Vec<u32>> = FxHashMap::default();
    let strings = PROPERTIES.map(|name| graph.strings().find(name));
    for (name, wanted) in PROPERTIES.iter().zip(strings) {
        let Some(wanted) = wanted else { continue };
        let numbers = graph.edges_named(wanted);
        found.insert(
            name,
            numbers
                .filter(|number| graph.edge(*number as usize).kind == EdgeKind::Property)
                .collect(),
        );
    }
    found
}
