//! Writes a profile as a compressed file, on a thread of its own.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;

use super::completion::Completion;
use super::thread;
use crate::error::{Error, Result};
use crate::sink::{Compression, CountingWriter, Digest, DigestWriter, Encoder, OutputFile};

/// Where a profile goes.
pub struct ProfileTarget {
    /// An existing, empty file.
    pub path: PathBuf,
    /// How it is packed.
    pub compression: Compression,
}

/// What was written.
#[derive(Clone, Debug)]
pub(super) struct ProfileFile {
    /// Size and SHA-256 of the file.
    pub(super) digest: Digest,
    /// Size before compression, in bytes.
    pub(super) raw_bytes: u64,
}

/// A thread that waits for V8's data, writes it, and gives it back.
pub(super) struct ProfileJob<I> {
    hand_over: Option<Sender<I>>,
    thread: Option<JoinHandle<Option<I>>>,
    aborted: Arc<AtomicBool>,
}

impl<I: Send + 'static> ProfileJob<I> {
    /// Opens the target and starts the thread. `export` writes JSON; `report` makes the result.
    pub(super) fn spawn<F: 'static, R: Send + Sync + 'static>(
        target: &ProfileTarget,
        completion: Completion<R>,
        export: impl FnOnce(&I, &mut dyn Write) -> io::Result<F> + Send + 'static,
        report: impl FnOnce(ProfileFile, F) -> R + Send + 'static,
    ) -> Result<Self> {
        let file = OutputFile::open(&target.path)?;
        let compression = target.compression;
        let (hand_over, input) = mpsc::channel::<I>();
        let aborted = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&aborted);
        let thread = thread::spawn("rsprof-compress", move || {
            let input = input.recv().ok()?;
            thread::settle(&completion, || {
                let (written, figures) =
                    write(file, compression, &flag, |out| export(&input, out))?;
                Ok(report(written, figures))
            });
            Some(input)
        })?;
        Ok(Self { hand_over: Some(hand_over), thread: Some(thread), aborted })
    }

    /// Gives the thread its work.
    pub(super) fn start(&mut self, input: I) {
        if let Some(hand_over) = self.hand_over.take() {
            // The thread waits for exactly this.
            let _thread_gone = hand_over.send(input);
        }
    }

    /// Makes the thread end at its next write.
    pub(super) fn abort(&self) {
        self.aborted.store(true, Ordering::Release);
    }

    /// Waits for the thread; gives back what it read.
    pub(super) fn join(&mut self) -> Option<I> {
        self.hand_over = None;
        self.thread.take().and_then(|thread| thread.join().ok().flatten())
    }
}

fn write<F>(
    file: OutputFile,
    compression: Compression,
    aborted: &AtomicBool,
    export: impl FnOnce(&mut dyn Write) -> io::Result<F>,
) -> Result<(ProfileFile, F)> {
    let fail = |source| {
        if aborted.load(Ordering::Acquire) {
            Error::Aborted
        } else {
            Error::Io { action: "writing the profile", source }
        }
    };
    let encoder = Encoder::new(compression, DigestWriter::new(file)).map_err(fail)?;
    let counted = CountingWriter::new(Abortable { out: encoder, aborted });
    let mut out = BufWriter::with_capacity(64 * 1024, counted);
    let figures = export(&mut out).map_err(fail)?;
    let counted = out.into_inner().map_err(|error| fail(error.into_error()))?;
    let (abortable, raw_bytes) = counted.finish();
    let (file, digest) = abortable.out.finish().map_err(fail)?.finish();
    file.sync()?;
    Ok((ProfileFile { digest, raw_bytes }, figures))
}

/// Stops when the capture is aborted.
struct Abortable<'a, W> {
    out: W,
    aborted: &'a AtomicBool,
}

impl<W: Write> Write for Abortable<'_, W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.aborted.load(Ordering::Acquire) {
            return Err(io::Error::other("aborted"));
        }
        self.out.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
