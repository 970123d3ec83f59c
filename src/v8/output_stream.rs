//! `v8::OutputStream`, implemented in Rust: a hand-made vtable over a [`ByteSink`].

use std::ffi::{c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::abi::{ABORT, CONTINUE, HeapStatsUpdate};
use super::vtable::{Vtable, never_destroyed};

/// Size of the pieces in which V8 hands over the JSON text, in bytes.
pub(super) const CHUNK_BYTES: c_int = 64 * 1024;

/// Takes V8's text, piece by piece, on the thread that serialises.
pub trait ByteSink {
    /// Takes the next piece; `false` makes V8 stop.
    fn write(&mut self, bytes: &[u8]) -> bool;
}

/// Takes what V8 counted of the objects it follows.
pub(super) trait StatsSink {
    /// Takes the next updates; `false` makes V8 stop.
    fn update(&mut self, updates: &[HeapStatsUpdate]) -> bool;
}

/// An object V8 can use as `v8::OutputStream*`.
#[repr(C)]
pub(super) struct OutputStream<'a> {
    /// First word of every C++ object with virtual functions: the address of slot 0.
    vtable: *const Slots,
    sink: Sink<'a>,
    chunk_size: c_int,
    ended: bool,
}

/// What V8 writes: text, or counts.
enum Sink<'a> {
    Bytes(&'a mut dyn ByteSink),
    Stats(&'a mut dyn StatsSink),
}

/// The six slots (Itanium ABI), the same in every V8 from 9.4 to 14.6.
#[repr(C)]
struct Slots {
    complete_destructor: unsafe extern "C" fn(*mut c_void),
    deleting_destructor: unsafe extern "C" fn(*mut c_void),
    end_of_stream: unsafe extern "C" fn(*mut OutputStream<'_>),
    chunk_size: unsafe extern "C" fn(*mut OutputStream<'_>) -> c_int,
    write_ascii: unsafe extern "C" fn(*mut OutputStream<'_>, *const c_char, c_int) -> c_int,
    write_stats: unsafe extern "C" fn(*mut OutputStream<'_>, *const c_void, c_int) -> c_int,
}

static VTABLE: Vtable<Slots> = Vtable::new(Slots {
    complete_destructor: never_destroyed,
    deleting_destructor: never_destroyed,
    end_of_stream,
    chunk_size,
    write_ascii,
    write_stats,
});

impl<'a> OutputStream<'a> {
    /// For text in pieces of `chunk_size` bytes, the last one apart; at least one byte.
    pub(super) fn new(sink: &'a mut dyn ByteSink, chunk_size: c_int) -> Self {
        Self::of(Sink::Bytes(sink), chunk_size)
    }

    /// For counts, that many updates at a time; at least one.
    pub(super) fn of_stats(sink: &'a mut dyn StatsSink, updates: c_int) -> Self {
        Self::of(Sink::Stats(sink), updates)
    }

    fn of(sink: Sink<'a>, chunk_size: c_int) -> Self {
        let chunk_size = chunk_size.max(1);
        Self { vtable: &raw const VTABLE.slots, sink, chunk_size, ended: false }
    }

    /// Whether V8 came to the end of the text.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }
}

unsafe extern "C" fn end_of_stream(this: *mut OutputStream<'_>) {
    // SAFETY: V8 passes back the pointer it was given by `SnapshotReader::serialize`, which
    // borrows the stream mutably for the whole call and uses it on this thread alone.
    unsafe { (*this).ended = true };
}

unsafe extern "C" fn chunk_size(this: *mut OutputStream<'_>) -> c_int {
    // SAFETY: as in `end_of_stream`.
    unsafe { (*this).chunk_size }
}

unsafe extern "C" fn write_ascii(
    this: *mut OutputStream<'_>,
    text: *const c_char,
    length: c_int,
) -> c_int {
    let Ok(length) = usize::try_from(length) else {
        return ABORT;
    };
    // SAFETY: as in `end_of_stream`; `text` is V8's chunk buffer, `length` bytes of it are
    // written, and it is neither freed nor changed before this call returns.
    let (stream, bytes) =
        unsafe { (&mut *this, std::slice::from_raw_parts(text.cast::<u8>(), length)) };
    // V8 is built without exceptions: no panic may cross into it.
    answer(|| match &mut stream.sink {
        Sink::Bytes(sink) => sink.write(bytes),
        Sink::Stats(_) => false,
    })
}

/// What V8 is told; a panic stops it.
fn answer(work: impl FnOnce() -> bool) -> c_int {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(true) => CONTINUE,
        Ok(false) | Err(_) => ABORT,
    }
}

unsafe extern "C" fn write_stats(
    this: *mut OutputStream<'_>,
    updates: *const c_void,
    count: c_int,
) -> c_int {
    let Ok(count) = usize::try_from(count) else {
        return ABORT;
    };
    // SAFETY: as in `end_of_stream`; `updates` is V8's own vector of `HeapStatsUpdate`, whose mirror
    // is checked in `abi`, `count` of them are written, and it does not change before this returns.
    let (stream, updates) = unsafe {
        (&mut *this, std::slice::from_raw_parts(updates.cast::<HeapStatsUpdate>(), count))
    };
    answer(|| match &mut stream.sink {
        Sink::Stats(sink) => sink.update(updates),
        Sink::Bytes(_) => false,
    })
}
