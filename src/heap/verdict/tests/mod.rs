//! Made-up heaps as files, and what is told of them.

mod classes;
mod collections;
mod errors;
mod growth;
mod heap;
mod ids;
mod inspection;
mod listing;
mod paths;
mod series;
mod signatures;

use std::path::Path;

use self::heap::Heap;
use super::Analysis;
use super::diff::{ClassChange, HeapDiff, diff};
use crate::heap::graph::Control;

/// The analysis of one heap.
fn analysis(heap: &Heap) -> Analysis {
    let file = heap.file();
    Analysis::of(file.path(), &Control::default(), &()).unwrap()
}

/// The comparison of some heaps, oldest first, with all rows.
fn compared(heaps: &[&Heap]) -> HeapDiff {
    let files: Vec<_> = heaps.iter().map(|heap| heap.file()).collect();
    let paths: Vec<&Path> = files.iter().map(tempfile::NamedTempFile::path).collect();
    compared_files(&paths).unwrap()
}

fn compared_files(paths: &[&Path]) -> crate::error::Result<HeapDiff> {
    let paths: Vec<_> = paths.iter().map(|path| path.to_path_buf()).collect();
    diff(&paths, 1000, &Control::default(), &())
}

fn row<'a>(diff: &'a HeapDiff, name: &str) -> &'a ClassChange {
    let found = diff.classes.iter().find(|row| row.name == name);
    found.unwrap_or_else(|| panic!("no row for {name}: {:?}", diff.classes))
}

/// Sentences of all that grows.
fn sentences(diff: &HeapDiff) -> Vec<&str> {
    diff.growing.iter().map(|one| &one.sentence[..]).collect()
}
