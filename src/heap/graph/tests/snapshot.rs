//! Made-up snapshots, and the ways to write them down.

use std::fmt::Write;

use serde_json::json;

/// A snapshot in the making; node 0 is the root unless told otherwise.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshot {
    pub(super) strings: Vec<String>,
    pub(super) nodes: Vec<Node>,
    /// Node, script, line, column.
    pub(super) locations: Vec<[u32; 4]>,
    pub(super) root: Option<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: &'static str,
    pub(super) name: u32,
    pub(super) id: u32,
    pub(super) size: u64,
    pub(super) detachedness: u8,
    pub(super) edges: Vec<Edge>,
}

#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) kind: &'static str,
    /// A string index or a number.
    pub(super) name: u32,
    pub(super) to: usize,
}

/// How a snapshot is written: what no reader may depend on.
#[derive(Clone, Debug)]
pub(super) struct Style {
    pub(super) node_fields: Vec<&'static str>,
    pub(super) edge_fields: Vec<&'static str>,
    pub(super) location_fields: Vec<&'static str>,
    pub(super) node_kinds: Vec<&'static str>,
    pub(super) edge_kinds: Vec<&'static str>,
    /// Between records.
    pub(super) record: &'static str,
    /// Between the numbers of a record.
    pub(super) number: &'static str,
    /// Wherever JSON has room for white space.
    pub(super) space: &'static str,
    /// In this order.
    pub(super) sections: Vec<&'static str>,
    /// Text beyond ASCII as it is, not as escapes.
    pub(super) raw: bool,
}

pub(super) const NODE_KINDS: [&str; 17] = [
    "hidden",
    "array",
    "string",
    "object",
    "code",
    "closure",
    "regexp",
    "number",
    "native",
    "synthetic",
    "concatenated string",
    "sliced string",
    "symbol",
    "bigint",
    "object shape",
    "wasm object",
    "a kind of later",
];
pub(super) const EDGE_KINDS: [&str; 8] =
    ["context", "element", "property", "internal", "hidden", "shortcut", "weak", "a kind of later"];
pub(super) const SECTIONS: [&str; 8] = [
    "snapshot",
    "nodes",
    "edges",
    "trace_function_infos",
    "trace_tree",
    "samples",
    "locations",
    "strings",
];

impl Style {
    /// As Node 24 and later write.
    pub(super) fn v8() -> Self {
        Self {
            node_fields: vec!["type", "name", "id", "self_size", "edge_count", "detachedness"],
            edge_fields: vec!["type", "name_or_index", "to_node"],
            location_fields: vec!["object_index", "script_id", "line", "column"],
            node_kinds: NODE_KINDS.to_vec(),
            edge_kinds: EDGE_KINDS.to_vec(),
            record: ",",
            number: ",",
            space: "",
            sections: SECTIONS.to_vec(),
            raw: false,
        }
    }
}

impl Snapshot {
    /// Index of a string, which is added where it is new.
    pub(super) fn string(&mut self, text: &str) -> u32 {
        let found = self.strings.iter().position(|one| one == text);
        let index = found.unwrap_or_else(|| {
            self.strings.push(text.to_owned());
            self.strings.len() - 1
        });
        index as u32
    }

    pub(super) fn node(&mut self, kind: &'static str, name: &str, size: u64) -> usize {
        let name = self.string(name);
        let id = 2 * self.nodes.len() as u32 + 1;
        self.nodes.push(Node { kind, name, id, size, detachedness: 0, edges: Vec::new() });
        self.nodes.len() - 1
    }

    /// An edge; where the kind has an index for a name, `name` is one in decimal.
    pub(super) fn edge(&mut self, from: usize, kind: &'static str, name: &str, to: usize) {
        let is_indexed = ["element", "hidden"].contains(&kind);
        let name = if is_indexed { name.parse().unwrap() } else { self.string(name) };
        self.nodes[from].edges.push(Edge { kind, name, to });
    }

    pub(super) fn text(&self, style: &Style) -> String {
        let space = style.space;
        let section = |name: &&str| {
            let body = match *name {
                "snapshot" => self.header(style),
                "nodes" => array(&self.node_rows(style), style),
                "edges" => array(&self.edge_rows(style), style),
                "locations" => array(&self.location_rows(style), style),
                "strings" => self.string_table(style),
                "trace_tree" => {
                    r#"[1,0,2,3,[2,1,1,1,[]],{"]}":["\\\"]",-1.5e3,null,true]}]"#.into()
                }
                _ => "[]".to_owned(),
            };
            format!("{space}\"{name}\"{space}:{space}{body}{space}")
        };
        let sections: Vec<String> = style.sections.iter().map(section).collect();
        format!("{{{}}}{space}", sections.join(","))
    }

