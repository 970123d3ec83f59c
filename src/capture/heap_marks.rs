//! Which objects there are now, without a file: V8's snapshot is read on the spot.

use super::skim::skim;
use crate::error::{Error, Result};
use crate::heap::{HeapMarks, SnapshotStream, StreamOptions};
use crate::v8::{HeapProfiler, SnapshotOptions};

/// Stops the thread for a heap snapshot, of which a few bytes an object stay.
///
/// # Errors
///
/// [`Error::Refused`] where V8 takes another snapshot; [`Error::InvalidSnapshot`] for one that
/// contradicts itself.
pub fn mark_heap(profiler: &HeapProfiler) -> Result<HeapMarks> {
    let mut snapshot = profiler.take_snapshot(SnapshotOptions::default())?;
    let reader = snapshot.reader();
    let mut reader = reader.ok_or_else(|| Error::Internal("the snapshot has a reader".into()))?;
    let options = StreamOptions { redact: None, top_classes: 0 };
    let read = skim(&mut reader, SnapshotStream::marking(options));
    snapshot.delete(reader);
    read?.finish_marks()
}
