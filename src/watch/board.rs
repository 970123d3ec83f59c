//! Where the two threads leave figures for each other.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that any thread reads and writes. NaN until it is known.
pub(super) struct Figure(AtomicU64);

impl Default for Figure {
    fn default() -> Self {
        Self(AtomicU64::new(f64::NAN.to_bits()))
    }
}

impl Figure {
    pub(super) fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }

    pub(super) fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }
}

/// The last word on everything.
#[derive(Default)]
pub(super) struct Board {
    // Written by the thread.
    pub(super) rss: Figure,
    pub(super) memory_used: Figure,
    pub(super) memory_limit: Figure,
    pub(super) cpu: Figure,
    pub(super) fds: Figure,
    pub(super) fd_limit: Figure,
    pub(super) disk_free: Figure,
    pub(super) disk_total: Figure,
    // Written by the isolate.
    pub(super) read_at: Figure,
    pub(super) heap_used: Figure,
    pub(super) heap_limit: Figure,
    pub(super) heap_floor: Figure,
    pub(super) external_floor: Figure,
    pub(super) floor_time: Figure,
    pub(super) last_pause: Figure,
}
