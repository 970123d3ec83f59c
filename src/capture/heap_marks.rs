//! Which objects there are now, without a file: V8's snapshot is read on the spot.

use std::io;

use crate::error::{Error, Result};
use crate::heap::{HeapMarks, SnapshotStream, StreamOptions};
use crate::v8::{ByteSink, HeapProfiler, SnapshotOptions};

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
    let mut sink = MarkSink { stream: SnapshotStream::marking(options), failure: None };
    let complete = reader.serialize(&mut sink);
    snapshot.delete(reader);
    match sink.failure {
        Some(failure) => Err(failure),
        None if !complete => {
            Err(Error::Internal("V8 stopped in the middle of the snapshot".into()))
        }
        None => sink.stream.finish_marks(),
    }
}

struct MarkSink {
    stream: SnapshotStream,
    failure: Option<Error>,
}

impl ByteSink for MarkSink {
    fn write(&mut self, bytes: &[u8]) -> bool {
        self.failure = self.stream.push(bytes, &mut io::sink()).err();
        self.failure.is_none()
    }
}
