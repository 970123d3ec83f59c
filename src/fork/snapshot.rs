//! The child's work on a heap snapshot.

use std::fs::File;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use super::child::Work;
use super::report::{Message, Product};
use super::task::{Done, SnapshotTask, timed};
use crate::capture::{SnapshotWriter, Written};
use crate::error::{Error, Result};
use crate::v8::{ByteSink, HeapProfiler};

/// Time between two progress messages.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// Has V8 build its graph, and writes it.
pub(super) fn write(profiler: &HeapProfiler, task: &SnapshotTask, work: &Work) -> Result<Done> {
    let (mut snapshot, v8) = timed(|| profiler.take_snapshot(task.snapshot))?;
    let reader = snapshot.reader();
    let mut reader = reader.ok_or_else(|| Error::Internal("the snapshot has a reader".into()))?;
    let (written, write) = timed(|| {
        let writer = SnapshotWriter::new(&work.output, task.compression, task.options.clone())?;
        let mut sink = ChildSink::new(writer, &work.reports);
        let complete = reader.serialize(&mut sink);
        let written = sink.finish(complete)?;
        work.sync()?;
        Ok(written)
    })?;
    // V8's snapshot is not freed, nor is anything else: the process is about to end.
    Ok(Done { product: Product::Snapshot(written), v8, write })
}

/// Feeds the writer on V8's own stack, and tells the parent how far it is.
struct ChildSink<'a, W: Write> {
    writer: Option<SnapshotWriter<W>>,
    failure: Option<Error>,
    reports: &'a File,
    last_told: Instant,
}

impl<'a, W: Write> ChildSink<'a, W> {
    fn new(writer: SnapshotWriter<W>, reports: &'a File) -> Self {
        Self { writer: Some(writer), failure: None, reports, last_told: Instant::now() }
    }

    fn finish(self, complete: bool) -> Result<Written> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        match self.writer {
            Some(writer) if complete => Ok(writer.finish()?.1),
            _ => Err(Error::Internal("V8 stopped in the middle of the snapshot".into())),
        }
    }

    fn tell(&mut self) -> io::Result<()> {
        let Some(writer) = &self.writer else { return Ok(()) };
        if self.last_told.elapsed() < PROGRESS_EVERY {
            return Ok(());
        }
        self.last_told = Instant::now();
        Message::Progress(writer.progress()).write(self.reports)
    }
}

impl<W: Write> ByteSink for ChildSink<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> bool {
        let Some(writer) = &mut self.writer else { return false };
        if let Err(error) = writer.push(bytes) {
            self.failure = Some(error);
            return false;
        }
        // A parent that does not listen any more is gone, or about to kill us.
        self.tell().is_ok()
    }
}
