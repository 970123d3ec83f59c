//! Small blocks: slabs of one size class each.
//!
//! What is free is known from bitmaps outside the file: freeing a block does not write to it, so a
//! page that was written out needs not come back for it, and a slab without blocks is punched out
//! of the file instead of being written.

use super::sizes::{CLASSES, size_of_class};

/// Bytes of a slab. Pages of it that were never written take no memory and no disk, so generous.
pub(super) const SLAB_BYTES: usize = 256 * 1024;

const BITS: usize = u64::BITS as usize;
const FULL: u64 = u64::MAX;

/// A block given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Bytes from the first slab's begin.
    pub(super) offset: usize,
    /// Whether it holds zeros because it was never used.
    pub(super) fresh: bool,
    /// The slab that has just got full for the first time: nothing more will be carved from it.
    pub(super) finished: Option<usize>,
}

/// One slab in use.
struct Slab {
    class: usize,
    /// Blocks ever carved: those from here on were never used.
    carved: usize,
    live: usize,
    /// One bit a block that was carved and is in use.
    used: Box<[u64]>,
    /// Whether `partial` lists it.
    listed: bool,
}

/// The slabs of one class.
#[derive(Clone, Default)]
struct Class {
    current: Option<usize>,
    /// Slabs with freed blocks in them.
    partial: Vec<usize>,
}

/// All slabs.
pub(super) struct Slabs {
    slabs: Vec<Option<Slab>>,
    classes: Vec<Class>,
    /// Slabs that were used and are free again.
    vacant: Vec<usize>,
    limit: usize,
}

impl Slabs {
    /// At most `limit` slabs.
    pub(super) fn new(limit: usize) -> Self {
        let classes = vec![Class::default(); CLASSES];
        Self { slabs: Vec::new(), classes, vacant: Vec::new(), limit }
    }

    /// A block of a class; `None` where all slabs are in use.
    pub(super) fn allocate(&mut self, class: usize) -> Option<Block> {
        if let Some(block) = self.carve(class).or_else(|| self.reuse(class)) {
            return Some(block);
        }
        let fresh = self.open(class)?;
        self.classes.get_mut(class)?.current = Some(fresh);
        self.carve(class)
    }

    /// Takes a block back. Answers the number of a slab that has become empty and is no longer
    /// in use. A block that is not in use is left alone.
    pub(super) fn free(&mut self, offset: usize) -> Option<usize> {
        let index = offset / SLAB_BYTES;
        let slab = self.slabs.get_mut(index)?.as_mut()?;
        let block = (offset % SLAB_BYTES) / size_of_class(slab.class);
        let word = slab.used.get_mut(block / BITS)?;
        let bit = 1_u64 << (block % BITS);
        if *word & bit == 0 {
            return None;
        }
        *word &= !bit;
        slab.live -= 1;
        let class = self.classes.get_mut(slab.class)?;
        if class.current == Some(index) {
            return None;
        }
        if slab.live == 0 {
            class.partial.retain(|one| *one != index);
            *self.slabs.get_mut(index)? = None;
            self.vacant.push(index);
            return Some(index);
        }
        if !slab.listed {
            slab.listed = true;
            class.partial.push(index);
        }
        None
    }

    /// Bytes of the block at `offset`; `None` where no slab in use is.
    pub(super) fn size(&self, offset: usize) -> Option<usize> {
        let slab = self.slabs.get(offset / SLAB_BYTES)?.as_ref()?;
        Some(size_of_class(slab.class))
    }

    /// The next never used block of the current slab.
    fn carve(&mut self, class: usize) -> Option<Block> {
        let size = size_of_class(class);
        let index = self.classes.get(class)?.current?;
        let slab = self.slabs.get_mut(index)?.as_mut()?;
        let block = slab.carved;
        *slab.used.get_mut(block / BITS)? |= 1 << (block % BITS);
        slab.carved += 1;
        slab.live += 1;
        let finished = slab.carved == SLAB_BYTES / size;
        if finished {
            self.retire(class, index);
        }
        let offset = index * SLAB_BYTES + block * size;
        Some(Block { offset, fresh: true, finished: finished.then_some(index) })
    }

