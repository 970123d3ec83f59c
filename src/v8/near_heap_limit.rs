//! `Isolate::AddNearHeapLimitCallback`: who V8 asks when the heap reaches its limit.
//!
//! V8 asks only the callback that was added last. One that takes itself off makes way for the one
//! added before it: in a worker that is Node's, which ends the worker instead of the process.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Isolate;
use super::symbols::Symbols;
use crate::error::{Error, Result};

/// Decides what happens at the heap limit.
pub trait LimitHandler {
    /// The heap is at its limit of `current` bytes (`initial` before anybody raised it).
    ///
    /// Called on the isolate's thread, in the middle of a garbage collection or an allocation: must
    /// not run JavaScript, nor allocate on its heap.
    fn near_limit(&self, current: usize, initial: usize) -> Answer;
}

/// What V8 is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The limit from now on, in bytes. No more than the current one: V8 ends the process.
    pub limit: usize,
    /// Whether this callback is through, and the one added before it is asked the next time.
    pub through: bool,
}

/// The shape of V8's callback: (data, current limit, initial limit) -> new limit.
pub(super) type RawCallback = unsafe extern "C" fn(*mut c_void, usize, usize) -> usize;

/// A callback that V8 knows. Dropping it takes it off.
pub struct NearHeapLimit {
    /// Where V8's data pointer points: the address must not change.
    entry: Box<Entry>,
}

struct Entry {
    isolate: Isolate,
    handler: Box<dyn LimitHandler>,
    registered: Cell<bool>,
}

thread_local! {
    /// The isolates of this thread whose callback is ours: V8 ends the process when it is given one
    /// function twice, or is to take off one that it does not have.
    static REGISTERED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

impl NearHeapLimit {
    /// Has V8 ask `handler`.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where a handler is in place on this isolate already.
    pub fn add(isolate: Isolate, handler: Box<dyn LimitHandler>) -> Result<Self> {
        let is_new = REGISTERED.with_borrow_mut(|isolates| {
            let is_new = !isolates.contains(&isolate.id());
            if is_new {
                isolates.push(isolate.id());
            }
            is_new
        });
        if !is_new {
            return Err(Error::Refused("this isolate's heap limit is watched already"));
        }
        let entry = Box::new(Entry { isolate, handler, registered: Cell::new(true) });
        let data = (&raw const *entry).cast_mut().cast();
        // SAFETY: `isolate` is the live isolate of this thread (see `Isolate`). The function is not
        // registered with it: `REGISTERED` says so, and every way in and out of V8's list goes
        // through it. `data` is read by `ask` alone, until `remove`, which `Drop` sees to; the
        // box is neither moved out of nor freed before.
        unsafe { (isolate.symbols().add_near_heap_limit)(isolate.raw(), ask, data) };
        Ok(Self { entry })
    }

    /// Takes it off. Harmless when repeated.
    pub fn remove(&self) {
        self.entry.remove();
    }
}

impl Drop for NearHeapLimit {
    fn drop(&mut self) {
        self.remove();
    }
}

impl Entry {
    fn remove(&self) {
        if !self.registered.replace(false) {
            return;
        }
        let symbols: &'static Symbols = self.isolate.symbols();
        // SAFETY: on the isolate's thread (`Isolate` is not `Send`, so neither is this), the isolate
        // lives (a capture is released by the environment's cleanup hook at the latest), and the
        // function is in its list: `registered` was true, which `add` alone makes it. Zero leaves
        // the limit as it is.
        unsafe { (symbols.remove_near_heap_limit)(self.isolate.raw(), ask, 0) };
        let id = self.isolate.id();
        REGISTERED.with_borrow_mut(|isolates| isolates.retain(|isolate| *isolate != id));
    }
}

/// What V8 calls.
unsafe extern "C" fn ask(data: *mut c_void, current: usize, initial: usize) -> usize {
    // SAFETY: `data` is the pointer that `add` gave with this function, to an entry that lives
    // until it was taken off V8's list. V8 calls on the isolate's thread, so no other reference to
    // the entry is in use meanwhile but shared ones below us on this stack; it is changed through
    // cells only.
    let entry = unsafe { &*data.cast::<Entry>() };
    // V8 is built without exceptions: no panic may cross into it.
    let answer = catch_unwind(AssertUnwindSafe(|| entry.handler.near_limit(current, initial)));
    let answer = answer.unwrap_or(Answer { limit: current, through: true });
    if answer.through {
        // V8 has copied what it needs of its list before it calls: Node's own callback takes itself
        // off in the same way (`Environment::RemoveHeapSnapshotNearHeapLimitCallback`).
        entry.remove();
    }
    // V8 wants no less than it has.
    answer.limit.max(current)
}
