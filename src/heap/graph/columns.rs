//! The columns that a file's arrays are read into.

use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use super::kinds::{EdgeKind, NodeKind};
use super::rows::{Columns, Fault};
use crate::heap::header::{EdgeLayout, LocationLayout, NodeLayout};
use crate::heap::numbers::Record;

/// Bits of an edge's word that hold its target; the others hold its kind.
pub(super) const TARGET_BITS: u32 = 29;

/// Targets fit into an edge's word.
pub(super) const MOST_NODES: u64 = 1 << TARGET_BITS;

/// Edges are counted in 32 bits.
pub(super) const MOST_EDGES: u64 = u32::MAX as u64;

/// Self sizes of 4 GiB and more, which the column has no room for, by ordinal.
pub(super) type HugeSizes = FxHashMap<u32, u64>;

/// Position of the detachedness in a node's kind byte.
pub(super) const DETACHEDNESS_SHIFT: u32 = 6;

/// All nodes' fields.
#[derive(Debug, Default)]
pub(super) struct NodeColumns {
    pub(super) kinds: Vec<u8>,
    pub(super) names: Vec<u32>,
    pub(super) ids: Vec<u32>,
    pub(super) sizes: Vec<u32>,
    pub(super) edge_counts: Vec<u32>,
    pub(super) huge: Mutex<HugeSizes>,
    /// The highest string index.
    pub(super) highest_name: AtomicU32,
}

impl NodeColumns {
    /// Memory for each node.
    pub(super) const BYTES: usize = 17;

    /// Room for `count` nodes; the memory is not touched before it is filled. One more edge count
    /// than nodes: they become offsets.
    pub(super) fn new(count: usize) -> Self {
        Self {
            kinds: vec![0; count],
            names: vec![0; count],
            ids: vec![0; count],
            sizes: vec![0; count],
            edge_counts: vec![0; count + 1],
            huge: Mutex::default(),
            highest_name: AtomicU32::new(0),
        }
    }

    pub(super) fn rows<'a>(&'a mut self, layout: &'a NodeLayout, kinds: &'a [u8]) -> NodeRows<'a> {
        let count = self.kinds.len();
        NodeRows {
            layout,
            known: kinds,
            kinds: &mut self.kinds,
            names: &mut self.names,
            ids: &mut self.ids,
            sizes: &mut self.sizes,
            edge_counts: &mut self.edge_counts[..count],
            first: 0,
            huge: &self.huge,
            highest: Highest { name: 0, shared: &self.highest_name },
        }
    }
}

/// The nodes' columns from row `first` on.
pub(super) struct NodeRows<'a> {
    layout: &'a NodeLayout,
    /// Our kind for each of the file's.
    known: &'a [u8],
    kinds: &'a mut [u8],
    names: &'a mut [u32],
    ids: &'a mut [u32],
    sizes: &'a mut [u32],
    edge_counts: &'a mut [u32],
    first: usize,
    huge: &'a Mutex<HugeSizes>,
    highest: Highest<'a>,
}

/// The highest string index of some rows; shared when they are done.
#[derive(Clone, Copy)]
struct Highest<'a> {
    name: u32,
    shared: &'a AtomicU32,
}

impl Highest<'_> {
    #[inline(always)]
    fn see(&mut self, name: u32) {
        self.name = self.name.max(name);
    }

    fn share(&self) {
        self.shared.fetch_max(self.name, Ordering::Relaxed);
    }
}

fn front<'a, T>(column: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    column.split_off_mut(..count).unwrap_or_default()
}

fn narrow(value: u64, field: usize, detail: &'static str) -> Result<u32, Fault> {
    u32::try_from(value).map_err(|_| Fault { field, detail })
}

impl Columns for NodeRows<'_> {
    fn width(&self) -> usize {
        self.layout.width
    }

    fn len(&self) -> usize {
        self.kinds.len()
    }

    fn split(&mut self, count: usize) -> Option<Self> {
        if count > self.len() {
            return None;
        }
        let first = self.first;
        self.first += count;
        Some(Self {
            layout: self.layout,
            known: self.known,
            kinds: front(&mut self.kinds, count),
            names: front(&mut self.names, count),
            ids: front(&mut self.ids, count),
            sizes: front(&mut self.sizes, count),
            edge_counts: front(&mut self.edge_counts, count),
            first,
            huge: self.huge,
            highest: self.highest,
        })
    }

    #[inline(always)]
    fn set(&mut self, row: usize, record: &Record) -> Result<(), Fault> {
        let NodeLayout { kind, name, self_size, edge_count, .. } = *self.layout;
        let values = &record.values;
        let known = usize::try_from(values[kind]).ok().and_then(|kind| self.known.get(kind));
        let known = *known.ok_or(Fault {
            field: kind,
            detail: "a node of a type that the header does not name",
        })?;
        let detachedness = self.layout.detachedness.map_or(0, |at| values[at]);
        // A state of later times is not known either.
        let detachedness = if detachedness > 2 { 0 } else { detachedness as u8 };
        self.kinds[row] = known | detachedness << DETACHEDNESS_SHIFT;
        let name = narrow(values[name], name, "a string index that is out of range")?;
        self.highest.see(name);
        self.names[row] = name;
        if let Some(id) = self.layout.id {
            self.ids[row] = narrow(values[id], id, "an id that is out of range")?;
        }
        let size = values[self_size];
        self.sizes[row] = u32::try_from(size).unwrap_or(u32::MAX);
        if size >= u64::from(u32::MAX) {
            self.huge.lock().insert((self.first + row) as u32, size);
        }
        self.edge_counts[row] =
            narrow(values[edge_count], edge_count, "an edge count that is out of range")?;
        Ok(())
    }

    fn end(&self) {
        self.highest.share();
    }
}

