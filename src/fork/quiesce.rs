//! Waits, briefly, until the other threads of the process are asleep.
//!
//! A thread that holds a lock at the fork leaves it held in the child for ever. V8's helper
//! threads take locks only while they work, so a moment in which they sleep is a good one. It is
//! not needed for safety: a child that meets a held lock ends at once, and the next try succeeds.

use std::fs;
use std::io::Read;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_micros(250);

/// Waits until all other threads sleep, at most `bound`. Answers whether they do.
pub(super) fn quiesce(bound: Duration) -> bool {
    let started = Instant::now();
    loop {
        if others_asleep() {
            return true;
        }
        if started.elapsed() >= bound {
            return false;
        }
        sleep(LOOK_EVERY);
    }
}

fn others_asleep() -> bool {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return true };
    // SAFETY: takes nothing, cannot fail.
    let own = unsafe { libc::gettid() }.to_string();
    tasks.flatten().filter(|task| task.file_name() != own.as_str()).all(|task| {
        let mut stat = [0_u8; 128];
        let read = fs::File::open(task.path().join("stat")).and_then(|mut f| f.read(&mut stat));
        // A thread that ended meanwhile cannot be read, and holds no lock.
        read.map_or(true, |length| state(&stat[..length]) != Some(b'R'))
    })
}

/// The state letter: what follows the last `)` of `tid (name) S …`; a name may hold anything.
fn state(stat: &[u8]) -> Option<u8> {
    let end_of_name = stat.iter().rposition(|byte| *byte == b')')?;
    stat.get(end_of_name + 2).copied()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn reads_the_state() {
        assert_eq!(state(b"12 (node) S 1 2"), Some(b'S'));
        assert_eq!(state(b"12 (a) R (b) R 1 2"), Some(b'R'));
        assert_eq!(state(b"12 (node"), None);
    }

    #[test]
    fn a_busy_thread_is_waited_for_and_no_longer_than_asked() {
        static STOP: AtomicBool = AtomicBool::new(false);
        let busy = std::thread::spawn(|| {
            while !STOP.load(Ordering::Relaxed) {
                std::hint::spin_loop()
            }
        });
        let started = Instant::now();
        assert!(!quiesce(Duration::from_millis(20)));
        assert!(started.elapsed() >= Duration::from_millis(20));
        STOP.store(true, Ordering::Relaxed);
        assert!(busy.join().is_ok());
    }
}
