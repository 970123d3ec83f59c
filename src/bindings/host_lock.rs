//! A lock that one process of a host holds.

use std::path::Path;

use napi_derive::napi;
use parking_lot::Mutex;

use super::failure::Result;
use crate::watch::HostLock as Lock;

/// Held until it is released, or its process ends.
#[napi]
pub struct HostLock {
    lock: Mutex<Lock>,
}

/// Takes the lock on the file at `path`, which is made where it is missing (0600) and stays. Null where
/// somebody holds it, in this process or in another one.
#[napi(catch_unwind)]
pub fn try_lock_file(path: String) -> Result<Option<HostLock>> {
    let lock = Lock::try_take(Path::new(&path))?;
    Ok(lock.map(|lock| HostLock { lock: Mutex::new(lock) }))
}

#[napi]
impl HostLock {
    /// Frees it. Harmless when repeated.
    #[napi(catch_unwind)]
    pub fn release(&self) {
        self.lock.lock().release();
    }
}
