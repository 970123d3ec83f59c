//! Heap snapshots: the filter they pass while V8 writes them, and the engine that reads them later.
//!
//! - [`pass`]: one pass over the bytes, bounded memory: check, count, redact.
//! - [`graph`]: a file of any size as columns: dominators, retained sizes, distances, classes.
//! - [`HeapMarks`]: which objects there are, in a few bytes each, to be compared later.
//! - [`ClassCounts`]: how many objects of which class there are, without a snapshot.
//! - [`verdict`]: what a graph tells, in words.

mod class_counts;
pub mod graph;
mod header;
mod marks;
mod parallel;
mod pass;
pub mod verdict;

use crate::text::numbers;

pub use class_counts::{ClassCount, ClassCounts, NAME_BYTES};
pub use marks::{ClassChange, HeapChanges, HeapMarks};
pub use pass::{ClassFigure, Progress, SnapshotFigures, SnapshotStream, StreamOptions};
