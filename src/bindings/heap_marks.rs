//! What was allocated and freed between two moments.

use napi_derive::napi;

use super::failure::Result;
use super::snapshot::heap_profiler;
use crate::capture::mark_heap as mark;
use crate::heap::{ClassChange as Change, HeapMarks as Marks};

/// The objects of this isolate at one moment, in a few bytes each.
#[napi]
pub struct HeapMarks {
    marks: Marks,
}

/// What became of a class.
#[napi(object, object_from_js = false)]
pub struct ClassChange {
    /// Its name.
    pub what: String,
    /// By how much its objects grew together.
    pub bytes: f64,
    /// New objects.
    pub added: f64,
    /// Objects that are gone.
    pub removed: f64,
}

/// The heap at a second moment, and what became of it since the first.
#[napi(object, object_from_js = false)]
pub struct HeapChanges {
    /// Nodes of the snapshot.
    pub nodes: f64,
    /// Sum of their sizes.
    pub bytes: f64,
    /// Nodes that are gone.
    pub freed: f64,
    /// New nodes.
    pub allocated: f64,
    /// Classes with objects among them.
    pub changes: Vec<ClassChange>,
}

/// Notes which objects there are. Stops the isolate for a heap snapshot, of which nothing stays.
#[napi(catch_unwind)]
pub fn mark_heap() -> Result<HeapMarks> {
    Ok(HeapMarks { marks: mark(&heap_profiler()?)? })
}

#[allow(clippy::cast_precision_loss, reason = "counts and sizes stay far below 2^53")]
#[napi]
impl HeapMarks {
    /// Nodes of the snapshot.
    #[napi(getter)]
    pub fn nodes(&self) -> f64 {
        self.marks.node_count as f64
    }

    /// Sum of their sizes.
    #[napi(getter)]
    pub fn bytes(&self) -> f64 {
        self.marks.bytes as f64
    }

    /// Notes which objects there are now, and tells the difference.
    #[napi(catch_unwind)]
    pub fn compare(&self) -> Result<HeapChanges> {
        let now = mark(&heap_profiler()?)?;
        let changes = self.marks.changes_to(&now);
        Ok(HeapChanges {
            nodes: now.node_count as f64,
            bytes: now.bytes as f64,
            freed: changes.freed as f64,
            allocated: changes.allocated as f64,
            changes: changes.classes.into_iter().map(class_change).collect(),
        })
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts and sizes stay far below 2^53")]
fn class_change(Change { name, bytes, added, removed }: Change) -> ClassChange {
    ClassChange { what: name, bytes: bytes as f64, added: added as f64, removed: removed as f64 }
}
