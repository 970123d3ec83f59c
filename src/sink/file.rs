//! The file a capture goes to. Its creator is somebody else; here it is only filled.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::error::{Error, Result};

/// An existing regular file, open for writing from its start.
#[derive(Debug)]
pub struct OutputFile {
    file: File,
}

impl OutputFile {
    /// Opens the file at `path`, which must exist; what it holds is overwritten in place.
    ///
    /// A symbolic link as the last component is not followed, and a FIFO is not waited for.
    ///
    /// # Errors
    /// [`Error::Io`]: the system's refusal, or `InvalidInput` for anything but a regular file.
    pub fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC | libc::O_NONBLOCK)
            .open(path)
            .map_err(Error::io("opening the capture file"))?;
        let kind = file.metadata().map_err(Error::io("inspecting the capture file"))?.file_type();
        if !kind.is_file() {
            let refusal = io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
            return Err(Error::io("opening the capture file")(refusal));
        }
        Ok(Self { file })
    }

    /// The file itself.
    #[must_use]
    pub fn into_file(self) -> File {
        self.file
    }

    /// Waits until the bytes and the length are on the disk, and closes the file.
    ///
    /// # Errors
    /// [`Error::Io`] when fsync fails: the file must then be taken for lost.
    pub fn sync(self) -> Result<()> {
        self.file.sync_all().map_err(Error::io("syncing the capture file"))
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn fills_an_existing_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("capture.partial");
        fs::write(&path, b"").unwrap();
        let mut file = OutputFile::open(&path).unwrap();
        file.write_all(b"bytes").unwrap();
        file.sync().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"bytes");
    }

    #[test]
    fn does_not_create() {
        let dir = tempfile::tempdir().unwrap();
        let error = OutputFile::open(&dir.path().join("absent")).unwrap_err();
        assert_eq!(error.code(), "ERR_RSPROF_NOT_FOUND");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn does_not_follow_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        fs::write(&target, b"precious").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert_eq!(OutputFile::open(&link).unwrap_err().errno(), Some(libc::ELOOP));
        assert_eq!(fs::read(&target).unwrap(), b"precious");
    }

    #[test]
    fn refuses_what_is_not_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let error = OutputFile::open(dir.path()).unwrap_err();
        assert_eq!(error.code(), "ERR_RSPROF_IS_DIRECTORY");
        let error = OutputFile::open(Path::new("/dev/null")).unwrap_err();
        assert!(error.to_string().contains("not a regular file"), "{error}");
    }

    #[test]
    fn does_not_wait_for_a_fifo() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert_eq!(OutputFile::open(&path).unwrap_err().errno(), Some(libc::ENXIO));
    }
}
