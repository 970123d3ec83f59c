//! `v8::HeapSnapshot`: the graph V8 built, and the one who reads it.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::abi::FORMAT_JSON;
use super::output_stream::{ByteSink, CHUNK_BYTES, OutputStream};
use super::symbols::Symbols;

/// The owner's half of a snapshot: stays on the isolate's thread, and deletes.
///
/// Dropping it leaks V8's graph on purpose: memory is safe, the graph's size is not lost track of
/// by V8, and `HeapProfiler` frees it with the isolate.
pub struct HeapSnapshot {
    raw: NonNull<c_void>,
    symbols: &'static Symbols,
    reader_taken: bool,
    thread_bound: PhantomData<*const ()>,
}

/// The reader's half: at most one exists for a snapshot, and it may move to another thread.
pub struct SnapshotReader {
    raw: NonNull<c_void>,
    symbols: &'static Symbols,
}

// SAFETY: `HeapSnapshot::Serialize`, the one thing a reader does, touches no thread-local, no
// handle and no heap in any supported V8 (ABI map, section 8: call graph and test). It reads the
// snapshot, immutable once taken, and four words of the profiler. That nobody deletes the snapshot
// meanwhile is given by `HeapSnapshot::delete`, which wants the reader back; that no allocation
// tracker starts and no id is cleared is seen to by the caller (`tracks_allocations`, and the
// guard over in-process inspector sessions in lib/inspector-guard.js); that the isolate outlives it by
// the environment's cleanup hook, which joins the reading thread.
unsafe impl Send for SnapshotReader {}

impl HeapSnapshot {
    pub(super) fn new(raw: NonNull<c_void>, symbols: &'static Symbols) -> Self {
        Self { raw, symbols, reader_taken: false, thread_bound: PhantomData }
    }

    /// Hands out the reader, once.
    pub fn reader(&mut self) -> Option<SnapshotReader> {
        if std::mem::replace(&mut self.reader_taken, true) {
            return None;
        }
        Some(SnapshotReader { raw: self.raw, symbols: self.symbols })
    }

    /// Frees the graph. The reader comes back as the proof that nobody reads it any more.
    pub fn delete(self, reader: SnapshotReader) {
        debug_assert!(self.raw == reader.raw, "the reader of another snapshot");
        if self.raw != reader.raw {
            return;
        }
        // SAFETY: we are on the isolate's thread (`!Send`), the isolate lives (see `Isolate`),
        // the only reader was just consumed, and `self` is consumed, so this happens once.
        unsafe { (self.symbols.snapshot_delete)(self.raw.as_ptr()) };
    }
}

impl SnapshotReader {
    pub(super) fn raw(&self) -> *mut c_void {
        self.raw.as_ptr()
    }

    /// Writes the snapshot as JSON into `sink`. `true` when all of it went out.
    pub fn serialize(&mut self, sink: &mut dyn ByteSink) -> bool {
        self.serialize_in_pieces(sink, CHUNK_BYTES)
    }

    /// As [`Self::serialize`], in pieces of `chunk_bytes` bytes, the last one apart.
    pub fn serialize_in_pieces(&mut self, sink: &mut dyn ByteSink, chunk_bytes: i32) -> bool {
        let mut stream = OutputStream::new(sink, chunk_bytes);
        // SAFETY: the snapshot is alive (it can be deleted only with this reader in hand); the
        // stream outlives the call, starts with a pointer to a complete six-slot vtable, and its
        // chunk size is positive, the one thing V8 checks.
        unsafe {
            (self.symbols.snapshot_serialize)(
                self.raw.as_ptr(),
                (&raw mut stream).cast(),
                FORMAT_JSON,
            );
        }
        stream.ended()
    }
}