    /// The current slab has no block left that was never used.
    fn retire(&mut self, class: usize, index: usize) {
        let Some(class) = self.classes.get_mut(class) else { return };
        class.current = None;
        let Some(Some(slab)) = self.slabs.get_mut(index) else { return };
        if slab.live < slab.carved {
            slab.listed = true;
            class.partial.push(index);
        }
    }

    /// A freed block of a slab of the class.
    fn reuse(&mut self, class: usize) -> Option<Block> {
        let entry = self.classes.get_mut(class)?;
        while let Some(&index) = entry.partial.last() {
            let slab = self.slabs.get_mut(index)?.as_mut()?;
            let free = slab.used.iter().position(|word| *word != FULL);
            let word = free.and_then(|at| Some((at, slab.used.get_mut(at)?)));
            if let Some((at, word)) = word {
                let block = at * BITS + word.trailing_ones() as usize;
                if block < slab.carved {
                    *word |= 1 << (block % BITS);
                    slab.live += 1;
                    let offset = index * SLAB_BYTES + block * size_of_class(class);
                    return Some(Block { offset, fresh: false, finished: None });
                }
            }
            slab.listed = false;
            entry.partial.pop();
        }
        None
    }

    /// Puts another slab to use.
    fn open(&mut self, class: usize) -> Option<usize> {
        let blocks = SLAB_BYTES / size_of_class(class);
        let used = vec![0_u64; blocks.div_ceil(BITS)].into_boxed_slice();
        let slab = Some(Slab { class, carved: 0, live: 0, used, listed: false });
        if let Some(index) = self.vacant.pop() {
            *self.slabs.get_mut(index)? = slab;
            return Some(index);
        }
        if self.slabs.len() == self.limit {
            return None;
        }
        self.slabs.push(slab);
        Some(self.slabs.len() - 1)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::sizes::class_for;
    use super::*;

    #[test]
    fn blocks_of_one_class_follow_each_other_and_classes_lie_apart() {
        let mut slabs = Slabs::new(8);
        let (small, large) = (class_for(24, 1).unwrap(), class_for(504, 1).unwrap());
        let mut at = |class| slabs.allocate(class).unwrap().offset;
        assert_eq!([at(small), at(large), at(small)], [0, SLAB_BYTES, 32]);
        assert_eq!(at(large), SLAB_BYTES + 512);
    }

    #[test]
    fn a_freed_block_is_used_again_once_the_slab_is_carved() {
        let mut slabs = Slabs::new(1);
        let class = class_for(32_768, 1).unwrap();
        let blocks: Vec<_> = (0..8).map(|_| slabs.allocate(class).unwrap()).collect();
        assert_eq!(blocks[7].finished, Some(0));
        assert_eq!(slabs.allocate(class), None);
        assert_eq!(slabs.free(blocks[3].offset), None);
        let again = slabs.allocate(class).unwrap();
        assert_eq!((again.offset, again.fresh), (blocks[3].offset, false));
        assert_eq!(slabs.allocate(class), None);
    }

    #[test]
    fn an_empty_slab_goes_to_another_class() {
        let mut slabs = Slabs::new(1);
        let (one, other) = (class_for(32_768, 1).unwrap(), class_for(16, 1).unwrap());
        let blocks: Vec<_> = (0..8).map(|_| slabs.allocate(one).unwrap()).collect();
        assert_eq!(slabs.allocate(other), None);
        let emptied: Vec<_> = blocks.iter().filter_map(|block| slabs.free(block.offset)).collect();
        assert_eq!(emptied, [0]);
        assert!(slabs.allocate(other).unwrap().fresh);
    }

    #[test]
    fn freeing_twice_changes_nothing() {
        let mut slabs = Slabs::new(1);
        let block = slabs.allocate(0).unwrap();
        slabs.free(block.offset);
        slabs.free(block.offset);
        slabs.free(SLAB_BYTES * 7);
        assert!(slabs.allocate(0).unwrap().fresh);
    }
}
