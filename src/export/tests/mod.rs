//! What is written, read back: by this crate's reader, by serde_json, by a decoder of its own.

mod agreement;
mod chrome;
mod decode;
mod flame;
mod folded;
mod pprof;
mod speedscope;

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::{ExportFormat, ExportOptions, export};
use crate::profile::{Control, FunctionId, Profile};

/// The only function below a root, with what a test is about.
#[derive(Clone, Default)]
pub(super) struct Row<'a> {
    pub(super) function: &'a str,
    pub(super) url: &'a str,
    pub(super) line: i32,
    pub(super) column: i32,
}

impl Row<'_> {
    pub(super) fn profile(&self) -> Value {
        json!({ "nodes": [
            { "id": 1, "callFrame": frame("(root)", "", -1, -1), "children": [2] },
            { "id": 2, "callFrame": frame(self.function, self.url, self.line, self.column),
              "hitCount": 3 },
        ] })
    }
}

/// As the protocol has it, lines from 0.
pub(super) fn frame(name: &str, url: &str, line: i32, column: i32) -> Value {
    json!({ "functionName": name, "scriptId": "7", "url": url, "lineNumber": line,
            "columnNumber": column })
}

pub(super) fn read(document: &Value) -> Profile {
    read_bytes(document.to_string().as_bytes())
}

pub(super) fn read_bytes(text: &[u8]) -> Profile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text).unwrap();
    Profile::read(file.path(), &Control::default()).unwrap()
}

fn exported(profile: &Profile, format: ExportFormat) -> Vec<u8> {
    let options = ExportOptions { format, title: "a<b>\".cpuprofile".into(), started_at: None };
    let mut out = Vec::new();
    export(profile, &options, &mut out).unwrap();
    out
}

fn exported_json(profile: &Profile, format: ExportFormat) -> Value {
    serde_json::from_slice(&exported(profile, format)).unwrap()
}

/// Own and total weight by a function's key.
type Sums = BTreeMap<String, (u64, u64)>;

/// Adds up stacks, outermost first, by hand; what weighs nothing is left out.
fn sums<'a>(stacks: impl Iterator<Item = (Vec<&'a str>, u64)>) -> Sums {
    let mut sums = Sums::new();
    for (stack, weight) in stacks.filter(|(_, weight)| *weight > 0) {
        for (at, key) in stack.iter().enumerate() {
            let entry = sums.entry((*key).to_owned()).or_default();
            entry.1 += if stack[..at].contains(key) { 0 } else { weight };
            entry.0 += if at + 1 == stack.len() { weight } else { 0 };
        }
    }
    sums
}

/// The same as the profile has it. Idle functions have no figures in a report.
fn expected(profile: &Profile, key: impl Fn(FunctionId) -> String) -> Sums {
    let figures = |id: FunctionId| {
        let figures = profile.figures(id);
        (key(id), (figures.self_weight, figures.total_weight))
    };
    profile.by_total().into_iter().map(figures).collect()
}

/// Of a chat server that packs every message once for each listener.
fn chat() -> Value {
    json!({
        "nodes": [
            { "id": 1, "callFrame": frame("(root)", "", -1, -1), "hitCount": 0, "children": [2, 3, 6] },
            { "id": 2, "callFrame": frame("(idle)", "", -1, -1), "hitCount": 2, "children": [] },
            { "id": 3, "callFrame": frame("send;Msg\n", "file:///srv/chat%20room.js", 19, 0),
              "hitCount": 1, "children": [4] },
            { "id": 4, "callFrame": frame("pack", "file:///srv/chat%20room.js", 2, 13), "hitCount": 3,
              "children": [5], "positionTicks": [{ "line": 4, "ticks": 1 }, { "line": 5, "ticks": 2 }],
              "deoptReason": "wrong map", "deopts": [
                { "reason": "not a Smi", "stack": [{ "scriptId": "7", "position": 40 }] },
                { "reason": "wrong map", "stack": [] }] },
            { "id": 5, "callFrame": frame("pack", "file:///srv/chat%20room.js", 2, 13), "hitCount": 1,
              "children": [] },
            { "id": 6, "callFrame": frame("", "node:events", 5, 1), "hitCount": 1, "children": [] },
        ],
        "startTime": 1_000_000, "endTime": 1_009_000,
        "samples": [2, 3, 4, 4, 4, 5, 6, 2],
        "timeDeltas": [1000, 1000, 1000, 1000, 1100, 900, 1000, 1500],
    })
}
