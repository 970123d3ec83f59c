//! All that the engine finds out about a file, and how far it is.

use std::path::Path;
use std::time::Instant;

use super::scripts::Scripts;
use crate::error::Result;
use crate::heap::graph::{Classes, Control, Distances, DominatorTree, Dominators, Graph, Node};
use crate::heap::parallel::both;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The file is read, decompressed and parsed.
    Reading,
    /// Who keeps what alive.
    Dominators,
    /// Sizes, distances, classes.
    Sizes,
    /// The findings are put together.
    Report,
}

impl Phase {
    /// As JavaScript sees it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Dominators => "dominators",
            Self::Sizes => "sizes",
            Self::Report => "report",
        }
    }

    /// How much of the whole work is done, 0 to 100, as it takes on a usual file.
    #[must_use]
    pub fn percent(self, share_read: f64) -> f64 {
        match self {
            Self::Reading => 55.0 * share_read,
            Self::Dominators => 55.0,
            Self::Sizes => 80.0,
            Self::Report => 92.0,
        }
    }
}

/// Is told when a phase begins.
pub trait Watcher: Sync {
    /// `phase` begins now.
    fn begins(&self, phase: Phase);
}

impl Watcher for () {
    fn begins(&self, _: Phase) {}
}

/// Milliseconds by phase.
pub(super) type Timings = Vec<(&'static str, f64)>;

/// A file, looked at from all sides.
#[derive(Debug)]
pub struct Analysis {
    /// Nodes and edges.
    pub graph: Graph,
    /// Who keeps what alive.
    pub tree: DominatorTree,
    /// Shortest ways.
    pub distances: Distances,
    /// Class names.
    pub classes: Classes,
    /// Files of functions.
    pub(super) scripts: Scripts,
    /// What took how long.
    pub timings: Timings,
}

impl Analysis {
    /// Reads a file and works everything out.
    pub fn of(path: &Path, control: &Control, watcher: &dyn Watcher) -> Result<Self> {
        let mut lap = Lap::new();
        watcher.begins(Phase::Reading);
        let (graph, sizes) = Graph::read(path, control)?;
        lap.end("read");
        watcher.begins(Phase::Dominators);
        let (dominators, sizes) = Dominators::with_sizes(&graph, sizes, control)?;
        lap.end("dominators");
        watcher.begins(Phase::Sizes);
        // Not earlier: beside the dominators' search there is no room for more.
        let tables = || (DominatorTree::new(sizes, dominators), Classes::of(&graph));
        let ways = || (Distances::of(&graph), Scripts::of(&graph));
        let ((tree, classes), (distances, scripts)) = both(tables, ways)?;
        control.check()?;
        lap.end("sizes");
        Ok(Self { graph, tree, distances, classes, scripts, timings: lap.timings })
    }

    /// Size of everything, in bytes.
    #[must_use]
    pub fn total_size(&self) -> u64 {
        self.tree.retained_size(self.graph.root())
    }

    /// Retained size of a node as a share of the heap, 0 to 1.
    #[must_use]
    pub fn share(&self, node: Node) -> f64 {
        self.share_of(self.tree.retained_size(node))
    }

    /// Some bytes as a share of the heap, 0 to 1.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a share")]
    pub fn share_of(&self, bytes: u64) -> f64 {
        bytes as f64 / self.total_size().max(1) as f64
    }
}

struct Lap {
    last: Instant,
    timings: Timings,
}

impl Lap {
    fn new() -> Self {
        Self { last: Instant::now(), timings: Vec::new() }
    }

    fn end(&mut self, name: &'static str) {
        self.timings.push((name, self.last.elapsed().as_secs_f64() * 1e3));
        self.last = Instant::now();
    }
}
