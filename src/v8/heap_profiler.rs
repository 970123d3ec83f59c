//! `v8::HeapProfiler`: takes snapshots, runs the allocation sampler.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use super::sampling::AllocationTree;
use super::snapshot::HeapSnapshot;
use super::symbols::Symbols;
use crate::error::{Error, Result};

/// What a snapshot shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct SnapshotOptions {
    /// Numbers get a node with their value (V8's `exposeNumericValues`).
    pub numeric_values: bool,
    /// V8's internal objects are kept under their own names (no effect before V8 11).
    pub expose_internals: bool,
}

/// Which objects the allocation sampler still counts after they are gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SamplingFlags {
    /// Only what is alive when the profile is read.
    #[default]
    LiveOnly,
    /// Also what a major GC collected.
    CollectedByMajorGc,
    /// Also what any GC collected: all that was allocated.
    CollectedByAnyGc,
}

impl SamplingFlags {
    fn bits(self) -> i32 {
        match self {
            Self::LiveOnly => 0,
            Self::CollectedByMajorGc => 2,
            Self::CollectedByAnyGc => 2 | 4,
        }
    }
}

/// The heap profiler of the calling thread's isolate.
pub struct HeapProfiler {
    raw: NonNull<c_void>,
    symbols: &'static Symbols,
    thread_bound: PhantomData<*const ()>,
}

impl HeapProfiler {
    pub(super) fn new(raw: NonNull<c_void>, symbols: &'static Symbols) -> Self {
        Self { raw, symbols, thread_bound: PhantomData }
    }

    pub(super) fn raw(&self) -> *mut c_void {
        self.raw.as_ptr()
    }

    /// Builds the graph of the heap. Stops the isolate until it is done; collects garbage first.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where V8 answers null (it is taking another snapshot).
    pub fn take_snapshot(&self, options: SnapshotOptions) -> Result<HeapSnapshot> {
        // V8 before 11 has "global objects are roots" where later ones have "hide internals".
        let hide_internals = super::probe::v8_major() < 11 || !options.expose_internals;
        // SAFETY: `raw` belongs to the live isolate of this thread (see `Isolate`); the N-API
        // call that brought us here has a handle scope open and the isolate entered. Control and
        // resolver may be null by V8's header. Both candidate symbols have this signature.
        let snapshot = unsafe {
            (self.symbols.take_snapshot)(
                self.raw.as_ptr(),
                ptr::null_mut(),
                ptr::null_mut(),
                hide_internals,
                options.numeric_values,
            )
        };
        let snapshot = NonNull::new(snapshot)
            .ok_or(Error::Refused("this isolate is taking a heap snapshot already"))?;
        Ok(HeapSnapshot::new(snapshot, self.symbols))
    }

    /// Whether an allocation tracker runs (`HeapProfiler.startTrackingHeapObjects` with
    /// `trackAllocations`): a snapshot must then be serialised on the isolate's thread.
    #[must_use]
    pub fn tracks_allocations(&self) -> bool {
        /// Offset of `internal::HeapProfiler::allocation_tracker_`.
        const ALLOCATION_TRACKER: usize = 0x30;
        // SAFETY: `v8::HeapProfiler` is `internal::HeapProfiler` under another name. In every V8
        // that `probe` accepts the object is larger than 0x38 bytes and holds the tracker's
        // unique_ptr at 0x30 (ABI map, section 8, by disassembly); it changes on this thread only.
        unsafe {
            !self.raw.as_ptr().byte_add(ALLOCATION_TRACKER).cast::<*const c_void>().read().is_null()
        }
    }

    /// Gives every object of the heap a number that it keeps, and has V8 follow the objects that
    /// move from now on. Stops the isolate for a full collection and a walk over the heap.
    pub fn number_objects(&self) {
        // SAFETY: as in `take_snapshot`. Without `track_allocations` V8 starts no allocation
        // tracker, and leaves one that runs alone; calling it again only numbers what is new.
        unsafe { (self.symbols.start_tracking)(self.raw.as_ptr(), false) };
    }

    /// Starts the allocation sampler: about one sample each `interval` bytes allocated.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where a sampler runs on this isolate already.
    pub fn start_sampling(&self, interval: u64, depth: u16, flags: SamplingFlags) -> Result<()> {
        // SAFETY: as in `take_snapshot`. V8 checks that the rate is positive and aborts the
        // process otherwise, hence `max`.
        let started = unsafe {
            (self.symbols.start_sampling)(
                self.raw.as_ptr(),
                interval.max(1),
                i32::from(depth.max(1)),
                flags.bits(),
            )
        };
        if started {
            Ok(())
        } else {
            Err(Error::Refused("an allocation profile runs on this isolate already"))
        }
    }

    /// Copies what the sampler has seen so far; `None` where no sampler runs.
    #[must_use]
    pub fn allocation_tree(&self, env: &napi::Env) -> Option<AllocationTree> {
        // SAFETY: as in `take_snapshot`. The result is ours to free.
        let profile =
            NonNull::new(unsafe { (self.symbols.allocation_profile)(self.raw.as_ptr()) })?;
        Some(AllocationTree::read(env, profile))
    }

    /// Ends the sampler. Harmless where none runs.
    pub fn stop_sampling(&self) {
        // SAFETY: as in `take_snapshot`; V8 resets an owning pointer that may be null.
        unsafe { (self.symbols.stop_sampling)(self.raw.as_ptr()) };
    }
}
