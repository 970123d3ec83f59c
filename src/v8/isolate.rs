//! The isolate of the calling thread.

use std::ffi::CStr;
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::HeapProfiler;
use super::symbols::{Symbols, symbols};

/// The isolate whose JavaScript the calling thread runs.
#[derive(Clone, Copy)]
pub struct Isolate {
    raw: NonNull<std::ffi::c_void>,
    symbols: &'static Symbols,
    /// An isolate belongs to one thread.
    thread_bound: PhantomData<*const ()>,
}

impl Isolate {
    /// The current isolate, or `None` where V8's symbols are missing or the thread runs none.
    #[must_use]
    pub fn current() -> Option<Self> {
        let symbols = symbols().ok()?;
        // SAFETY: a static function without arguments; it reads a thread-local and answers null
        // on a thread that has entered no isolate.
        let raw = NonNull::new(unsafe { (symbols.current_isolate)() })?;
        Some(Self { raw, symbols, thread_bound: PhantomData })
    }

    /// The isolate's heap profiler.
    #[must_use]
    pub fn heap_profiler(self) -> Option<HeapProfiler> {
        // SAFETY: `raw` is the live isolate of this thread: it was current when this value was
        // made, this value cannot leave the thread, and Node disposes of an isolate only after
        // the environment's cleanup hooks, after which no code of ours runs on the thread.
        let profiler = NonNull::new(unsafe { (self.symbols.heap_profiler)(self.raw.as_ptr()) })?;
        Some(HeapProfiler::new(profiler, self.symbols))
    }

    /// A number that tells isolates of a process apart.
    #[must_use]
    pub fn id(self) -> usize {
        self.raw.as_ptr() as usize
    }

    pub(super) fn raw(self) -> *mut std::ffi::c_void {
        self.raw.as_ptr()
    }

    pub(super) fn symbols(self) -> &'static Symbols {
        self.symbols
    }
}

/// V8's own version text, such as `11.3.244.8-node.33`.
pub(super) fn version(symbols: &Symbols) -> String {
    // SAFETY: a static function without arguments; it answers a pointer to a static,
    // NUL-terminated buffer that V8 fills before it starts its first isolate.
    unsafe { CStr::from_ptr((symbols.v8_version)()) }.to_string_lossy().into_owned()
}
