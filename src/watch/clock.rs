//! Times of the wall, and of the processor.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

/// Milliseconds since the epoch.
pub(super) fn epoch_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}

/// How much of the time was spent on a processor, from look to look.
pub(super) struct CpuMeter {
    clock: ClockId,
    spent: f64,
    looked: Instant,
}

impl CpuMeter {
    /// Of all threads of the process.
    pub(super) fn of_process() -> Self {
        Self::new(ClockId::ProcessCPUTime)
    }

    /// Of the calling thread, on which it must stay.
    pub(super) fn of_thread() -> Self {
        Self::new(ClockId::ThreadCPUTime)
    }

    fn new(clock: ClockId) -> Self {
        Self { clock, spent: spent(clock), looked: Instant::now() }
    }

    /// The share since the last look; 1 is one core.
    pub(super) fn share(&mut self) -> f64 {
        let (spent, now) = (spent(self.clock), Instant::now());
        let share = (spent - self.spent) / (now - self.looked).as_secs_f64();
        (self.spent, self.looked) = (spent, now);
        share
    }
}

#[allow(clippy::cast_precision_loss, reason = "nanoseconds of a second, seconds of a process")]
fn spent(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_work_from_rest() {
        let mut meter = CpuMeter::of_thread();
        std::thread::sleep(std::time::Duration::from_millis(30));
        let rest = meter.share();
        let begun = spent(ClockId::ThreadCPUTime);
        while spent(ClockId::ThreadCPUTime) < begun + 0.02 {}
        let work = meter.share();
        assert!(rest < 0.5 && work > rest && work < 1.2, "{rest} {work}");
    }
}
