//! Heap snapshots that do not stop the process: V8 builds its graph in a forked child. And class
//! histograms: there V8 only says which objects it has.
//!
//! ```text
//! isolate's thread           rsprof-reap                     child
//! ForkPlan (ahead, on a thread of its own)
//! quiesce, mark, fork ─────> restore marks
//! (goes on)                  listen <──progress, report──── be humble, detach, confine
//!                            reap                           graph, serialise, compress, sync, _exit
//! ```
//!
//! Each step, and what goes wrong without it, is told in `docs/how-it-works.md`. `unsafe` is at
//! home here and in `v8`.

mod capture;
mod child;
mod classes;
mod ghost;
mod got;
mod lonely;
mod mappings;
mod memory;
mod parent;
mod plan;
mod quiesce;
mod report;
mod sandbox;
mod seccomp;
mod snapshot;
mod spill;
mod task;

pub use capture::{ForkCapture, ForkRequest};
pub use ghost::{Ghost, GhostRequest};
pub use parent::Budget;
pub use plan::ForkPlan;
pub use report::{ChildReport, CountedClasses, Phases, Product};
pub use sandbox::Lifetime;
pub use spill::SpillFile;
pub use task::{ClassTask, SnapshotTask, Task};
