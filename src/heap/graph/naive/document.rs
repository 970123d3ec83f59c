//! A document as it stands.

use serde_json::Value;

use super::Naive;

const NODE_KINDS: [&str; 16] = [
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
];
const EDGE_KINDS: [&str; 7] =
    ["context", "element", "property", "internal", "hidden", "shortcut", "weak"];

pub(in crate::heap::graph) struct Node {
    pub(in crate::heap::graph) kind: &'static str,
    pub(in crate::heap::graph) name: String,
    pub(in crate::heap::graph) id: u64,
    pub(in crate::heap::graph) size: u64,
    pub(in crate::heap::graph) detachedness: u64,
}

pub(in crate::heap::graph) struct Edge {
    pub(in crate::heap::graph) from: usize,
    pub(in crate::heap::graph) kind: &'static str,
    /// The text, or an index in decimal.
    pub(in crate::heap::graph) name: String,
    pub(in crate::heap::graph) to: usize,
}

impl Naive {
    /// None where `text` is no snapshot.
    pub(in crate::heap::graph) fn parse(text: &[u8]) -> Option<Self> {
        let document = Document(serde_json::from_slice(text).ok()?);
        let strings: Option<Vec<&str>> =
            document.0.get("strings")?.as_array()?.iter().map(Value::as_str).collect();
        let string = |index: u64| Some((*strings.as_ref()?.get(index as usize)?).to_owned());
        let mut counts = Vec::new();
        let mut nodes = Vec::new();
        for row in document.rows("nodes", "node_fields")? {
            let field = |name: &str| Some(row[document.field("node_fields", name)?]);
            nodes.push(Node {
                kind: document.kind("node", field("type")?, &NODE_KINDS, "unknown")?,
                name: string(field("name")?)?,
                id: field("id").unwrap_or(0),
                size: field("self_size")?,
                detachedness: field("detachedness").filter(|state| *state <= 2).unwrap_or(0),
            });
            counts.push(field("edge_count")?);
        }
        let mut sources =
            (0..).zip(&counts).flat_map(|(node, count)| (0..*count).map(move |_| node));
        let width = document.list("node_fields")?.len() as u64;
        let mut edges = Vec::new();
        let mut out = vec![Vec::new(); nodes.len()];
        for row in document.rows("edges", "edge_fields")? {
            let field = |name: &str| Some(row[document.field("edge_fields", name)?]);
            let kind = document.kind("edge", field("type")?, &EDGE_KINDS, "internal")?;
            let (name, to) = (field("name_or_index")?, field("to_node")?);
            let is_indexed = ["element", "hidden"].contains(&kind);
            // The engine has no room for higher indices, and they have no use.
            let index = name.min(u32::MAX.into());
            let name = if is_indexed { index.to_string() } else { string(name)? };
            let (from, to) = (sources.next()?, (to / width) as usize);
            if to >= nodes.len() || from >= nodes.len() {
                return None;
            }
            out[from].push(edges.len());
            edges.push(Edge { from, kind, name, to });
        }
        let mut locations = Vec::new();
        for row in document.rows("locations", "location_fields").unwrap_or_default() {
            let field = |name: &str| Some(row[document.field("location_fields", name)?]);
            let node = field("object_index")? / width;
            locations.push([node, field("script_id")?, field("line")?, field("column")?]);
        }
        // What is about no node, or too far to the right of everything, is left out.
        locations.retain(|at| at[0] < nodes.len() as u64 && at.iter().all(|one| *one < 1 << 32));
        let root = document.0["snapshot"].get("root_index").and_then(Value::as_u64).unwrap_or(0);
        let root = (root / width) as usize;
        (root < nodes.len()).then_some(Self { root, nodes, edges, locations, out })
    }
}

struct Document(Value);

impl Document {
    fn list(&self, name: &str) -> Option<&Vec<Value>> {
        self.0.get("snapshot")?.get("meta")?.get(name)?.as_array()
    }

    fn field(&self, list: &str, name: &str) -> Option<usize> {
        self.list(list)?.iter().position(|field| field == name)
    }

    fn kind(
        &self,
        of: &str,
        number: u64,
        known: &[&'static str],
        other: &'static str,
    ) -> Option<&'static str> {
        let names = self.list(&format!("{of}_types"))?;
        let names = names.get(self.field(&format!("{of}_fields"), "type")?)?.as_array()?;
        let name = names.get(number as usize)?.as_str()?;
        Some(known.iter().find(|kind| **kind == name).copied().unwrap_or(other))
    }

    fn rows(&self, section: &str, fields: &str) -> Option<Vec<Vec<u64>>> {
        let numbers = self.0.get(section)?.as_array()?;
        let numbers: Option<Vec<u64>> = numbers.iter().map(Value::as_u64).collect();
        let width = self.list(fields)?.len();
        let rows = numbers.as_ref()?.chunks_exact(width);
        rows.remainder().is_empty().then(|| rows.map(<[u64]>::to_vec).collect())
    }
}
