//! The tail of every snapshot: check and count, redact, compress, digest, write.

use std::io::Write;

use crate::error::{Error, Result};
use crate::heap::{Progress, SnapshotFigures, SnapshotStream, StreamOptions};
use crate::sink::{Compression, CountingWriter, Digest, DigestWriter, Encoder};

const WRITING: &str = "writing the capture";

/// Takes V8's JSON, piece by piece, and writes the finished bytes to `W`.
pub struct SnapshotWriter<W: Write> {
    stream: SnapshotStream,
    encoder: CountingWriter<Encoder<DigestWriter<W>>>,
}

/// What went out.
#[derive(Clone, Debug)]
pub struct Written {
    /// Size and SHA-256 of what was written.
    pub digest: Digest,
    /// Size before compression, in bytes; redaction changes it.
    pub raw_bytes: u64,
    /// What the snapshot holds.
    pub figures: SnapshotFigures,
}

impl<W: Write> SnapshotWriter<W> {
    /// Writes to `out`, compressed.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] where the encoder cannot be set up.
    pub fn new(out: W, compression: Compression, options: StreamOptions) -> Result<Self> {
        let encoder =
            Encoder::new(compression, DigestWriter::new(out)).map_err(Error::io(WRITING))?;
        Ok(Self { stream: SnapshotStream::new(options), encoder: CountingWriter::new(encoder) })
    }

    /// Takes the next piece.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSnapshot`] as soon as the bytes contradict themselves, [`Error::Io`].
    pub fn push(&mut self, piece: &[u8]) -> Result<()> {
        self.stream.push(piece, &mut self.encoder)
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.stream.progress()
    }

    /// Ends the stream and gives `W` back.
    ///
    /// # Errors
    ///
    /// As [`Self::push`]; also where the snapshot is not complete.
    pub fn finish(self) -> Result<(W, Written)> {
        let Self { stream, mut encoder } = self;
        let figures = stream.finish(&mut encoder)?;
        let (encoder, raw_bytes) = encoder.finish();
        let writer = encoder.finish().map_err(Error::io(WRITING))?;
        let (out, digest) = writer.finish();
        Ok((out, Written { digest, raw_bytes, figures }))
    }
}
