//! The kernel's small files, kept open: a process that is out of descriptors can still be read.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A file whose text is made anew for each reader who starts at its beginning.
pub(super) struct TextFile {
    file: File,
    buffer: Vec<u8>,
}

/// No file that is read here is longer.
const LONGEST: usize = 64 * 1024;

impl TextFile {
    pub(super) fn open(path: impl AsRef<Path>) -> Option<Self> {
        Some(Self { file: File::open(path).ok()?, buffer: vec![0; 4096] })
    }

    /// Its text now; none where it cannot be read any more.
    pub(super) fn read(&mut self) -> Option<&str> {
        let mut end = 0;
        loop {
            if end == self.buffer.len() && end < LONGEST {
                self.buffer.resize(end * 2, 0);
            }
            match self.file.read_at(&mut self.buffer[end..], end as u64).ok()? {
                0 => break,
                count => end += count,
            }
        }
        std::str::from_utf8(&self.buffer[..end]).ok()
    }
}

/// The text of a file that is read now and then.
pub(super) fn read(path: impl AsRef<Path>) -> Option<String> {
    TextFile::open(path)?.read().map(str::to_owned)
}

/// The number after `name` in lines of names and numbers.
pub(super) fn number_of(text: &str, name: &str) -> Option<f64> {
    let mut words = text
        .lines()
        .map(str::split_ascii_whitespace)
        .find_map(|mut words| (words.next()? == name).then_some(words))?;
    whole(words.next()?)
}

/// A number as the kernel writes it.
#[allow(clippy::cast_precision_loss, reason = "sizes stay far below 2^53, or mean no limit")]
pub(super) fn whole(text: &str) -> Option<f64> {
    text.trim().parse::<u64>().ok().map(|number| number as f64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_file_again_and_again() {
        let mut file = TextFile::open("/proc/self/statm").unwrap();
        let first = file.read().unwrap().to_owned();
        assert_eq!(first.split(' ').count(), 7);
        assert_eq!(file.read().unwrap().split(' ').count(), 7);
        assert!(read("/no/such/file").is_none());
    }

    #[test]
    fn reads_long_files_up_to_a_bound() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "x".repeat(10_000)).unwrap();
        assert_eq!(read(&file).unwrap().len(), 10_000);
        std::fs::write(&file, "x".repeat(1_000_000)).unwrap();
        assert_eq!(read(&file).unwrap().len(), LONGEST);
    }

    #[test]
    fn finds_numbers_by_their_whole_name() {
        let text =
            "inactive_file_x 1\ntotal_inactive_file 2\ninactive_file 3\nbroken\nempty \nbad x\n";
        assert_eq!(number_of(text, "inactive_file"), Some(3.0));
        assert_eq!(number_of(text, "total_inactive_file"), Some(2.0));
        for name in ["broken", "empty", "bad", "absent", ""] {
            assert_eq!(number_of(text, name), None, "{name}");
        }
        assert_eq!(whole(" 12\n"), Some(12.0));
        for text in ["max", "", "-1", "1.5", "99999999999999999999"] {
            assert_eq!(whole(text), None, "{text}");
        }
    }
}
