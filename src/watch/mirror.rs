//! A file that outlives the process.
//!
//! It is written with `pwrite`, not mapped: a mapping of a file that somebody truncates is the end of the
//! process (SIGBUS), and the kernel's page cache survives SIGKILL and the OOM killer just the same.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use rustix::fs::{FallocateFlags, fallocate};

use super::process::file_size_limit;
use crate::error::{Error, Result};

/// Numbers of the tail.
pub(super) const TAIL: usize = 16;

/// What is to be mirrored where.
#[derive(Clone, Debug)]
pub struct MirrorRequest {
    /// The file; one that exists is emptied.
    pub path: PathBuf,
    /// Its size, all of it taken from the disk at once.
    pub bytes: u64,
    /// Where the thread writes 16 numbers by itself.
    pub tail_offset: u64,
}

/// An open mirror.
pub(super) struct Mirror {
    /// Locked by the thread alone while it writes; none after an error.
    file: Mutex<Option<File>>,
    bytes: u64,
    tail_offset: u64,
    pending: Mutex<Pending>,
    error: Mutex<Option<String>>,
}

#[derive(Default)]
struct Pending {
    queue: Queue,
    is_closed: bool,
}

/// What waits to be written.
#[derive(Default)]
struct Queue {
    bytes: Vec<u8>,
    /// Where in the file, and how many of `bytes`.
    parts: Vec<(u64, usize)>,
}

impl Mirror {
    /// Makes the file, for its owner alone, and takes its whole size from the disk.
    pub(super) fn open(request: &MirrorRequest) -> Result<Self> {
        let MirrorRequest { ref path, bytes, tail_offset } = *request;
        let tail_end = tail_offset.checked_add(TAIL as u64 * 8);
        if tail_end.is_none_or(|end| end > bytes) {
            let wanted = format!("tailOffset must leave {} of bytes: {bytes}", TAIL * 8);
            return Err(Error::InvalidArgument(wanted));
        }
        let (file, is_new) = open(path).map_err(Error::io("opening the mirror"))?;
        if let Err(error) = prepare(&file, bytes) {
            if is_new {
                // Nothing more can be done about it.
                let _gone = fs::remove_file(path);
            }
            return Err(error);
        }
        Ok(Self {
            file: Mutex::new(Some(file)),
            bytes,
            tail_offset,
            pending: Mutex::default(),
            error: Mutex::default(),
        })
    }

    /// Has the thread write a copy of `bytes`. What is more than the file holds, because the disk does not
    /// keep up, is dropped.
    pub(super) fn queue(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let end = offset.checked_add(bytes.len() as u64);
        if end.is_none_or(|end| end > self.bytes) {
            let size = self.bytes;
            let wanted =
                format!("{} bytes at {offset} are outside of the mirror's {size}", bytes.len());
            return Err(Error::InvalidArgument(wanted));
        }
        let Pending { queue, is_closed } = &mut *self.pending.lock();
        if !*is_closed && (queue.bytes.len() + bytes.len()) as u64 <= self.bytes {
            queue.bytes.extend_from_slice(bytes);
            queue.parts.push((offset, bytes.len()));
        }
        Ok(())
    }

    /// On the thread: writes what waits.
    pub(super) fn flush(&self, spare: &mut Spare) {
        std::mem::swap(&mut self.pending.lock().queue, &mut spare.0);
        let Queue { bytes, parts } = &mut spare.0;
        let mut rest = bytes.as_slice();
        for (offset, length) in parts.drain(..) {
            let (part, after) = rest.split_at(length);
            rest = after;
            self.write(offset, part);
        }
        bytes.clear();
    }

    /// On the thread: writes the tail.
    pub(super) fn write_tail(&self, numbers: [f64; TAIL]) {
        let mut bytes = [0; TAIL * 8];
        for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        self.write(self.tail_offset, &bytes);
    }

    /// Why it ended early.
    pub(super) fn error(&self) -> Option<String> {
        self.error.lock().clone()
    }

    fn write(&self, offset: u64, bytes: &[u8]) {
        let mut file = self.file.lock();
        let Some(open) = &*file else { return };
        if let Err(error) = open.write_all_at(bytes, offset) {
            *file = None;
            *self.error.lock() = Some(format!("writing the mirror failed: {error}"));
            *self.pending.lock() = Pending { queue: Queue::default(), is_closed: true };
        }
    }
}

/// Memory that the thread keeps from one flush to the next.
#[derive(Default)]
pub(super) struct Spare(Queue);

/// Answers whether the file is new.
fn open(path: &Path) -> io::Result<(File, bool)> {
    let mut options = OpenOptions::new();
    let flags = libc::O_NOFOLLOW | libc::O_CLOEXEC | libc::O_NONBLOCK;
    options.write(true).mode(0o600).custom_flags(flags);
    match options.clone().create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => return Ok((made?, true)),
    }
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok((file, false))
}

