//! The slow and obvious way to what [`super::SnapshotStream`] does, on the parsed document.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{ClassFigure, SnapshotFigures};

/// Escapes a string as V8 does in a heap snapshot: pure ASCII.
pub(super) fn escape(text: &str) -> String {
    let escape = |unit: u16| match char::from_u32(u32::from(unit)) {
        Some('"') => "\\\"".to_owned(),
        Some('\\') => "\\\\".to_owned(),
        Some('\n') => "\\n".to_owned(),
        Some('\t') => "\\t".to_owned(),
        Some(char @ ' '..='~') => char.to_string(),
        _ => format!("\\u{unit:04X}"),
    };
    text.encode_utf16().map(escape).collect()
}

/// What a stream over `text` must find.
pub(super) fn figures(text: &str, top: usize) -> SnapshotFigures {
    let document = Document(serde_json::from_str(text).unwrap());
    let mut classes: HashMap<String, (u64, u64)> = HashMap::new();
    for node in document.rows("nodes", "node_fields") {
        let kind = document.kind("node", node[document.field("node_fields", "type")]);
        let name = node[document.field("node_fields", "name")];
        let class = match kind.as_str() {
            "object" | "native" => document.string(name),
            "closure" => "Function".to_owned(),
            "code" => "(compiled code)".to_owned(),
            "string" | "concatenated string" | "sliced string" => "(string)".to_owned(),
            "hidden" => "(system)".to_owned(),
            "regexp" => "RegExp".to_owned(),
            other => format!("({other})"),
        };
        let entry = classes.entry(class).or_default();
        entry.0 += 1;
        entry.1 += node[document.field("node_fields", "self_size")];
    }
    let mut top_classes: Vec<ClassFigure> = classes
        .into_iter()
        .map(|(name, (count, self_size))| ClassFigure { name, count, self_size })
        .collect();
    top_classes.sort_by(|a, b| {
        (b.self_size, b.count).cmp(&(a.self_size, a.count)).then(a.name.cmp(&b.name))
    });
    top_classes.truncate(top);
    for class in &mut top_classes {
        class.name = class.name.chars().take(200).collect();
    }
    SnapshotFigures {
        raw_bytes: text.len() as u64,
        node_count: document.rows("nodes", "node_fields").len() as u64,
        edge_count: document.rows("edges", "edge_fields").len() as u64,
        top_classes,
    }
}

/// The redacted document, parsed.
pub(super) fn redact(text: &str, key: &[u8; 16]) -> Value {
    let mut document = Document(serde_json::from_str(text).unwrap());
    let mut names = HashSet::new();
    let mut values = HashSet::new();
    let mut refer = |index: &mut u64, value: bool| {
        if value {
            values.insert(*index)
        } else {
            names.insert(*index)
        };
        *index = 2 * *index + u64::from(value);
    };
    let at = |list: &str, name: &str| document.field(list, name);
    let (kind, name) = (at("node_fields", "type"), at("node_fields", "name"));
    let size = at("node_fields", "self_size");
    let mut nodes = document.rows("nodes", "node_fields");
    for node in &mut nodes {
        let is_value = match document.kind("node", node[kind]).as_str() {
            "string" => node[size] > 0,
            "regexp" => true,
            _ => false,
        };
        refer(&mut node[name], is_value);
    }
    let (kind, name) = (at("edge_fields", "type"), at("edge_fields", "name_or_index"));
    let mut edges = document.rows("edges", "edge_fields");
    for edge in &mut edges {
        if !["element", "hidden"].contains(&document.kind("edge", edge[kind]).as_str()) {
            refer(&mut edge[name], false);
        }
    }
    let fields = "trace_function_info_fields";
    let mut functions = document.rows("trace_function_infos", fields);
    for function in &mut functions {
        refer(&mut function[at(fields, "name")], false);
        refer(&mut function[at(fields, "script_name")], false);
    }
    let strings = document.0["strings"].as_array().unwrap().iter().enumerate();
    let strings = strings.flat_map(|(index, text)| {
        let (text, index) = (text.as_str().unwrap(), index as u64);
        let name = if names.contains(&index) { name_version(text) } else { String::new() };
        let value = if values.contains(&index) { value_version(text, key) } else { String::new() };
        [name, value]
    });
    let strings: Vec<String> = strings.collect();
    document.0["strings"] = strings.into();
    document.0["nodes"] = nodes.concat().into();
    document.0["edges"] = edges.concat().into();
    if document.0.get("trace_function_infos").is_some() {
        document.0["trace_function_infos"] = functions.concat().into();
    }
    document.0
}

fn value_version(text: &str, key: &[u8; 16]) -> String {
    if text.is_empty() {
        return String::new();
    }
    let units = text.encode_utf16().count();
    let units = if units < 1_024 { units.to_string() } else { "1024+".to_owned() };
    let hash = Sha256::digest([key, escape(text).as_bytes()].concat());
    let hash: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("<{units} chars #{hash}>")
}

fn name_version(text: &str) -> String {
    let is_id = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let Some((number, rest)) = text.split_once(" / part of key (").filter(|(n, _)| is_id(n)) else {
        return text.to_owned();
    };
    let ids = || {
        let rest = rest.strip_suffix(')')?;
        let (rest, table) = rest.rsplit_once(") pair in WeakMap (table @")?;
        let (rest, value) = rest.rsplit_once(" @")?;
        let mut keys = rest.match_indices(") -> value (").filter_map(|(at, _)| {
            let (_, id) = rest[..at].rsplit_once(" @")?;
            is_id(id).then_some(id)
        });
        let key = keys.next()?;
        (is_id(value) && is_id(table)).then_some((key, value, table))
    };
    match ids() {
        Some((key, value, table)) => format!(
            "{number} / part of key (* @{key}) -> value (* @{value}) pair in WeakMap (table @{table})"
        ),
        None => format!("{number} / part of key (*)"),
    }
}

struct Document(Value);

impl Document {
    fn field(&self, list: &str, name: &str) -> usize {
        let fields = self.0["snapshot"]["meta"][list].as_array().unwrap();
        fields.iter().position(|field| field == name).unwrap()
    }

    fn kind(&self, of: &str, number: u64) -> String {
        let types = &self.0["snapshot"]["meta"][format!("{of}_types")];
        let names = types[self.field(&format!("{of}_fields"), "type")].as_array().unwrap();
        names[number as usize].as_str().unwrap().to_owned()
    }

    fn string(&self, index: u64) -> String {
        self.0["strings"][index as usize].as_str().unwrap().to_owned()
    }

    fn rows(&self, section: &str, fields: &str) -> Vec<Vec<u64>> {
        let Some(numbers) = self.0.get(section).and_then(Value::as_array) else {
            return vec![];
        };
        let numbers: Vec<u64> = numbers.iter().map(|number| number.as_u64().unwrap()).collect();
        let width = self.0["snapshot"]["meta"][fields].as_array().unwrap().len();
        numbers.chunks(width).map(<[u64]>::to_vec).collect()
    }
}
