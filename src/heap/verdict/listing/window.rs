//! Which part of a list is wanted.

/// A part of a sorted list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Rows before it.
    pub offset: usize,
    /// Rows in it, at most.
    pub limit: usize,
}

impl Window {
    /// The first rows.
    #[must_use]
    pub fn first(limit: usize) -> Self {
        Self { offset: 0, limit }
    }
}

/// The part of `rows` that a window shows once they are sorted by `key`; only that part is sorted.
pub(in crate::heap::verdict) fn page<T, K: Ord>(
    mut rows: Vec<T>,
    window: Window,
    key: impl Fn(&T) -> K,
) -> Vec<T> {
    let end = window.offset.saturating_add(window.limit);
    if end < rows.len() {
        rows.select_nth_unstable_by_key(end, &key);
        rows.truncate(end);
    }
    if window.offset >= rows.len() {
        return Vec::new();
    }
    if window.offset > 0 {
        rows.select_nth_unstable_by_key(window.offset, &key);
        rows.drain(..window.offset);
    }
    rows.sort_unstable_by_key(&key);
    rows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn a_page_is_a_part_of_the_sorted_list(
            keys in proptest::collection::vec(0_u8..20, 0..60),
            offset in 0_usize..70,
            limit in 0_usize..70,
        ) {
            // With its place each row differs from all others.
            let rows: Vec<(u8, usize)> = keys.into_iter().zip(0..).collect();
            let mut sorted = rows.clone();
            sorted.sort_unstable();
            let wanted: Vec<_> = sorted.into_iter().skip(offset).take(limit).collect();
            prop_assert_eq!(page(rows, Window { offset, limit }, |row| *row), wanted);
        }
    }

    #[test]
    fn a_window_beyond_everything_shows_nothing() {
        let window = Window { offset: usize::MAX, limit: usize::MAX };
        assert!(page(vec![1, 2], window, |row| *row).is_empty());
        assert_eq!(page(vec![2, 1], Window { offset: 1, limit: usize::MAX }, |row| *row), [2]);
    }
}
