//! A file that nobody wants should its capture not be finished.

use std::fs;
use std::path::PathBuf;

/// The path of a capture's file while the capture alone is responsible for it.
///
/// As a rule JavaScript is: it makes the file, and puts it in place or removes it. When a worker is
/// terminated no JavaScript runs any more, and the file would stay behind.
#[derive(Default)]
pub(crate) struct Unfinished(Option<PathBuf>);

impl Unfinished {
    pub(crate) fn new(path: Option<PathBuf>) -> Self {
        Self(path)
    }

    /// Leaves the file to the caller.
    pub(crate) fn keep(&mut self) {
        self.0 = None;
    }

    /// Moves the responsibility out.
    pub(crate) fn take(&mut self) -> Self {
        Self(self.0.take())
    }

    /// Removes the file.
    pub(crate) fn discard(self) {
        if let Some(path) = self.0 {
            // Gone already, or a folder that is read-only by now: the next sweep looks again.
            let _gone = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_still_its_own_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.partial");
        fs::write(&path, "half").unwrap();
        let mut kept = Unfinished::new(Some(path.clone()));
        kept.keep();
        kept.discard();
        assert!(path.exists());
        let mut taken = Unfinished::new(Some(path.clone()));
        let moved = taken.take();
        taken.discard();
        assert!(path.exists());
        moved.discard();
        assert!(!path.exists());
    }
}
