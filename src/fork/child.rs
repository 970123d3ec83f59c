//! The child's life, from the fork to `_exit`.
//!
//! It runs on the stack of the forking thread, with that thread as its only one. It never returns:
//! to its caller it does not exist.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::lonely;
use super::memory::MemoryMeter;
use super::plan::ForkPlan;
use super::report::{ChildReport, Message, Phases};
use super::sandbox::{self, Lifetime};
use super::spill::{Spill, SpillFile};
use crate::capture::{SnapshotWriter, Written};
use crate::error::{Error, Result};
use crate::heap::StreamOptions;
use crate::sink::Compression;
use crate::v8::{ByteSink, HeapProfiler, SnapshotOptions};

/// Time between two progress messages.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// What the child has to do.
pub(super) struct Work {
    pub(super) output: File,
    pub(super) reports: File,
    pub(super) errors: File,
    pub(super) compression: Compression,
    pub(super) options: StreamOptions,
    pub(super) snapshot: SnapshotOptions,
    /// Whether the output is a file, to be synced.
    pub(super) sync: bool,
    pub(super) lifetime: Lifetime,
    pub(super) parent: u32,
    /// Takes the child's allocations, where memory is short.
    pub(super) spill: Option<SpillFile>,
}

/// Does the work and ends the process.
pub(super) fn live(plan: &ForkPlan, profiler: &HeapProfiler, work: Work) -> ! {
    let result = catch_unwind(AssertUnwindSafe(|| record(plan, profiler, &work)));
    let result = result.unwrap_or_else(|_| Err(Error::Internal("the child panicked".into())));
    let message = result.map_or_else(|error| Message::failed(&error), Message::Done);
    let told = message.write(&work.reports);
    leave(i32::from(told.is_err()))
}

fn leave(status: i32) -> ! {
    // SAFETY: ends the process without running exit handlers, which are the parent's.
    unsafe { libc::_exit(status) }
}

fn record(plan: &ForkPlan, profiler: &HeapProfiler, work: &Work) -> Result<ChildReport> {
    let started = Instant::now();
    sandbox::be_humble(work.lifetime, work.parent);
    sandbox::reset_signals();
    let spill_file = work.spill.as_ref().map(AsRawFd::as_raw_fd);
    let keep = [work.output.as_raw_fd(), work.reports.as_raw_fd()];
    let keep: Vec<_> = keep.into_iter().chain(spill_file).collect();
    sandbox::detach_descriptors(&keep, work.errors.as_raw_fd())?;
    sandbox::protect_shared_memory()?;
    let spill = work.spill.as_ref().map(|file| Spill::activate(file, &work.reports)).transpose()?;
    plan.patch().apply(spill.is_some());
    let meter = MemoryMeter::open();
    let confined = sandbox::confine();
    let prepare = started.elapsed();

    let started = Instant::now();
    let mut snapshot = profiler.take_snapshot(work.snapshot)?;
    let graph = started.elapsed();
    let reader = snapshot.reader();
    let mut reader = reader.ok_or_else(|| Error::Internal("the snapshot has a reader".into()))?;

    let started = Instant::now();
    let writer = SnapshotWriter::new(&work.output, work.compression, work.options.clone())?;
    let mut sink = ChildSink::new(writer, &work.reports);
    let complete = reader.serialize(&mut sink);
    let written = sink.finish(complete)?;
    if work.sync {
        work.output.sync_all().map_err(Error::io("syncing the capture file"))?;
    }
    // V8's snapshot is not freed, nor is anything else: the process is about to end.
    let phases = Phases { prepare, graph, serialize: started.elapsed() };
    let spilled_bytes = spill.map(|spill| spill.bytes());
    Ok(ChildReport { written, phases, confined, added_bytes: meter.added_bytes(), spilled_bytes })
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

/// Why a child ended, as far as its status says.
pub(super) fn describe_exit(status: i32, last_words: &str) -> String {
    let last_words = last_words.trim();
    let said = if last_words.is_empty() { String::new() } else { format!(": {last_words}") };
    if libc::WIFSIGNALED(status) {
        return format!("the child was ended by signal {}{said}", libc::WTERMSIG(status));
    }
    match libc::WEXITSTATUS(status) {
        lonely::WOULD_DEADLOCK => "the child met a lock that another thread held".into(),
        code => format!("the child ended with status {code}{said}"),
    }
}
