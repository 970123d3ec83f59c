//! The child's memory in a file, where memory is short.
//!
//! V8's graph is 4 to 15 times the heap. As anonymous memory it gets the child killed under a
//! memory limit; as pages of a file the kernel can write it out, and the limit costs time instead.
//! So the child's `malloc` and its relatives are redirected, in the same pass over the offset
//! tables as everything else, to a heap over an unlinked sparse file that is mapped shared:
//!
//! ```text
//! parent: SpillFile::create ── fork ──> child: activate (map, catch SIGBUS), patch
//!
//! malloc ─ entry ─> SpillHeap ─┬─ slabs: up to 32 KiB, one size a slab, bitmaps apart
//!                              ├─ runs: larger blocks, punched out of the file when freed
//!                              └─ arena: the mapping; full slabs are written behind
//! ```
//!
//! Blocks that libc handed out before the fork stay valid: their `free` is ignored, their
//! `realloc` copies. This library's own allocations stay libc's.

mod arena;
mod entry;
mod file;
mod full;
mod heap;
mod runs;
mod sizes;
mod slabs;

use crate::error::Error;

pub use file::SpillFile;

pub(super) use entry::{Spill, replacements};

/// The program's `malloc` is not libc's.
pub(super) fn unsupported() -> Error {
    Error::Unsupported("this program has an allocator of its own: its memory cannot spill".into())
}
