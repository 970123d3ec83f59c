//! The file's mapping in the child.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;

/// Finished ranges that may be on their way to the disk at a time. Dirty pages cannot be reclaimed, and a
/// memory limit counts them: what V8 only appends to is written before the kernel has to ask.
const UNDER_WAY: usize = 16;

/// A mapped file. Unmapped and closed when dropped, which the child never does.
pub(super) struct Arena {
    base: NonNull<u8>,
    bytes: usize,
    file: File,
    under_way: VecDeque<Range<usize>>,
}

impl Arena {
    /// Maps the first `bytes` bytes, which the file must have, at a multiple of `alignment`, which
    /// must be a power of two and a multiple of the page size.
    pub(super) fn map(file: File, bytes: usize, alignment: usize) -> io::Result<Self> {
        let base = reserve(bytes, alignment)?;
        // SAFETY: replaces addresses that `reserve` has just got for us, all of them inside it.
        let address = unsafe {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let how = libc::MAP_SHARED | libc::MAP_FIXED;
            libc::mmap(base.as_ptr().cast(), bytes, access, how, file.as_raw_fd(), 0)
        };
        if address == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // No MADV_RANDOM: the kernel would forget which pages are in use, and evict the tables with
        // the rest. At a 51 MB heap under 280 MB that made 281,000 major faults instead of 234.
        Ok(Self { base, bytes, file, under_way: VecDeque::new() })
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The address of a byte.
    pub(super) fn at(&self, offset: usize) -> Option<NonNull<u8>> {
        // SAFETY: inside the mapping, which is one allocated object.
        (offset < self.bytes).then(|| unsafe { self.base.add(offset) })
    }

    /// Where an address lies; `None` outside.
    pub(super) fn offset_of(&self, address: *const u8) -> Option<usize> {
        let offset = (address as usize).checked_sub(self.base.as_ptr() as usize)?;
        (offset < self.bytes).then_some(offset)
    }

    /// Gives a range's memory and disk back: it reads as zeros then. `range` must hold no block in
    /// use, and begin and end at pages. Answers whether it worked.
    pub(super) fn punch(&self, range: Range<usize>) -> bool {
        self.advise(range, libc::MADV_REMOVE)
    }

    /// Has a range written to the disk that will hardly be written to again.
    pub(super) fn write_behind(&mut self, range: Range<usize>) {
        self.sync(&range, libc::SYNC_FILE_RANGE_WRITE);
        self.under_way.push_back(range);
        if self.under_way.len() > UNDER_WAY
            && let Some(oldest) = self.under_way.pop_front()
        {
            self.sync(&oldest, libc::SYNC_FILE_RANGE_WAIT_BEFORE);
            self.advise(oldest, libc::MADV_COLD);
        }
    }

    /// Whether an error is told later, as SIGBUS, or never, does not matter: the file is scratch.
    fn sync(&self, range: &Range<usize>, how: libc::c_uint) {
        let (start, length) = (range.start as libc::off64_t, range.len() as libc::off64_t);
        // SAFETY: changes no memory.
        unsafe { libc::sync_file_range(self.file.as_raw_fd(), start, length, how) };
    }

    fn advise(&self, range: Range<usize>, advice: libc::c_int) -> bool {
        if range.start > range.end || range.end > self.bytes {
            return false;
        }
        // SAFETY: inside the mapping. Of the advices used here only MADV_REMOVE changes what is
        // read, and `punch` asks its caller that nobody reads there.
        unsafe {
            let start = self.base.as_ptr().add(range.start);
            libc::madvise(start.cast(), range.len(), advice) == 0
        }
    }
}

/// Addresses for `bytes` bytes from a multiple of `alignment` on.
fn reserve(bytes: usize, alignment: usize) -> io::Result<NonNull<u8>> {
    let enough = bytes.checked_add(alignment).ok_or(io::ErrorKind::OutOfMemory)?;
    // SAFETY: a new mapping, at an address of the kernel's choice: nothing that exists changes.
    let address = unsafe {
        let how = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        libc::mmap(std::ptr::null_mut(), enough, libc::PROT_NONE, how, -1, 0)
    };
    if address == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    let skipped = (address as usize).next_multiple_of(alignment) - address as usize;
    let end = skipped + bytes;
    // SAFETY: both ends of the mapping just made, outside of what is used: skipped is less than
    // `alignment`, so `end` is less than `enough`, and both are multiples of a page.
    let base = unsafe {
        if skipped > 0 {
            libc::munmap(address, skipped);
        }
        libc::munmap(address.add(end), enough - end);
        address.add(skipped)
    };
    NonNull::new(base.cast()).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: the mapping made by `map`; whoever dropped the arena has no block of it in use.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.bytes) };
    }
}
