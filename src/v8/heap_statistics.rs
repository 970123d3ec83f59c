//! `Isolate::GetHeapStatistics` and `GetHeapSpaceStatistics`: what the heap holds.
//!
//! Both read counters of the heap and allocate nothing on it, so a callback of the garbage collector may
//! call them (Node's own `v8.GCProfiler` does).

use std::ffi::CStr;
use std::ptr;

use super::Isolate;
use super::abi::{HeapSpaceStatistics, HeapStatistics};
use super::symbols::{ReadingSymbols, reading_symbols};
use crate::error::{Error, Result};

/// Sizes of a heap, in bytes, and its contexts.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeapFigures {
    /// In use.
    pub used: usize,
    /// Reserved.
    pub total: usize,
    /// Of that, for code.
    pub executable: usize,
    /// Of that, what has memory behind it.
    pub physical: usize,
    /// What may still be allocated.
    pub available: usize,
    /// What it may grow to.
    pub limit: usize,
    /// Outside of it, held by its objects.
    pub external: usize,
    /// V8's own memory from malloc.
    pub malloced: usize,
    /// The most there was of it.
    pub peak_malloced: usize,
    /// Contexts that exist.
    pub native_contexts: usize,
    /// Contexts that nobody needs any more.
    pub detached_contexts: usize,
}

impl Isolate {
    /// The heap as it is now.
    #[must_use]
    pub fn heap_figures(self) -> HeapFigures {
        let mut figures = HeapStatistics::default();
        // SAFETY: the isolate is this thread's. V8 writes its `HeapStatistics`, 112 to 120 bytes in every
        // known version (ABI map, section 4.2; the probe has looked), into 256 aligned bytes whose
        // every bit pattern is valid.
        unsafe { (self.symbols().heap_statistics)(self.raw(), (&raw mut figures).cast()) };
        HeapFigures {
            used: figures.used,
            total: figures.total,
            executable: figures.executable,
            physical: figures.physical,
            available: figures.available,
            limit: figures.limit,
            external: figures.external,
            malloced: figures.malloced,
            peak_malloced: figures.peak_malloced,
            native_contexts: figures.native_contexts,
            detached_contexts: figures.detached_contexts,
        }
    }
}

/// The groups that V8's spaces are told in.
const GROUPS: usize = 5;

/// Bytes of each group of spaces, as (in use, reserved).
#[derive(Clone, Copy, Debug, Default)]
pub struct SpaceFigures {
    /// New space, old space, code spaces, large object spaces, all others.
    pub groups: [(usize, usize); GROUPS],
}

/// The spaces of an isolate's heap: which group each belongs to.
pub struct HeapSpaces {
    isolate: Isolate,
    symbols: &'static ReadingSymbols,
    group_of: Vec<usize>,
}

impl HeapSpaces {
    /// The spaces of this heap.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where this V8 lacks a function for it.
    pub fn new(isolate: Isolate) -> Result<Self> {
        let symbols = reading_symbols().map_err(missing)?;
        // SAFETY: the isolate is this thread's; a getter without further arguments.
        let count = unsafe { (symbols.space_count)(isolate.raw()) };
        let mut spaces = Self { isolate, symbols, group_of: Vec::new() };
        spaces.group_of = (0..count).map(|index| group(spaces.name(index))).collect();
        Ok(spaces)
    }

    /// What they hold now.
    #[must_use]
    pub fn figures(&self) -> SpaceFigures {
        let mut figures = SpaceFigures::default();
        for (index, group) in self.group_of.iter().enumerate() {
            if let Some(space) = self.read(index) {
                let sum = &mut figures.groups[*group];
                *sum = (sum.0 + space.used, sum.1 + space.size);
            }
        }
        figures
    }

    fn name(&self, index: usize) -> &'static [u8] {
        let name = self.read(index).map_or(ptr::null(), |space| space.name);
        if name.is_null() {
            return b"";
        }
        // SAFETY: V8 answers a static, NUL-terminated text (ABI map, section 4.1).
        unsafe { CStr::from_ptr(name) }.to_bytes()
    }

    fn read(&self, index: usize) -> Option<HeapSpaceStatistics> {
        let mut space =
            HeapSpaceStatistics { name: ptr::null(), size: 0, used: 0, available: 0, physical: 0 };
        let (isolate, out) = (self.isolate.raw(), (&raw mut space).cast());
        // SAFETY: the isolate is this thread's; V8 writes its 40 bytes into a struct of that layout
        // (asserted in `abi`), and checks the index itself.
        unsafe { (self.symbols.space_statistics)(isolate, out, index) }.then_some(space)
    }
}

/// The group of a space, by V8's name for it.
fn group(name: &[u8]) -> usize {
    match name {
        b"new_space" => 0,
        b"old_space" => 1,
        b"code_space" | b"code_large_object_space" => 2,
        b"large_object_space" | b"new_large_object_space" => 3,
        _ => GROUPS - 1,
    }
}

/// What is said where a symbol is missing.
pub(super) fn missing(name: &'static str) -> Error {
    Error::Unsupported(format!("readings of the process: it does not export {name}"))
}

#[cfg(test)]
mod tests {
    use super::group;

    #[test]
    fn every_space_has_a_group() {
        for (name, expected) in [
            ("new_space", 0),
            ("old_space", 1),
            ("code_space", 2),
            ("code_large_object_space", 2),
            ("large_object_space", 3),
            ("new_large_object_space", 3),
            ("map_space", 4),
            ("read_only_space", 4),
            ("shared_large_object_space", 4),
            ("trusted_large_object_space", 4),
            ("", 4),
        ] {
            assert_eq!(group(name.as_bytes()), expected, "{name}");
        }
    }
}
