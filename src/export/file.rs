//! An export as a file.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::format::{ExportOptions, export};
use crate::error::{Error, Result};
use crate::profile::{Control, Profile};
use crate::sink::OutputFile;

/// Bytes that are written at once.
const BUFFER: usize = 64 * 1024;

/// What stands around the data.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Before it.
    pub head: String,
    /// After it.
    pub tail: String,
}

/// Fills the file at `path`, which must exist, and waits until it is on the disk.
///
/// # Errors
///
/// Those of [`export`], [`Error::Io`] of the file and [`Error::Aborted`].
pub fn write_file(
    profile: &Profile,
    options: &ExportOptions,
    page: &Page,
    path: &Path,
    control: &Control,
) -> Result<()> {
    let fail = Error::io("writing the export");
    let out = Abortable { out: OutputFile::open(path)?, control };
    let mut out = BufWriter::with_capacity(BUFFER, out);
    let written = out
        .write_all(page.head.as_bytes())
        .map_err(Error::io("writing the export"))
        .and_then(|()| export(profile, options, &mut out))
        .and_then(|()| {
            out.write_all(page.tail.as_bytes()).and_then(|()| out.flush()).map_err(fail)
        });
    let (file, _what_was_not_written) = out.into_parts();
    control.check()?;
    written?;
    file.out.sync()
}

/// Stops at the next write when it is to end.
struct Abortable<'a, W> {
    out: W,
    control: &'a Control,
}

impl<W: Write> Write for Abortable<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.control.check().map_err(io::Error::other)?;
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
