//! A native thread that notices when the event loop does not turn.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use napi::Env;
use serde_json::{Map, Value};

use super::post::Post;
use super::sentinel::Sentinel;
use super::stuck_thread::ThreadFile;
use super::witness::{self, Witness};
use crate::capture::{CpuRequest, spawn};
use crate::error::Result;
use crate::sink::{Compression, Place};
use crate::v8::{Interrupts, Isolate, LineMode, Logging};

/// How to watch.
pub struct WatchdogRequest {
    /// A turn that lasts so long is stuck.
    pub threshold: Duration,
    /// How long the stuck code is profiled.
    pub profile: Duration,
    /// With what.
    pub profiler: CpuRequest,
    /// Where the profile goes.
    pub place: Place,
    /// Held while a profile is taken.
    pub lock: Option<PathBuf>,
    /// Bytes that must be free on the disk.
    pub min_free: u64,
    /// How the file is packed.
    pub compression: Compression,
    /// The fields of the sidecar that are known ahead; `None` for no sidecar.
    pub sidecar: Option<Map<String, Value>>,
    /// Whether to tell on standard error.
    pub say: bool,
    /// Age of the process at the time of the request.
    pub uptime: Duration,
}

impl WatchdogRequest {
    /// The profiler for such a profile: nothing is logged before there is one, since a stuck program does
    /// not mind the time that takes then.
    #[must_use]
    pub fn profiler(interval: u32, profile: Duration) -> CpuRequest {
        // Twice what is expected: the interrupt that ends it may come late.
        let samples = profile.as_micros() / u128::from(interval.max(1)) * 2 + 1000;
        CpuRequest {
            interval,
            max_samples: u32::try_from(samples).unwrap_or(u32::MAX),
            mode: LineMode::Leaf,
            logging: Logging::Lazy,
        }
    }
}

/// Watches until it is released. Stays on the isolate's thread.
pub struct Watchdog {
    post: Arc<Post>,
    /// None from the release on.
    witness: Option<Rc<RefCell<Witness>>>,
    interrupts: Option<Interrupts>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Starts the thread; it watches from the first beat on.
    ///
    /// # Errors
    ///
    /// [`Error::Io`](crate::error::Error::Io) where there is no thread to be had.
    pub fn start(env: &Env, isolate: Isolate, request: WatchdogRequest) -> Result<Self> {
        let interrupts = Interrupts::new(isolate);
        let post = Arc::new(Post::default());
        post.await_beat();
        let (number, witness) =
            witness::call_in(*env, isolate, request.profiler, Arc::clone(&post));
        let sentinel = Sentinel {
            post: Arc::clone(&post),
            interrupter: interrupts.interrupter(),
            witness: number,
            thread: ThreadFile::of_this_thread(),
            begun: Instant::now(),
            request,
        };
        let thread = spawn("rsprof-watchdog", || sentinel.run())?;
        let (witness, interrupts) = (Some(witness), Some(interrupts));
        Ok(Self { post, witness, interrupts, thread: Some(thread) })
    }

    /// The event loop turns. `is_allowed`: a profile may be taken if it should not turn again.
    pub fn beat(&self, is_allowed: bool) {
        if self.post.beat(is_allowed)
            && let Some(witness) = &self.witness
        {
            witness.borrow_mut().turned();
        }
    }

    /// Whether somebody may be debugging this thread: while it sleeps it is at a breakpoint then.
    pub fn set_debugged(&self, is_debugged: bool) {
        self.post.set_debugged(is_debugged);
    }

    /// The episodes that ended since the last call, a JSON array; none where there are none.
    #[must_use]
    pub fn take(&self) -> Option<String> {
        self.post.take()
    }

    /// Ends the watch, joins the thread, frees what V8 holds; a profile that is under way is dropped.
    /// Harmless when repeated.
    pub fn release(&mut self) {
        if self.interrupts.take().is_none() {
            return;
        }
        self.post.end();
        // Ends the profile and its writer.
        self.witness = None;
        if let Some(thread) = self.thread.take() {
            let _a_panic_is_no_news = thread.join();
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.release();
    }
}
