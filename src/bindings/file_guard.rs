//! A file that goes with its environment.

use std::fs;
use std::path::PathBuf;

use napi::Env;
use napi_derive::napi;

use super::env_bound::{EnvBound, Release};
use super::failure::{Result, internal};

/// Removes a half-written file when its environment ends before JavaScript has put it in place: when a
/// worker is terminated, no JavaScript runs any more.
#[napi]
pub struct FileGuard {
    file: EnvBound<GuardedFile>,
}

struct GuardedFile(Option<PathBuf>);

impl Release for GuardedFile {
    fn release(&mut self) {
        if let Some(path) = self.0.take() {
            // Gone already, or a folder that is read-only by now: the next sweep looks again.
            let _gone = fs::remove_file(path);
        }
    }
}

/// Guards the file at `path`.
#[napi(catch_unwind)]
pub fn guard_file(env: &Env, path: String) -> Result<FileGuard> {
    let file = GuardedFile(Some(path.into()));
    Ok(FileGuard { file: EnvBound::new(env, file).map_err(internal)? })
}

#[napi]
impl FileGuard {
    /// The file is in place, or removed: nothing is guarded any more.
    #[napi(catch_unwind)]
    pub fn end(&self) {
        self.file.get().0 = None;
    }
}
