//! The engine against the naive way, on made-up snapshots in any shape, size and state of repair.

mod agreement;
mod borders;
mod damage;
mod model;
mod mutation;
mod shapes;
mod snapshot;

use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use super::FileSizes;
use super::edge_names::EdgeNames;
use super::naive::{Naive, retained};
use super::ownership;
use super::sizes::SelfSizes;
use super::{
    Classes, Control, Distances, DominatorTree, Dominators, Encoding, Graph, NO_EDGE, Node,
};
use crate::error::Result;

fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// A graph with its sizes beside it.
#[derive(Debug)]
struct Measured {
    graph: Graph,
    sizes: SelfSizes,
}

impl std::ops::Deref for Measured {
    type Target = Graph;

    fn deref(&self) -> &Graph {
        &self.graph
    }
}

impl std::ops::DerefMut for Measured {
    fn deref_mut(&mut self) -> &mut Graph {
        &mut self.graph
    }
}

impl Measured {
    fn self_size(&self, node: Node) -> u64 {
        self.sizes.get(node)
    }

    fn attribute_sizes(&mut self) {
        ownership::attribute(&self.graph, &mut self.sizes);
    }

    fn name_edges(&mut self, names: Vec<u32>) {
        self.graph.edge_names = EdgeNames::pack(&names, &self.graph.words);
    }
}

fn read(path: &Path, chunk: usize) -> Result<Measured> {
    let (graph, FileSizes(sizes)) = Graph::read_in_chunks(path, &Control::default(), chunk)?;
    Ok(Measured { graph, sizes })
}

fn compress(text: &[u8], encoding: Encoding) -> Vec<u8> {
    let gzip = |text: &[u8]| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(text).unwrap();
        out.finish().unwrap()
    };
    match encoding {
        Encoding::Plain => text.to_vec(),
        // In two members.
        Encoding::Gzip => [gzip(&text[..text.len() / 2]), gzip(&text[text.len() / 2..])].concat(),
        Encoding::Zstd => zstd::encode_all(text, 1).unwrap(),
    }
}

/// That all the engine says is what the naive way says.
fn assert_agree(mut graph: Measured, naive: &Naive) {
    assert_same_document(&graph, naive);
    // Nothing refers to V8's root.
    if naive.edges.iter().all(|edge| edge.to != naive.root) {
        let distances = naive.distances();
        let found = Distances::of(&graph);
        let of = |node| i64::from(found.distance(&graph, node));
        assert_eq!(graph.nodes().map(of).collect::<Vec<_>>(), distances, "distances");
        assert_ways(&graph, &distances);
    }

    graph.attribute_sizes();
    let sizes = naive.owned_sizes();
    let found: Vec<u64> = graph.nodes().map(|node| graph.self_size(node)).collect();
    assert_eq!(found, sizes, "own sizes");

    let dominated = naive.dominated();
    let dominators = Dominators::of(&graph, &Control::default()).unwrap();
    let tree = DominatorTree::new(graph.sizes.clone(), dominators);
    assert_tree(&tree, &dominated, &naive.idoms(&dominated));
    let found: Vec<u64> = graph.nodes().map(|node| tree.retained_size(node)).collect();
    let expected: Vec<u64> = dominated.iter().map(|nodes| retained(nodes, &sizes)).collect();
    assert_eq!(found, expected, "retained sizes");

    let classes = Classes::of(&graph);
    let names = naive.classes();
    let found: Vec<&str> = graph.nodes().map(|node| classes.name_of(node)).collect();
    assert_eq!(found, names, "classes");
    for top in [naive.root, graph.len() / 2, graph.len() - 1] {
        let expected = naive.class_figures(top, &dominated, &sizes, &names);
        let (slice, start) = (tree.subtree(top as Node), tree.place(top as Node));
        let found = classes.sizes(&tree, slice, start);
        let found = found.iter().enumerate().filter(|(_, sizes)| sizes.count > 0);
        let found = found.map(|(class, sizes)| {
            let name = classes.name(class as u32).to_owned();
            (name, (sizes.count, sizes.self_size, sizes.retained_size))
        });
        assert_eq!(found.collect::<std::collections::BTreeMap<_, _>>(), expected, "below {top}");
    }
}

