//! `v8::CpuProfiler`: starts and stops sampling profiles.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::NonNull;

use napi::JsValue;

use super::abi::DEBUG_NAMING;
use super::cpu_profile::CpuProfile;
use super::isolate::Isolate;
use super::symbols::Symbols;
use crate::error::{Error, Result};

/// When V8 collects the names and positions of compiled code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logging {
    /// While a profile runs only: each start walks the heap for code, which stalls large programs.
    Lazy,
    /// From the profiler's creation on: one walk, then every start is instant.
    Eager,
}

/// To which line a call-tree node belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineMode {
    /// One node for a function; its hit lines are counted apart.
    Leaf,
    /// One node for each line a function was called from.
    Caller,
}

/// A running profile of one [`CpuProfiler`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfileId(u32);

/// A profiler with one sampling interval; several profiles may run on it at once.
pub struct CpuProfiler {
    raw: NonNull<c_void>,
    symbols: &'static Symbols,
    running: u32,
    /// Stopped profiles that are not deleted yet: they live in the profiler.
    stopped: u32,
    thread_bound: PhantomData<*const ()>,
}

impl CpuProfiler {
    /// Creates a profiler. With [`Logging::Eager`] this walks the heap for code.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where V8 gives none.
    pub fn new(isolate: Isolate, logging: Logging) -> Result<Self> {
        let symbols = isolate.symbols();
        let eager = i32::from(logging == Logging::Eager);
        // SAFETY: the isolate is this thread's and alive (see `Isolate`); both enums are passed
        // as the ints that the signature names. The result is ours until `Dispose`.
        let raw = unsafe { (symbols.cpu_profiler_new)(isolate.raw(), DEBUG_NAMING, eager) };
        let raw = NonNull::new(raw).ok_or(Error::Refused("no CPU profiler could be created"))?;
        Ok(Self { raw, symbols, running: 0, stopped: 0, thread_bound: PhantomData })
    }

    /// Whether a profile runs on it.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running > 0
    }

    /// Whether nothing of it is in use: no running profile, none waiting to be deleted.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.running == 0 && self.stopped == 0
    }

    /// Sets the sampling interval in microseconds; only while no profile runs.
    pub fn set_interval(&mut self, microseconds: u32) {
        if self.running > 0 {
            return;
        }
        let interval = i32::try_from(microseconds.max(1)).unwrap_or(i32::MAX);
        // SAFETY: the profiler is alive until `dispose`, this is its thread, and V8's demand
        // that no profile be running was just checked.
        unsafe { (self.symbols.cpu_profiler_interval)(self.raw.as_ptr(), interval) };
    }

    /// Starts a profile that keeps at most `max_samples` samples (its tree goes on counting).
    /// `title` must differ from those of the profiles that run on this profiler.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where the title is taken or 100 profiles run already (V8's limit).
    pub fn start(
        &mut self,
        title: &napi::JsString<'_>,
        mode: LineMode,
        max_samples: u32,
    ) -> Result<ProfileId> {
        let title = title.raw().cast::<c_void>();
        // SAFETY: profiler and thread as above. A napi_value is the bit pattern of `Local<T>`
        // (ABI map, section 6; `probe` has checked it on this V8), `title` is a string by its
        // type and its handle scope is that of the N-API call we are in.
        let result = unsafe {
            (self.symbols.cpu_profiler_start)(
                self.raw.as_ptr(),
                title,
                i32::from(mode == LineMode::Caller),
                true,
                max_samples,
            )
        };
        // CpuProfilingResult: id in the low half, status in the high one.
        match result >> 32 {
            0 => {
                self.running += 1;
                Ok(ProfileId((result & 0xffff_ffff) as u32))
            }
            1 => Err(Error::Refused("a CPU profile of that title runs already")),
            _ => Err(Error::Refused("too many CPU profiles run at once (V8 allows 100)")),
        }
    }

    /// Ends a profile; `None` where V8 does not know it (any more).
    pub fn stop(&mut self, id: ProfileId) -> Option<CpuProfile> {
        // SAFETY: profiler and thread as above; V8 answers null for an id it does not know.
        let raw = unsafe { (self.symbols.cpu_profiler_stop)(self.raw.as_ptr(), id.0) };
        self.running = self.running.saturating_sub(1);
        let profile = CpuProfile::new(NonNull::new(raw)?, self.symbols);
        self.stopped += 1;
        Some(profile)
    }

    /// Notes that a profile which [`Self::stop`] gave out has been deleted.
    pub fn deleted_one(&mut self) {
        self.stopped = self.stopped.saturating_sub(1);
    }

    /// Frees the profiler.
    pub fn dispose(self) {
        if self.running > 0 {
            return; // V8 forbids it; the isolate's end frees what is left.
        }
        // SAFETY: profiler and thread as above, no profile runs, and `self` is consumed.
        unsafe { (self.symbols.cpu_profiler_dispose)(self.raw.as_ptr()) };
    }
}
