//! A heap over the file.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::ptr::NonNull;

use super::arena::Arena;
use super::runs::{GRANULE, Run, Runs};
use super::sizes::{ALIGNMENT, class_for, size_of_class};
use super::slabs::{SLAB_BYTES, Slabs};

/// The largest alignment that can be had.
pub(super) const LARGEST_ALIGNMENT: usize = SLAB_BYTES;

/// Blocks of one file: slabs in its first half, runs in its second.
pub(super) struct SpillHeap {
    arena: Arena,
    slabs: Slabs,
    runs: Runs,
    /// Where the runs begin.
    half: usize,
    in_use: usize,
    peak: usize,
    /// A range could not be punched: what is used again may hold old bytes.
    stained: bool,
}

/// A block, and whether it holds zeros because it was never used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fresh {
    pub(super) address: NonNull<u8>,
    pub(super) zeroed: bool,
}

impl SpillHeap {
    /// Over a file that has `bytes` bytes, all of them zeros.
    pub(super) fn over(file: File, bytes: usize) -> io::Result<Self> {
        Ok(Self::new(Arena::map(file, bytes, LARGEST_ALIGNMENT)?))
    }

    fn new(arena: Arena) -> Self {
        let half = arena.bytes() / 2 / SLAB_BYTES * SLAB_BYTES;
        Self {
            slabs: Slabs::new(half / SLAB_BYTES),
            runs: Runs::new((arena.bytes() - half) / GRANULE),
            arena,
            half,
            in_use: 0,
            peak: 0,
            stained: false,
        }
    }

    /// The addresses of its blocks.
    pub(super) fn addresses(&self) -> Range<usize> {
        let start = self.arena.at(0).map_or(0, |first| first.as_ptr() as usize);
        start..start + self.arena.bytes()
    }

    /// Most bytes that were in use at a time.
    pub(super) fn peak(&self) -> usize {
        self.peak
    }

    /// Whether a block of that size could ever be had.
    pub(super) fn could_hold(&self, size: usize) -> bool {
        size <= self.arena.bytes() - self.half
    }

    /// Whether the address is of this heap.
    pub(super) fn owns(&self, address: *const u8) -> bool {
        self.arena.offset_of(address).is_some()
    }

    /// A block of at least `size` bytes at a multiple of `alignment`, a power of two. `None` where
    /// the file is used up.
    pub(super) fn allocate(&mut self, size: usize, alignment: usize) -> Option<Fresh> {
        match class_for(size, alignment) {
            Some(class) => self.allocate_small(class),
            None => self.allocate_run(size, alignment),
        }
    }

    /// Takes a block back. An address at which no block begins is left alone.
    pub(super) fn free(&mut self, address: *const u8) {
        let Some(offset) = self.arena.offset_of(address) else { return };
        let Some(size) = self.usable(address) else { return };
        if offset < self.half {
            self.in_use = self.in_use.saturating_sub(size);
            if let Some(index) = self.slabs.free(offset) {
                self.punch(index * SLAB_BYTES, SLAB_BYTES);
            }
        } else if let Some(run) = self.runs.free((offset - self.half) / GRANULE) {
            self.in_use = self.in_use.saturating_sub(size);
            self.punch_run(run);
        }
    }

    /// Bytes that the block at `address` has; `None` where none of this heap begins.
    pub(super) fn usable(&self, address: *const u8) -> Option<usize> {
        let offset = self.arena.offset_of(address)?;
        if offset < self.half {
            return self.slabs.size(offset);
        }
        let run = self.runs.get((offset - self.half) / GRANULE)?;
        Some(run.bytes())
    }

    /// Makes a block hold `size` bytes where it stands. `false` where it must move.
    pub(super) fn resize(&mut self, address: *const u8, size: usize) -> bool {
        let Some(held) = self.usable(address) else { return false };
        let Some(offset) = self.arena.offset_of(address) else { return false };
        if offset < self.half {
            return class_for(size, ALIGNMENT).map(size_of_class) == Some(held);
        }
        if class_for(size, ALIGNMENT).is_some() {
            return false;
        }
        let (first, count) = ((offset - self.half) / GRANULE, size.div_ceil(GRANULE));
        if let Some(tail) = self.runs.shrink(first, count) {
            self.in_use = self.in_use.saturating_sub(tail.bytes());
            self.punch_run(tail);
        }
        if count * GRANULE <= held {
            return true;
        }
        let grown = self.runs.grow(first, count);
        if let Some(run) = grown {
            self.count(run.bytes() - held);
        }
        grown.is_some()
    }

    fn allocate_small(&mut self, class: usize) -> Option<Fresh> {
        let block = self.slabs.allocate(class)?;
        self.count(size_of_class(class));
        if let Some(index) = block.finished {
            let start = index * SLAB_BYTES;
            self.arena.write_behind(start..start + SLAB_BYTES);
        }
        let address = self.arena.at(block.offset)?;
        Some(Fresh { address, zeroed: block.fresh && !self.stained })
    }

    fn allocate_run(&mut self, size: usize, alignment: usize) -> Option<Fresh> {
        // The arena and its second half begin at multiples of this, and of no more.
        if alignment > LARGEST_ALIGNMENT {
            return None;
        }
        let count = size.div_ceil(GRANULE).max(1);
        let run = self.runs.allocate(count, alignment.div_ceil(GRANULE))?;
        self.count(run.bytes());
        let address = self.arena.at(self.half + run.first * GRANULE)?;
        Some(Fresh { address, zeroed: !self.stained })
    }

    fn punch_run(&mut self, run: Run) {
        self.punch(self.half + run.first * GRANULE, run.bytes());
    }

