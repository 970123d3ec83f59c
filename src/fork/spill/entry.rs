//! `malloc` and its relatives, as the loaded objects call them in a child that spills.
//!
//! The child has one thread and its signal handlers are reset, so nothing here is entered twice.
//! What this library allocates meanwhile goes to libc: its own offset table is left alone.

use std::ffi::{CStr, c_int, c_void};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicPtr, Ordering};

use super::super::got::{Original, Replacement};
use super::file::SpillFile;
use super::full;
use super::heap::{Fresh, LARGEST_ALIGNMENT, SpillHeap};
use super::sizes::ALIGNMENT;
use crate::error::{Error, Result};

/// The heap, from [`Spill::activate`] on; never freed.
static HEAP: AtomicPtr<SpillHeap> = AtomicPtr::new(null_mut());

/// A heap that takes the child's allocations.
pub(in super::super) struct Spill(());

impl Spill {
    /// Maps the file. In the child only, after its shared mappings were protected and its signals
    /// reset, before the offset tables are patched. What goes wrong later is told on `reports`.
    pub(in super::super) fn activate(spill: &SpillFile, reports: &File) -> Result<Self> {
        const MAPPING: &str = "mapping the spill file";
        let file = spill.file.try_clone().map_err(Error::io(MAPPING))?;
        let heap = SpillHeap::over(file, 2 * spill.half).map_err(Error::io(MAPPING))?;
        full::watch(heap.addresses(), reports.as_raw_fd());
        HEAP.store(Box::into_raw(Box::new(heap)), Ordering::Relaxed);
        Ok(Self(()))
    }

    /// Most bytes that were spilled at a time.
    pub(in super::super) fn bytes(&self) -> u64 {
        heap().map_or(0, |heap| heap.peak() as u64)
    }
}

/// The calls and their replacements, for a child that spills.
pub(in super::super) fn replacements() -> Vec<Replacement> {
    macro_rules! table {
        ($($name:literal => $with:path),+ $(,)?) => {
            vec![$(Replacement {
                name: $name,
                with: $with as *const c_void,
                spill: Some(original($name)),
            }),+]
        };
    }
    table! {
        c"malloc" => malloc,
        c"calloc" => calloc,
        c"realloc" => realloc,
        c"reallocarray" => reallocarray,
        c"free" => free,
        c"cfree" => free,
        c"memalign" => aligned,
        c"aligned_alloc" => aligned,
        c"valloc" => page_aligned,
        c"posix_memalign" => posix_memalign,
        c"malloc_usable_size" => usable_size,
        c"malloc_trim" => trim,
    }
}

/// Where libc has a function: not where calls of it go, which may be the executable's own jump.
fn original(name: &CStr) -> Original {
    for libc in [c"libc.so.6", c"libc.so"] {
        // SAFETY: both names are C strings. The library is loaded already and stays so, and nothing
        // is kept of the reference but the count.
        let found = unsafe {
            let library = libc::dlopen(libc.as_ptr(), libc::RTLD_LAZY | libc::RTLD_NOLOAD);
            if library.is_null() { null_mut() } else { libc::dlsym(library, name.as_ptr()) }
        };
        if !found.is_null() {
            return found;
        }
    }
    null()
}

fn heap() -> Option<&'static mut SpillHeap> {
    // SAFETY: null, or a heap that `activate` made and nobody frees. The functions here are called
    // by the child's one thread, and none of them calls another object while it has the
    // reference, so there is one reference at a time.
    unsafe { HEAP.load(Ordering::Relaxed).as_mut() }
}

/// A block; ends the child where the file is used up, and refuses what no file of ours could hold.
fn allocate(size: usize, alignment: usize) -> Option<Fresh> {
    let heap = heap()?;
    let block = heap.allocate(size, alignment);
    if block.is_none() && heap.could_hold(size) && alignment <= LARGEST_ALIGNMENT {
        full::tell_and_leave();
    }
    block
}

fn address(block: Option<Fresh>) -> *mut c_void {
    let Some(block) = block else {
        // SAFETY: the calling thread's own errno.
        unsafe { *libc::__errno_location() = libc::ENOMEM };
        return null_mut();
    };
    block.address.as_ptr().cast()
}

extern "C" fn malloc(size: usize) -> *mut c_void {
    address(allocate(size, ALIGNMENT))
}

extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    let block = count.checked_mul(size).and_then(|bytes| allocate(bytes, ALIGNMENT));
    if let Some(Fresh { address, zeroed: false }) = block {
        // SAFETY: a block of at least that many bytes, which nobody else has yet.
        unsafe { address.write_bytes(0, count * size) };
    }
    address(block)
}

/// Blocks from before the fork belong to libc: they stay, for nothing is gained by writing to
/// libc's tables, which would copy their pages.
extern "C" fn free(block: *mut c_void) {
    if let Some(heap) = heap() {
        heap.free(block.cast());
    }
}

extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
    if block.is_null() {
        return malloc(size);
    }
    if size == 0 {
        free(block);
        return null_mut();
    }
    if heap().is_some_and(|heap| heap.resize(block.cast(), size)) {
        return block;
    }
    let moved = malloc(size);
    if !moved.is_null() {
        let bytes = usable_size(block).min(size);
        // SAFETY: the old block has at least `bytes` bytes, as its own heap says; the new one, just
        // made, has `size`, so the two do not overlap. Old bytes that were never written are
        // copied as they are.
        unsafe { moved.cast::<u8>().copy_from_nonoverlapping(block.cast(), bytes) };
        free(block);
    }
    moved
}

extern "C" fn reallocarray(block: *mut c_void, count: usize, size: usize) -> *mut c_void {
    match count.checked_mul(size) {
        Some(bytes) => realloc(block, bytes),
        None => address(None),
    }
}

extern "C" fn aligned(alignment: usize, size: usize) -> *mut c_void {
    if !alignment.is_power_of_two() {
        return address(None);
    }
    address(allocate(size, alignment.max(ALIGNMENT)))
}

extern "C" fn page_aligned(size: usize) -> *mut c_void {
    const LARGEST_PAGE: usize = 64 * 1024;
    aligned(LARGEST_PAGE, size)
}

extern "C" fn posix_memalign(into: *mut *mut c_void, alignment: usize, size: usize) -> c_int {
    if !alignment.is_power_of_two() || alignment < size_of::<usize>() {
        return libc::EINVAL;
    }
    match allocate(size, alignment.max(ALIGNMENT)) {
        Some(block) => {
            // SAFETY: the caller's own argument, a place for a pointer.
            unsafe { *into = block.address.as_ptr().cast() };
            0
        }
        None => libc::ENOMEM,
    }
}

extern "C" fn usable_size(block: *mut c_void) -> usize {
    match heap() {
        Some(heap) if heap.owns(block.cast()) => heap.usable(block.cast()).unwrap_or(0),
        // SAFETY: null, or a block of libc's from before the fork, which stays valid because
        // `free` leaves those alone; nothing is written.
        _ => unsafe { libc::malloc_usable_size(block) },
    }
}

extern "C" fn trim(_keep: usize) -> c_int {
    0
}
