//! Whether a thread of this process works or sleeps.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Ticks a second of the times in /proc (`USER_HZ`, the same on every Linux this runs on).
const TICKS_A_SECOND: f64 = 100.0;

/// A thread that has used less of the CPU than this has slept.
const ASLEEP_BELOW: f64 = 0.2;

/// The file in which the kernel accounts for the thread.
#[derive(Clone)]
pub(super) struct ThreadFile(Option<PathBuf>);

/// CPU time used until a moment.
#[derive(Clone, Copy)]
pub(super) struct Used {
    ticks: f64,
    at: Instant,
}

impl ThreadFile {
    /// Of the calling thread.
    pub(super) fn of_this_thread() -> Self {
        let link = fs::read_link("/proc/thread-self");
        Self(link.ok().map(|link| PathBuf::from("/proc").join(link).join("stat")))
    }

    /// None where the kernel does not tell.
    pub(super) fn used(&self) -> Option<Used> {
        let stat = fs::read_to_string(self.0.as_ref()?).ok()?;
        Some(Used { ticks: ticks(&stat)?, at: Instant::now() })
    }
}

impl Used {
    /// Whether the thread has slept since `earlier` rather than worked.
    pub(super) fn has_slept_since(&self, earlier: &Self) -> bool {
        let time = self.at.saturating_duration_since(earlier.at);
        if time < Duration::from_millis(20) {
            return false;
        }
        (self.ticks - earlier.ticks) / TICKS_A_SECOND / time.as_secs_f64() < ASLEEP_BELOW
    }
}

/// User and system time: fields 14 and 15 of `proc_pid_stat(5)`.
fn ticks(stat: &str) -> Option<f64> {
    // Field 2 is the name in parentheses and may hold anything: count from its end.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields.split(' ').skip(11);
    let (user, system): (f64, f64) = (times.next()?.parse().ok()?, times.next()?.parse().ok()?);
    Some(user + system)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn tells_sleep_from_work() {
        let file = ThreadFile::of_this_thread();
        let before = file.used().unwrap();
        std::thread::sleep(Duration::from_millis(60));
        let between = file.used().unwrap();
        assert!(between.has_slept_since(&before));
        // However many others want the CPU: it ends when this thread has had it.
        while file.used().unwrap().ticks < between.ticks + 10.0 {
            std::hint::spin_loop();
        }
        let after = Used { at: between.at + Duration::from_millis(100), ..file.used().unwrap() };
        assert!(!after.has_slept_since(&between));
    }

    #[test]
    fn a_name_may_hold_anything() {
        let stat = "7 (a) b) ) R 1 2 3 4 5 6 7 8 9 10 30 12 0 0";
        assert_eq!(ticks(stat), Some(42.0));
        assert_eq!(ticks("7 (a) R 1"), None);
    }
}
