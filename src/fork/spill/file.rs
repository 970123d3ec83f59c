//! The spill file, as the parent makes it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::runs::GRANULE;
use super::slabs::SLAB_BYTES;
use crate::error::{Error, Result};

const MAKING: &str = "making the spill file";

/// Most that may be spilled, whatever the disk has.
const LARGEST: u64 = 1 << 38;
/// Less than this on the disk is not worth a try.
const SMALLEST: u64 = 64 << 20;
/// This part of the free disk is left to others.
const LEFT_TO_OTHERS: u64 = 16;

/// An unlinked sparse file, to be mapped by one child. It takes no disk until pages are written,
/// and nothing is left of it when the child is gone.
pub struct SpillFile {
    pub(super) file: File,
    /// Bytes of each of its two halves.
    pub(super) half: usize,
}

impl SpillFile {
    /// Makes one in a directory on a real disk.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where the directory's files are memory themselves (tmpfs, ramfs),
    /// [`Error::Io`] where there is no room or no right.
    pub fn create(directory: &Path) -> Result<Self> {
        let file = unlinked(directory).map_err(Error::io(MAKING))?;
        let disk = disk(&file).map_err(Error::io(MAKING))?;
        if disk.is_memory {
            let directory = directory.display();
            return Err(Error::Unsupported(format!(
                "{directory} is in memory: cannot spill there"
            )));
        }
        // Each half could take all of it. What is not written takes nothing.
        let room = disk.free - disk.free / LEFT_TO_OTHERS;
        let room = room.min(LARGEST).min(file_size_limit() / 2);
        let half = usize::try_from(room).unwrap_or(0) / SLAB_BYTES * SLAB_BYTES;
        if (half as u64) < SMALLEST {
            return Err(Error::io(MAKING)(io::Error::from_raw_os_error(libc::ENOSPC)));
        }
        file.set_len(2 * half as u64).map_err(Error::io(MAKING))?;
        Ok(Self { file, half })
    }
}

impl AsRawFd for SpillFile {
    fn as_raw_fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }
}

const _: () = assert!(SLAB_BYTES.is_multiple_of(GRANULE));

/// A file that has no name and cannot get one; where that does not exist, one that had a name.
fn unlinked(directory: &Path) -> io::Result<File> {
    let nameless = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_TMPFILE | libc::O_EXCL | libc::O_CLOEXEC)
        .mode(0o600)
        .open(directory);
    match nameless.as_ref().map_err(io::Error::raw_os_error) {
        Err(Some(libc::EOPNOTSUPP | libc::EISDIR | libc::ENOENT | libc::EINVAL)) => {
            tempfile::tempfile_in(directory)
        }
        _ => nameless,
    }
}

struct Disk {
    free: u64,
    is_memory: bool,
}

#[allow(
    clippy::unnecessary_cast,
    clippy::cast_sign_loss,
    reason = "the fields' types differ between libraries; none is negative"
)]
fn disk(file: &File) -> io::Result<Disk> {
    const TMPFS: u64 = 0x0102_1994;
    const RAMFS: u64 = 0x8584_58f6;
    // SAFETY: all-zero is a statfs; the call fills it. The descriptor is open.
    let (refused, figures) = unsafe {
        let mut figures: libc::statfs = std::mem::zeroed();
        (libc::fstatfs(file.as_raw_fd(), &raw mut figures), figures)
    };
    if refused != 0 {
        return Err(io::Error::last_os_error());
    }
    let magic = figures.f_type as u64 & 0xffff_ffff;
    let free = (figures.f_bavail as u64).saturating_mul(figures.f_bsize as u64);
    Ok(Disk { free, is_memory: magic == TMPFS || magic == RAMFS })
}

/// Growing a file beyond this would end the process with SIGXFSZ.
fn file_size_limit() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: fills the struct.
    let refused = unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) };
    if refused == 0 { limit.rlim_cur } else { u64::MAX }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn it_is_nameless_private_and_takes_no_disk() {
        let directory = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let spill = SpillFile::create(directory.path()).unwrap();
        let about = spill.file.metadata().unwrap();
        assert_eq!((about.nlink(), about.blocks(), about.mode() & 0o777), (0, 0, 0o600));
        assert_eq!(about.len(), 2 * spill.half as u64);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn memory_is_refused() {
        let refusal = SpillFile::create(Path::new("/dev/shm")).err().unwrap();
        assert_eq!(refusal.code(), "ERR_RSPROF_UNSUPPORTED");
    }

    #[test]
    fn a_missing_directory_is_told() {
        let refusal = SpillFile::create(Path::new("/nowhere/at/all")).err().unwrap();
        assert_eq!(refusal.code(), "ERR_RSPROF_NOT_FOUND");
    }
}
