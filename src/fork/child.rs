//! The child's life, from the fork to `_exit`.
//!
//! It runs on the stack of the forking thread, with that thread as its only one. It never returns:
//! to its caller it does not exist.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::lonely;
use super::memory::MemoryMeter;
use super::plan::ForkPlan;
use super::report::{ChildReport, Message, Phases};
use super::sandbox::{self, Lifetime};
use super::spill::{Spill, SpillFile};
use super::task::{Done, Task};
use crate::error::{Error, Result};
use crate::v8::HeapProfiler;

/// What the child has to do.
pub(super) struct Work {
    pub(super) output: File,
    pub(super) reports: File,
    pub(super) errors: File,
    pub(super) task: Task,
    /// Whether the output is a file, to be synced.
    pub(super) sync: bool,
    pub(super) lifetime: Lifetime,
    pub(super) parent: u32,
    /// Takes the child's allocations, where memory is short.
    pub(super) spill: Option<SpillFile>,
}

impl Work {
    /// Makes the file durable; a stream has nothing to sync.
    pub(super) fn sync(&self) -> Result<()> {
        if self.sync {
            self.output.sync_all().map_err(Error::io("syncing the capture file"))?;
        }
        Ok(())
    }
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
    let mut meter = MemoryMeter::open();
    let confined = sandbox::confine();
    let prepare = started.elapsed();
    let Done { product, v8, write } = work.task.run(profiler, work, &mut || meter.look())?;
    let phases = Phases { prepare, graph: v8, serialize: write };
    let spilled_bytes = spill.map(|spill| spill.bytes());
    Ok(ChildReport { product, phases, confined, added_bytes: meter.added_bytes(), spilled_bytes })
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
