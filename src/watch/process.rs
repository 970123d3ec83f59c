//! What the kernel says of the process.

use std::fs::File;

use rustix::fs::Dir;
use rustix::process::{Resource, getrlimit};

use super::files::{TextFile, whole};

/// Reads the memory of the process, over and over.
pub(super) struct MemoryMeter(Option<TextFile>);

impl MemoryMeter {
    pub(super) fn new() -> Self {
        Self(TextFile::open("/proc/self/statm"))
    }

    /// Resident, in bytes.
    pub(super) fn resident(&mut self) -> Option<f64> {
        resident_pages(self.0.as_mut()?.read()?).map(|pages| pages * page_size())
    }
}

fn resident_pages(statm: &str) -> Option<f64> {
    statm.split(' ').nth(1).and_then(whole)
}

#[allow(clippy::cast_precision_loss, reason = "some thousand")]
fn page_size() -> f64 {
    rustix::param::page_size() as f64
}

/// Counts the open descriptors of the process, over and over.
pub(super) struct DescriptorCounter(Option<Dir>);

const DESCRIPTORS: &str = "/proc/self/fd";

impl DescriptorCounter {
    /// Opens the list now: when there are no descriptors left it is too late.
    pub(super) fn new() -> Self {
        Self(File::open(DESCRIPTORS).ok().and_then(|folder| Dir::new(folder).ok()))
    }

    /// How many there are, these of the reader among them.
    pub(super) fn count(&mut self) -> Option<f64> {
        self.told().or_else(|| self.counted())
    }

    /// Linux 6.2 and later know.
    #[allow(clippy::cast_precision_loss, reason = "some millions at the most")]
    fn told(&self) -> Option<f64> {
        let count = self.0.as_ref()?.stat().ok()?.st_size;
        (count > 0).then_some(count as f64)
    }

    #[allow(clippy::cast_precision_loss, reason = "some millions at the most")]
    fn counted(&mut self) -> Option<f64> {
        let folder = self.0.as_mut()?;
        folder.rewind();
        let names = folder.by_ref().filter_map(|entry| entry.ok());
        let is_number = |name: &[u8]| name.iter().all(u8::is_ascii_digit);
        Some(names.filter(|entry| is_number(entry.file_name().to_bytes())).count() as f64)
    }
}

/// Descriptors that the process may have; none where there is no limit.
#[allow(clippy::cast_precision_loss, reason = "some millions at the most")]
pub(super) fn descriptor_limit() -> Option<f64> {
    getrlimit(Resource::Nofile).current.map(|limit| limit as f64)
}

/// Bytes that a file of the process may have; none where there is no limit.
pub(super) fn file_size_limit() -> Option<u64> {
    getrlimit(Resource::Fsize).current
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// More than an arena of the allocator has: what lies in one is resident already. Other tests give
    /// memory back meanwhile: not every try tells.
    #[test]
    fn sees_memory_grow() {
        let mut meter = MemoryMeter::new();
        let mut growth = || {
            let before = meter.resident().unwrap();
            let kept = std::hint::black_box(vec![1_u8; 80 << 20]);
            let after = meter.resident().unwrap();
            drop(kept);
            after - before
        };
        let expected = f64::from(70 << 20)..f64::from(90 << 20);
        let tries: Vec<f64> = (0..20).map(|_| growth()).collect();
        assert!(tries.iter().any(|growth| expected.contains(growth)), "{tries:?}");
    }

    #[test]
    fn statm_may_be_anything() {
        assert_eq!(resident_pages("100 20 3 4 0 5 0\n"), Some(20.0));
        for text in ["", "100", "100 x", "100 -1 3"] {
            assert_eq!(resident_pages(text), None, "{text}");
        }
    }

    #[test]
    fn both_ways_count_the_same() {
        let mut counter = DescriptorCounter::new();
        let before = counter.counted().unwrap();
        let files: Vec<File> = (0..500).map(|_| File::open("/dev/null").unwrap()).collect();
        let after = counter.counted().unwrap();
        // Other tests of this process open files meanwhile.
        assert!((after - before - 500.0).abs() < 100.0, "{before} {after} {}", files.len());
        let told = counter.told();
        assert!(told.is_none_or(|told| (told - after).abs() < 100.0), "{told:?} {after}");
        assert!(descriptor_limit().is_none_or(|limit| limit >= after));
    }
}
