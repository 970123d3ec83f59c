//! One of the two files that are compared, whatever it is.

use std::path::Path;

use super::super::signature::{Groups, Signature};
use super::ids::Classed;
use super::table::{ClassNames, FileTable};
use super::ways::Ways;
use crate::heap::graph::{ClassId, ClassSizes, Classes, DominatorTree, Graph};

/// A snapshot whose classes have numbers, or a signature.
pub(super) enum Side<'a> {
    Snapshot {
        graph: &'a Graph,
        tree: &'a DominatorTree,
        classes: &'a Classes,
        /// Of each of its classes.
        numbers: Vec<ClassId>,
        /// The same.
        sizes: &'a [ClassSizes],
    },
    Signature(&'a Signature),
}

impl<'a> Side<'a> {
    pub(super) fn snapshot(
        graph: &'a Graph,
        tree: &'a DominatorTree,
        classes: &'a Classes,
        sizes: &'a [ClassSizes],
        names: &mut ClassNames,
    ) -> Self {
        Self::Snapshot { graph, tree, classes, numbers: names.numbers_of(classes), sizes }
    }

    pub(super) fn table(&self, path: &Path, names: &mut ClassNames) -> FileTable {
        match self {
            Self::Snapshot { graph, tree, numbers, sizes, .. } => {
                let total_size = tree.retained_size(graph.root());
                FileTable::new(path, graph, total_size, numbers, sizes)
            }
            Self::Signature(signature) => FileTable::of_signature(path, signature, names),
        }
    }

    /// Its retaining paths in class terms.
    pub(super) fn ways(&self, names: &mut ClassNames) -> Ways {
        match self {
            Self::Snapshot { graph, tree, classes, numbers, .. } => {
                Ways::of_groups(Groups::of(graph, tree, classes), numbers)
            }
            Self::Signature(signature) => Ways::of_signature(signature, names),
        }
    }

    pub(super) fn classed(&self) -> Option<Classed<'_>> {
        match self {
            Self::Snapshot { graph, tree, classes, numbers, .. } => {
                Some(Classed { graph, tree, classes, numbers })
            }
            Self::Signature(_) => None,
        }
    }
}
