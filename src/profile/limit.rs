//! How much of a file is held: a few bytes of a compressed one may stand for gigabytes.

use crate::error::{Error, Result};

/// Nodes of the tree; V8's own trees have some thousands, an hour of minified code some millions.
pub(super) const MOST_NODES: usize = 1 << 26;

/// Samples: 37 hours of one a millisecond.
pub(super) const MOST_SAMPLES: usize = 1 << 27;

/// Sets of labels, and labels in a set: our own files have a thousand at most.
pub(super) const MOST_LABELS: usize = 1 << 16;

/// Lines with ticks, and deoptimisations.
pub(super) const MOST_ROWS: usize = 1 << 26;

/// Different function names, URLs and reasons together.
pub(super) const MOST_NAMES: usize = 1 << 22;

/// The number of the row that a column of `length` gets next, where there may be one more.
pub(super) fn grow(length: usize, most: usize, what: &str) -> Result<u32> {
    if length >= most {
        return Err(Error::Budget(format!("the profile has more than {most} {what}")));
    }
    Ok(length as u32)
}
