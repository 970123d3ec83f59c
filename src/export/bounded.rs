//! An export in memory, as long as it is not too large.

use std::io::{self, Write};

use super::format::{ExportOptions, export};
use crate::error::{Error, Result};
use crate::profile::Profile;

/// Writes an export that is text, of at most so many bytes.
///
/// # Errors
///
/// [`Error::Budget`] for a larger one, [`Error::Internal`] for one that is no text, and those of [`export`].
pub fn text(profile: &Profile, options: &ExportOptions, most: usize) -> Result<String> {
    let mut out = Bounded { bytes: Vec::new(), most, is_full: false };
    let written = export(profile, options, &mut out);
    if out.is_full {
        let what = format!("the data of this profile is larger than {most} bytes: export it");
        return Err(Error::Budget(what));
    }
    written?;
    String::from_utf8(out.bytes).map_err(|error| Error::Internal(error.to_string()))
}

struct Bounded {
    bytes: Vec<u8>,
    most: usize,
    is_full: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.most - self.bytes.len() {
            self.is_full = true;
            return Err(io::Error::other("too large"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
