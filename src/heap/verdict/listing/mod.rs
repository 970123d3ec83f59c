//! A file that stays open and is asked again and again: classes, the objects of one, the tree of
//! dominators, each a page at a time.

mod classes;
mod dominated;
mod objects;
mod window;

use std::path::Path;

use serde::Serialize;

pub use classes::{ClassOrder, ClassQuery};
pub use dominated::{Dominated, DominatedRow};
pub use objects::MemberRow;
pub use window::Window;
pub(super) use window::page;

use super::analysis::{Analysis, Phase, Watcher};
use crate::error::Result;
use crate::heap::graph::{ClassSizes, Control};

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed<T> {
    /// Length of the whole list.
    pub total: usize,
    /// The page.
    pub rows: Vec<T>,
}

/// An analysis, and what every question about classes needs.
#[derive(Debug)]
pub struct OpenHeap {
    analysis: Analysis,
    /// By class.
    sizes: Vec<ClassSizes>,
}

impl OpenHeap {
    /// Reads a file and works everything out.
    ///
    /// # Errors
    /// As [`Analysis::of`].
    pub fn of(path: &Path, control: &Control, watcher: &dyn Watcher) -> Result<Self> {
        let analysis = Analysis::of(path, control, watcher)?;
        watcher.begins(Phase::Report);
        Ok(Self::from(analysis))
    }

    /// What was worked out.
    #[must_use]
    pub fn analysis(&self) -> &Analysis {
        &self.analysis
    }
}

impl From<Analysis> for OpenHeap {
    fn from(analysis: Analysis) -> Self {
        let sizes = analysis.classes.sizes(&analysis.tree, analysis.tree.order(), 0);
        Self { analysis, sizes }
    }
}
