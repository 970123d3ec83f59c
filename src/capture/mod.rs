//! One recording: a heap snapshot, a CPU profile or an allocation profile, from V8 into a sink.
//!
//! Every capture has the same shape. It is started and released on the isolate's thread; in between
//! a thread named `rsprof-compress` turns V8's data into a file and settles the capture's
//! [`Completion`]. Threads are spawned before V8 is asked for anything, so that a refusal of the
//! operating system costs the program no pause. Whatever happens, `release` joins the threads and
//! frees what V8 holds; the environment's cleanup hook calls it too.

mod allocation;
mod completion;
mod cpu;
mod cpu_profilers;
mod heap_marks;
mod label_sampler;
mod labels;
mod live_graph;
mod profile_writer;
mod skim;
mod snapshot;
mod snapshot_writer;
mod thread;

pub use allocation::{AllocationCapture, AllocationReport};
pub use completion::{Completion, Settled};
pub use cpu::{CpuCapture, CpuReport, CpuRequest};
pub use cpu_profilers::dispose_all as dispose_cpu_profilers;
pub use heap_marks::mark_heap;
pub use labels::{dispose_labels, set_label_source, switch_label};
pub use live_graph::{LiveGraph, OpenGraph};
pub use profile_writer::ProfileTarget;
pub(crate) use skim::skim;
pub(crate) use snapshot::STREAM_BLOCKS;
pub use snapshot::{
    Progress, SerializeOn, SnapshotCapture, SnapshotReport, SnapshotRequest, SnapshotTarget,
    TOP_CLASSES,
};
pub use snapshot_writer::{SnapshotWriter, Written};
pub(crate) use thread::{settle, spawn};
