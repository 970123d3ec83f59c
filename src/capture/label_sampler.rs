//! A thread that asks the isolate, again and again, for its current label.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{JoinHandle, Thread, current, park, park_timeout};
use std::time::{Duration, Instant};

use super::thread;
use crate::error::Result;
use crate::v8::{Interrupter, Interrupts, Isolate, OnInterrupt, now};

/// Periods that an unanswered request is looked after before the thread sleeps until the answer.
const LOOKS: u32 = 8;

/// Later than any answer.
const NOT_YET: i64 = i64::MAX;

/// Told, on the isolate's thread and in the middle of its JavaScript.
pub(super) type Observe = fn(asker: &Asker, asked_at: i64);

/// What the thread and the isolate share.
pub(super) struct Asker {
    observe: Observe,
    /// Microseconds between two requests.
    period: AtomicU64,
    /// When the last request had been made, on V8's clock; [`NOT_YET`] while it is made.
    asked_at: AtomicI64,
    /// A request waits for its answer.
    is_pending: AtomicBool,
    /// The thread sleeps until the answer.
    is_parked: AtomicBool,
    is_over: AtomicBool,
    thread: OnceLock<Thread>,
}

/// The thread. Dropping it ends it.
pub(super) struct LabelSampler {
    /// None while it is dropped.
    interrupts: Option<Interrupts>,
    asker: Arc<Asker>,
    thread: Option<JoinHandle<()>>,
}

impl LabelSampler {
    /// Has `observe` called about every `period`, while JavaScript runs.
    pub(super) fn start(isolate: Isolate, period: Duration, observe: Observe) -> Result<Self> {
        let interrupts = Interrupts::new(isolate);
        let asker = Arc::new(Asker {
            observe,
            period: AtomicU64::new(micros(period)),
            asked_at: AtomicI64::new(NOT_YET),
            is_pending: AtomicBool::new(false),
            is_parked: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            thread: OnceLock::new(),
        });
        let (shared, interrupter) = (Arc::clone(&asker), interrupts.interrupter());
        let thread = thread::spawn("rsprof-labels", move || shared.ask(&interrupter))?;
        Ok(Self { interrupts: Some(interrupts), asker, thread: Some(thread) })
    }

    /// Changes the period.
    pub(super) fn set_period(&self, period: Duration) {
        self.asker.period.store(micros(period), Ordering::Relaxed);
    }

    /// Whether `asker` is of this sampler, and not of an earlier one.
    pub(super) fn is_of(&self, asker: &Asker) -> bool {
        std::ptr::eq(&raw const *self.asker, asker)
    }
}

impl Drop for LabelSampler {
    fn drop(&mut self) {
        self.interrupts = None;
        self.asker.is_over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _a_panic_is_no_news = thread.join();
        }
    }
}

impl Asker {
    fn ask(self: Arc<Self>, interrupter: &Interrupter) {
        let _set_once = self.thread.set(current());
        while !self.is_over() {
            // This thread may lose its turn before V8 has the request: until then nothing was asked.
            self.asked_at.store(NOT_YET, Ordering::SeqCst);
            self.is_pending.store(true, Ordering::SeqCst);
            if !interrupter.request(Arc::clone(&self)) {
                return;
            }
            self.asked_at.store(now(), Ordering::SeqCst);
            self.wait_for_answer();
        }
    }

    /// At least a period, then until there is an answer: while the program is idle, for long.
    fn wait_for_answer(&self) {
        for _ in 0..LOOKS {
            self.sleep(Duration::from_micros(self.period.load(Ordering::Relaxed)));
            if !self.is_pending() || self.is_over() {
                return;
            }
        }
        self.is_parked.store(true, Ordering::SeqCst);
        while self.is_pending() && !self.is_over() {
            park();
        }
        self.is_parked.store(false, Ordering::SeqCst);
    }

    fn sleep(&self, time: Duration) {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now())
            && !left.is_zero()
            && !self.is_over()
        {
            park_timeout(left);
        }
    }

    fn is_pending(&self) -> bool {
        self.is_pending.load(Ordering::SeqCst)
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }
}

impl OnInterrupt for Asker {
    fn interrupted(&self) {
        (self.observe)(self, self.asked_at.load(Ordering::SeqCst));
        self.is_pending.store(false, Ordering::SeqCst);
        if self.is_parked.load(Ordering::SeqCst)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
