//! Counts bytes on their way.

use std::io::{self, Write};

/// Passes everything on to `W` and counts it.
pub struct CountingWriter<W> {
    out: W,
    bytes: u64,
}

impl<W> CountingWriter<W> {
    /// Counts from zero.
    pub fn new(out: W) -> Self {
        Self { out, bytes: 0 }
    }

    /// `W`, and the number of bytes it took.
    pub fn finish(self) -> (W, u64) {
        (self.out, self.bytes)
    }
}

impl<W: Write> Write for CountingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
