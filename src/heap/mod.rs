//! Heap snapshots: the filter they pass while V8 writes them, and the engine that reads them later.
//!
//! - [`pass`]: one pass over the bytes, bounded memory: check, count, redact.
//! - [`graph`]: a file of any size as columns: dominators, retained sizes, distances, classes.
//! - [`verdict`]: what a graph tells, in words.

pub mod graph;
mod header;
mod parallel;
mod pass;
pub mod verdict;

use crate::text::numbers;

pub use pass::{ClassFigure, Progress, SnapshotFigures, SnapshotStream, StreamOptions};
