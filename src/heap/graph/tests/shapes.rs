//! Deep and wide graphs: nothing recurses, nothing takes the square of their size.

use super::{
    Classes, Control, Distances, DominatorTree, Dominators, EdgeNames, Graph, Measured, Node,
    SelfSizes, file, read,
};
use crate::heap::graph::columns::TARGET_BITS;
use crate::heap::graph::source::CHUNK;
use crate::heap::graph::{EdgeKind, NodeKind, Strings};

/// Of all shapes but the list; their squares would take hours.
const MANY: Node = 100_000;

/// Objects of 1 byte in columns, below a synthetic root, and properties.
fn graph(edges: Vec<Vec<Node>>) -> Measured {
    let nodes = edges.len();
    let mut first_edges = vec![0];
    first_edges.extend(edges.iter().scan(0, |sum, edges| {
        *sum += edges.len() as u32;
        Some(*sum)
    }));
    let word = |to| to | (EdgeKind::Property as u32) << TARGET_BITS;
    let words: Vec<u32> = edges.into_iter().flatten().map(word).collect();
    let mut kinds = vec![NodeKind::Object as u8; nodes];
    kinds[0] = NodeKind::Synthetic as u8;
    let sizes = SelfSizes { sizes: vec![1; nodes], ..SelfSizes::default() };
    let graph = Graph {
        kinds,
        names: vec![0; nodes],
        ids: (0..nodes as u32).map(|node| 2 * node + 1).collect(),
        first_edges,
        edge_names: EdgeNames::pack(&vec![0; words.len()], &words),
        words,
        strings: ["Object"].into_iter().collect(),
        ..Graph::default()
    };
    Measured { graph, sizes }
}

fn tree(graph: &Measured) -> DominatorTree {
    DominatorTree::new(graph.sizes.clone(), Dominators::of(graph, &Control::default()).unwrap())
}

fn assert_idoms(graph: &Measured, idom: impl Fn(Node) -> Node) -> DominatorTree {
    let tree = tree(graph);
    for node in graph.nodes().skip(1) {
        assert_eq!(tree.dominator(node), idom(node), "{node} of {}", graph.len());
    }
    assert_eq!(tree.retained_size(0), graph.len() as u64);
    tree
}

/// Each holds the next one.
fn list(nodes: Node) {
    let edges = |node| if node + 1 < nodes { vec![node + 1] } else { vec![] };
    let mut graph = graph((0..nodes).map(edges).collect());
    let tree = assert_idoms(&graph, |node| node - 1);
    let distances = Distances::of(&graph);
    for node in graph.nodes().step_by(nodes as usize / 8) {
        assert_eq!(tree.retained_size(node), u64::from(nodes - node));
        assert_eq!(tree.subtree(node).len(), (nodes - node) as usize);
        assert_eq!(distances.distance(&graph, node) % 100_000_000, node as i32);
    }
    assert_eq!(distances.path(&graph, nodes - 1).len(), nodes as usize - 1);
    // What is V8's own belongs to the one object at its head, or is detached with it.
    graph.kinds[2..].fill(NodeKind::Array as u8);
    graph.attribute_sizes();
    assert_eq!(graph.self_size(1), u64::from(nodes) - 1);
    graph.kinds[1..].fill(NodeKind::Native as u8);
    graph.kinds[1] |= 2 << 6;
    assert_eq!(Classes::of(&graph).name_of(nodes - 1), "Detached Object");
}

#[test]
fn a_list_of_a_million() {
    list(1_000_000);
}

#[test]
#[ignore = "takes a gigabyte: by hand, optimised"]
fn a_list_of_ten_million() {
    list(10_000_000);
}

