//! Profiles as the files that other tools open.

mod call_frame;
mod cpuprofile;
mod heapprofile;
mod top_functions;

pub use cpuprofile::{CpuFigures, write_cpu_profile};
pub use heapprofile::{AllocationFigures, write_allocation_profile};
pub use top_functions::TopFunction;
