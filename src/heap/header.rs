//! The `snapshot` object that opens a heap snapshot: counts, and the names of every record's fields.

use serde_json::Value;

use super::numbers::MAX_FIELDS;

/// Where the fields of the flat arrays are. Positions differ between V8 versions, names do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::heap) struct Layout {
    pub(in crate::heap) nodes: NodeLayout,
    pub(in crate::heap) edges: EdgeLayout,
    /// None when the header does not describe `trace_function_infos`.
    pub(in crate::heap) functions: Option<FunctionLayout>,
    /// None when the header does not describe `locations`.
    pub(in crate::heap) locations: Option<LocationLayout>,
    /// Ordinal of the root.
    pub(in crate::heap) root: u64,
    /// `snapshot.extra_native_bytes`: memory that V8 knows of and that has no node.
    pub(in crate::heap) extra_native_bytes: Option<u64>,
}

/// One node record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::heap) struct NodeLayout {
    /// `snapshot.node_count`.
    pub(in crate::heap) count: u64,
    /// Numbers in a record.
    pub(in crate::heap) width: usize,
    /// Position of each field in a record.
    pub(in crate::heap) kind: usize,
    pub(in crate::heap) name: usize,
    pub(in crate::heap) self_size: usize,
    pub(in crate::heap) edge_count: usize,
    pub(in crate::heap) id: Option<usize>,
    pub(in crate::heap) detachedness: Option<usize>,
    /// What each value of the type field means.
    pub(in crate::heap) kinds: Vec<String>,
}

/// One edge record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::heap) struct EdgeLayout {
    /// `snapshot.edge_count`.
    pub(in crate::heap) count: u64,
    /// Numbers in a record.
    pub(in crate::heap) width: usize,
    /// Position of each field in a record.
    pub(in crate::heap) kind: usize,
    pub(in crate::heap) name: usize,
    pub(in crate::heap) to_node: usize,
    /// What each value of the type field means.
    pub(in crate::heap) kinds: Vec<String>,
}

/// One record of `trace_function_infos`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::heap) struct FunctionLayout {
    /// Numbers in a record.
    pub(in crate::heap) width: usize,
    /// Position of each field in a record.
    pub(in crate::heap) name: usize,
    pub(in crate::heap) script_name: usize,
}

/// One record of `locations`: where an object's constructor or a function stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::heap) struct LocationLayout {
    /// Numbers in a record.
    pub(in crate::heap) width: usize,
    /// Position of each field in a record.
    pub(in crate::heap) object: usize,
    pub(in crate::heap) script: usize,
    pub(in crate::heap) line: usize,
    pub(in crate::heap) column: usize,
}

/// Reads the bytes of the `snapshot` object; in words what is wrong with it otherwise.
pub(in crate::heap) fn parse(bytes: &[u8]) -> Result<Layout, String> {
    let header: Value =
        serde_json::from_slice(bytes).map_err(|error| format!("unreadable header: {error}"))?;
    let meta = header.get("meta").ok_or("the header has no meta")?;
    let layout = Layout {
        nodes: nodes(&header, meta)?,
        edges: edges(&header, meta)?,
        functions: functions(meta)?,
        locations: locations(meta)?,
        root: header.get("root_index").and_then(Value::as_u64).unwrap_or(0),
        extra_native_bytes: header.get("extra_native_bytes").and_then(Value::as_u64),
    };
    if layout.nodes.count.checked_mul(layout.nodes.width as u64).is_none() {
        return Err("node_count is out of range".into());
    }
    Ok(layout)
}

fn nodes(header: &Value, meta: &Value) -> Result<NodeLayout, String> {
    let fields = Fields::of(meta, "node_fields")?;
    let kind = fields.position("type")?;
    Ok(NodeLayout {
        count: count(header, "node_count")?,
        width: fields.names.len(),
        kind,
        name: fields.position("name")?,
        self_size: fields.position("self_size")?,
        edge_count: fields.position("edge_count")?,
        id: fields.position("id").ok(),
        detachedness: fields.position("detachedness").ok(),
        kinds: kinds(meta, "node_types", kind)?,
    })
}

fn edges(header: &Value, meta: &Value) -> Result<EdgeLayout, String> {
    let fields = Fields::of(meta, "edge_fields")?;
    let kind = fields.position("type")?;
    Ok(EdgeLayout {
        count: count(header, "edge_count")?,
        width: fields.names.len(),
        kind,
        name: fields.position("name_or_index")?,
        to_node: fields.position("to_node")?,
        kinds: kinds(meta, "edge_types", kind)?,
    })
}

fn functions(meta: &Value) -> Result<Option<FunctionLayout>, String> {
    if meta.get("trace_function_info_fields").is_none() {
        return Ok(None);
    }
    let fields = Fields::of(meta, "trace_function_info_fields")?;
    Ok(Some(FunctionLayout {
        width: fields.names.len(),
        name: fields.position("name")?,
        script_name: fields.position("script_name")?,
    }))
}

