//! The objects of a class.

use std::cmp::Reverse;

use serde::Serialize;

use super::window::{Window, page};
use super::{Listed, OpenHeap};
use crate::error::{Error, Result};
use crate::heap::verdict::names::cut;
use crate::heap::verdict::object::ObjectRef;

/// One object of a class.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberRow {
    /// The object.
    #[serde(flatten)]
    pub object: ObjectRef,
    /// A shortest way from a root; none where it is very long, as into the middle of a linked list.
    pub path_text: Option<String>,
}

/// Steps of a way that are walked for a row: a page of a thousand rows takes a moment then.
const MOST_STEPS: usize = 1000;

impl OpenHeap {
    /// The objects of a class that have a size, the biggest by what they retain first.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where no class has this name.
    pub fn objects(&self, class: &str, window: Window) -> Result<Listed<MemberRow>> {
        let found = self.class_called(class).ok_or_else(|| unknown(class))?;
        let analysis = &self.analysis;
        let members = analysis.members(found);
        let total = members.len();
        let by_size = |node: &_| (Reverse(analysis.tree.retained_size(*node)), *node);
        let row = |node| MemberRow {
            object: analysis.object(node),
            path_text: analysis
                .distances
                .is_within(&analysis.graph, node, MOST_STEPS)
                .then(|| analysis.way(node)),
        };
        Ok(Listed { total, rows: page(members, window, by_size).into_iter().map(row).collect() })
    }
}

fn unknown(class: &str) -> Error {
    Error::InvalidArgument(format!(
        "no class of this snapshot is called {:?}; names are those of its table of classes",
        cut(class, 100)
    ))
}
