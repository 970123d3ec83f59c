//! What child and parent say to each other: one JSON document a line, over a pipe.

use std::fs::File;
use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Value, json};

use crate::capture::Written;
use crate::error::Error;
use crate::heap::{ClassCount, ClassFigure, Progress, SnapshotFigures};
use crate::sink::Digest;

/// What the child's time went into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// Making itself harmless.
    pub prepare: Duration,
    /// V8's graph, or its answer to a query.
    pub graph: Duration,
    /// Serialising, compressing, writing, syncing.
    pub serialize: Duration,
}

/// What a child wrote.
#[derive(Clone, Debug)]
pub enum Product {
    /// A heap snapshot: sizes, counts, top classes.
    Snapshot(Written),
    /// A class histogram.
    Classes(CountedClasses),
}

/// What a class histogram holds.
#[derive(Clone, Debug)]
pub struct CountedClasses {
    /// Size and SHA-256 of the document.
    pub digest: Digest,
    /// All objects.
    pub object_count: u64,
    /// Classes with a name.
    pub class_count: u64,
    /// Those with the most objects, most first.
    pub top: Vec<ClassCount>,
}

/// A finished capture, as the child reports it.
#[derive(Clone, Debug)]
pub struct ChildReport {
    /// What came of it.
    pub product: Product,
    /// Where the time went.
    pub phases: Phases,
    /// Whether the seccomp filter was in place.
    pub confined: bool,
    /// Memory that existed because of the child, in bytes, when it was done or had most.
    pub added_bytes: Option<u64>,
    /// Most bytes of the child's that were in the spill file at a time; `None` without one.
    pub spilled_bytes: Option<u64>,
}

/// One line on the pipe.
#[derive(Debug)]
pub(super) enum Message {
    Progress(Progress),
    Done(ChildReport),
    Failed { code: String, message: String, errno: Option<i32> },
}

impl Message {
    pub(super) fn failed(error: &Error) -> Self {
        Self::Failed {
            code: error.code().to_owned(),
            message: error.to_string(),
            errno: error.errno(),
        }
    }

    /// Writes the line, in one call where it fits the pipe.
    pub(super) fn write(&self, mut pipe: &File) -> io::Result<()> {
        let mut line = self.to_json().to_string();
        line.push('\n');
        pipe.write_all(line.as_bytes())
    }

    /// Reads a line; `None` for anything else than a child of ours writes.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        match value["is"].as_str()? {
            "progress" => Some(Self::Progress(progress(&value)?)),
            "done" => Some(Self::Done(report(&value)?)),
            "failed" => Some(Self::Failed {
                code: value["code"].as_str()?.to_owned(),
                message: value["message"].as_str()?.to_owned(),
                errno: value["errno"].as_i64().and_then(|errno| errno.try_into().ok()),
            }),
            _ => None,
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Progress(Progress { done, total, raw_bytes }) => json!({
                "is": "progress", "done": done, "total": total, "raw": raw_bytes,
            }),
            Self::Failed { code, message, errno } => json!({
                "is": "failed", "code": code, "message": message, "errno": errno,
            }),
            Self::Done(report) => {
                json!({
                    "is": "done",
                    "product": product_json(&report.product),
                    "prepare": micros(report.phases.prepare),
                    "graph": micros(report.phases.graph),
                    "serialize": micros(report.phases.serialize),
                    "confined": report.confined,
                    "added": report.added_bytes,
                    "spilled": report.spilled_bytes,
                })
            }
        }
    }
}