/// Empties it and gives it its size.
fn prepare(file: &File, bytes: u64) -> Result<()> {
    // Beyond this limit the kernel sends a signal that ends the process.
    if file_size_limit().is_some_and(|limit| bytes > limit) {
        let refusal = io::Error::from_raw_os_error(libc::EFBIG);
        return Err(Error::io("allocating the mirror")(refusal));
    }
    file.set_len(0).and_then(|()| allocate(file, bytes)).map_err(Error::io("allocating the mirror"))
}

/// Takes the blocks from the disk now, so that a full one is no surprise later.
fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, bytes).map_err(io::Error::from) {
        // Some network mounts, and file systems that copy on write.
        Err(error) if matches!(error.raw_os_error(), Some(libc::EOPNOTSUPP | libc::ENOSYS)) => {
            write_zeros(file, bytes)
        }
        allocated => allocated,
    }
}

fn write_zeros(mut file: &File, bytes: u64) -> io::Result<()> {
    io::copy(&mut io::Read::take(io::repeat(0), bytes), &mut file)?;
    file.flush()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn request(path: PathBuf) -> MirrorRequest {
        MirrorRequest { path, bytes: 4096, tail_offset: 64 }
    }

    #[test]
    fn writes_what_is_queued_and_the_tail() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mirror");
        let mirror = Mirror::open(&request(path.clone())).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read(&path).unwrap(), [0; 4096]);
        let mut spare = Spare::default();
        for round in 0..3 {
            mirror.queue(0, b"first").unwrap();
            mirror.queue(4091, b"-last").unwrap();
            mirror.queue(1, &[b'0' + round]).unwrap();
            mirror.flush(&mut spare);
        }
        mirror.write_tail([2.5; TAIL]);
        let bytes = fs::read(&path).unwrap();
        assert_eq!((&bytes[..5], &bytes[4091..]), (&b"f2rst"[..], &b"-last"[..]));
        assert_eq!(bytes[64..192], 2.5_f64.to_le_bytes().repeat(TAIL));
        assert_eq!((bytes.len(), bytes[63], bytes[192]), (4096, 0, 0));
        assert_eq!(mirror.error(), None);
    }

    #[test]
    fn refuses_what_lies_outside() {
        let dir = tempfile::tempdir().unwrap();
        let mirror = Mirror::open(&request(dir.path().join("mirror"))).unwrap();
        for (offset, length) in [(4096, 1), (4000, 97), (u64::MAX, 2)] {
            let error = mirror.queue(offset, &vec![0; length]).unwrap_err();
            assert_eq!(error.code(), "ERR_RSPROF_INVALID_ARG");
        }
        mirror.queue(4096, &[]).unwrap();
        for tail_offset in [4096, 4096 - 127, u64::MAX] {
            let request = MirrorRequest { tail_offset, ..request(dir.path().join("other")) };
            assert!(Mirror::open(&request).is_err());
        }
        assert!(!dir.path().join("other").exists());
    }

    #[test]
    fn what_waits_is_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let mirror = Mirror::open(&request(dir.path().join("mirror"))).unwrap();
        for _ in 0..100 {
            mirror.queue(0, &[1; 1000]).unwrap();
        }
        assert_eq!(mirror.pending.lock().queue.bytes.len(), 4000);
    }

    #[test]
    fn replaces_a_file_but_no_link() {
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("mirror"), dir.path().join("link"));
        fs::write(&path, "x".repeat(9999)).unwrap();
        symlink(&path, &link).unwrap();
        assert_eq!(Mirror::open(&request(link)).err().unwrap().errno(), Some(libc::ELOOP));
        assert_eq!(fs::read(&path).unwrap().len(), 9999);
        Mirror::open(&request(path.clone())).unwrap();
        assert_eq!(fs::read(&path).unwrap(), [0; 4096]);
        assert!(Mirror::open(&request("/dev/null".into())).is_err());
    }

    #[test]
    fn an_error_is_the_end_of_it_and_of_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mirror");
        let mirror = Mirror::open(&request(path.clone())).unwrap();
        // A descriptor that cannot be written to stands for a disk that fails.
        *mirror.file.lock() = Some(File::open(&path).unwrap());
        mirror.queue(0, b"lost").unwrap();
        mirror.queue(9, b"lost").unwrap();
        mirror.flush(&mut Spare::default());
        assert!(mirror.error().unwrap().starts_with("writing the mirror failed: "));
        assert!(mirror.file.lock().is_none());
        mirror.queue(0, b"more").unwrap();
        mirror.write_tail([0.0; TAIL]);
        assert!(mirror.pending.lock().queue.bytes.is_empty());
    }

    #[test]
    fn zeros_are_written_where_nothing_can_be_allocated() {
        let file = tempfile::tempfile().unwrap();
        write_zeros(&file, 100_000).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 100_000);
    }
}
