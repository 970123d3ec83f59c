//! A heap snapshot that stays where V8 built it, to be read node by node and written down on demand.

use napi::Env;

use crate::error::{Error, Result};
use crate::v8::{
    HeapProfiler, HeapSnapshot, SnapshotGraph, SnapshotOptions, WeakTable, check_graph_symbols,
};

/// A snapshot in V8's memory. Dropping it frees that.
pub struct LiveGraph {
    open: Option<OpenGraph>,
    /// What was lent out is to be freed when it comes back.
    closed: bool,
}

/// What of it is read.
pub struct OpenGraph {
    snapshot: HeapSnapshot,
    graph: SnapshotGraph,
    objects: WeakTable,
}

impl LiveGraph {
    /// Takes a snapshot and keeps it.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where V8 cannot be read that way, [`Error::Refused`] where V8 takes
    /// another snapshot, or where an allocation tracker runs: once that has stopped, V8 ends the process
    /// rather than write such a snapshot.
    pub fn take(env: &Env, profiler: &HeapProfiler) -> Result<Self> {
        check_graph_symbols()?;
        if profiler.tracks_allocations() {
            return Err(Error::Refused(
                "allocations are being tracked (a DevTools allocation timeline): stop that first",
            ));
        }
        let mut snapshot = profiler.take_snapshot(SnapshotOptions::default())?;
        let reader = snapshot.reader();
        let reader = reader.ok_or_else(|| Error::Internal("the snapshot has a reader".into()))?;
        match SnapshotGraph::new(reader) {
            Ok(graph) => {
                let open = OpenGraph { snapshot, graph, objects: WeakTable::new(env) };
                Ok(Self { open: Some(open), closed: false })
            }
            Err((reader, error)) => {
                snapshot.delete(reader);
                Err(error)
            }
        }
    }

    /// The graph, unless it was released or is lent out.
    pub fn open(&mut self) -> Option<&mut OpenGraph> {
        self.open.as_mut()
    }

    /// Takes the graph out, so that JavaScript may run, and even end this environment, while it is read.
    pub fn lend(&mut self) -> Option<OpenGraph> {
        self.open.take()
    }

    /// Takes it back; frees it where [`Self::release`] was called meanwhile.
    pub fn take_back(&mut self, graph: OpenGraph) {
        if self.closed {
            graph.delete();
        } else {
            self.open = Some(graph);
        }
    }

    /// Frees V8's memory. Harmless when repeated.
    pub fn release(&mut self) {
        self.closed = true;
        if let Some(graph) = self.open.take() {
            graph.delete();
        }
    }
}

impl Drop for LiveGraph {
    fn drop(&mut self) {
        self.release();
    }
}

impl OpenGraph {
    /// The nodes.
    pub fn graph(&mut self) -> &mut SnapshotGraph {
        &mut self.graph
    }

    /// What JavaScript has made of the nodes, by their places.
    pub fn objects(&mut self) -> &mut WeakTable {
        &mut self.objects
    }

    fn delete(mut self) {
        self.objects.clear();
        self.snapshot.delete(self.graph.into_reader());
    }
}
