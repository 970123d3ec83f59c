//! Cancelling while a file is read: it ends soon, and no thread stays. One test, as it counts the
//! process's threads.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rsprof::error::Error;
use rsprof::heap::graph::{Control, Graph};

/// Bytes of the file that are read before somebody notices, where nobody is hindered.
const AHEAD: f64 = 16.0 * (1 << 20) as f64;

/// That no thread that reads is left; one that has ended may be seen a moment longer.
fn assert_no_readers() {
    let is_alone = (0..10_000).any(|_| {
        thread::sleep(Duration::from_millis(1));
        readers().is_empty()
    });
    assert!(is_alone, "{:?}", readers());
}

fn readers() -> Vec<String> {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        threads.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("rsprof-")).collect()
}

/// A string or numbers that take several seconds to read.
fn endless(path: &Path, text: &str, size: u64) {
    let mut file = File::create(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.set_len(size).unwrap();
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "threads are read from /proc")]
fn cancelling() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("endless");
    endless(&path, "{\"x\":\"", 4 << 30);

    let control = Control::default();
    control.cancel();
    assert!(matches!(Graph::read(&path, &control), Err(Error::Aborted)));
    assert!(control.share_read() * (4_u64 << 30) as f64 <= AHEAD, "{}", control.share_read());
    assert_no_readers();

    let control = Control::default();
    thread::scope(|scope| {
        scope.spawn(|| {
            while control.share_read() == 0.0 {
                thread::yield_now();
            }
            control.cancel();
        });
        assert!(matches!(Graph::read(&path, &control), Err(Error::Aborted)));
    });
    assert!(control.share_read() < 1.0);
    assert_no_readers();
}
