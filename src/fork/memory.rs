//! What the child adds to the machine's memory.

use std::fs::File;
use std::io::{Read, Seek};

/// Reads `/proc/self/smaps_rollup`. Opened before the child is confined, read when it is done.
pub(super) struct MemoryMeter(Option<File>);

impl MemoryMeter {
    pub(super) fn open() -> Self {
        Self(File::open("/proc/self/smaps_rollup").ok())
    }

    /// Bytes that exist because of this process: V8's graph, and each page of the heap that the
    /// child or, meanwhile, the parent has written. `None` where the kernel does not say.
    pub(super) fn added_bytes(self) -> Option<u64> {
        let mut file = self.0?;
        let mut text = String::new();
        file.rewind().ok()?;
        file.read_to_string(&mut text).ok()?;
        kibibytes(&text, "Private_Dirty:").map(|kib| kib * 1024)
    }
}

/// Anonymous memory of a process, shared pages included, in bytes.
pub(super) fn anonymous_bytes(pid: libc::pid_t) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    kibibytes(&status, "RssAnon:").map(|kib| kib * 1024)
}

fn kibibytes(text: &str, field: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_this_process_wrote() {
        let before = MemoryMeter::open().added_bytes().unwrap();
        let written = vec![1_u8; 8 << 20];
        let after = MemoryMeter::open().added_bytes().unwrap();
        assert!(after >= before + (7 << 20), "{before} {after} {}", written.len());
        let own = libc::pid_t::try_from(std::process::id()).unwrap();
        assert!(anonymous_bytes(own).unwrap() > 8 << 20);
    }
}