/// A list of records as V8 writes them.
fn list_text(nodes: usize) -> Vec<u8> {
    use std::io::Write;
    let mut text = Vec::with_capacity(nodes * 40);
    write!(
        text,
        r#"{{"snapshot":{{"meta":{{"node_fields":["type","name","id","self_size","edge_count"],
        "node_types":[["synthetic","object"],"string","number","number","number"],
        "edge_fields":["type","name_or_index","to_node"],
        "edge_types":[["property"],"string_or_number","node"]}},
        "node_count":{nodes},"edge_count":{}}},"nodes":[0,0,1,0,1"#,
        nodes - 1
    )
    .unwrap();
    for node in 1..nodes {
        write!(text, "\n,1,1,{},32,{}", 2 * node + 1, u8::from(node + 1 < nodes)).unwrap();
    }
    text.extend_from_slice(b"],\"edges\":[0,2,5");
    for node in 2..nodes {
        write!(text, "\n,0,2,{}", node * 5).unwrap();
    }
    text.extend_from_slice(b"],\"strings\":[\"\",\"Link\",\"next\"]}");
    text
}

fn list_file(nodes: usize) {
    let file = file(&list_text(nodes));
    let graph = read(file.path(), CHUNK).unwrap();
    let tree = tree(&graph);
    for node in (1..graph.len() as Node).step_by(1_000) {
        assert_eq!(tree.retained_size(node), 32 * (nodes as u64 - u64::from(node)));
    }
    assert_eq!(Classes::of(&graph).name_of(nodes as Node - 1), "Link");
}

#[test]
fn a_file_with_a_long_list() {
    list_file(100_000);
}

#[test]
#[ignore = "takes a gigabyte: by hand, optimised"]
fn a_file_with_a_list_of_ten_million() {
    list_file(10_000_000);
}

#[test]
fn a_star() {
    // The root has a hub and all, the hub has all, all have the last one.
    star(MANY);
}

fn star(nodes: Node) {
    let edges = |node| match node {
        0 => vec![1],
        1 => (2..nodes).collect(),
        _ => vec![nodes - 1],
    };
    let mut graph = graph((0..nodes).map(edges).collect());
    assert_idoms(&graph, |node| u32::from(node > 1));
    let distances = Distances::of(&graph);
    assert_eq!((distances.distance(&graph, 1), distances.distance(&graph, nodes - 1)), (1, 2));
    // Now everything is a root of the program's.
    let words = graph.words.clone();
    graph.words.splice(1..1, words[1..nodes as usize - 1].iter().copied());
    graph.name_edges(vec![0; graph.words.len()]);
    graph.first_edges[1..].iter_mut().for_each(|first| *first += nodes - 2);
    assert_idoms(&graph, |_| 0);
    assert_eq!(Distances::of(&graph).distance(&graph, nodes - 1), 1);
    graph.attribute_sizes();
    assert_eq!(Classes::of(&graph).name_of(nodes - 1), "{Object}");
}

/// Edges back to everything before, which make paths long for the semidominators.
fn back_edges(nodes: Node) {
    let edges = |node: Node| {
        let next = (node + 1 < nodes).then_some(node + 1);
        next.into_iter().chain([node / 2, node.saturating_sub(1), node / 3 * 2]).collect()
    };
    assert_idoms(&graph((0..nodes).map(edges).collect()), |node| node - 1);
    let from_last = |node| match node + 1 {
        next if next < nodes => vec![next],
        _ => (1..nodes).rev().collect(),
    };
    assert_idoms(&graph((0..nodes).map(from_last).collect()), |node| node - 1);
}

#[test]
fn a_chain_with_edges_back() {
    back_edges(MANY);
}

/// Each holds the next two: nobody dominates anybody.
fn ladder(nodes: Node) {
    let edges = |node| (node + 1..nodes.min(node + 3)).collect();
    assert_idoms(&graph((0..nodes).map(edges).collect()), |_| 0);
    let edges = |node| (node + 1..nodes.min(node + 3)).rev().collect();
    assert_idoms(&graph((0..nodes).map(edges).collect()), |_| 0);
}

#[test]
fn a_ladder() {
    ladder(MANY);
}

