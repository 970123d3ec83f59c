//! The sizes that small blocks are rounded up to.
//!
//! Steps of 16 bytes up to 512, so that V8's own kinds of block (a hash node, a deque's piece of
//! entries, its piece of edges) lie apart from each other; then four steps to each doubling.

/// Blocks of more bytes than this are runs of their own.
pub(super) const LARGEST: usize = 32 * 1024;
/// What libc's `malloc` guarantees, and compilers rely on.
pub(super) const ALIGNMENT: usize = 16;

const FINE: usize = 512;
const FINE_CLASSES: usize = FINE / ALIGNMENT;
const STEPS: usize = 4;
/// Number of classes.
pub(super) const CLASSES: usize =
    FINE_CLASSES + STEPS * (LARGEST.trailing_zeros() - FINE.trailing_zeros()) as usize;

/// The class of a block of `size` bytes at a multiple of `alignment`, a power of two; `None` where
/// it is no small block. A slab begins at a multiple of every power of two up to [`LARGEST`], so a
/// class whose size is a multiple of the alignment aligns all of its blocks.
pub(super) fn class_for(size: usize, alignment: usize) -> Option<usize> {
    let mut size = size.max(1);
    if alignment > ALIGNMENT {
        size = size.max(alignment).checked_next_power_of_two()?;
    }
    if size > LARGEST {
        return None;
    }
    if size <= FINE {
        return Some((size - 1) / ALIGNMENT);
    }
    // The doubling that `size - 1` lies in, and the quarter of it.
    let last = size - 1;
    let doubling = last.ilog2() as usize;
    let quarter = (last >> (doubling - 2)) & (STEPS - 1);
    Some(FINE_CLASSES + STEPS * (doubling - FINE.ilog2() as usize) + quarter)
}

/// Bytes of a block of this class.
pub(super) fn size_of_class(class: usize) -> usize {
    if class < FINE_CLASSES {
        return (class + 1) * ALIGNMENT;
    }
    let (doubling, quarter) = ((class - FINE_CLASSES) / STEPS, (class - FINE_CLASSES) % STEPS);
    (FINE << doubling) + (quarter + 1) * ((FINE << doubling) / STEPS)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_size_has_the_smallest_class_that_holds_it() {
        for size in 1..=LARGEST {
            let class = class_for(size, 1).unwrap();
            assert!(class < CLASSES);
            assert!(size_of_class(class) >= size, "{size}");
            assert!(class == 0 || size_of_class(class - 1) < size, "{size}");
        }
        assert_eq!(class_for(LARGEST, 1), Some(CLASSES - 1));
        assert_eq!(class_for(LARGEST + 1, 1), None);
        assert_eq!(class_for(usize::MAX, 64), None);
        assert_eq!(class_for(0, 1), Some(0));
    }

    #[test]
    fn sizes_keep_the_alignment() {
        for class in 0..CLASSES {
            assert_eq!(size_of_class(class) % ALIGNMENT, 0);
        }
        for alignment in (0..=15).map(|shift| 1_usize << shift) {
            for size in [0, 1, 24, 500, 513, 4097, 20_000] {
                let class = class_for(size, alignment).unwrap();
                assert_eq!(size_of_class(class) % alignment.min(LARGEST), 0, "{size} {alignment}");
            }
        }
    }
}
