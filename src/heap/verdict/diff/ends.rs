//! The first file and the last, read at the same time.

use std::path::Path;

use super::super::analysis::{Analysis, Watcher};
use super::super::signature::{Signature, is_signature};
use super::ids::IdIndex;
use crate::error::{Error, Result};
use crate::heap::graph::{ClassSizes, Classes, Control, DominatorTree, Dominators, Graph};
use crate::heap::parallel::both;

/// What is compared.
pub(super) struct Ends {
    pub(super) older: Older,
    pub(super) newer: Newer,
}

pub(super) enum Older {
    Snapshot(Box<OlderSnapshot>),
    Signature(Signature),
}

/// Of the older file no more is worked out than is compared.
pub(super) struct OlderSnapshot {
    pub(super) graph: Graph,
    pub(super) tree: DominatorTree,
    /// Named as those of the newer file, where that is a snapshot too.
    pub(super) classes: Classes,
    /// Of each class.
    pub(super) sizes: Vec<ClassSizes>,
    pub(super) index: IdIndex,
}

pub(super) enum Newer {
    Snapshot(Box<NewerSnapshot>),
    Signature(Signature),
}

/// The newer file tells where things are held.
pub(super) struct NewerSnapshot {
    pub(super) analysis: Analysis,
    /// Of each class.
    pub(super) sizes: Vec<ClassSizes>,
}

/// Reads both, on a thread each.
pub(super) fn read(
    first: &Path,
    last: &Path,
    control: &Control,
    watcher: &dyn Watcher,
) -> Result<Ends> {
    let (newer, older) = both(
        || stopping(control, || read_newer(last, control, watcher)),
        || stopping(control, || read_older(first, control)),
    )?;
    let (older, newer) = match (older, newer) {
        (Ok(older), Ok(newer)) => (older, newer),
        // The one that failed stopped the other.
        (Err(Error::Aborted), Err(error)) | (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    let analysis = match &newer {
        Unsized::Snapshot(analysis) => Some(&**analysis),
        Unsized::Signature(_) => None,
    };
    let (sizes, older) = both(|| analysis.map(sizes), || older.named_as(analysis))?;
    let newer = match (newer, sizes) {
        (Unsized::Snapshot(analysis), sizes) => Newer::Snapshot(Box::new(NewerSnapshot {
            analysis: *analysis,
            sizes: sizes.unwrap_or_default(),
        })),
        (Unsized::Signature(signature), _) => Newer::Signature(signature),
    };
    Ok(Ends { older, newer })
}

/// Where this fails, the other one need not go on.
fn stopping<T>(control: &Control, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let result = work();
    if result.is_err() {
        control.cancel();
    }
    result
}

/// The older file before its classes have names.
enum Unnamed {
    Snapshot(Box<(Graph, DominatorTree, IdIndex)>),
    Signature(Signature),
}

impl Unnamed {
    fn named_as(self, newer: Option<&Analysis>) -> Older {
        let (graph, tree, index) = match self {
            Self::Snapshot(parts) => *parts,
            Self::Signature(signature) => return Older::Signature(signature),
        };
        let classes = classes(&graph, newer);
        let sizes = classes.sizes(&tree, tree.order(), 0);
        Older::Snapshot(Box::new(OlderSnapshot { graph, tree, classes, sizes, index }))
    }
}

/// Names the classes of an older snapshot as those of the newest, where that is one.
pub(super) fn classes(graph: &Graph, newest: Option<&Analysis>) -> Classes {
    match newest {
        Some(newest) => Classes::of_older(graph, &newest.graph, &newest.classes),
        None => Classes::of(graph),
    }
}

/// The newer file before its classes have sizes.
enum Unsized {
    Snapshot(Box<Analysis>),
    Signature(Signature),
}

fn sizes(analysis: &Analysis) -> Vec<ClassSizes> {
    let Analysis { tree, classes, .. } = analysis;
    classes.sizes(tree, tree.order(), 0)
}

fn read_older(path: &Path, control: &Control) -> Result<Unnamed> {
    named(path, || {
        if is_signature(path)? {
            return Signature::read(path).map(Unnamed::Signature);
        }
        let (graph, sizes) = Graph::read(path, control)?;
        let (dominators, sizes) = Dominators::with_sizes(&graph, sizes, control)?;
        let tree = DominatorTree::new(sizes, dominators);
        let index = IdIndex::of(&graph);
        Ok(Unnamed::Snapshot(Box::new((graph, tree, index))))
    })
}

fn read_newer(path: &Path, control: &Control, watcher: &dyn Watcher) -> Result<Unsized> {
    named(path, || {
        if is_signature(path)? {
            return Signature::read(path).map(Unsized::Signature);
        }
        let analysis = Analysis::of(path, control, watcher)?;
        Ok(Unsized::Snapshot(Box::new(analysis)))
    })
}

/// Says in which of the files the fault is.
pub(super) fn named<T>(path: &Path, work: impl FnOnce() -> Result<T>) -> Result<T> {
    work().map_err(|error| match error {
        Error::InvalidFile { detail, offset } => {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            Error::InvalidFile { detail: format!("{name}: {detail}"), offset }
        }
        other => other,
    })
}