fn assert_same_document(graph: &Measured, naive: &Naive) {
    assert_eq!((graph.len(), graph.edge_count()), (naive.nodes.len(), naive.edges.len()));
    assert_eq!(graph.root() as usize, naive.root);
    for (node, expected) in naive.nodes.iter().enumerate() {
        let node = node as Node;
        assert_eq!(graph.kind(node).name(), expected.kind);
        assert_eq!(graph.strings().get(graph.name_index(node)), expected.name);
        assert_eq!(u64::from(graph.id(node)), expected.id);
        assert_eq!(graph.self_size(node), expected.size);
        let at = naive.locations.iter().filter(|location| location[0] == u64::from(node));
        assert_eq!(graph.location(node).is_some(), at.count() > 0);
        assert_eq!(u64::from(graph.detachedness(node)), expected.detachedness);
    }
    for (number, expected) in naive.edges.iter().enumerate() {
        let edge = graph.edge(number);
        let is_indexed = ["element", "hidden"].contains(&expected.kind);
        let name =
            if is_indexed { edge.name.to_string().into() } else { graph.strings().get(edge.name) };
        assert_eq!((edge.kind.name(), &*name), (expected.kind, &expected.name[..]));
        assert_eq!(edge.to as usize, expected.to);
        assert_eq!(graph.edge_source(number as u32) as usize, expected.from);
        assert_eq!(edge.kind == super::EdgeKind::Ephemeron, naive.is_from_table(expected));
    }
    assert_edges_are_found(graph);
    let mut found: Vec<[u64; 4]> = graph
        .locations()
        .iter()
        .map(|at| [at.node, at.script, at.line, at.column].map(u64::from))
        .collect();
    assert!(found.is_sorted_by_key(|location| location[0]));
    let mut expected = naive.locations.clone();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "locations");
}

/// That every edge with a string for a name is found by it, once.
fn assert_edges_are_found(graph: &Graph) {
    let mut found = Vec::new();
    for name in 0..graph.strings().len() as u32 {
        found.extend(graph.edges_named(name).map(|edge| (edge, name)));
    }
    found.sort_unstable();
    let edges = (0..graph.edge_count()).map(|number| (number as u32, graph.edge(number)));
    let named = edges.filter(|(_, edge)| !edge.kind.is_indexed());
    assert_eq!(found, named.map(|(number, edge)| (number, edge.name)).collect::<Vec<_>>());
}

/// That every shortest way is one, and as long as it should be.
fn assert_ways(graph: &Graph, expected: &[i64]) {
    let distances = Distances::of(graph);
    let start = expected[graph.root() as usize];
    // What is reached through the root is counted from the program's roots: its way is shorter.
    let has_retained_root = (0..graph.edge_count()).any(|edge| graph.edge(edge).to == graph.root());
    for node in graph.nodes() {
        let path = distances.path(graph, node);
        let distance = expected[node as usize];
        if distance < 0 || node == graph.root() {
            assert!(path.is_empty() && distances.edge(node) == NO_EDGE);
            continue;
        }
        let length = if distance >= start { distance - start } else { distance };
        let is_around_root = has_retained_root && path.len() as i64 <= length;
        assert!(path.len() as i64 == length || is_around_root);
        let mut at = graph.root();
        for edge in path {
            assert_eq!(graph.edge_source(edge), at);
            at = graph.edge(edge as usize).to;
        }
        assert_eq!(at, node);
    }
}

fn assert_tree(tree: &DominatorTree, dominated: &[Vec<bool>], idoms: &[usize]) {
    let nodes = 0..dominated.len() as Node;
    let found: Vec<usize> = nodes.clone().map(|node| tree.dominator(node) as usize).collect();
    assert_eq!(found, idoms, "dominators");
    for node in nodes.clone() {
        let inside = |slice: &[Node]| {
            let mut inside = vec![false; dominated.len()];
            slice.iter().for_each(|node| inside[*node as usize] = true);
            inside
        };
        assert_eq!(inside(tree.subtree(node)), dominated[node as usize], "what {node} dominates");
        assert_eq!(tree.count(node), tree.subtree(node).len());
        assert_eq!(tree.order()[tree.place(node)], node);
        let children: Vec<Node> = tree.children(node).collect();
        let mine = nodes.clone().filter(|child| idoms[*child as usize] == node as usize);
        let mine: Vec<Node> = mine.filter(|child| *child != node).collect();
        assert_eq!(inside(&children), inside(&mine), "children of {node}");
        assert_eq!(children.len(), mine.len());
        for other in nodes.clone() {
            assert_eq!(tree.is_dominated(other, node), dominated[node as usize][other as usize]);
        }
    }
}