fn product_json(product: &Product) -> Value {
    match product {
        Product::Snapshot(Written { digest, raw_bytes, figures }) => {
            let class = |class: &ClassFigure| json!([class.name, class.count, class.self_size]);
            json!({
                "is": "snapshot",
                "bytes": digest.bytes, "sha256": digest.sha256,
                "raw": raw_bytes,
                "parsed": figures.raw_bytes,
                "nodes": figures.node_count, "edges": figures.edge_count,
                "classes": figures.top_classes.iter().map(class).collect::<Vec<_>>(),
            })
        }
        Product::Classes(counted) => {
            let class = |class: &ClassCount| json!([class.name, class.count]);
            json!({
                "is": "classes",
                "bytes": counted.digest.bytes, "sha256": counted.digest.sha256,
                "objects": counted.object_count, "named": counted.class_count,
                "classes": counted.top.iter().map(class).collect::<Vec<_>>(),
            })
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn progress(value: &Value) -> Option<Progress> {
    Some(Progress {
        done: value["done"].as_u64()?,
        total: value["total"].as_u64()?,
        raw_bytes: value["raw"].as_u64()?,
    })
}

fn report(value: &Value) -> Option<ChildReport> {
    let duration = |name: &str| value[name].as_u64().map(Duration::from_micros);
    Some(ChildReport {
        product: product(&value["product"])?,
        phases: Phases {
            prepare: duration("prepare")?,
            graph: duration("graph")?,
            serialize: duration("serialize")?,
        },
        confined: value["confined"].as_bool()?,
        added_bytes: value["added"].as_u64(),
        spilled_bytes: value["spilled"].as_u64(),
    })
}

fn product(value: &Value) -> Option<Product> {
    match value["is"].as_str()? {
        "snapshot" => Some(Product::Snapshot(written(value)?)),
        "classes" => Some(Product::Classes(counted(value)?)),
        _ => None,
    }
}

fn written(value: &Value) -> Option<Written> {
    let class = |class: &Value| {
        Some(ClassFigure {
            name: class[0].as_str()?.to_owned(),
            count: class[1].as_u64()?,
            self_size: class[2].as_u64()?,
        })
    };
    let figures = SnapshotFigures {
        raw_bytes: value["parsed"].as_u64()?,
        node_count: value["nodes"].as_u64()?,
        edge_count: value["edges"].as_u64()?,
        top_classes: value["classes"].as_array()?.iter().map(class).collect::<Option<_>>()?,
    };
    Some(Written { digest: digest(value)?, raw_bytes: value["raw"].as_u64()?, figures })
}

fn counted(value: &Value) -> Option<CountedClasses> {
    let class = |class: &Value| {
        Some(ClassCount { name: class[0].as_str()?.to_owned(), count: class[1].as_u64()? })
    };
    Some(CountedClasses {
        digest: digest(value)?,
        object_count: value["objects"].as_u64()?,
        class_count: value["named"].as_u64()?,
        top: value["classes"].as_array()?.iter().map(class).collect::<Option<_>>()?,
    })
}

fn digest(value: &Value) -> Option<Digest> {
    Some(Digest { bytes: value["bytes"].as_u64()?, sha256: value["sha256"].as_str()?.to_owned() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn round_trip(message: &Message) -> Message {
        Message::parse(&message.to_json().to_string()).unwrap()
    }

    fn report_of(product: Product) -> ChildReport {
        ChildReport {
            product,
            phases: Phases { graph: Duration::from_micros(12_345), ..Phases::default() },
            confined: true,
            added_bytes: Some(1 << 33),
            spilled_bytes: Some(1 << 34),
        }
    }

    fn assert_survives(report: ChildReport) {
        let Message::Done(back) = round_trip(&Message::Done(report.clone())) else {
            panic!("another message")
        };
        assert_eq!(format!("{back:?}"), format!("{report:?}"));
    }

    #[test]
    fn a_class_histogram_survives_the_pipe() {
        assert_survives(report_of(Product::Classes(CountedClasses {
            digest: Digest { bytes: 10, sha256: "ab".into() },
            object_count: 1 << 33,
            class_count: 2,
            top: vec![ClassCount { name: "Room \"1\"\n".into(), count: 3 }],
        })));
    }

    #[test]
    fn a_report_survives_the_pipe() {
        let class = ClassFigure { name: "Room \"1\"\n".into(), count: 3, self_size: 96 };
        let figures = SnapshotFigures {
            raw_bytes: 1000,
            node_count: 5,
            edge_count: 7,
            top_classes: vec![class],
        };
        assert_survives(report_of(Product::Snapshot(Written {
            digest: Digest { bytes: 10, sha256: "ab".into() },
            raw_bytes: 999,
            figures,
        })));
    }

    #[test]
    fn an_error_survives_the_pipe() {
        let error = Error::Io { action: "writing", source: io::Error::from_raw_os_error(28) };
        let Message::Failed { code, errno, .. } = round_trip(&Message::failed(&error)) else {
            panic!("another message")
        };
        assert_eq!((code.as_str(), errno), ("ERR_RSPROF_DISK_FULL", Some(28)));
    }

    #[test]
    fn garbage_is_no_message() {
        for line in ["", "{}", "[]", "{\"is\":\"done\"}", "{\"is\":\"progress\",\"done\":-1}"] {
            assert!(Message::parse(line).is_none(), "{line}");
        }
    }
}
