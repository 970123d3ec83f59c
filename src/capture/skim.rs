//! V8's text of a snapshot, read on the spot; none of it stays.

use std::io;

use crate::error::{Error, Result};
use crate::heap::SnapshotStream;
use crate::v8::{ByteSink, SnapshotReader};

/// Has V8 write the snapshot, and `stream` read it: not finished yet when it is given back.
///
/// # Errors
///
/// What `stream` finds wrong.
pub(crate) fn skim(reader: &mut SnapshotReader, stream: SnapshotStream) -> Result<SnapshotStream> {
    let mut sink = Skimmer { stream, failure: None };
    let complete = reader.serialize(&mut sink);
    match sink.failure {
        Some(failure) => Err(failure),
        None if !complete => {
            Err(Error::Internal("V8 stopped in the middle of the snapshot".into()))
        }
        None => Ok(sink.stream),
    }
}

struct Skimmer {
    stream: SnapshotStream,
    failure: Option<Error>,
}

impl ByteSink for Skimmer {
    fn write(&mut self, bytes: &[u8]) -> bool {
        self.failure = self.stream.push(bytes, &mut io::sink()).err();
        self.failure.is_none()
    }
}
