//! CPU and allocation profiles: who burns the time, who allocates what is still alive.
//!
//! [`Profile::read`] takes `.cpuprofile` and `.heapprofile` files, plain, gzip or Zstandard, as a stream;
//! what they are is told by their content. It knows the shapes of Node, Chrome and rsprof (flat `nodes`
//! with ids of children, [`Profiler.Profile`]; nested `head` with `selfSize`,
//! [`HeapProfiler.SamplingHeapProfile`]) and those of v8-profiler and v8-profiler-next (nested `head`
//! with `hitCount`; flat with lines that count from 1). Per node 37 bytes stay, per sample 12, 16 where it has labels.
//!
//! [`Profiler.Profile`]: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile
//! [`HeapProfiler.SamplingHeapProfile`]: https://chromedevtools.github.io/devtools-protocol/tot/HeapProfiler/#type-SamplingHeapProfile

mod build;
mod category;
mod clock;
mod deopt;
mod diff;
mod draft;
mod figures;
mod frame;
mod labels;
mod limit;
mod link;
mod mapping;
#[cfg(test)]
mod naive;
mod names;
mod node_reader;
mod read;
mod rows;
#[cfg(test)]
mod tests;
mod tree;
pub mod verdict;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

pub use crate::text::{Control, Encoding};
pub use category::{Category, PackageId};
pub use clock::Timing;
pub use deopt::FunctionDeopt;
pub use diff::{FunctionChange, ProfileDiff, ShareChange, diff};
pub use figures::{Caller, FunctionFigures, HotLine};
pub use frame::Function;
pub use mapping::{SourceFrame, SourcePlace};
pub use tree::{CallTree, FunctionId, Node};

use crate::error::Result;
use crate::text::source;
use draft::{Deopt, Tick};
use figures::NodesByFunction;
use mapping::Lines;

/// What a profile weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ProfileKind {
    /// Time, in microseconds.
    Cpu,
    /// What was allocated and is still alive, in bytes.
    Allocation,
}

/// A whole profile.
#[derive(Debug)]
pub struct Profile {
    kind: ProfileKind,
    encoding: Encoding,
    functions: Vec<Function>,
    packages: Vec<String>,
    names: Vec<String>,
    tree: CallTree,
    nodes: NodesByFunction,
    figures: Vec<FunctionFigures>,
    /// By node.
    ticks: Vec<Tick>,
    /// By node.
    deopts: Vec<Deopt>,
    samples: Samples,
    label_sets: Vec<BTreeMap<String, String>>,
    idle_weight: u64,
    effective_samples: f64,
    lines: Lines,
}

/// The samples of a CPU profile, oldest first.
#[derive(Debug, Default)]
pub struct Samples {
    nodes: Vec<Node>,
    times: Vec<i64>,
    /// The set of labels of each; empty where there are none.
    labels: Vec<u32>,
    interval: u64,
    timing: Timing,
    out_of_order: u64,
}

impl Samples {
    /// The node that each was taken in; empty where the file has only sums.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// When each was taken, in microseconds on V8's clock, ascending; empty where the file does not tell.
    #[must_use]
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// What a sample weighs, in microseconds.
    #[must_use]
    pub fn weight(&self, number: usize) -> u64 {
        clock::weight_at(&self.times, self.interval, number)
    }

    /// What the last sample weighs, or each where there are no times, in microseconds.
    #[must_use]
    pub fn interval(&self) -> u64 {
        self.interval
    }

    /// Where the weights come from.
    #[must_use]
    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// Samples that stood behind a later one in the file: they were sorted.
    #[must_use]
    pub fn out_of_order(&self) -> u64 {
        self.out_of_order
    }
}

impl Profile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidProfile`](crate::error::Error::InvalidProfile) where it is damaged or something
    /// else, [`Error::Budget`](crate::error::Error::Budget) where it holds more than can be held,
    /// [`Error::Io`](crate::error::Error::Io) and [`Error::Aborted`](crate::error::Error::Aborted).
    pub fn read(path: &Path, control: &Control) -> Result<Self> {
        Self::read_in_chunks(path, control, source::CHUNK)
    }

    /// What it weighs.
    #[must_use]
    pub fn kind(&self) -> ProfileKind {
        self.kind
    }

    /// How the file was compressed.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// All functions, by their ids.
    #[must_use]
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// A function.
    #[must_use]
    pub fn function(&self, function: FunctionId) -> &Function {
        &self.functions[function as usize]
    }

    /// Names of the packages, by their ids.
    #[must_use]
    pub fn packages(&self) -> &[String] {
        &self.packages
    }

    /// The call tree.
    #[must_use]
    pub fn tree(&self) -> &CallTree {
        &self.tree
    }

    /// The samples of a CPU profile.
    #[must_use]
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// All of it: microseconds, or bytes.
    #[must_use]
    pub fn total_weight(&self) -> u64 {
        self.tree.total[0]
    }

    /// Without idle time: what shares are of.
    #[must_use]
    pub fn busy_weight(&self) -> u64 {
        self.total_weight() - self.idle_weight
    }

    /// How many equally heavy samples would tell as much as the busy ones do (Kish's effective sample
    /// size, the square of the sum over the sum of squares); 0 where it is not known.
    #[must_use]
    pub fn effective_samples(&self) -> f64 {
        self.effective_samples
    }
}
