//! What grew from one file to the next, and where it is held.
//!
//! Two snapshots of one process are compared object by object, by V8's ids, as in DevTools' Comparison
//! view: [`ids`]. Files of different processes, and signatures, are compared by class and by retaining
//! path in class terms: [`ways`]. What is new is then followed to what holds it: [`growth`], [`holder`].
//! Which arrays, Maps and Sets have more entries is a list of its own: [`collections`].

mod collections;
mod compare;
mod contents;
mod ends;
mod growth;
mod holder;
mod ids;
mod sentence;
mod side;
mod table;
mod told;
mod ways;

use std::path::PathBuf;

use serde::Serialize;

use super::analysis::{Phase, Watcher};
use super::object::ObjectRef;
use super::path::PathStep;
use crate::error::{Error, Result};
use crate::heap::graph::Control;

/// What [`diff`] tells.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeapDiff {
    /// `heapDiff`.
    pub kind: &'static str,
    /// Oldest first.
    pub files: Vec<DiffFile>,
    /// How objects were told from each other.
    pub matched_by: MatchedBy,
    /// What grows and where it is held.
    pub verdict: String,
    /// The last file less the first.
    pub growth: HeapGrowth,
    /// The classes that changed most, in own size.
    pub classes: Vec<ClassChange>,
    /// What grows, the most telling first.
    pub growing: Vec<GrowingClass>,
    /// Collections that grew, most entries first; empty where one of the two is a signature.
    pub collections: Vec<GrownCollection>,
}

/// One of the files.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DiffFile {
    /// As it was given.
    pub path: PathBuf,
    /// Size of all objects, in bytes.
    pub total_size: u64,
    /// Number of objects.
    pub objects: u64,
}

/// How objects were told from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchedBy {
    /// By V8's ids: the files are of one process.
    Id,
    /// By class and retaining path.
    Class,
}

/// Growth of the whole heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeapGrowth {
    /// In bytes.
    pub total_size: i64,
    /// In objects.
    pub objects: i64,
}

/// A class from the first file to the last.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassChange {
    /// Name of the class.
    pub name: String,
    /// New objects; by class, the difference where it is positive.
    pub added: u64,
    /// Objects that are gone.
    pub removed: u64,
    /// `added - removed`.
    pub count_delta: i64,
    /// Own sizes of the new objects, in bytes.
    pub added_size: u64,
    /// Own sizes of those that are gone, in bytes.
    pub removed_size: u64,
    /// `added_size - removed_size`.
    pub size_delta: i64,
    /// Change of what the class retains, in bytes.
    pub retained_delta: i64,
    /// Objects in each file.
    pub counts: Vec<u64>,
    /// Their own sizes in each file, in bytes.
    pub sizes: Vec<u64>,
}

/// A class that grows, and who holds it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GrowingClass {
    /// Name of the class.
    pub class_name: String,
    /// What grows and where it is held.
    pub sentence: String,
    /// In objects.
    pub count_delta: i64,
    /// Own size, in bytes.
    pub size_delta: i64,
    /// In bytes.
    pub retained_delta: i64,
    /// Whether its size grew from each file to the next.
    pub monotonic: bool,
    /// What holds most of what is new; none where no single object does.
    pub holder: Option<ObjectRef>,
    /// A shortest way from a root to there.
    pub path: Vec<PathStep>,
    /// The same in one line, with what leads on to the new objects.
    pub path_text: String,
}

/// An array, a Map, a Set or an object used as a map that has more entries than before.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GrownCollection {
    /// It, in the last file.
    pub object: ObjectRef,
    /// What it is used as.
    pub collection: &'static str,
    /// References it holds: elements, values, or keys with their values.
    pub entries: u64,
    /// The same in the first file; none where it was not there.
    pub entries_before: Option<u64>,
    /// `entries - entries_before`.
    pub entries_delta: i64,
    /// Change of what it retains, in bytes.
    pub retained_delta: i64,
    /// A shortest way from a root.
    pub path_text: String,
}

/// Compares two or more files, oldest first: snapshots, plain or compressed, or signatures.
///
/// The first and the last are read at the same time, and both are in memory then; those between one by
/// one. Lists get at most `top` rows.
///
/// # Errors
///
/// [`Error::InvalidArgument`] where there are fewer than two files; what reading a file comes to.
pub fn diff(
    files: &[PathBuf],
    top: usize,
    control: &Control,
    watcher: &dyn Watcher,
) -> Result<HeapDiff> {
    let [first, between @ .., last] = files else {
        let detail = format!("a comparison takes two files or more; there are {}", files.len());
        return Err(Error::InvalidArgument(detail));
    };
    let ends = ends::read(first, last, control, watcher)?;
    watcher.begins(Phase::Report);
    let comparison = compare::compare(ends, [first, last], between, top, control)?;
    Ok(told::told(comparison, top))
}
