//! What every object has that plays one of C++ with virtual functions.

use std::ffi::c_void;

/// A table of virtual functions, `S` being its slots (Itanium ABI). What precedes slot 0 in memory: V8 is
/// built without RTTI, so both words are zero. Objects point at `slots`.
#[repr(C)]
pub(super) struct Vtable<S> {
    offset_to_top: isize,
    type_info: usize,
    pub(super) slots: S,
}

impl<S> Vtable<S> {
    pub(super) const fn new(slots: S) -> Self {
        Self { offset_to_top: 0, type_info: 0, slots }
    }
}

/// Both destructors. V8 never destroys an object it was lent; were it to, there is nothing to free.
pub(super) unsafe extern "C" fn never_destroyed(_this: *mut c_void) {}
