//! Where the file goes, by the rules of lib/output-file.js and lib/naming.js: visible only when it is
//! whole, and until then under a name that says who writes it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use libc::pid_t;

use crate::error::{Error, Result};

/// How the file is called.
#[derive(Clone, Debug)]
pub enum Naming {
    /// So.
    Fixed(String),
    /// The time at which there is something to write, then this.
    Stamped(String),
}

/// The folder and the name of a file to come.
#[derive(Clone, Debug)]
pub struct Place {
    /// Absolute path of the folder.
    pub folder: PathBuf,
    /// The name in it.
    pub naming: Naming,
    /// Replace what has that name.
    pub overwrite: bool,
    /// The host, as partial files name it.
    pub host_tag: String,
    /// The thread that asked, as partial files name it.
    pub thread_id: u32,
}

impl Place {
    /// The name of a file whose time is `stamp`.
    #[must_use]
    pub fn file_name(&self, stamp: &str) -> String {
        match &self.naming {
            Naming::Fixed(name) => name.clone(),
            Naming::Stamped(rest) => format!("{stamp}{rest}"),
        }
    }

    /// The file `name`, for as long as the process `writer` is at it.
    pub(crate) fn draft(&self, name: &str, writer: pid_t) -> Draft {
        let Self { host_tag, thread_id, .. } = self;
        let final_path = self.folder.join(name);
        let mut partial = OsString::from(&final_path);
        partial.push(format!(".{host_tag}-{writer}-{}-{thread_id}.partial", start_time(writer)));
        Draft { final_path, partial: partial.into(), overwrite: self.overwrite }
    }
}

/// When a process started: field 22 of its stat, as text; `0` where it cannot be known.
fn start_time(pid: pid_t) -> String {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // Field 2 is the command in parentheses and may hold anything: count from its end.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    fields.split(' ').nth(19).unwrap_or("0").to_owned()
}

/// A file that is not visible yet.
pub(crate) struct Draft {
    pub(crate) final_path: PathBuf,
    pub(crate) partial: PathBuf,
    overwrite: bool,
}

impl Draft {
    /// Makes the empty partial file, for its owner alone.
    pub(crate) fn create(&self) -> Result<File> {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC)
            .open(&self.partial)
            .map_err(Error::io("creating the capture file"))
    }

    /// Makes the partial file with this content, durable.
    pub(crate) fn write(&self, text: &str) -> Result<()> {
        let mut file = self.create()?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        written.map_err(Error::io("writing the sidecar"))
    }

    /// Puts the file in place.
    pub(crate) fn commit(&self) -> Result<()> {
        let put = if self.overwrite { fs::rename } else { link_into };
        put(&self.partial, &self.final_path)
            .map_err(Error::io("putting the finished file in place"))
    }

    /// Removes what is not visible yet.
    pub(crate) fn discard(&self) {
        let _gone_already = fs::remove_file(&self.partial);
    }
}

/// Puts `partial` at `final_path`, which must not exist.
fn link_into(partial: &Path, final_path: &Path) -> io::Result<()> {
    match fs::hard_link(partial, final_path) {
        Ok(()) => fs::remove_file(partial),
        Err(error) if !is_no_link(&error) => Err(error),
        // Nothing better is to be had here than a look before the rename.
        Err(_) if fs::symlink_metadata(final_path).is_ok() => {
            Err(io::Error::from_raw_os_error(libc::EEXIST))
        }
        Err(_) => fs::rename(partial, final_path),
    }
}

/// The file system (FAT, some network mounts) or the sandbox has no link().
fn is_no_link(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EPERM | libc::EACCES | libc::ENOTSUP | libc::ENOSYS))
}

/// Makes the names in a folder durable, where the file system lets us.
pub(crate) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _unsupported = folder.sync_all();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn place(folder: &Path, overwrite: bool) -> Place {
        Place {
            folder: folder.into(),
            naming: Naming::Stamped("-7.heapsnapshot".into()),
            overwrite,
            host_tag: "0123abcd".into(),
            thread_id: 3,
        }
    }

    fn own_pid() -> pid_t {
        pid_t::try_from(std::process::id()).unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn is_partial_until_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path(), false);
        let draft = place.draft(&place.file_name("now"), own_pid());
        draft.write("bytes").unwrap();
        let [partial] = names(folder.path()).try_into().unwrap();
        assert!(partial.starts_with("now-7.heapsnapshot.0123abcd-"), "{partial}");
        assert!(partial.ends_with("-3.partial"), "{partial}");
        assert!(!partial.contains("-0-3."), "the start time is known: {partial}");
        draft.commit().unwrap();
        assert_eq!(names(folder.path()), ["now-7.heapsnapshot"]);
    }

    #[test]
    fn overwrites_where_asked() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "old").unwrap();
        let refused = place(folder.path(), false).draft("a", own_pid());
        refused.write("new").unwrap();
        assert_eq!(refused.commit().unwrap_err().code(), "ERR_RSPROF_EXISTS");
        refused.discard();
        let allowed = place(folder.path(), true).draft("a", own_pid());
        allowed.write("new").unwrap();
        allowed.commit().unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("a")).unwrap(), "new");
        assert_eq!(names(folder.path()).len(), 1);
    }
}