fn locations(meta: &Value) -> Result<Option<LocationLayout>, String> {
    if meta.get("location_fields").is_none() {
        return Ok(None);
    }
    let fields = Fields::of(meta, "location_fields")?;
    Ok(Some(LocationLayout {
        width: fields.names.len(),
        object: fields.position("object_index")?,
        script: fields.position("script_id")?,
        line: fields.position("line")?,
        column: fields.position("column")?,
    }))
}

struct Fields<'a> {
    list: &'static str,
    names: Vec<&'a str>,
}

impl<'a> Fields<'a> {
    fn of(meta: &'a Value, list: &'static str) -> Result<Self, String> {
        let names = meta.get(list).and_then(strings).ok_or_else(|| format!("no meta.{list}"))?;
        if names.len() > MAX_FIELDS {
            return Err(format!("meta.{list} has {} fields", names.len()));
        }
        Ok(Self { list, names })
    }

    fn position(&self, name: &str) -> Result<usize, String> {
        let found = self.names.iter().position(|field| *field == name);
        found.ok_or_else(|| format!("meta.{} has no {name}", self.list))
    }
}

fn strings(list: &Value) -> Option<Vec<&str>> {
    list.as_array()?.iter().map(Value::as_str).collect()
}

/// The names of a type field's values: the one entry of the list that is a list itself.
fn kinds(meta: &Value, list: &str, position: usize) -> Result<Vec<String>, String> {
    let entry = meta.get(list).and_then(|types| types.get(position));
    let names = entry.and_then(strings).ok_or_else(|| format!("no type names in meta.{list}"))?;
    Ok(names.into_iter().map(str::to_owned).collect())
}

fn count(header: &Value, name: &str) -> Result<u64, String> {
    header.get(name).and_then(Value::as_u64).ok_or_else(|| format!("the header has no {name}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn header() -> Value {
        json!({
            "meta": {
                "node_fields": ["type", "name", "id", "self_size", "edge_count", "detachedness"],
                "node_types": [["hidden", "array", "string"], "string", "number", "number"],
                "edge_fields": ["type", "name_or_index", "to_node"],
                "edge_types": [["context", "element"], "string_or_number", "node"],
                "trace_function_info_fields": ["function_id", "name", "script_name", "line"],
            },
            "node_count": 3,
            "edge_count": 2,
            "extra_native_bytes": 0,
        })
    }

    fn refusal(header: &Value) -> String {
        parse(header.to_string().as_bytes()).unwrap_err()
    }

    #[test]
    fn fields_are_found_by_name() {
        let mut header = header();
        header["meta"]["edge_fields"] = json!(["to_node", "name_or_index", "weight", "type"]);
        header["meta"]["edge_types"] = json!(["node", "string_or_number", "number", ["weak"]]);
        let layout = parse(header.to_string().as_bytes()).unwrap();
        assert_eq!((layout.nodes.count, layout.edges.count), (3, 2));
        assert_eq!((layout.nodes.width, layout.nodes.edge_count), (6, 4));
        assert_eq!(layout.nodes.kinds, ["hidden", "array", "string"]);
        assert_eq!((layout.edges.width, layout.edges.kind, layout.edges.to_node), (4, 3, 0));
        assert_eq!(layout.edges.kinds, ["weak"]);
        let functions = layout.functions.unwrap();
        assert_eq!((functions.width, functions.name, functions.script_name), (4, 1, 2));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (path, message) in [
            ("/meta", "the header has no meta"),
            ("/node_count", "the header has no node_count"),
            ("/edge_count", "the header has no edge_count"),
            ("/meta/node_fields", "no meta.node_fields"),
            ("/meta/node_types", "no type names in meta.node_types"),
            ("/meta/edge_types", "no type names in meta.edge_types"),
        ] {
            let mut header = header();
            let (parent, name) = path.rsplit_once('/').unwrap();
            header.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
            assert_eq!(refusal(&header), message);
        }
        let mut header = header();
        header["meta"]["node_fields"][1] = json!("title");
        assert_eq!(refusal(&header), "meta.node_fields has no name");
    }

    #[test]
    fn absurd_headers_are_refused() {
        let mut wide = header();
        wide["meta"]["node_fields"] = json!(vec!["type"; MAX_FIELDS + 1]);
        assert_eq!(refusal(&wide), "meta.node_fields has 17 fields");
        let mut huge = header();
        huge["node_count"] = json!(u64::MAX / 2);
        assert_eq!(refusal(&huge), "node_count is out of range");
        let mut negative = header();
        negative["edge_count"] = json!(-1);
        assert_eq!(refusal(&negative), "the header has no edge_count");
        assert!(parse(b"{").unwrap_err().starts_with("unreadable header"));
    }

    #[test]
    fn function_fields_are_optional() {
        let mut header = header();
        header["meta"].as_object_mut().unwrap().remove("trace_function_info_fields");
        assert_eq!(parse(header.to_string().as_bytes()).unwrap().functions, None);
    }
}
