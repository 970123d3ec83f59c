//! `v8::HeapGraphNode` and `v8::HeapGraphEdge`: a snapshot's graph, read where V8 has it.

use std::cell::OnceCell;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::NonNull;

use napi::{Env, Unknown};

use super::snapshot::SnapshotReader;
use super::symbols::{GraphSymbols, graph_symbols};
use crate::error::{Error, Result};

/// The graph of a snapshot. Reads on the isolate's thread only: names become JavaScript strings.
pub struct SnapshotGraph {
    reader: SnapshotReader,
    symbols: &'static GraphSymbols,
    /// Object ids and places of all nodes, by id: made when one is first looked up.
    places: OnceCell<Vec<(u32, u32)>>,
    thread_bound: PhantomData<*const ()>,
}

/// A node, as long as its graph is borrowed.
#[derive(Clone, Copy)]
pub struct GraphNode<'g> {
    raw: NonNull<c_void>,
    symbols: &'static GraphSymbols,
    graph: PhantomData<&'g SnapshotGraph>,
}

/// A reference of one node to another.
#[derive(Clone, Copy)]
pub struct GraphEdge<'g> {
    raw: NonNull<c_void>,
    symbols: &'static GraphSymbols,
    graph: PhantomData<&'g SnapshotGraph>,
}

impl SnapshotGraph {
    /// Reads what `reader` belongs to.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where this process does not export what is needed.
    pub fn new(reader: SnapshotReader) -> std::result::Result<Self, (SnapshotReader, Error)> {
        match graph_symbols() {
            Ok(symbols) => {
                Ok(Self { reader, symbols, places: OnceCell::new(), thread_bound: PhantomData })
            }
            Err(name) => Err((reader, missing(name))),
        }
    }

    /// Gives the reader back, to delete the snapshot with.
    #[must_use]
    pub fn into_reader(self) -> SnapshotReader {
        self.reader
    }

    /// The reader, to serialise with.
    pub fn reader(&mut self) -> &mut SnapshotReader {
        &mut self.reader
    }

    /// Number of nodes.
    #[must_use]
    pub fn node_count(&self) -> u32 {
        // SAFETY: the snapshot is alive while its reader is (`HeapSnapshot::delete` wants it back).
        let count = unsafe { (self.symbols.snapshot_nodes)(self.reader.raw()) };
        u32::try_from(count).unwrap_or(0)
    }

    /// The highest id that V8 had given to an object of JavaScript.
    #[must_use]
    pub fn max_object_id(&self) -> u32 {
        // SAFETY: as in `node_count`.
        unsafe { (self.symbols.snapshot_max_id)(self.reader.raw()) }
    }

    /// The node at a place.
    #[must_use]
    pub fn node(&self, place: u32) -> Option<GraphNode<'_>> {
        if place >= self.node_count() {
            return None;
        }
        let place = i32::try_from(place).ok()?;
        // SAFETY: as in `node_count`; V8 does not check the place, it was just checked against the
        // number of nodes, which does not change once the snapshot is taken.
        let raw = unsafe { (self.symbols.snapshot_node)(self.reader.raw(), place) };
        let raw = NonNull::new(raw)?;
        Some(GraphNode { raw, symbols: self.symbols, graph: PhantomData })
    }

    /// The place of the node with an id.
    #[must_use]
    pub fn place_of(&self, id: u32) -> Option<u32> {
        let places = self.places.get_or_init(|| self.by_id());
        let at = places.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        places.get(at).map(|(_, place)| *place)
    }

    fn by_id(&self) -> Vec<(u32, u32)> {
        let places = 0..self.node_count();
        let mut ids: Vec<_> =
            places.filter_map(|place| Some((self.node(place)?.id(), place))).collect();
        ids.sort_unstable();
        ids
    }
}

pub(super) fn missing(name: &str) -> Error {
    Error::Unsupported(format!("this process does not export V8's {name}"))
}

impl<'g> GraphNode<'g> {
    /// V8's `HeapGraphNode::Type`.
    #[must_use]
    pub fn kind(self) -> i32 {
        // SAFETY: the node is part of a snapshot that `'g` keeps alive and that does not change.
        unsafe { (self.symbols.node_kind)(self.raw.as_ptr()) }
    }

    /// The object's id.
    #[must_use]
    pub fn id(self) -> u32 {
        // SAFETY: as in `kind`.
        unsafe { (self.symbols.node_id)(self.raw.as_ptr()) }
    }

    /// Its own size in bytes.
    #[must_use]
    pub fn size(self) -> usize {
        // SAFETY: as in `kind`.
        unsafe { (self.symbols.node_size)(self.raw.as_ptr()) }
    }

    /// Its name, a string of JavaScript.
    #[must_use]
    pub fn name<'e>(self, env: &'e Env) -> Unknown<'e> {
        // SAFETY: as in `kind`, on the isolate's thread (`SnapshotGraph` does not leave it), within
        // the N-API call that `env` was given to: its handle scope takes the handle, which is a
        // napi_value by its bits (ABI map, section 6).
        unsafe {
            Unknown::from_raw_unchecked(
                env.raw(),
                (self.symbols.node_name)(self.raw.as_ptr()).cast(),
            )
        }
    }

    /// What it refers to.
    pub fn edges(self) -> impl Iterator<Item = GraphEdge<'g>> {
        // SAFETY: as in `kind`.
        let count = unsafe { (self.symbols.node_edges)(self.raw.as_ptr()) };
        (0..count).filter_map(move |index| {
            // SAFETY: as in `kind`; `index` is below the number of edges.
            let raw = unsafe { (self.symbols.node_edge)(self.raw.as_ptr(), index) };
            let raw = NonNull::new(raw)?;
            Some(GraphEdge { raw, symbols: self.symbols, graph: PhantomData })
        })
    }
}

impl GraphEdge<'_> {
    /// V8's `HeapGraphEdge::Type`.
    #[must_use]
    pub fn kind(self) -> i32 {
        // SAFETY: the edge is part of a snapshot that the lifetime keeps alive, unchanging.
        unsafe { (self.symbols.edge_kind)(self.raw.as_ptr()) }
    }

    /// Its name, a string or a number of JavaScript.
    #[must_use]
    pub fn name<'e>(self, env: &'e Env) -> Unknown<'e> {
        // SAFETY: as in `kind`, and as in `GraphNode::name`.
        unsafe {
            Unknown::from_raw_unchecked(
                env.raw(),
                (self.symbols.edge_name)(self.raw.as_ptr()).cast(),
            )
        }
    }

    /// The id of the node it leads to.
    #[must_use]
    pub fn target_id(self) -> Option<u32> {
        // SAFETY: as in `kind`; a node of the same snapshot.
        let node = NonNull::new(unsafe { (self.symbols.edge_target)(self.raw.as_ptr()) })?;
        // SAFETY: as above.
        Some(unsafe { (self.symbols.node_id)(node.as_ptr()) })
    }
}

/// Whether this process exports what a graph is read with.
///
/// # Errors
///
/// [`Error::Unsupported`] where it does not.
pub fn check_graph_symbols() -> Result<()> {
    graph_symbols().map(|_| ()).map_err(missing)
}
