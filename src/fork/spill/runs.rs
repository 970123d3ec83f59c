//! Large blocks: runs of granules.
//!
//! A vector or a table that grows leaves its old run behind: that is punched out of the file at
//! once and joined with its free neighbours.

use std::collections::BTreeMap;

/// Bytes of a granule: a multiple of every page size. Pages of it that are never written take
/// neither memory nor disk.
pub(super) const GRANULE: usize = 64 * 1024;

/// Granules, the first and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) first: usize,
    pub(super) count: usize,
}

impl Run {
    pub(super) fn bytes(self) -> usize {
        self.count * GRANULE
    }

    fn end(self) -> usize {
        self.first + self.count
    }
}

/// All runs.
pub(super) struct Runs {
    live: BTreeMap<usize, usize>,
    free: BTreeMap<usize, usize>,
    /// Granules from here on were never used.
    end: usize,
    limit: usize,
}

impl Runs {
    /// At most `limit` granules.
    pub(super) fn new(limit: usize) -> Self {
        Self { live: BTreeMap::new(), free: BTreeMap::new(), end: 0, limit }
    }

    /// A run of `count` granules whose first is a multiple of `alignment`, a power of two. The
    /// smallest hole that holds it, else the end.
    pub(super) fn allocate(&mut self, count: usize, alignment: usize) -> Option<Run> {
        let fits = |(first, length): (&usize, &usize)| {
            let start = first.next_multiple_of(alignment);
            let end = start.checked_add(count)?;
            (end <= first + length).then_some((*length, *first, start))
        };
        let found = self.free.iter().filter_map(fits).min();
        let start = match found {
            Some((length, first, start)) => {
                self.free.remove(&first);
                self.keep_free(first, start);
                self.keep_free(start + count, first + length);
                start
            }
            None => self.extend(count, alignment)?,
        };
        self.live.insert(start, count);
        Some(Run { first: start, count })
    }

    /// The run in use that begins at `first`.
    pub(super) fn get(&self, first: usize) -> Option<Run> {
        self.live.get(&first).map(|count| Run { first, count: *count })
    }

    /// Takes a run back; `None` where none in use begins there.
    pub(super) fn free(&mut self, first: usize) -> Option<Run> {
        let count = self.live.remove(&first)?;
        self.release(first, first + count);
        Some(Run { first, count })
    }

    /// Takes the granules of a run in use from `count` on back; answers them.
    pub(super) fn shrink(&mut self, first: usize, count: usize) -> Option<Run> {
        let held = self.live.get_mut(&first)?;
        if count >= *held || count == 0 {
            return None;
        }
        let tail = Run { first: first + count, count: *held - count };
        *held = count;
        self.release(tail.first, tail.end());
        Some(tail)
    }

    /// Makes a run in use longer where it stands, if what follows is free.
    pub(super) fn grow(&mut self, first: usize, count: usize) -> Option<Run> {
        let run = self.get(first)?;
        let (start, end) = (run.end(), first.checked_add(count)?);
        if start == self.end && end <= self.limit {
            self.end = end;
        } else {
            let hole_end = start + self.free.get(&start).copied()?;
            if hole_end < end {
                return None;
            }
            self.free.remove(&start);
            self.keep_free(end, hole_end);
        }
        self.live.insert(first, count);
        Some(Run { first, count })
    }

    fn extend(&mut self, count: usize, alignment: usize) -> Option<usize> {
        let start = self.end.next_multiple_of(alignment);
        let end = start.checked_add(count).filter(|end| *end <= self.limit)?;
        self.keep_free(self.end, start);
        self.end = end;
        Some(start)
    }

    fn keep_free(&mut self, start: usize, end: usize) {
        if start < end {
            self.free.insert(start, end - start);
        }
    }

    /// Adds to the free runs, joined with its neighbours.
    fn release(&mut self, mut start: usize, mut end: usize) {
        if let Some((&first, &count)) = self.free.range(..start).next_back()
            && first + count == start
        {
            self.free.remove(&first);
            start = first;
        }
        if let Some(count) = self.free.remove(&end) {
            end += count;
        }
        if end == self.end {
            self.end = start;
        } else {
            self.keep_free(start, end);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_joined_and_used_again() {
        let mut runs = Runs::new(10);
        let first: Vec<_> = (0..5).map(|_| runs.allocate(2, 1).unwrap().first).collect();
        assert_eq!(first, [0, 2, 4, 6, 8]);
        assert_eq!(runs.allocate(1, 1), None);
        for one in [2, 6, 4] {
            runs.free(one);
        }
        assert_eq!(runs.allocate(6, 1), Some(Run { first: 2, count: 6 }));
        assert_eq!(runs.free(3), None);
    }

    #[test]
    fn the_smallest_hole_is_taken() {
        let mut runs = Runs::new(100);
        for count in [5, 1, 3, 1] {
            runs.allocate(count, 1);
        }
        runs.free(0);
        runs.free(6);
        assert_eq!(runs.allocate(3, 1).unwrap().first, 6);
        assert_eq!(runs.allocate(5, 1).unwrap().first, 0);
    }

    #[test]
    fn alignment_wastes_nothing() {
        let mut runs = Runs::new(16);
        runs.allocate(1, 1);
        assert_eq!(runs.allocate(4, 4).unwrap().first, 4);
        assert_eq!(runs.allocate(3, 1).unwrap().first, 1);
        assert_eq!(runs.allocate(2, 8).unwrap().first, 8);
        assert_eq!(runs.allocate(8, 16), None);
        assert_eq!(runs.allocate(usize::MAX, 1), None);
    }

    #[test]
    fn grows_and_shrinks_in_place() {
        let mut runs = Runs::new(10);
        runs.allocate(2, 1);
        assert_eq!(runs.grow(0, 4), Some(Run { first: 0, count: 4 }));
        runs.allocate(1, 1);
        assert_eq!(runs.grow(0, 5), None);
        assert_eq!(runs.shrink(0, 1), Some(Run { first: 1, count: 3 }));
        assert_eq!(runs.grow(0, 3), Some(Run { first: 0, count: 3 }));
        assert_eq!(runs.allocate(1, 1).unwrap().first, 3);
        assert_eq!(runs.grow(4, 7), None);
        assert_eq!(runs.grow(4, 6), Some(Run { first: 4, count: 6 }));
    }
}
