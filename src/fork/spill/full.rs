//! When the disk is full: the kernel says so with SIGBUS, at the write to a page of the file.

use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

/// The line that the parent reads: a failure as `report` writes it.
pub(super) const LINE: &str = concat!(
    r#"{"is":"failed","code":"ERR_RSPROF_DISK_FULL","errno":28,"#,
    r#""message":"the child ran out of disk for the memory it spills"}"#,
    "\n"
);

/// Status of a child that has said so.
const STATUS: c_int = 76;

static REPORTS: AtomicI32 = AtomicI32::new(-1);
static START: AtomicUsize = AtomicUsize::new(0);
static END: AtomicUsize = AtomicUsize::new(0);

/// From now on a fault in these addresses is told on `reports` and ends the process. In the child
/// only, after its signals were reset.
pub(super) fn watch(addresses: Range<usize>, reports: RawFd) {
    REPORTS.store(reports, Ordering::Relaxed);
    START.store(addresses.start, Ordering::Relaxed);
    END.store(addresses.end, Ordering::Relaxed);
    // SAFETY: all-zero is a sigaction without mask; the handler has the signature that SA_SIGINFO
    // announces and calls nothing that is not async-signal-safe.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_fault as extern "C" fn(_, _, _) as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESETHAND;
        libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut());
    }
}

/// Says that there is no room, and ends the process.
pub(super) fn tell_and_leave() -> ! {
    // SAFETY: the line outlives the call; both calls are async-signal-safe. If the pipe is full or
    // closed, the status still tells.
    unsafe {
        libc::write(REPORTS.load(Ordering::Relaxed), LINE.as_ptr().cast(), LINE.len());
        libc::_exit(STATUS)
    }
}

extern "C" fn on_fault(_signal: c_int, info: *mut libc::siginfo_t, _context: *mut c_void) {
    // SAFETY: the kernel passes the signal's own description, which for SIGBUS has an address.
    let address = unsafe { (*info).si_addr() } as usize;
    if (START.load(Ordering::Relaxed)..END.load(Ordering::Relaxed)).contains(&address) {
        tell_and_leave();
    }
    // Somebody else's: the default action is back, and the return repeats the access.
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::super::super::report::Message;
    use super::*;

    #[test]
    fn the_line_is_one_that_the_parent_understands() {
        let Some(Message::Failed { code, errno, .. }) = Message::parse(LINE.trim_end()) else {
            panic!("not a failure")
        };
        assert_eq!((code.as_str(), errno), ("ERR_RSPROF_DISK_FULL", Some(libc::ENOSPC)));
    }
}