    fn punch(&mut self, start: usize, bytes: usize) {
        self.stained |= !self.arena.punch(start..start + bytes);
    }

    fn count(&mut self, bytes: usize) {
        self.in_use += bytes;
        self.peak = self.peak.max(self.in_use);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use proptest::prelude::*;

    use super::*;

    const BYTES: usize = 64 << 20;

    fn heap() -> (SpillHeap, File) {
        let file = tempfile::tempfile_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        file.set_len(BYTES as u64).unwrap();
        (SpillHeap::over(file.try_clone().unwrap(), BYTES).unwrap(), file)
    }

    fn fill(address: *mut u8, bytes: usize, with: u8) {
        // SAFETY: a block of the heap under test, of at least that many bytes.
        unsafe { address.write_bytes(with, bytes) };
    }

    fn holds(address: *const u8, bytes: usize, what: u8) -> bool {
        // SAFETY: as above, and written by `fill` or the file's own zeros.
        let bytes = unsafe { std::slice::from_raw_parts(address, bytes) };
        bytes.iter().all(|byte| *byte == what)
    }

    #[test]
    fn a_freed_table_leaves_the_disk_and_is_zero_again() {
        let (mut heap, file) = heap();
        let table = heap.allocate(8 << 20, 16).unwrap().address.as_ptr();
        fill(table, 8 << 20, 7);
        let written = file.metadata().unwrap().blocks();
        assert!(written * 512 >= 8 << 20);
        heap.free(table);
        assert!(file.metadata().unwrap().blocks() < written / 16);
        let again = heap.allocate(8 << 20, 16).unwrap();
        assert!(again.zeroed && again.address.as_ptr() == table);
        assert!(holds(table, 8 << 20, 0));
        assert_eq!(heap.peak(), 8 << 20);
    }

    #[test]
    fn a_freed_graph_leaves_the_disk() {
        let (mut heap, file) = heap();
        let nodes: Vec<_> = (0..100_000).map(|_| heap.allocate(24, 16).unwrap()).collect();
        nodes.iter().for_each(|node| fill(node.address.as_ptr(), 24, 1));
        assert!(nodes.iter().all(|node| node.zeroed));
        nodes.iter().for_each(|node| heap.free(node.address.as_ptr()));
        // The last slab is kept for the next blocks.
        assert!(file.metadata().unwrap().blocks() * 512 <= 2 * SLAB_BYTES as u64);
    }

    #[test]
    fn a_full_file_is_no_memory() {
        let (mut heap, _) = heap();
        assert!(heap.allocate(BYTES, 16).is_none());
        assert!(!heap.could_hold(BYTES) && heap.could_hold(BYTES / 2));
        assert!(heap.allocate(usize::MAX, 16).is_none());
        let mut taken = 0;
        while heap.allocate(16 << 10, 16).is_some() {
            taken += 16 << 10;
        }
        assert_eq!(taken, BYTES / 2);
        assert!(heap.allocate(1 << 20, 16).is_some());
    }

    #[test]
    fn strangers_are_left_alone() {
        let (mut heap, _) = heap();
        let stranger = [1_u8; 64];
        heap.free(stranger.as_ptr());
        assert!(!heap.owns(stranger.as_ptr()) && heap.usable(stranger.as_ptr()).is_none());
        assert!(!heap.resize(stranger.as_ptr(), 10));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Allocate { size: usize, shift: u32 },
        Free { which: usize },
        Resize { which: usize, size: usize },
    }

    fn sizes() -> impl Strategy<Value = usize> {
        prop_oneof![4 => 0..600_usize, 2 => 600..40_000_usize, 1 => 40_000..900_000_usize]
    }

    fn steps() -> impl Strategy<Value = Step> {
        prop_oneof![
            5 => (sizes(), 0..19_u32).prop_map(|(size, shift)| Step::Allocate { size, shift }),
            3 => any::<usize>().prop_map(|which| Step::Free { which }),
            2 => (any::<usize>(), sizes()).prop_map(|(which, size)| Step::Resize { which, size }),
        ]
    }

    /// A block as its owner knows it: address, bytes, what it was filled with.
    type Held = (*mut u8, usize, u8);

    fn run(heap: &mut SpillHeap, held: &mut Vec<Held>, mark: u8, step: &Step) {
        match *step {
            Step::Allocate { size, shift } => {
                let Some(block) = heap.allocate(size, 1 << shift) else { return };
                let address = block.address.as_ptr();
                assert_eq!(address as usize % (1 << shift), 0);
                let usable = heap.usable(address).unwrap();
                assert!(usable >= size && (!block.zeroed || holds(address, usable, 0)));
                fill(address, usable, mark);
                held.push((address, usable, mark));
            }
            Step::Free { which } if !held.is_empty() => {
                let (address, bytes, mark) = held.swap_remove(which % held.len());
                assert!(holds(address, bytes, mark));
                heap.free(address);
            }
            Step::Resize { which, size } if !held.is_empty() => {
                let index = which % held.len();
                let (address, bytes, mark) = held[index];
                if heap.resize(address, size) {
                    let now = heap.usable(address).unwrap();
                    assert!(now >= size && holds(address, bytes.min(now), mark));
                    fill(address, now, mark);
                    held[index].1 = now;
                }
            }
            _ => {}
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
        #[test]
        fn no_two_blocks_share_a_byte(steps in prop::collection::vec(steps(), 1..120)) {
            let (mut heap, _) = heap();
            let mut held = Vec::new();
            for (mark, step) in (1..=u8::MAX).cycle().zip(&steps) {
                run(&mut heap, &mut held, mark, step);
            }
            for (address, bytes, mark) in held {
                prop_assert!(holds(address, bytes, mark));
            }
        }
    }
}
