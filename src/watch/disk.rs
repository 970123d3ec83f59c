//! The disk that captures go to.

use std::path::Path;

use rustix::fs::{StatVfs, statvfs};

/// Bytes that this user may still write there, and the size of it all. A folder that is made later lies
/// where the folder around it does.
pub(super) fn space(folder: &Path) -> Option<(f64, f64)> {
    folder.ancestors().find_map(|folder| statvfs(folder).ok()).map(|disk| bytes(&disk))
}

#[allow(clippy::cast_precision_loss, reason = "nobody needs the last bytes of an exabyte")]
fn bytes(disk: &StatVfs) -> (f64, f64) {
    let bytes = |blocks: u64| blocks as f64 * disk.f_frsize as f64;
    (bytes(disk.f_bavail), bytes(disk.f_blocks))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_to_come_lies_on_the_disk_around_it() {
        let dir = tempfile::tempdir().unwrap();
        let (free, total) = space(dir.path()).unwrap();
        assert!(free > 0.0 && free <= total);
        let (_, later) = space(&dir.path().join("not/yet")).unwrap();
        assert_eq!(later, total);
        assert_eq!(space(Path::new("")), None);
    }
}
