//! The snapshot at out-of-memory: the process dies as it would have, its ghost writes down the heap.
//!
//! ```text
//! isolate's thread, in V8's callback     steward                   child
//! fork (V8's heap is not inherited) ───> lets go of everything
//! quiesce, mark, fork ─────────────────────────────────────────> the usual child (see `fork`)
//! watch briefly: gone already? again
//! orders ──────────────────────────────> listen <──progress, report───
//! return the limit: V8 ends the process  commit file and sidecar
//! ```
//!
//! The child is confined as ever: it can fill the file that was opened for it, and can neither name
//! nor rename one. The steward can, and runs no code but ours. It is forked before the heap is
//! marked as inherited, so it holds none of it. It does what a parent does for an ordinary child: keeps the
//! budgets, notes a failure, leaves nothing half-written.

mod launch;
mod reaper;
mod record;
mod steward;

use std::cell::Cell;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Map, Value};

use self::launch::{Launch, Occasion};
use super::parent::Budget;
use super::plan::ForkPlan;
use crate::error::{Error, Result};
use crate::heap::StreamOptions;
use crate::sink::{Compression, Place};
use crate::utc;
use crate::v8::{Answer, HeapProfiler, Isolate, LimitHandler, NearHeapLimit, SnapshotOptions};

/// What a worker gets beyond its limit until Node's own callback is asked, which ends the worker
/// alone. As much as Node gives it then.
const WORKER_ALLOWANCE: usize = 16 << 20;
/// What a child gets beyond the limit each time it asks: its own collections go on.
const CHILD_ALLOWANCE: usize = 1 << 30;

/// What to write when the heap is full, where, and what becomes of the process.
pub struct GhostRequest {
    /// Where the file goes.
    pub place: Place,
    /// The fields of the sidecar that are known ahead; `None` for no sidecar.
    pub sidecar: Option<Map<String, Value>>,
    /// How the file is packed.
    pub compression: Compression,
    /// Redaction, figures.
    pub options: StreamOptions,
    /// What V8 puts in.
    pub snapshot: SnapshotOptions,
    /// What the child may use.
    pub budget: Budget,
    /// Bytes by which the limit is raised, once: 0 has V8 end the process.
    pub extension: usize,
    /// How long to wait for the child before V8 is answered.
    pub wait: Duration,
    /// Whether a callback of Node's stands behind ours, to end the worker.
    pub in_worker: bool,
    /// Age of the process at the time of the request.
    pub uptime: Duration,
}

/// Armed: waits for the heap limit. Dropping it disarms.
pub struct Ghost {
    callback: NearHeapLimit,
}

impl Ghost {
    /// Has V8 tell us when the heap is full. Finds out everything slow now: some 10 ms, 50 ms more for
    /// each GB of heap that is there already.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where a ghost is armed on this isolate; [`Error::Unsupported`] and
    /// [`Error::Io`] where no fork can be prepared.
    pub fn arm(isolate: Isolate, request: GhostRequest) -> Result<Self> {
        let profiler = isolate.heap_profiler();
        let profiler = profiler.ok_or_else(|| Error::Unsupported("no heap profiler".into()))?;
        let vigil = Vigil {
            pid: std::process::id(),
            fired: Cell::new(false),
            armed_at: Instant::now(),
            plan: ForkPlan::make()?,
            profiler,
            request,
        };
        Ok(Self { callback: NearHeapLimit::add(isolate, Box::new(vigil))? })
    }

    /// Nothing will happen at the limit from now on. Harmless when repeated.
    pub fn disarm(&mut self) {
        self.callback.remove();
    }
}

/// What V8's callback works with.
struct Vigil {
    pid: u32,
    fired: Cell<bool>,
    armed_at: Instant,
    /// Shows that this process can be forked, and serves should a fresh one not be had.
    plan: ForkPlan,
    profiler: HeapProfiler,
    request: GhostRequest,
}

impl LimitHandler for Vigil {
    fn near_limit(&self, current: usize, initial: usize) -> Answer {
        if std::process::id() != self.pid {
            // A forked child, ours or another capture's: its snapshot collects garbage first.
            return Answer { limit: current.saturating_add(CHILD_ALLOWANCE), through: false };
        }
        if self.fired.replace(true) {
            return Answer { limit: current, through: false };
        }
        let occasion = Occasion::new(self, current, initial);
        // Objects may have been loaded since it was armed. Who lives on restores the marks that make
        // spawn fast: they are read while they are there.
        let fresh = if self.survives() { ForkPlan::make() } else { ForkPlan::make_for_the_last() };
        let plan = fresh.as_ref().unwrap_or(&self.plan);
        if let Ok(launch) = launch::launch(self, plan, &occasion) {
            self.afterwards(launch, plan);
        }
        self.answer(current)
    }
}

impl Vigil {
    fn survives(&self) -> bool {
        self.request.in_worker || self.request.extension > 0
    }

    fn afterwards(&self, mut launch: Launch, plan: &ForkPlan) {
        if self.survives() {
            plan.restore();
        }
        if !self.request.wait.is_zero() {
            launch.wait(self.request.wait);
        }
        if self.survives() {
            reaper::reap_later(launch);
        }
    }

    fn answer(&self, current: usize) -> Answer {
        let worker = if self.request.in_worker { WORKER_ALLOWANCE } else { 0 };
        let limit = current.saturating_add(self.request.extension.max(worker));
        Answer { limit, through: self.request.in_worker }
    }

    fn uptime(&self) -> Duration {
        self.request.uptime + self.armed_at.elapsed()
    }

    fn file_name(&self, at: SystemTime) -> String {
        self.request.place.file_name(&utc::stamp(at))
    }
}
