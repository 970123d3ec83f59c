//! The stream over a snapshot that the `node` on the PATH has just written.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::collections::HashMap;
use std::fs;
use std::process::Command;
use std::sync::LazyLock;

use rsprof::heap::{SnapshotFigures, SnapshotStream, StreamOptions};
use serde_json::Value;

const SECRET: &str = "swordfish-of-the-day";

/// Plants the secret as a property's value, in a pair of a WeakMap and in a regular expression, under
/// names that must stay.
const SCRIPT: &str = r"
class PlantedClass {}
const secret = ['swordfish', 'of', 'the', 'day'].join('-');
globalThis.planted = new PlantedClass();
planted.plantedProperty = secret;
planted.plantedPattern = new RegExp(secret);
planted.plantedPairs = new WeakMap([[planted, secret + '!']]);
require('v8').writeHeapSnapshot(process.argv[1]);
";

/// The file V8 wrote.
static SNAPSHOT: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("real.heapsnapshot");
    let status = Command::new("node").args(["-e", SCRIPT]).arg(&path).status().unwrap();
    assert!(status.success());
    fs::read(path).unwrap()
});

fn stream(bytes: &[u8], chunk: usize, redact: bool) -> (Vec<u8>, SnapshotFigures) {
    let redact = redact.then_some([0x5A; 16]);
    let mut stream = SnapshotStream::new(StreamOptions { redact, top_classes: 20 });
    let mut out = Vec::new();
    for piece in bytes.chunks(chunk) {
        stream.push(piece, &mut out).unwrap();
    }
    let figures = stream.finish(&mut out).unwrap();
    (out, figures)
}

/// Nodes as (type, name, shallow size).
fn nodes(document: &Value) -> Vec<(&str, &str, u64)> {
    let meta = &document["snapshot"]["meta"];
    let fields = meta["node_fields"].as_array().unwrap();
    let at = |name: &str| fields.iter().position(|field| field == name).unwrap();
    let (kind, name, size) = (at("type"), at("name"), at("self_size"));
    let number = |record: &[Value], field: usize| record[field].as_u64().unwrap();
    let records = document["nodes"].as_array().unwrap().chunks(fields.len());
    let read = records.map(|record| {
        let kind = meta["node_types"][kind][number(record, kind) as usize].as_str().unwrap();
        let name = document["strings"][number(record, name) as usize].as_str().unwrap();
        (kind, name, number(record, size))
    });
    read.collect()
}

#[test]
fn a_real_snapshot_passes_unchanged() {
    for chunk in [65_536, 1_000, 17] {
        let (out, figures) = stream(&SNAPSHOT, chunk, false);
        assert!(out == *SNAPSHOT, "chunks of {chunk}");
        assert_eq!(figures.raw_bytes, SNAPSHOT.len() as u64);
    }
}

#[test]
fn figures_are_those_of_the_parsed_document() {
    let (_, figures) = stream(&SNAPSHOT, 65_536, false);
    let document: Value = serde_json::from_slice(&SNAPSHOT).unwrap();
    assert_eq!(document["snapshot"]["node_count"], figures.node_count);
    assert_eq!(document["snapshot"]["edge_count"], figures.edge_count);
    let mut classes: HashMap<String, (u64, u64)> = HashMap::new();
    for (kind, name, size) in nodes(&document) {
        let class = match kind {
            "object" | "native" => name.chars().take(200).collect(),
            "closure" => "Function".to_owned(),
            "code" => "(compiled code)".to_owned(),
            "string" | "concatenated string" | "sliced string" => "(string)".to_owned(),
            "hidden" => "(system)".to_owned(),
            "regexp" => "RegExp".to_owned(),
            other => format!("({other})"),
        };
        let entry = classes.entry(class).or_default();
        *entry = (entry.0 + 1, entry.1 + size);
    }
    assert_eq!(figures.top_classes.len(), 20);
    for class in &figures.top_classes {
        assert_eq!(classes.remove(&class.name), Some((class.count, class.self_size)));
    }
    let smallest = figures.top_classes.last().unwrap().self_size;
    assert!(classes.values().all(|(_, size)| *size <= smallest));
}

#[test]
fn redaction_takes_values_and_leaves_names() {
    let (out, figures) = stream(&SNAPSHOT, 65_536, true);
    assert!(out == stream(&SNAPSHOT, 333, true).0);
    assert_eq!(figures, stream(&SNAPSHOT, 65_536, false).1);
    let (before, after) = (String::from_utf8_lossy(&SNAPSHOT), String::from_utf8_lossy(&out));
    assert!(before.contains(SECRET) && !after.contains(SECRET));
    for name in ["PlantedClass", "plantedProperty", "plantedPattern", "plantedPairs"] {
        assert!(after.contains(&format!("\"{name}\"")), "{name}");
    }
    let (plain, redacted): (Value, Value) =
        (serde_json::from_slice(&SNAPSHOT).unwrap(), serde_json::from_slice(&out).unwrap());
    assert_eq!(plain["snapshot"], redacted["snapshot"]);
    assert_eq!(plain["locations"], redacted["locations"]);
    let (plain, redacted) = (nodes(&plain), nodes(&redacted));
    assert_eq!(plain.len(), redacted.len());
    for ((kind, name, size), (_, new_name, new_size)) in plain.into_iter().zip(redacted) {
        assert_eq!(size, new_size);
        if !["string", "regexp"].contains(&kind) || size == 0 || name.is_empty() {
            assert_eq!(name, new_name);
            continue;
        }
        let length = match name.encode_utf16().count() {
            1_024.. => "1024+".to_owned(),
            units => units.to_string(),
        };
        assert!(new_name.starts_with(&format!("<{length} chars #")), "{name} -> {new_name}");
    }
    let pairs = redacted_pairs(&after);
    assert!(pairs > 0, "no pair of a WeakMap");
}

/// Counts the names of WeakMap pairs, all of which must be emptied.
fn redacted_pairs(text: &str) -> usize {
    let pairs = text.split('"').filter(|name| name.contains(" / part of key ("));
    pairs
        .inspect(|name| {
            assert!(name.contains("part of key (* @") && name.contains("-> value (* @"), "{name}");
        })
        .count()
}

#[test]
fn a_cut_snapshot_is_refused() {
    let mut stream = SnapshotStream::new(StreamOptions { redact: None, top_classes: 20 });
    stream.push(&SNAPSHOT[..SNAPSHOT.len() - 1], &mut Vec::new()).unwrap();
    let error = stream.finish(&mut Vec::new()).unwrap_err();
    assert_eq!(error.code(), "ERR_RSPROF_INVALID_SNAPSHOT");
}
