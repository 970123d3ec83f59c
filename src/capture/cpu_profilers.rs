//! The CPU profilers of one isolate.
//!
//! A profiler has one sampling interval for all its profiles, and creating one with eager logging
//! walks the heap. So they are shared: profiles with the same interval run on the same profiler,
//! and one eager profiler is kept for the next profile, until the environment ends.

use std::cell::RefCell;

use crate::error::{Error, Result};
use crate::v8::{CpuProfile, CpuProfileReader, CpuProfiler, Isolate, LineMode, Logging, ProfileId};

thread_local! {
    /// An isolate belongs to one thread in Node, and a thread to one isolate.
    static PROFILERS: RefCell<Profilers> = RefCell::default();
}

/// How a profile is taken.
#[derive(Clone, Copy, Debug)]
pub struct CpuRequest {
    /// Sampling interval in microseconds.
    pub interval: u32,
    /// Samples kept at most.
    pub max_samples: u32,
    /// To which line a node belongs.
    pub mode: LineMode,
    /// When code is logged.
    pub logging: Logging,
}

/// A running profile.
#[derive(Clone, Copy)]
pub(super) struct Running {
    profiler: u64,
    profile: ProfileId,
}

/// A stopped profile, to be given back with [`delete`].
pub(super) struct Stopped {
    profiler: u64,
    profile: CpuProfile,
}

#[derive(Default)]
struct Profilers {
    pool: Vec<Pooled>,
    /// Numbers profilers and titles.
    next: u64,
}

struct Pooled {
    number: u64,
    logging: Logging,
    interval: u32,
    profiler: CpuProfiler,
}

/// Starts a profile.
pub(super) fn start(env: &napi::Env, isolate: Isolate, request: CpuRequest) -> Result<Running> {
    PROFILERS.with_borrow_mut(|profilers| profilers.start(env, isolate, request))
}

/// Ends a profile.
pub(super) fn stop(running: Running) -> Result<(Stopped, CpuProfileReader)> {
    PROFILERS.with_borrow_mut(|profilers| {
        let pooled = profilers.find(running.profiler);
        let profile = pooled.and_then(|pooled| pooled.profiler.stop(running.profile));
        let mut profile =
            profile.ok_or_else(|| Error::Internal("V8 does not know the profile".into()))?;
        let reader = profile.reader();
        let reader = reader.ok_or_else(|| Error::Internal("the profile has a reader".into()))?;
        Ok((Stopped { profiler: running.profiler, profile }, reader))
    })
}

/// Frees a profile, and the profiler where it is needed no more.
pub(super) fn delete(stopped: Stopped, reader: CpuProfileReader) {
    PROFILERS.with_borrow_mut(|profilers| {
        let Some(pooled) = profilers.find(stopped.profiler) else { return };
        stopped.profile.delete(reader);
        pooled.profiler.deleted_one();
        profilers.dispose_superfluous();
    });
}

/// Frees every profiler of this thread that nothing runs on: for the environment's end.
pub fn dispose_all() {
    PROFILERS.with_borrow_mut(|profilers| {
        for pooled in profilers.pool.drain(..) {
            pooled.profiler.dispose();
        }
    });
}

impl Profilers {
    fn start(&mut self, env: &napi::Env, isolate: Isolate, request: CpuRequest) -> Result<Running> {
        self.next += 1;
        let title = env
            .create_string(format!("rsprof-{}", self.next))
            .map_err(|error| Error::Internal(error.to_string()))?;
        let pooled = self.for_request(isolate, request)?;
        let profile = pooled.profiler.start(&title, request.mode, request.max_samples)?;
        Ok(Running { profiler: pooled.number, profile })
    }

    fn for_request(&mut self, isolate: Isolate, request: CpuRequest) -> Result<&mut Pooled> {
        let fits = |pooled: &Pooled| {
            pooled.logging == request.logging
                && (pooled.interval == request.interval || !pooled.profiler.is_running())
        };
        let index = match self.pool.iter().position(fits) {
            Some(index) => index,
            None => {
                let profiler = CpuProfiler::new(isolate, request.logging)?;
                let (number, logging, interval) = (self.next, request.logging, request.interval);
                self.pool.push(Pooled { number, logging, interval, profiler });
                self.pool.len() - 1
            }
        };
        let pooled = &mut self.pool[index];
        if !pooled.profiler.is_running() {
            pooled.profiler.set_interval(request.interval);
            pooled.interval = request.interval;
        }
        Ok(pooled)
    }

    fn find(&mut self, number: u64) -> Option<&mut Pooled> {
        self.pool.iter_mut().find(|pooled| pooled.number == number)
    }

    /// Keeps what is in use, and one eager profiler.
    fn dispose_superfluous(&mut self) {
        let mut eager_kept = false;
        for pooled in std::mem::take(&mut self.pool) {
            let keep = pooled.logging == Logging::Eager && !eager_kept;
            if keep || !pooled.profiler.is_idle() {
                eager_kept |= pooled.logging == Logging::Eager;
                self.pool.push(pooled);
            } else {
                pooled.profiler.dispose();
            }
        }
    }
}
