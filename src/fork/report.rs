//! What child and parent say to each other: one JSON document a line, over a pipe.

use std::fs::File;
use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Value, json};

use crate::capture::Written;
use crate::error::Error;
use crate::heap::{ClassFigure, Progress, SnapshotFigures};
use crate::sink::Digest;

/// What the child's time went into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// Making itself harmless.
    pub prepare: Duration,
    /// V8's graph.
    pub graph: Duration,
    /// Serialising, compressing, writing, syncing.
    pub serialize: Duration,
}

/// A finished snapshot, as the child reports it.
#[derive(Clone, Debug)]
pub struct ChildReport {
    /// Sizes, counts, top classes.
    pub written: Written,
    /// Where the time went.
    pub phases: Phases,
    /// Whether the seccomp filter was in place.
    pub confined: bool,
    /// Memory that existed because of the child, in bytes, when it was done.
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
                let (digest, figures) = (&report.written.digest, &report.written.figures);
                let class = |class: &ClassFigure| json!([class.name, class.count, class.self_size]);
                json!({
                    "is": "done",
                    "bytes": digest.bytes, "sha256": digest.sha256,
                    "raw": report.written.raw_bytes,
                    "parsed": figures.raw_bytes,
                    "nodes": figures.node_count, "edges": figures.edge_count,
                    "classes": figures.top_classes.iter().map(class).collect::<Vec<_>>(),
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
    let digest =
        Digest { bytes: value["bytes"].as_u64()?, sha256: value["sha256"].as_str()?.to_owned() };
    Some(ChildReport {
        written: Written { digest, raw_bytes: value["raw"].as_u64()?, figures },
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn round_trip(message: &Message) -> Message {
        Message::parse(&message.to_json().to_string()).unwrap()
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
        let report = ChildReport {
            written: Written {
                digest: Digest { bytes: 10, sha256: "ab".into() },
                raw_bytes: 999,
                figures,
            },
            phases: Phases { graph: Duration::from_micros(12_345), ..Phases::default() },
            confined: true,
            added_bytes: Some(1 << 33),
            spilled_bytes: Some(1 << 34),
        };
        let Message::Done(back) = round_trip(&Message::Done(report.clone())) else {
            panic!("another message")
        };
        assert_eq!(format!("{back:?}"), format!("{report:?}"));
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
