//! One at a time among all processes of a host: a lock on a file that goes with its holder.
//!
//! It belongs to the open file (`flock(2)`): the kernel lets go of it when the last descriptor is
//! closed, however its process ends. A program that the process starts does not inherit it (O_CLOEXEC).
//! A child that is forked and goes on, rsprof's own for a snapshot, has a copy: [`HostLock::release`]
//! frees the lock for all copies at once, but where the holder is killed instead it is free when the
//! child has detached its descriptors, some milliseconds after the fork.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::error::{Error, Result};

/// A lock that is held. Dropping it frees it.
#[derive(Debug)]
pub struct HostLock(Option<File>);

impl HostLock {
    /// Takes the lock; `None` where somebody holds it, in this process or in another one.
    ///
    /// The file is made where it is missing, for its owner alone, and stays: who removes a lock's file
    /// makes two of one lock.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for a symbolic link and for what is no regular file; [`Error::Io`]
    /// where the system refuses the file, or has no locks there.
    pub fn try_take(path: &Path) -> Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(Some(file)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(Error::io("locking the lock file")(error)),
        }
    }

    /// Frees it. Harmless when repeated.
    pub fn release(&mut self) {
        if let Some(file) = self.0.take() {
            // A copy in a forked child would keep it: closing is not enough.
            let _closed_in_any_case = file.unlock();
        }
    }
}

impl Drop for HostLock {
    fn drop(&mut self) {
        self.release();
    }
}

fn open(path: &Path) -> Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC | libc::O_NONBLOCK)
        .open(path)
        .map_err(|error| refusal(path, error))?;
    let kind = file.metadata().map_err(Error::io("looking at the lock file"))?.file_type();
    if kind.is_file() { Ok(file) } else { Err(unfit(path, "is no regular file")) }
}

fn refusal(path: &Path, error: io::Error) -> Error {
    match error.raw_os_error() {
        Some(libc::ELOOP) => unfit(path, "is a symbolic link"),
        Some(libc::ENXIO | libc::EISDIR) => unfit(path, "is no regular file"),
        _ => Error::io("opening the lock file")(error),
    }
}

fn unfit(path: &Path, what: &str) -> Error {
    let path = path.display();
    Error::InvalidArgument(format!("the lock file {path} {what}: choose another path"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn has_one_holder() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let mut held = HostLock::try_take(&path).unwrap().unwrap();
        assert!(HostLock::try_take(&path).unwrap().is_none());
        held.release();
        held.release();
        let next = HostLock::try_take(&path).unwrap().unwrap();
        drop(held);
        assert!(HostLock::try_take(&path).unwrap().is_none());
        drop(next);
        assert!(HostLock::try_take(&path).unwrap().is_some());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn is_a_file_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        symlink(&target, &link).unwrap();
        let error = HostLock::try_take(&link).unwrap_err();
        assert!(error.to_string().contains("is a symbolic link"), "{error}");
        assert!(!target.exists());
        for other in [dir.path(), Path::new("/dev/null")] {
            let error = HostLock::try_take(other).unwrap_err();
            assert!(error.to_string().contains("is no regular file"), "{error}");
        }
        let missing = HostLock::try_take(&dir.path().join("no/lock")).unwrap_err();
        assert_eq!(missing.code(), "ERR_RSPROF_NOT_FOUND");
    }
}