/// A queue of links, each with an item; a table has the items too. The walk comes to the items by the
/// queue, where they are deep, and they belong to the root.
fn queue_and_table(items: Node) {
    let (table, first_item) = (items + 1, items + 2);
    let edges = |node| match node {
        0 => vec![1, table],
        link if link < items => vec![link + 1, first_item + link - 1],
        link if link == items => vec![first_item + link - 1],
        _ if node == table => (0..items).map(|item| first_item + item).collect(),
        _ => vec![],
    };
    let idom = |node: Node| if node <= items { node - 1 } else { 0 };
    assert_idoms(&graph((0..2 * items + 2).map(edges).collect()), idom);
}

#[test]
fn a_queue_whose_items_are_in_a_table() {
    queue_and_table(MANY / 2);
}

/// The worst that is known for Semi-NCA: all hang on the end of a chain, and on the root.
fn tail(chain: Node) {
    let nodes = 2 * chain + 1;
    let edges = |node| match node {
        0 => std::iter::once(1).chain(chain + 1..nodes).collect(),
        _ if node < chain => vec![node + 1],
        _ if node == chain => (chain + 1..nodes).collect(),
        _ => vec![],
    };
    let idom = |node: Node| if node <= chain { node - 1 } else { 0 };
    assert_idoms(&graph((0..nodes).map(edges).collect()), idom);
}

#[test]
fn a_chain_with_a_broad_tail() {
    tail(MANY / 2);
}

/// A circle, and single nodes, that no root reaches.
fn unreached(nodes: Node) {
    let half = nodes / 2;
    let edges = |node| match node {
        0 => vec![],
        _ if node < half => vec![node + 1],
        _ if node == half => vec![1],
        _ => vec![node],
    };
    let tree = assert_idoms(&graph((0..nodes).map(edges).collect()), |_| 0);
    assert_eq!(tree.retained_size(1), 1);
}

#[test]
fn nothing_is_reached() {
    unreached(MANY);
}

/// Objects of one class in each other, which count once; and one object with very many properties.
fn classes(nodes: Node) {
    let edges = |node| match node {
        0 => vec![1],
        1 => (2..nodes / 2).collect(),
        _ if node >= nodes / 2 && node + 1 < nodes => vec![node + 1, 0],
        _ => vec![],
    };
    let mut graph = graph((0..nodes).map(edges).collect());
    graph.strings = ["Object", "a", "b"].into_iter().collect();
    graph.name_edges((0..graph.words.len() as u32).map(|at| 1 + at % 2).collect());
    let (tree, classes) = (tree(&graph), Classes::of(&graph));
    let sizes = classes.sizes(&tree, tree.order(), 0);
    let total: u64 = sizes.iter().map(|class| class.count).sum();
    assert_eq!(total, u64::from(nodes));
    assert_eq!([1, 2, nodes / 2].map(|node| classes.name_of(node)), ["{b, a}", "Object", "{b, a}"]);
    // They are in each other, but for the one that has them all.
    let inner = sizes[classes.find("{b, a}").unwrap() as usize];
    let chain = u64::from(nodes - nodes / 2) - 1;
    assert_eq!((inner.count, inner.retained_size), (chain + 1, tree.retained_size(1) + chain + 1));
}

#[test]
fn wide_objects() {
    classes(MANY);
}

#[test]
fn strings_of_a_test_are_what_they_seem() {
    let strings: Strings = ["", "a", "bc"].into_iter().collect();
    assert_eq!((strings.len(), strings.bytes(1), strings.bytes(2)), (3, &b"a"[..], &b"bc"[..]));
}

#[test]
#[ignore = "takes gigabytes: by hand, optimised"]
#[allow(clippy::print_stderr, reason = "times, for whoever runs this by hand")]
fn every_shape_of_ten_million() {
    type Shape = (&'static str, fn(Node));
    let shapes: [Shape; 8] = [
        ("star", star),
        ("back edges", back_edges),
        ("ladder", ladder),
        ("queue and table", |nodes| queue_and_table(nodes / 2)),
        ("tail", |nodes| tail(nodes / 2)),
        ("unreached", unreached),
        ("classes", classes),
        ("list", list),
    ];
    for (name, shape) in shapes {
        let start = std::time::Instant::now();
        shape(10_000_000);
        eprintln!("{name}: {:?}", start.elapsed());
    }
}
