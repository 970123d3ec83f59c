//! A profile as its file has it: columns in the file's order, ids not yet followed.

use super::frame::RawFrame;
use super::labels::RawLabels;
use super::limit::{MOST_NODES, MOST_ROWS, grow};
use super::names::{Names, Numbered};
use crate::error::Result;

/// No node, no id.
pub(super) const NONE: u32 = u32::MAX;

/// What is read from a file.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) names: Names,
    pub(super) frames: Numbered<RawFrame>,
    pub(super) nodes: RawNodes,
    /// Parent's place and child's id.
    pub(super) children: Vec<(u32, u32)>,
    /// Child's place and parent's id.
    pub(super) parents: Vec<(u32, u32)>,
    pub(super) ticks: Vec<Tick>,
    pub(super) deopts: Vec<Deopt>,
    /// V8's last reason of each node, which `deopts` has too where there are any.
    pub(super) bailouts: Vec<Deopt>,
    pub(super) marks: Marks,
    pub(super) samples: Option<Section<Vec<u32>>>,
    pub(super) deltas: Option<Section<Vec<i64>>>,
    pub(super) timestamps: Option<Section<Vec<i64>>>,
    /// Samples of an allocation profile: node's id and bytes.
    pub(super) allocations: Option<Vec<(u32, u64)>>,
    pub(super) labels: Option<RawLabels>,
    pub(super) start: Option<f64>,
    pub(super) end: Option<f64>,
}

/// Something and where in the text it begins.
#[derive(Debug)]
pub(super) struct Section<T> {
    pub(super) rows: T,
    pub(super) offset: u64,
}

/// The nodes' columns.
#[derive(Debug, Default)]
pub(super) struct RawNodes {
    pub(super) ids: Vec<u32>,
    pub(super) frames: Vec<u32>,
    /// Known at once where nodes are nested.
    pub(super) parents: Vec<u32>,
    /// Hits, or bytes.
    pub(super) weights: Vec<u64>,
    pub(super) offsets: Vec<u64>,
}

impl RawNodes {
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Makes room for a node that begins at `offset`.
    pub(super) fn add(&mut self, parent: u32, offset: u64) -> Result<u32> {
        let node = grow(self.len(), MOST_NODES, "nodes")?;
        self.ids.push(NONE);
        self.frames.push(0);
        self.parents.push(parent);
        self.weights.push(0);
        self.offsets.push(offset);
        Ok(node)
    }
}

/// What tells shapes and kinds from each other.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks {
    /// Nodes have `hitCount`.
    pub(super) hits: bool,
    /// Nodes have `selfSize`.
    pub(super) sizes: bool,
    /// Nodes name their function themselves, as before there was `callFrame`: old Chrome, v8-profiler.
    pub(super) is_old: bool,
    /// Script ids are numbers: v8-profiler-next.
    pub(super) has_numeric_scripts: bool,
}

impl Marks {
    /// Whether lines and columns start at 1; the protocol's start at 0.
    pub(super) fn counts_from_one(self) -> bool {
        self.is_old || self.has_numeric_scripts
    }
}

/// Samples that hit a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tick {
    pub(super) node: u32,
    pub(super) line: u32,
    pub(super) hits: u32,
}

/// A deoptimisation, seen at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deopt {
    pub(super) node: u32,
    pub(super) reason: u32,
    pub(super) script: u32,
    pub(super) position: Option<u32>,
}

/// Adds a row to one of the lists that a node has.
pub(super) fn push_row<T>(rows: &mut Vec<T>, row: T) -> Result<()> {
    grow(rows.len(), MOST_ROWS, "rows of ticks, children or deoptimisations")?;
    rows.push(row);
    Ok(())
}
