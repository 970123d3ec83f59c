//! `Isolate::RequestInterrupt`: another thread has the isolate's own thread call a function.
//!
//! V8 calls when JavaScript next passes a stack guard (function entries, loops, some long built-ins), so
//! while the program is idle or in native code the request waits. The function may read, and call
//! JavaScript that only reads: V8's optimised loops assume that no object changes in one
//! (`InterruptLevel::kNoHeapWrites` of `src/execution/stack-guard.h`).

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Arc;

use parking_lot::Mutex;

use super::Isolate;
use super::symbols::Symbols;

/// The shape of V8's callback: (isolate, data).
pub(super) type RawInterrupt = unsafe extern "C" fn(*mut c_void, *mut c_void);

/// What an interrupt does.
pub trait OnInterrupt: Send + Sync + 'static {
    /// Called on the isolate's thread, in the middle of its JavaScript: must change nothing there.
    fn interrupted(&self);
}

/// The isolate, for as long as [`Interrupts`] lives.
type Gate = Mutex<Option<RawIsolate>>;

struct RawIsolate(NonNull<c_void>);

// SAFETY: the pointer is used for `RequestInterrupt` alone, which V8 allows from any thread
// (`v8-isolate.h`: "Can be called from another thread without acquiring a Locker"), and under the gate's
// lock while the isolate is alive: see `Interrupts`.
unsafe impl Send for RawIsolate {}

/// The isolate's half: stays on its thread; from its drop on nobody interrupts the isolate any more.
pub struct Interrupts {
    gate: Arc<Gate>,
    symbols: &'static Symbols,
    /// Keeps this on the isolate's thread.
    isolate: Isolate,
}

/// The other threads' half.
#[derive(Clone)]
pub struct Interrupter {
    gate: Arc<Gate>,
    symbols: &'static Symbols,
}

impl Interrupts {
    /// Opens the isolate of this thread to interrupts. To be dropped before the isolate goes, by the
    /// environment's cleanup hook at the latest.
    #[must_use]
    pub fn new(isolate: Isolate) -> Self {
        let raw = NonNull::new(isolate.raw()).map(RawIsolate);
        Self { gate: Arc::new(Mutex::new(raw)), symbols: isolate.symbols(), isolate }
    }

    /// What another thread needs.
    #[must_use]
    pub fn interrupter(&self) -> Interrupter {
        Interrupter { gate: Arc::clone(&self.gate), symbols: self.symbols }
    }

    /// A number that tells isolates of a process apart.
    #[must_use]
    pub fn isolate_id(&self) -> usize {
        self.isolate.id()
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.gate.lock().take();
    }
}

impl Interrupter {
    /// Has `handler` called, once, soon. Answers false where the isolate is gone.
    ///
    /// What it is called with outlives the isolate: where V8 never calls any more, it stays allocated.
    pub fn request<H: OnInterrupt>(&self, handler: Arc<H>) -> bool {
        let gate = self.gate.lock();
        let Some(RawIsolate(isolate)) = &*gate else { return false };
        let data = Arc::into_raw(handler).cast_mut().cast();
        // SAFETY: the isolate is alive: `Interrupts` was not dropped, and cannot be while the lock is
        // held. V8 takes its own lock, any thread may call. `data` is a strong reference of its own,
        // to the type that this very `call::<H>` takes back; V8 calls once for a request or never.
        unsafe { (self.symbols.request_interrupt)(isolate.as_ptr(), call::<H>, data) };
        true
    }
}

/// What V8 calls.
unsafe extern "C" fn call<H: OnInterrupt>(_isolate: *mut c_void, data: *mut c_void) {
    // SAFETY: `data` is the reference that `request` gave away with this function; V8 took the entry
    // off its queue before it called, so this is the only call that takes it back.
    let handler = unsafe { Arc::from_raw(data.cast_const().cast::<H>()) };
    // V8 is built without exceptions: no panic may cross into it. Nobody to tell of one here: the
    // observation is missed.
    let _missed = catch_unwind(AssertUnwindSafe(|| handler.interrupted()));
}
