//! The sidecar of a snapshot at out-of-memory.

use serde_json::{Map, Value, json};

use super::launch::{Occasion, Orders};
use crate::error::Error;
use crate::fork::report::{ChildReport, Product};
use crate::heap::ClassFigure;
use crate::sidecar::{document, millis};

/// The text of the sidecar: what `known` says, and how it went.
pub(super) fn text(
    known: &Map<String, Value>,
    occasion: &Occasion,
    outcome: &Result<(ChildReport, Orders), Error>,
) -> String {
    let mut fields = known.clone();
    fields.insert("file".into(), occasion.name.as_str().into());
    // What armed it may have given a reason of its own: a rule has.
    fields.entry("reason").or_insert_with(|| "out-of-memory".into());
    fields.insert("startedAt".into(), occasion.started_at().into());
    fields.insert("process".into(), process(occasion));
    match outcome {
        Ok((report, orders)) => fields.insert("result".into(), result(report, orders, occasion)),
        Err(error) => fields
            .insert("error".into(), json!({ "code": error.code(), "message": error.to_string() })),
    };
    document(&fields)
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
    let Product::Snapshot(written) = &report.product else { return Value::Null };
    let (digest, figures) = (&written.digest, &written.figures);
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
