//! A file as chunks of text: opened, recognised, decompressed and read ahead on a thread of its own.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};

use flate2::read::MultiGzDecoder;

use crate::error::{Error, Result};

/// Bytes of text in a chunk, outside tests.
pub(crate) const CHUNK: usize = 1 << 20;

/// Room before a chunk's text, for the record that the chunk before it ended in.
pub(crate) const HEADROOM: usize = 1 << 10;

/// Chunks that are read ahead of the parser.
pub(crate) const AHEAD: usize = 4;

/// How a file is compressed; told by its first bytes, not by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// JSON as V8 writes it.
    Plain,
    /// gzip, one member or several.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// What the threads of one analysis share: how far it is, and whether it is to end.
#[derive(Debug, Default)]
pub struct Control {
    cancelled: AtomicBool,
    read: AtomicU64,
    size: AtomicU64,
}

impl Control {
    /// Asks the work to end; it does so with [`Error::Aborted`], soon.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Fails once [`Control::cancel`] was called.
    pub fn check(&self) -> Result<()> {
        if self.cancelled.load(Ordering::Relaxed) { Err(Error::Aborted) } else { Ok(()) }
    }

    /// Share of the file that was read, 0 to 1.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a share")]
    pub fn share_read(&self) -> f64 {
        let size = self.size.load(Ordering::Relaxed).max(1);
        (self.read.load(Ordering::Relaxed) as f64 / size as f64).min(1.0)
    }
}

/// An open file.
pub(crate) struct Source {
    file: File,
    /// Bytes of the file as it is.
    pub(crate) size: u64,
    pub(crate) encoding: Encoding,
    /// Bytes of text in a chunk.
    chunk: usize,
}

impl Source {
    /// Opens a regular file and looks at its first bytes.
    pub(crate) fn open(path: &Path, chunk: usize) -> Result<Self> {
        use std::io::Seek;
        // Before it is opened: a pipe's opening waits for somebody who writes.
        let meta = fs::metadata(path).map_err(Error::io("opening the file"))?;
        if !meta.is_file() {
            let source = match meta.is_dir() {
                true => io::ErrorKind::IsADirectory.into(),
                false => io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"),
            };
            return Err(Error::Io { action: "opening the file", source });
        }
        let mut file = File::open(path).map_err(Error::io("opening the file"))?;
        let mut head = Vec::with_capacity(4);
        (&file).take(4).read_to_end(&mut head).map_err(Error::io("reading the file"))?;
        file.rewind().map_err(Error::io("reading the file"))?;
        let encoding = match head[..] {
            [0x1F, 0x8B, ..] => Encoding::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD] => Encoding::Zstd,
            _ => Encoding::Plain,
        };
        Ok(Self { file, size: meta.len(), encoding, chunk })
    }

    /// The most text that can honestly come of this file, in bytes.
    ///
    /// Deflate makes at most 1,032 bytes of one; no snapshot comes near, in any format.
    pub(crate) fn most_text(&self) -> u64 {
        match self.encoding {
            Encoding::Plain => self.size,
            Encoding::Gzip | Encoding::Zstd => self.size.saturating_mul(1032),
        }
    }

    /// Reads to the end, or until nobody listens any more.
    pub(crate) fn send(
        self,
        chunks: &SyncSender<io::Result<Vec<u8>>>,
        spare: &Receiver<Vec<u8>>,
        control: &Control,
    ) {
        // Two files may be read under one control.
        control.size.fetch_add(self.size, Ordering::Relaxed);
        let file = Counted { file: self.file, read: &control.read };
        let pump = |text: &mut dyn Read| pump(text, self.chunk, chunks, spare);
        match self.encoding {
            Encoding::Plain => pump(&mut { file }),
            Encoding::Gzip => {
                let file = io::BufReader::with_capacity(1 << 17, file);
                pump(&mut MultiGzDecoder::new(file));
            }
            Encoding::Zstd => match zstd::stream::read::Decoder::new(file) {
                Ok(mut text) => pump(&mut text),
                Err(error) => drop(chunks.send(Err(error))),
            },
        }
    }
}

struct Counted<'a> {
    file: File,
    read: &'a AtomicU64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

fn pump(
    text: &mut dyn Read,
    size: usize,
    chunks: &SyncSender<io::Result<Vec<u8>>>,
    spare: &Receiver<Vec<u8>>,
) {
    loop {
        let mut chunk = spare.try_recv().unwrap_or_else(|_| vec![0; HEADROOM + size]);
        chunk.resize(HEADROOM + size, 0);
        let outcome = fill(text, &mut chunk[HEADROOM..]);
        let (length, failure) = match outcome {
            (length, Ok(())) => (length, None),
            (length, Err(error)) => (length, Some(error)),
        };
        chunk.truncate(HEADROOM + length);
        // What came before a failure is handed over first: the reader tells where the text ends.
        if length > 0 && chunks.send(Ok(chunk)).is_err() {
            return;
        }
        if let Some(error) = failure {
            let _ = chunks.send(Err(error));
            return;
        }
        if length < size {
            return;
        }
    }
}

fn fill(text: &mut dyn Read, buffer: &mut [u8]) -> (usize, io::Result<()>) {
    let mut length = 0;
    while length < buffer.len() {
        match text.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (length, Err(error)),
        }
    }
    (length, Ok(()))
}
