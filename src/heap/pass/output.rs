//! What goes out when the bytes do not pass unchanged.

use std::io::Write;

use crate::error::{Error, Result};

/// What is gathered before it is written, in bytes.
const PIECE_BYTES: usize = 65_536;

/// What a failed write was about.
pub(super) const WRITING: &str = "writing the capture";

/// Gathers small pieces for a writer. What is left must be drained in the end.
pub(super) struct Output<'a> {
    buffer: &'a mut Vec<u8>,
    out: &'a mut dyn Write,
}

impl<'a> Output<'a> {
    /// `buffer` may hold what was gathered for `out` before.
    pub(super) fn new(buffer: &'a mut Vec<u8>, out: &'a mut dyn Write) -> Self {
        Self { buffer, out }
    }

    /// The buffer, to append to, with room made before.
    #[inline]
    pub(super) fn gather(&mut self) -> Result<&mut Vec<u8>> {
        if self.buffer.len() >= PIECE_BYTES {
            self.drain()?;
        }
        Ok(self.buffer)
    }

    /// Appends bytes.
    #[inline]
    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.gather()?.extend_from_slice(bytes);
        Ok(())
    }

    /// Writes everything gathered.
    pub(super) fn drain(&mut self) -> Result<()> {
        self.out.write_all(self.buffer).map_err(Error::io(WRITING))?;
        self.buffer.clear();
        Ok(())
    }
}
