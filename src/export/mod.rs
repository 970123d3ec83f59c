//! Profiles as the files that other tools open.
//!
//! `cpuprofile` and `heapprofile` write what V8 has just recorded. [`export`] turns a
//! [`Profile`](crate::profile::Profile), whatever shape its file had, into the formats of other tools; it
//! streams: beside the profile it holds some bytes for each node and function, none for a sample.

mod bounded;
mod call_frame;
mod chrome;
mod cpuprofile;
mod file;
mod flame;
mod folded;
mod format;
mod groups;
mod heapprofile;
mod json;
mod place;
mod pprof;
mod protobuf;
mod raw;
mod runs;
mod sample_labels;
mod speedscope;
mod stacks;
#[cfg(test)]
mod tests;
mod top_functions;

pub use bounded::text;
pub(crate) use call_frame::url;
pub use cpuprofile::{CpuFigures, write_cpu_profile};
pub use file::{Page, write_file};
pub use format::{ExportFormat, ExportOptions, export};
pub use heapprofile::{AllocationFigures, write_allocation_profile};
pub use raw::{write_raw_allocation_profile, write_raw_cpu_profile};
pub use top_functions::TopFunction;
