//! Which label the JavaScript of a thread ran under, and when: observed from time to time, and asked for
//! the times of a profile's samples.

mod attribution;
mod timeline;

pub use attribution::{Activity, Attribution};
pub use timeline::Timeline;

/// The number of a set of labels.
pub type LabelId = u32;

/// No labels.
pub const UNLABELLED: LabelId = 0;

/// What a CPU profile knows about labels.
#[derive(Debug)]
pub struct LabelRecord {
    /// What was observed.
    pub timeline: Timeline,
    /// The sets of labels as a JSON array; number 1 is the first.
    pub sets: String,
}
