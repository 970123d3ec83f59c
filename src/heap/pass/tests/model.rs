//! Made-up heap snapshots.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::heap::pass::naive;

const NODE_KINDS: [&str; 10] = [
    "hidden",
    "string",
    "object",
    "closure",
    "regexp",
    "number",
    "native",
    "concatenated string",
    "synthetic",
    "sliced string",
];
const EDGE_KINDS: [&str; 4] = ["context", "element", "property", "hidden"];

/// Kind, name or index, target: numbers to be wrapped to what there is.
type Edge = (usize, u32, usize);
/// Kind, name, self size, edges.
type Node = (usize, usize, u64, Vec<Edge>);

/// A snapshot in the making.
#[derive(Clone, Debug)]
pub(super) struct Model {
    strings: Vec<String>,
    nodes: Vec<Node>,
    functions: Vec<(usize, usize)>,
    node_fields: Vec<&'static str>,
    edge_fields: Vec<&'static str>,
    separator: &'static str,
    extra: [bool; 3],
}

impl Model {
    fn header(&self) -> Value {
        let kinds = |fields: &[&str], kinds: &[&str]| -> Vec<Value> {
            let entry = |field: &&str| {
                if *field == "type" { json!(kinds) } else { json!("number") }
            };
            fields.iter().map(entry).collect()
        };
        json!({
            "meta": {
                "node_fields": self.node_fields,
                "node_types": kinds(&self.node_fields, &NODE_KINDS),
                "edge_fields": self.edge_fields,
                "edge_types": kinds(&self.edge_fields, &EDGE_KINDS),
                "trace_function_info_fields": ["function_id", "script_name", "line", "name"],
            },
            "node_count": self.nodes.len(),
            "edge_count": self.edges().count(),
            "trace_function_count": 0,
        })
    }

    fn edges(&self) -> impl Iterator<Item = &Edge> {
        self.nodes.iter().flat_map(|(.., edges)| edges)
    }

    fn node_numbers(&self) -> Vec<String> {
        let number = |field: &str, (id, node): (usize, &Node)| match field {
            "type" => (node.0 % NODE_KINDS.len()) as u64,
            "name" => (node.1 % self.strings.len()) as u64,
            "id" => 2 * id as u64 + 1_000_000_001,
            "self_size" => node.2,
            "edge_count" => node.3.len() as u64,
            _ => 0,
        };
        let row = |node| {
            let numbers = self.node_fields.iter().map(|field| number(field, node).to_string());
            numbers.collect::<Vec<_>>().join(",")
        };
        self.nodes.iter().enumerate().map(row).collect()
    }

    fn edge_numbers(&self) -> Vec<String> {
        let number = |field: &str, edge: &Edge| match field {
            "type" => edge.0 % EDGE_KINDS.len(),
            "name_or_index" => match EDGE_KINDS[edge.0 % EDGE_KINDS.len()] {
                "element" | "hidden" => edge.1 as usize,
                _ => edge.1 as usize % self.strings.len(),
            },
            "to_node" => edge.2 % self.nodes.len() * self.node_fields.len(),
            _ => 12_345_678_901,
        };
        let row = |edge| {
            let numbers = self.edge_fields.iter().map(|field| number(field, edge).to_string());
            numbers.collect::<Vec<_>>().join(",")
        };
        self.edges().map(row).collect()
    }

    pub(super) fn text(&self) -> String {
        let function = |(at, names): (usize, &(usize, usize))| {
            let (name, script) = (names.0 % self.strings.len(), names.1 % self.strings.len());
            format!("{at},{script},77,{name}")
        };
        let functions: Vec<String> = self.functions.iter().enumerate().map(function).collect();
        let strings = self.strings.iter().map(|text| format!("\"{}\"", naive::escape(text)));
        let rows = |rows: &[String]| rows.join(self.separator);
        let [before, between, after] = self.extra;
        [
            "{",
            if before { r#""first":{"strings":["]}\""]},"# } else { "" },
            &format!("\"snapshot\":{},\n", self.header()),
            &format!("\"nodes\":[{}],\n", rows(&self.node_numbers())),
            &format!("\"edges\":[{}],\n", rows(&self.edge_numbers())),
            &format!("\"trace_function_infos\":[{}],\n", rows(&functions)),
            if between { r#""trace_tree":[1,2,[3,[]]],"samples" : [-1.5],"x":null,"# } else { "" },
            &format!("\"strings\":[{}]", strings.collect::<Vec<_>>().join(",\n")),
            if after { ",\"last\":7 } \n" } else { "}" },
        ]
        .concat()
    }
}

fn text() -> impl Strategy<Value = String> {
    let id = "[0-9]{0,2}";
    let pair = ("[a-z @)]{0,9}", id, "[a-z @)(]{0,9}", id, id, "[x]{0,1}").prop_map(
        |(key, a, value, b, c, tail)| {
            format!("3 / part of key ({key} @{a}) -> value ({value} @{b}) pair in WeakMap (table @{c}){tail}")
        },
    );
    prop_oneof![
        "[ -~]{0,30}",
        "[a\"\\\\\n\t\u{1}\u{7f}\u{e9}\u{20ac}\u{1F600}]{0,12}",
        "(ab){510,514}",
        pair,
        Just("Function".to_owned()),
        Just("(string)".to_owned()),
    ]
}

pub(super) fn models() -> impl Strategy<Value = Model> {
    let node_fields = prop_oneof![
        Just(vec![
            "type",
            "name",
            "id",
            "self_size",
            "edge_count",
            "trace_node_id",
            "detachedness"
        ]),
        Just(vec!["type", "name", "id", "self_size", "edge_count", "detachedness"]),
        Just(vec!["edge_count", "name", "self_size", "id", "type"]),
    ];
    let edge_fields = prop_oneof![
        3 => Just(vec!["type", "name_or_index", "to_node"]),
        1 => Just(vec!["to_node", "name_or_index", "weight", "type"]),
    ];
    let edges = proptest::collection::vec(any::<Edge>(), 0..4);
    let size = prop_oneof![Just(0_u64), 0_u64..5, any::<u32>().prop_map(u64::from)];
    let node = (any::<usize>(), any::<usize>(), size, edges);
    (
        proptest::collection::hash_set(text(), 1..12),
        proptest::collection::vec(node, 0..12),
        proptest::collection::vec(any::<(usize, usize)>(), 0..3),
        node_fields,
        edge_fields,
        proptest::sample::select(vec![",", "\n,", " , \n\t"]),
        any::<[bool; 3]>(),
    )
        .prop_map(|(strings, nodes, functions, node_fields, edge_fields, separator, extra)| {
            Model {
                strings: strings.into_iter().collect(),
                nodes,
                functions,
                node_fields,
                edge_fields,
                separator,
                extra,
            }
        })
}

/// A snapshot of two nodes and three edges, as Node 24 writes it.
pub(super) fn small() -> String {
    let model = Model {
        strings: ["<dummy>", "Room", "hunter2", "name"].map(str::to_owned).to_vec(),
        nodes: vec![(2, 1, 56, vec![(2, 3, 1), (1, 7, 1)]), (1, 2, 24, vec![(0, 3, 0)])],
        functions: vec![(3, 0)],
        node_fields: vec!["type", "name", "id", "self_size", "edge_count", "detachedness"],
        edge_fields: vec!["type", "name_or_index", "to_node"],
        separator: ",",
        extra: [false; 3],
    };
    model.text()
}
