//! JSON files of any size as a stream: opened, recognised, decompressed, cut into tokens.
//!
//! The engines above turn [`Error::InvalidFile`], which tells the offset in the uncompressed text, into
//! their own error.

pub(crate) mod input;
pub(crate) mod json;
pub(crate) mod kind;
pub(crate) mod numbers;
pub(crate) mod source;
pub(crate) mod string;

use std::path::Path;
use std::sync::mpsc::{channel, sync_channel};
use std::thread;

pub use source::{Control, Encoding};

use crate::error::{Error, Result};
use input::Input;
use source::{AHEAD, Source};

/// What is known of a file before its text is read.
pub(crate) struct Head {
    /// How it is compressed.
    pub(crate) encoding: Encoding,
    /// The most text that can honestly come of it, in bytes.
    pub(crate) most_text: u64,
}

/// Hands a file to `parse`, `chunk` bytes at a time; another thread reads ahead.
pub(crate) fn read<T>(
    path: &Path,
    control: &Control,
    chunk: usize,
    parse: impl FnOnce(Input<'_>, Head) -> Result<T>,
) -> Result<T> {
    let source = Source::open(path, chunk)?;
    let head = Head { encoding: source.encoding, most_text: source.most_text() };
    let (send, chunks) = sync_channel(AHEAD);
    let (spare, spares) = channel();
    thread::scope(|scope| {
        let reader = thread::Builder::new().name("rsprof-read".into());
        reader
            .spawn_scoped(scope, move || source.send(&send, &spares, control))
            .map_err(no_thread)?;
        parse(Input::new(chunks, spare, control), head)
    })
}

/// The system gives no thread.
#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
pub(crate) fn no_thread(error: std::io::Error) -> Error {
    Error::Internal(format!("no thread: {error}"))
}
