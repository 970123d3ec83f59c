//! `Isolate::AddGCPrologueCallback` and `AddGCEpilogueCallback`: who is told of garbage collections.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Isolate;
use super::heap_statistics::missing;
use super::symbols::{ReadingSymbols, reading_symbols};
use crate::error::Result;

/// What V8 does about garbage, as it tells the two callbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    /// Of the young generation: a scavenge, or a minor mark-sweep.
    Young,
    /// Of all of the heap.
    Full,
    /// A step of incremental marking, or the weak callbacks after a collection.
    Other,
}

impl Collection {
    /// From V8's `GCType` (18 and later; ABI map, section 4.4).
    fn from_type(kind: c_int) -> Self {
        match kind {
            1 | 2 => Self::Young,
            4 => Self::Full,
            _ => Self::Other,
        }
    }
}

/// All kinds, of every version.
const ALL: c_int = 31;

/// Is told, on the isolate's thread, while its JavaScript stands still.
///
/// Must not run JavaScript, open handles, nor allocate on V8's heap.
pub trait OnCollection {
    /// One begins. Collections of different kinds may be nested.
    fn begins(&self, collection: Collection);
    /// It has ended.
    fn ended(&self, collection: Collection);
}

/// The shape of V8's callbacks: (isolate, kind, flags, data).
pub(super) type RawObserver = unsafe extern "C" fn(*mut c_void, c_int, c_int, *mut c_void);

/// Two callbacks that V8 knows. Dropping it takes them off.
pub struct GcObserver<H: OnCollection> {
    isolate: Isolate,
    symbols: &'static ReadingSymbols,
    /// Where V8's data pointer points: the address must not change.
    handler: Box<H>,
    registered: Cell<bool>,
}

impl<H: OnCollection> GcObserver<H> {
    /// Has V8 tell `handler`.
    ///
    /// # Errors
    ///
    /// [`crate::error::Error::Unsupported`] where this V8 lacks a function for it.
    pub fn add(isolate: Isolate, handler: H) -> Result<Self> {
        let symbols = reading_symbols().map_err(missing)?;
        let handler = Box::new(handler);
        let data = (&raw const *handler).cast_mut().cast();
        // SAFETY: `isolate` is the live isolate of this thread (see `Isolate`). `data` is read by the two
        // callbacks alone, as the `H` it is; it stays where it is until `remove`, which `Drop` sees to.
        // The pair of callback and data is new to V8: no other box has this address.
        unsafe {
            (symbols.add_gc_prologue)(isolate.raw(), begins::<H>, data, ALL);
            (symbols.add_gc_epilogue)(isolate.raw(), ended::<H>, data, ALL);
        }
        Ok(Self { isolate, symbols, handler, registered: Cell::new(true) })
    }

    /// Who is told.
    #[must_use]
    pub fn handler(&self) -> &H {
        &self.handler
    }

    /// Takes them off. Harmless when repeated.
    pub fn remove(&self) {
        if !self.registered.replace(false) {
            return;
        }
        let (isolate, data) = (self.isolate.raw(), (&raw const *self.handler).cast_mut().cast());
        // SAFETY: on the isolate's thread (`Isolate` is not `Send`, so neither is this); the isolate lives
        // (the readings are released by the environment's cleanup hook at the latest); both pairs are in
        // its lists: `registered` was true, which `add` alone makes it.
        unsafe {
            (self.symbols.remove_gc_prologue)(isolate, begins::<H>, data);
            (self.symbols.remove_gc_epilogue)(isolate, ended::<H>, data);
        }
    }
}

impl<H: OnCollection> Drop for GcObserver<H> {
    fn drop(&mut self) {
        self.remove();
    }
}

unsafe extern "C" fn begins<H: OnCollection>(
    _isolate: *mut c_void,
    kind: c_int,
    _flags: c_int,
    data: *mut c_void,
) {
    // SAFETY: `data` is what `add` gave with this very `begins::<H>`: a handler that lives until it is
    // taken off. V8 calls on the isolate's thread, and no exclusive reference to the handler exists.
    let handler = unsafe { &*data.cast::<H>() };
    // V8 is built without exceptions: no panic may cross into it. The collection is not counted then.
    let _missed = catch_unwind(AssertUnwindSafe(|| handler.begins(Collection::from_type(kind))));
}

unsafe extern "C" fn ended<H: OnCollection>(
    _isolate: *mut c_void,
    kind: c_int,
    _flags: c_int,
    data: *mut c_void,
) {
    // SAFETY: as in `begins`.
    let handler = unsafe { &*data.cast::<H>() };
    let _missed = catch_unwind(AssertUnwindSafe(|| handler.ended(Collection::from_type(kind))));
}

#[cfg(test)]
mod tests {
    use super::Collection;

    #[test]
    fn knows_the_types() {
        let kinds = [1, 2, 4, 8, 16].map(Collection::from_type);
        use Collection::{Full, Other, Young};
        assert_eq!(kinds, [Young, Young, Full, Other, Other]);
    }
}