    fn header(&self, style: &Style) -> String {
        let types = |fields: &[&str], kinds: &[&str]| -> Vec<_> {
            let entry =
                |field: &&str| if *field == "type" { json!(kinds) } else { json!("number") };
            // One more than there are fields, as in Node 24.
            fields.iter().chain(&["more"]).map(entry).collect()
        };
        let mut header = json!({
            "meta": {
                "node_fields": style.node_fields,
                "node_types": types(&style.node_fields, &style.node_kinds),
                "edge_fields": style.edge_fields,
                "edge_types": types(&style.edge_fields, &style.edge_kinds),
                "trace_function_info_fields": ["function_id", "name", "script_name"],
                "location_fields": style.location_fields,
            },
            "node_count": self.nodes.len(),
            "edge_count": self.edges().count(),
            "trace_function_count": 0,
            "extra_native_bytes": 7,
        });
        if let Some(root) = self.root {
            header["root_index"] = json!(root * style.node_fields.len());
        }
        let text = header.to_string();
        if style.space.is_empty() {
            text
        } else {
            text.replace(",\"", &format!("{},\"", style.space))
        }
    }

    fn edges(&self) -> impl Iterator<Item = &Edge> {
        self.nodes.iter().flat_map(|node| &node.edges)
    }

    fn node_rows(&self, style: &Style) -> Vec<String> {
        let kind = |kind: &str| style.node_kinds.iter().position(|one| *one == kind).unwrap();
        let field = |node: &Node, field: &str| match field {
            "type" => kind(node.kind) as u64,
            "name" => node.name.into(),
            "id" => node.id.into(),
            "self_size" => node.size,
            "edge_count" => node.edges.len() as u64,
            "detachedness" => node.detachedness.into(),
            "extra" => u64::MAX,
            _ => 0,
        };
        let row = |node| style.node_fields.iter().map(|name| field(node, name)).collect();
        rows(self.nodes.iter().map(row), style)
    }

    fn edge_rows(&self, style: &Style) -> Vec<String> {
        let kind = |kind: &str| style.edge_kinds.iter().position(|one| *one == kind).unwrap();
        let field = |edge: &Edge, field: &str| match field {
            "type" => kind(edge.kind) as u64,
            "name_or_index" => edge.name.into(),
            "to_node" => (edge.to * style.node_fields.len()) as u64,
            _ => 12_345_678_901,
        };
        let row = |edge| style.edge_fields.iter().map(|name| field(edge, name)).collect();
        rows(self.edges().map(row), style)
    }

    fn location_rows(&self, style: &Style) -> Vec<String> {
        let field = |[node, script, line, column]: [u32; 4], field: &str| match field {
            "object_index" => u64::from(node) * style.node_fields.len() as u64,
            "script_id" => script.into(),
            "line" => line.into(),
            _ => column.into(),
        };
        let row =
            |at: &[u32; 4]| style.location_fields.iter().map(|name| field(*at, name)).collect();
        rows(self.locations.iter().map(row), style)
    }

    fn string_table(&self, style: &Style) -> String {
        let quote = |text: &String| if style.raw { json!(text).to_string() } else { escape(text) };
        array(&self.strings.iter().map(quote).collect::<Vec<_>>(), style)
    }
}

fn rows(rows: impl Iterator<Item = Vec<u64>>, style: &Style) -> Vec<String> {
    let row = |row: Vec<u64>| row.iter().map(u64::to_string).collect::<Vec<_>>().join(style.number);
    rows.map(row).collect()
}

fn array(rows: &[String], style: &Style) -> String {
    format!("[{}{}{}]", style.space, rows.join(style.record), style.space)
}

/// As V8 does: pure ASCII.
fn escape(text: &str) -> String {
    let mut out = String::from("\"");
    for unit in text.encode_utf16() {
        match char::from_u32(unit.into()) {
            Some(char @ ('"' | '\\')) => out.extend(['\\', char]),
            Some('\n') => out.push_str("\\n"),
            Some(char @ ' '..='~') => out.push(char),
            _ => write!(out, "\\u{unit:04X}").unwrap(),
        }
    }
    out + "\""
}

/// A program that keeps one room: four nodes, four edges.
pub(super) fn small() -> Snapshot {
    let mut made = Snapshot::default();
    let root = made.node("synthetic", "", 0);
    let global = made.node("object", "Object", 16);
    let room = made.node("object", "Room", 56);
    let text = made.node("string", "hunter2", 24);
    made.edge(root, "shortcut", "global", global);
    made.edge(global, "property", "room", room);
    made.edge(room, "property", "name", text);
    made.edge(room, "element", "7", room);
    made.locations = vec![[2, 5, 9, 4]];
    made
}
