//! The sidecar, as lib/sidecar.js writes it, from a process that has no JavaScript.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::launch::{Occasion, Orders};
use crate::error::Error;
use crate::fork::report::ChildReport;
use crate::heap::ClassFigure;

/// The fields in their order.
const ORDER: [&str; 11] = [
    "format",
    "kind",
    "file",
    "reason",
    "startedAt",
    "options",
    "result",
    "error",
    "versions",
    "host",
    "process",
];

/// The text of the sidecar: what `known` says, and how it went.
pub(super) fn text(
    known: &Map<String, Value>,
    occasion: &Occasion,
    outcome: &Result<(ChildReport, Orders), Error>,
) -> String {
    let mut fields = known.clone();
    fields.insert("file".into(), occasion.name.as_str().into());
    fields.insert("reason".into(), "out-of-memory".into());
    fields.insert("startedAt".into(), occasion.started_at().into());
    fields.insert("process".into(), process(occasion));
    match outcome {
        Ok((report, orders)) => fields.insert("result".into(), result(report, orders, occasion)),
        Err(error) => fields
            .insert("error".into(), json!({ "code": error.code(), "message": error.to_string() })),
    };
    document(&fields)
}

fn document(fields: &Map<String, Value>) -> String {
    let lines: Vec<String> = ORDER
        .iter()
        .filter_map(|name| {
            let value = format!("{:#}", fields.get(*name)?).replace('\n', "\n  ");
            Some(format!("  \"{name}\": {value}"))
        })
        .collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

fn process(occasion: &Occasion) -> Value {
    json!({
        "rss": occasion.rss,
        "heapLimit": occasion.limit,
        "initialHeapLimit": occasion.initial_limit,
        "uptime": occasion.uptime.as_secs_f64(),
    })
}

fn result(report: &ChildReport, orders: &Orders, occasion: &Occasion) -> Value {
    let (digest, figures) = (&report.written.digest, &report.written.figures);
    let class = |class: &ClassFigure| json!({ "name": class.name, "count": class.count, "selfSize": class.self_size });
    let phases = &report.phases;
    json!({
        "bytes": digest.bytes,
        "rawBytes": figures.raw_bytes,
        "sha256": digest.sha256,
        "nodeCount": figures.node_count,
        "edgeCount": figures.edge_count,
        "topClasses": figures.top_classes.iter().map(class).collect::<Vec<_>>(),
        "strategy": "fork",
        "serializedOn": "child",
        "backend": "native",
        "stableIds": false,
        "pauseMs": orders.pause_ms,
        "durationMs": millis(occasion.begun.elapsed()),
        "fork": {
            "attempts": orders.retries.len() + 1,
            "retries": orders.retries,
            "confined": report.confined,
            "addedBytes": report.added_bytes,
            "childMs": {
                "prepareMs": millis(phases.prepare),
                "graphMs": millis(phases.graph),
                "serializeMs": millis(phases.serialize),
            },
        },
    })
}

pub(super) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_in_their_order() {
        let fields = json!({ "process": { "rss": 1 }, "format": "f", "kind": "k" });
        let text = document(fields.as_object().unwrap());
        assert_eq!(
            text,
            "{\n  \"format\": \"f\",\n  \"kind\": \"k\",\n  \"process\": {\n    \"rss\": 1\n  }\n}\n"
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), fields);
    }
}
