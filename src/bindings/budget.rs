//! Times and sizes as JavaScript gives them: numbers that lib/options.js keeps in range.

use std::time::Duration;

use super::failure::Result;
use crate::error::Error;
use crate::fork::Budget;

/// What a child may use: wall-clock seconds, and bytes beyond what it inherits.
pub(super) fn budget(time: f64, memory: Option<f64>) -> Result<Budget> {
    Ok(Budget { time: seconds(time)?, memory: memory.map(whole) })
}

pub(super) fn seconds(value: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(value)
        .map_err(|_| Error::Internal("a time is a number of seconds".into()).into())
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number of bytes, far below 2^53"
)]
pub(super) fn whole(bytes: f64) -> u64 {
    bytes as u64
}
