//! What a child is there for.

use std::time::{Duration, Instant};

use super::child::Work;
use super::report::Product;
use super::{classes, snapshot};
use crate::error::Result;
use crate::heap::StreamOptions;
use crate::sink::Compression;
use crate::v8::{ClassQuery, HeapProfiler, SnapshotOptions};

/// What a child writes.
pub enum Task {
    /// A heap snapshot.
    Snapshot(SnapshotTask),
    /// How many objects of which class there are.
    Classes(ClassTask),
}

/// How a heap snapshot is written.
pub struct SnapshotTask {
    /// How it is packed.
    pub compression: Compression,
    /// Redaction, figures.
    pub options: StreamOptions,
    /// What V8 puts in.
    pub snapshot: SnapshotOptions,
}

/// How a class histogram comes about.
pub struct ClassTask {
    /// Asks V8 for its objects; where there is none, a heap snapshot is taken, counted and kept
    /// nowhere.
    pub query: Option<ClassQuery>,
    /// The fields of the document that are known ahead: a JSON object in one line.
    pub head: String,
}

/// What a task came to, and how long V8 took for it, and the rest.
pub(super) struct Done {
    pub(super) product: Product,
    pub(super) v8: Duration,
    pub(super) write: Duration,
}

impl Task {
    /// Does it, in the child. `at_peak` is called where most memory is in use, if that is not the end.
    pub(super) fn run(
        &self,
        profiler: &HeapProfiler,
        work: &Work,
        at_peak: &mut dyn FnMut(),
    ) -> Result<Done> {
        match self {
            Self::Snapshot(task) => snapshot::write(profiler, task, work),
            Self::Classes(task) => classes::write(profiler, task, work, at_peak),
        }
    }
}

/// Runs `work` and tells how long it took.
pub(super) fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Duration)> {
    let started = Instant::now();
    Ok((work()?, started.elapsed()))
}
