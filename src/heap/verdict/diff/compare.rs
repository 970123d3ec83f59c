//! From files to findings, in numbers.

use std::path::{Path, PathBuf};

use super::super::analysis::Analysis;
use super::super::signature::{Signature, is_signature};
use super::ends::{Ends, Newer, NewerSnapshot, Older, OlderSnapshot, classes, named};
use super::growth::{self, Growing};
use super::ids::{Kept, Matched, Pair};
use super::side::Side;
use super::table::{ClassNames, FileTable, fold};
use super::{GrownCollection, MatchedBy, collections, ways};
use crate::error::Result;
use crate::heap::graph::{Control, Graph};
use crate::heap::parallel::both;

/// All that was found.
pub(super) struct Comparison {
    pub(super) names: ClassNames,
    /// One for each file, oldest first.
    pub(super) tables: Vec<FileTable>,
    pub(super) matched_by: MatchedBy,
    /// By number of the class; empty where objects were not matched.
    pub(super) kept: Vec<Kept>,
    /// The most telling first.
    pub(super) growing: Vec<Growing>,
    /// Most entries first.
    pub(super) collections: Vec<GrownCollection>,
}

/// Compares the first file with the last, and counts the classes of those between. At most `top` collections
/// are told.
pub(super) fn compare(
    ends: Ends,
    [first, last]: [&Path; 2],
    between: &[PathBuf],
    top: usize,
    control: &Control,
) -> Result<Comparison> {
    let Ends { older, newer } = ends;
    let mut names = ClassNames::default();
    // The newer one first: its classes keep their numbers.
    let (newer_side, analysis) = match &newer {
        Newer::Snapshot(one) => {
            let NewerSnapshot { analysis, sizes } = &**one;
            let Analysis { graph, tree, classes, .. } = analysis;
            (Side::snapshot(graph, tree, classes, sizes, &mut names), Some(analysis))
        }
        Newer::Signature(signature) => (Side::Signature(signature), None),
    };
    let (older_side, index) = match &older {
        Older::Snapshot(one) => {
            let OlderSnapshot { graph, tree, classes, sizes, index } = &**one;
            (Side::snapshot(graph, tree, classes, sizes, &mut names), Some(index))
        }
        Older::Signature(signature) => (Side::Signature(signature), None),
    };
    control.check()?;
    let mut tables = vec![older_side.table(first, &mut names), newer_side.table(last, &mut names)];
    let matched = match (older_side.classed(), index, newer_side.classed()) {
        (Some(older), Some(index), Some(newer)) => {
            Some(Matched::of(Pair { older, index, newer, classes: names.len() })?)
        }
        _ => None,
    };
    let matched = matched.filter(Matched::is_one_process);
    control.check()?;
    let growing = || match (&matched, analysis) {
        (Some(matched), Some(analysis)) => growth::find(analysis, matched, &tables),
        _ => {
            let (older, newer) = (older_side.ways(&mut names), newer_side.ways(&mut names));
            ways::growing(&older, &newer, &tables, &names, analysis)
        }
    };
    let collections = || match (&older, analysis) {
        (Older::Snapshot(older), Some(analysis)) => {
            collections::grown(analysis, older, matched.is_some(), top)
        }
        _ => Vec::new(),
    };
    let (growing, collections) = both(growing, collections)?;
    drop(older);
    for path in between {
        let table = named(path, || file_table(path, analysis, &mut names, control))?;
        tables.insert(tables.len() - 1, table);
    }
    let matched_by = if matched.is_some() { MatchedBy::Id } else { MatchedBy::Class };
    let kept = matched.map(|matched| matched.kept).unwrap_or_default();
    fold(&mut tables, &mut names);
    Ok(Comparison { names, tables, matched_by, kept, growing, collections })
}

/// Counts the classes of a file, named as those of the newest.
fn file_table(
    path: &Path,
    newest: Option<&Analysis>,
    names: &mut ClassNames,
    control: &Control,
) -> Result<FileTable> {
    if is_signature(path)? {
        return Ok(FileTable::of_signature(path, &Signature::read(path)?, names));
    }
    let (graph, sizes) = Graph::read(path, control)?;
    let sizes = sizes.owned(&graph);
    let classes = classes(&graph, newest);
    let numbers = names.numbers_of(&classes);
    Ok(FileTable::of_graph(path, &graph, &sizes, &classes, &numbers))
}
