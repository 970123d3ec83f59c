//! Heap snapshots.

use std::time::{Duration, Instant};

use napi::Env;
use napi::bindgen_prelude::{Buffer, Object};
use napi_derive::napi;

use super::env_bound::EnvBound;
use super::failure::{Failure, Result, internal};
use super::promise;
use crate::capture::{
    Progress, SerializeOn, Settled, SnapshotCapture, SnapshotReport, SnapshotRequest,
    SnapshotTarget, Written,
};
use crate::error::Error;
use crate::heap::ClassFigure;
use crate::sink::Compression;
use crate::v8::{HeapProfiler, Isolate, SnapshotOptions};

/// What to record and how.
#[napi(object, object_to_js = false)]
pub struct SnapshotRequestOptions {
    /// An existing, empty file; none for a stream.
    pub path: Option<String>,
    /// `gzip`, `zstd` or `none`.
    pub compression: String,
    /// Level of the compression.
    pub level: u32,
    /// Numbers become nodes.
    pub numeric_values: bool,
    /// V8's internal objects keep their names.
    pub expose_internals: bool,
    /// 16 bytes: string contents are replaced by their length and a hash with this key.
    pub redact_key: Option<Buffer>,
    /// Serialise before returning, on this thread.
    pub serialize_on_main: bool,
}

/// How far a snapshot is.
#[napi(object, object_from_js = false)]
pub struct SnapshotProgress {
    /// Nodes and edges that went through.
    pub done: f64,
    /// All of them; 0 before the header came by.
    pub total: f64,
    /// Bytes before compression.
    pub raw_bytes: f64,
    /// Whether nothing is left to do.
    pub finished: bool,
}

impl SnapshotProgress {
    #[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub(super) fn new(progress: Progress, finished: bool) -> Self {
        Self {
            done: progress.done as f64,
            total: progress.total as f64,
            raw_bytes: progress.raw_bytes as f64,
            finished,
        }
    }
}

/// A class and its objects.
#[napi(object, object_from_js = false)]
pub struct ClassWeight {
    /// Name of the class, or V8's group in parentheses.
    pub name: String,
    /// Number of objects.
    pub count: f64,
    /// Their own size, in bytes.
    pub self_size: f64,
}

/// A finished snapshot.
#[napi(object, object_from_js = false)]
pub struct SnapshotFigures {
    /// Size of the output.
    pub bytes: f64,
    /// Size before compression.
    pub raw_bytes: f64,
    /// Of the output, in hexadecimal.
    pub sha256: String,
    /// Nodes in the snapshot.
    pub node_count: f64,
    /// Edges in the snapshot.
    pub edge_count: f64,
    /// Time V8's serialiser took, in milliseconds.
    pub serialize_ms: f64,
    /// Classes by own size.
    pub top_classes: Vec<ClassWeight>,
}

/// Either of the two.
#[napi(object, object_from_js = false)]
pub struct SnapshotOutcome {
    /// It worked.
    pub ok: Option<SnapshotFigures>,
    /// It did not.
    pub error: Option<Failure>,
}

/// A snapshot under way.
#[napi]
pub struct SnapshotRecording {
    capture: EnvBound<SnapshotCapture>,
}

/// Takes a snapshot of this isolate. Returns when V8 has built the graph.
#[napi(catch_unwind)]
pub fn take_snapshot(env: &Env, options: SnapshotRequestOptions) -> Result<SnapshotRecording> {
    let capture = SnapshotCapture::start(&heap_profiler()?, request(options)?)?;
    Ok(SnapshotRecording { capture: EnvBound::new(env, capture).map_err(internal)? })
}

#[napi]
impl SnapshotRecording {
    /// Time V8 took for the graph, in milliseconds.
    #[napi(getter)]
    pub fn graph_ms(&self) -> f64 {
        milliseconds(self.capture.get().graph())
    }

