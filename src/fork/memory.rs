//! What the child adds to the machine's memory.

use std::fs::File;
use std::io::{Read, Seek};

/// Reads `/proc/self/smaps_rollup`. Opened before the child is confined, read when it is done, and
/// where it has most.
pub(super) struct MemoryMeter {
    file: Option<File>,
    most: Option<u64>,
}

impl MemoryMeter {
    pub(super) fn open() -> Self {
        Self { file: File::open("/proc/self/smaps_rollup").ok(), most: None }
    }

    /// Most bytes, of all looks and now, that existed because of this process: V8's graph, and each
    /// page of the heap that the child or, meanwhile, the parent has written. `None` where the kernel
    /// does not say.
    pub(super) fn added_bytes(mut self) -> Option<u64> {
        self.look();
        self.most
    }

    /// Takes a look.
    pub(super) fn look(&mut self) {
        self.most = self.most.max(self.private_bytes());
    }

    fn private_bytes(&mut self) -> Option<u64> {
        let file = self.file.as_mut()?;
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

    /// More than an arena of the allocator has: what lies in one is there already. Other tests give
    /// memory back meanwhile: not every try tells.
    #[test]
    fn counts_what_this_process_wrote() {
        let own = libc::pid_t::try_from(std::process::id()).unwrap();
        let growth = |_| {
            let before = MemoryMeter::open().added_bytes().unwrap();
            let written = std::hint::black_box(vec![1_u8; 80 << 20]);
            assert!(anonymous_bytes(own).unwrap() > 80 << 20);
            let after = MemoryMeter::open().added_bytes().unwrap();
            drop(written);
            after.saturating_sub(before)
        };
        let tries: Vec<u64> = (0..20).map(growth).collect();
        assert!(tries.iter().any(|added| (70 << 20..90 << 20).contains(added)), "{tries:?}");
    }

    #[test]
    fn the_most_counts() {
        let mut meter = MemoryMeter::open();
        meter.look();
        let most = meter.most;
        meter.most = most.map(|bytes| bytes + (1 << 40));
        assert_eq!(meter.added_bytes(), most.map(|bytes| bytes + (1 << 40)));
    }
}