/// All edges' fields: target and kind in a word, and the name or index.
#[derive(Debug, Default)]
pub(super) struct EdgeColumns {
    pub(super) words: Vec<u32>,
    pub(super) names: Vec<u32>,
    /// The highest string index.
    pub(super) highest_name: AtomicU32,
}

impl EdgeColumns {
    /// Memory for each edge.
    pub(super) const BYTES: usize = 8;

    pub(super) fn new(count: usize) -> Self {
        Self { words: vec![0; count], names: vec![0; count], highest_name: AtomicU32::new(0) }
    }

    pub(super) fn rows<'a>(
        &'a mut self,
        layout: &'a EdgeLayout,
        kinds: &'a [u8],
        nodes: usize,
        node_width: usize,
    ) -> EdgeRows<'a> {
        EdgeRows {
            layout,
            known: kinds,
            words: &mut self.words,
            names: &mut self.names,
            nodes: nodes as u64,
            node_width: Divisor::new(node_width as u64),
            highest: Highest { name: 0, shared: &self.highest_name },
        }
    }
}

/// Division by a small number that is not known before: a file has many edges.
#[derive(Clone, Copy)]
struct Divisor {
    by: u64,
    reciprocal: u64,
}

impl Divisor {
    /// Exact for dividends below 2^32 (Granlund and Montgomery: a reciprocal of 64 bits, rounded up).
    fn new(by: u64) -> Self {
        Self { by, reciprocal: u64::MAX / by + 1 }
    }

    /// Quotient, where there is no remainder.
    #[inline(always)]
    fn exact(self, value: u64) -> Option<u64> {
        let quotient = if self.by > 1 && value <= u64::from(u32::MAX) {
            ((u128::from(self.reciprocal) * u128::from(value)) >> 64) as u64
        } else {
            value / self.by
        };
        (quotient * self.by == value).then_some(quotient)
    }
}

/// The edges' columns from some row on.
pub(super) struct EdgeRows<'a> {
    layout: &'a EdgeLayout,
    known: &'a [u8],
    words: &'a mut [u32],
    names: &'a mut [u32],
    nodes: u64,
    node_width: Divisor,
    highest: Highest<'a>,
}

impl Columns for EdgeRows<'_> {
    fn width(&self) -> usize {
        self.layout.width
    }

    fn len(&self) -> usize {
        self.words.len()
    }

    fn split(&mut self, count: usize) -> Option<Self> {
        if count > self.len() {
            return None;
        }
        Some(Self {
            layout: self.layout,
            known: self.known,
            words: front(&mut self.words, count),
            names: front(&mut self.names, count),
            nodes: self.nodes,
            node_width: self.node_width,
            highest: self.highest,
        })
    }

    #[inline(always)]
    fn set(&mut self, row: usize, record: &Record) -> Result<(), Fault> {
        let EdgeLayout { kind, name, to_node, .. } = *self.layout;
        let values = &record.values;
        let known = usize::try_from(values[kind]).ok().and_then(|kind| self.known.get(kind));
        let known = *known.ok_or(Fault {
            field: kind,
            detail: "an edge of a type that the header does not name",
        })?;
        let target = self.node_width.exact(values[to_node]).filter(|to| *to < self.nodes);
        let target =
            target.ok_or(Fault { field: to_node, detail: "an edge that leads to no node" })?;
        self.words[row] = target as u32 | u32::from(known) << TARGET_BITS;
        // An index of 2^32 and more has no place here and no use.
        let name = u32::try_from(values[name]).unwrap_or(u32::MAX);
        if !INDEXED[usize::from(known)] {
            self.highest.see(name);
        }
        self.names[row] = name;
        Ok(())
    }

    fn end(&self) {
        self.highest.share();
    }
}

/// Of our edge kinds, those that have a number for a name.
const INDEXED: [bool; 8] = {
    let mut indexed = [false; 8];
    indexed[EdgeKind::Element as usize] = true;
    indexed[EdgeKind::Hidden as usize] = true;
    indexed
};

/// Where an object's constructor or a function stands; lines and columns from 0, as in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Location {
    /// Ordinal of the node.
    pub node: u32,
    /// V8's id of the script.
    pub script: u32,
    /// Line, from 0.
    pub line: u32,
    /// Column, from 0.
    pub column: u32,
}

/// What a kind of a file is to us.
pub(super) fn node_kinds(layout: &NodeLayout) -> Vec<u8> {
    layout.kinds.iter().map(|name| NodeKind::of(name) as u8).collect()
}

/// The same for edges.
pub(super) fn edge_kinds(layout: &EdgeLayout) -> Vec<u8> {
    layout.kinds.iter().map(|name| EdgeKind::of(name) as u8).collect()
}

/// A record of `locations`, where it is about a node there is.
pub(super) fn location(
    layout: &LocationLayout,
    record: &[u64],
    node_width: usize,
    nodes: usize,
) -> Option<Location> {
    let number = |at: usize| u32::try_from(record[at]).ok();
    let node = record[layout.object] / node_width as u64;
    Some(Location {
        node: u32::try_from(node).ok().filter(|node| (*node as usize) < nodes)?,
        script: number(layout.script)?,
        line: number(layout.line)?,
        column: number(layout.column)?,
    })
}