    /// Resolves when the output is complete, or failed; never rejects.
    #[napi(catch_unwind, ts_return_type = "Promise<SnapshotOutcome>")]
    pub fn done<'e>(&self, env: &'e Env) -> napi::Result<Object<'e>> {
        promise::settled(env, &self.capture.get().completion(), outcome)
    }

    /// Blocks until the output is complete, or failed, and answers what `done` resolves with. Aborts a
    /// stream.
    #[napi(catch_unwind)]
    pub fn wait(&self) -> Result<SnapshotOutcome> {
        let mut capture = self.capture.get();
        capture.wait();
        let settled = capture.completion().settled();
        let unsettled = || Error::Internal("a snapshot ended without a result".into());
        Ok(outcome(&settled.ok_or_else(unsettled)?))
    }

    /// How far it is.
    #[napi(catch_unwind)]
    pub fn progress(&self) -> SnapshotProgress {
        let capture = self.capture.get();
        SnapshotProgress::new(capture.progress(), capture.completion().is_settled())
    }

    /// Makes it end soon, with `ERR_RSPROF_ABORTED`.
    #[napi(catch_unwind)]
    pub fn abort(&self) {
        self.capture.get().abort();
    }

    /// Blocks until V8's snapshot is no longer read by another thread. Aborts a stream.
    #[napi(catch_unwind)]
    pub fn finish_serializing(&self) {
        self.capture.get().finish_serializing();
    }

    /// The next block of a stream; null at the end and after a failure.
    #[napi(catch_unwind, ts_return_type = "Promise<Buffer | null>")]
    pub fn read<'e>(&self, env: &'e Env) -> napi::Result<Object<'e>> {
        promise::next_block(env, self.capture.get().blocks())
    }

    /// Ends it if it still runs, joins its threads, frees V8's graph. Answers the milliseconds it
    /// took.
    #[napi(catch_unwind)]
    pub fn release(&self) -> f64 {
        let started = Instant::now();
        self.capture.get().release();
        milliseconds(started.elapsed())
    }
}

/// The heap profiler of this thread's isolate.
pub(super) fn heap_profiler() -> Result<HeapProfiler> {
    let profiler = Isolate::current().and_then(Isolate::heap_profiler);
    Ok(profiler.ok_or_else(|| Error::Unsupported("this thread has no isolate".into()))?)
}

/// Milliseconds, as JavaScript counts time.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn request(options: SnapshotRequestOptions) -> Result<SnapshotRequest> {
    Ok(SnapshotRequest {
        target: options
            .path
            .map_or(SnapshotTarget::Stream, |path| SnapshotTarget::File(path.into())),
        compression: Compression::parse(&options.compression, options.level)?,
        snapshot: SnapshotOptions {
            numeric_values: options.numeric_values,
            expose_internals: options.expose_internals,
        },
        redact: redact_key(options.redact_key)?,
        serialize_on: if options.serialize_on_main {
            SerializeOn::Isolate
        } else {
            SerializeOn::Thread
        },
    })
}

/// The key of a redaction, where one is asked for.
pub(super) fn redact_key(key: Option<Buffer>) -> Result<Option<[u8; 16]>> {
    let key = key.map(|key| <[u8; 16]>::try_from(&*key)).transpose();
    Ok(key.map_err(|_| Error::Internal("a redaction key has 16 bytes".into()))?)
}

fn outcome(result: &Settled<SnapshotReport>) -> SnapshotOutcome {
    match &**result {
        Ok(report) => SnapshotOutcome {
            ok: Some(written_figures(&report.written, report.serialize)),
            error: None,
        },
        Err(error) => SnapshotOutcome { ok: None, error: Some(error.into()) },
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(super) fn written_figures(written: &Written, serialize: Duration) -> SnapshotFigures {
    let (digest, figures) = (&written.digest, &written.figures);
    SnapshotFigures {
        bytes: digest.bytes as f64,
        raw_bytes: written.raw_bytes as f64,
        sha256: digest.sha256.clone(),
        node_count: figures.node_count as f64,
        edge_count: figures.edge_count as f64,
        serialize_ms: milliseconds(serialize),
        top_classes: figures.top_classes.iter().map(class_weight).collect(),
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn class_weight(class: &ClassFigure) -> ClassWeight {
    ClassWeight {
        name: class.name.clone(),
        count: class.count as f64,
        self_size: class.self_size as f64,
    }
}
