//! What proptest makes up.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::snapshot::{EDGE_KINDS, Edge, NODE_KINDS, SECTIONS, Snapshot, Style};

/// Names that some rule knows, and some that none does.
const NODE_NAMES: [&str; 19] = [
    "Object",
    "Object",
    "Room",
    "Array",
    "",
    "global",
    "(map descriptors)",
    "(map descriptors)",
    "system / NativeContext",
    "system / ExternalStringData",
    "(Document DOM trees)",
    "<div id=\"a\">",
    "<div>",
    "<p class=\"b\" id=\"c\">",
    "Detached <p class=\"b\">",
    "Detached <p>",
    "Detached Room",
    "{a, b}",
    "\u{e9}\u{20ac}\u{1F600}",
];
const EDGE_NAMES: [&str; 17] = [
    "a",
    "b",
    "c",
    "d",
    "__proto__",
    "sloppy_function_map",
    "table",
    "",
    "it's",
    "x, y",
    "\u{1F600}\n",
    "4",
    "+7x",
    "-4",
    "a name that is as long as half of what a class may be called",
    "another name as long as half of what a class may be called",
    "a name of a property that is by far too long for the name of any class, which ends at one \
     hundred and twenty characters",
];

type RawEdge = (&'static str, usize, usize);

#[derive(Clone, Debug)]
struct RawNode {
    kind: &'static str,
    name: usize,
    size: u64,
    detachedness: u8,
    edges: Vec<RawEdge>,
    /// Makes a plain object, with these properties.
    shape: Option<usize>,
}

/// An entry of a `WeakMap`: table, key, value, and how it is told.
type RawPair = ([usize; 3], usize, [bool; 2]);

fn raw_node() -> impl Strategy<Value = RawNode> {
    let kind = prop_oneof![
        4 => Just("object"),
        3 => select(vec!["hidden", "array", "native"]),
        3 => select(NODE_KINDS.to_vec()),
    ];
    let size = prop_oneof![
        2 => Just(0_u64),
        8 => 1_u64..100,
        1 => u64::from(u32::MAX) - 1..u64::from(u32::MAX) + 3,
        1 => any::<u32>().prop_map(|size| u64::from(size) << 12),
    ];
    let edges = prop_oneof![3 => vec(raw_edge(), 0..3), 1 => vec(raw_edge(), 0..9)];
    let detachedness = prop_oneof![6 => Just(0_u8), 1 => 1_u8..3];
    let shape = proptest::option::weighted(0.3, 0_usize..3);
    (kind, 0..NODE_NAMES.len(), size, detachedness, edges, shape).prop_map(
        |(kind, name, size, detachedness, edges, shape)| RawNode {
            kind,
            name,
            size,
            detachedness,
            edges,
            shape,
        },
    )
}

fn raw_edge() -> impl Strategy<Value = RawEdge> {
    (select(EDGE_KINDS.to_vec()), 0..EDGE_NAMES.len(), any::<usize>())
}

pub(super) fn snapshots() -> impl Strategy<Value = Snapshot> {
    let shape = vec(0..EDGE_NAMES.len(), 0..5);
    let pair = (any::<[usize; 3]>(), 0_usize..12, any::<[bool; 2]>());
    let location = (any::<u32>(), 0_u32..3, any::<u32>(), any::<u32>());
    (
        vec(raw_node(), 1..50),
        vec(shape, 3),
        vec(pair, 0..4),
        vec(location, 0..4),
        proptest::option::weighted(0.1, any::<usize>()),
        (any::<bool>(), 0_usize..4),
    )
        .prop_map(|(nodes, shapes, pairs, locations, root, (roots, islands))| {
            let mut made = Snapshot::default();
            add_nodes(&mut made, &nodes);
            add_edges(&mut made, &nodes, &shapes);
            pairs.iter().for_each(|pair| add_pair(&mut made, pair));
            (0..islands).for_each(|_| add_island(&mut made));
            let count = made.nodes.len();
            made.root = root.map(|root| root % count);
            if roots {
                made.nodes[made.root.unwrap_or(0)].kind = "synthetic";
            }
            let location =
                |(node, script, line, column)| [node % count as u32, script, line, column];
            made.locations = locations.into_iter().take(count).map(location).collect();
            made
        })
}

fn add_nodes(made: &mut Snapshot, nodes: &[RawNode]) {
    made.string("<dummy>");
    for (number, node) in nodes.iter().enumerate() {
        let (kind, name) = match (number, node.shape) {
            (0, _) => ("synthetic", ""),
            (_, Some(_)) => ("object", "Object"),
            _ => (node.kind, NODE_NAMES[node.name]),
        };
        made.node(kind, name, node.size);
        made.nodes[number].detachedness = node.detachedness;
    }
}

fn add_edges(made: &mut Snapshot, nodes: &[RawNode], shapes: &[Vec<usize>]) {
    for (from, node) in nodes.iter().enumerate() {
        let shape = node.shape.map_or(&[][..], |shape| &shapes[shape]);
        for property in shape {
            made.edge(from, "property", EDGE_NAMES[*property], (from + property) % nodes.len());
        }
        for (kind, name, to) in &node.edges {
            let index = (name % 8).to_string();
            let is_indexed = ["element", "hidden"].contains(kind);
            let name = if is_indexed { &index } else { EDGE_NAMES[*name] };
            made.edge(from, kind, name, to % nodes.len());
        }
    }
}

/// The edges of a weak map's entry: from the table, from the key, or both.
fn add_pair(made: &mut Snapshot, (ends, way, edges): &RawPair) {
    let [table, key, value] = ends.map(|node| node % made.nodes.len());
    let [t, k, v] = [table, key, value].map(|node| made.nodes[node].id);
    let number = way % 3;
    let name = match way {
        0 => format!("3 / part of key (k @{k}) -> value (v\n @{v}) pair in WeakMap (table @{t})"),
        1 => format!("3 / part of key (k @{k}) pair in WeakMap (table @{t})"),
        2 => format!("3 / part of key (k @{k}) -> value (v @{v}) pair in WeakMap (table @{k})"),
        3 => format!("/ part of key (k @{k}) -> value (v @{v}) pair in WeakMap (table @{t})"),
        4 => format!(
            "3 / part of key (k) -> value (v @1) -> value ( @2) pair in WeakMap (table @{t})"
        ),
        5 => format!(
            "3 / part of key ( @1) -> value ( @2) pair in WeakMap (table @3) @0) pair in WeakMap (table @{t})"
        ),
        _ => format!(
            "{number} / part of key (k @{k}) -> value (v @{v}) pair in WeakMap (table @{t})"
        ),
    };
    let other = format!("1{name}");
    for (from, name, is_there) in [(table, &name, edges[0]), (key, &other, edges[1])] {
        if is_there || way % 4 == 3 {
            made.edge(from, "internal", name, value);
        }
    }
}

/// Two nodes that only hold each other, what they hold, and what only a weak edge holds.
fn add_island(made: &mut Snapshot) {
    let beyond = made.nodes.len() / 2;
    let nodes = [4, 8, 16, 32].map(|size| made.node("object", "Island", size));
    let edges = [(0, 1), (1, 0), (1, 2)].map(|(from, to)| (nodes[from], nodes[to]));
    for (from, to) in edges.into_iter().chain([(nodes[0], beyond), (nodes[3], beyond)]) {
        made.edge(from, "property", "a", to);
    }
    let name = made.string("b");
    made.nodes[0].edges.push(Edge { kind: "weak", name, to: nodes[3] });
}

fn shuffled(of: &[&'static str]) -> impl Strategy<Value = Vec<&'static str>> + use<> {
    Just(of.to_vec()).prop_shuffle()
}

pub(super) fn styles() -> impl Strategy<Value = Style> {
    let node_fields = subsequence(vec!["trace_node_id", "detachedness", "extra", "id"], 0..=4);
    let node_fields = (node_fields, any::<bool>()).prop_flat_map(|(mut fields, id)| {
        fields.extend(["type", "name", "self_size", "edge_count"]);
        if id && !fields.contains(&"id") {
            fields.push("id");
        }
        Just(fields).prop_shuffle()
    });
    let edge_fields = subsequence(vec!["weight", "more"], 0..=2).prop_flat_map(|mut fields| {
        fields.extend(["type", "name_or_index", "to_node"]);
        Just(fields).prop_shuffle()
    });
    let sections = (any::<bool>(), shuffled(&SECTIONS[1..])).prop_map(|(first, others)| {
        let first = if first { vec!["before"] } else { vec![] };
        [first, vec!["snapshot"], others].concat()
    });
    let record = select(vec![("\n,", ","), (",", ","), (" ,\r\n\t", ","), (", ", " ,\r\n")]);
    (
        (node_fields, edge_fields, shuffled(&["object_index", "script_id", "line", "column"])),
        (shuffled(&NODE_KINDS), shuffled(&EDGE_KINDS)),
        (record, select(vec!["", " ", "\r\n", "\t \n"])),
        (prop_oneof![Just(SECTIONS.to_vec()), sections], any::<bool>()),
    )
        .prop_map(|(fields, kinds, (record, space), (sections, raw))| Style {
            node_fields: fields.0,
            edge_fields: fields.1,
            location_fields: fields.2,
            node_kinds: kinds.0,
            edge_kinds: kinds.1,
            record: record.0,
            number: record.1,
            space,
            sections,
            raw,
        })
}
