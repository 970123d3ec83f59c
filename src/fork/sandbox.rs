//! What makes the child unable to hurt anybody, in the order in which it must happen.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, RawFd};

use libc::c_int;

use super::mappings;
use super::seccomp;
use crate::error::{Error, Result};

/// Least niceness of the child: a tenth of a busy core. The lowest priority would starve it there, and
/// a child over its time budget costs the server more.
const NICE: c_int = 10;
/// Most bytes of a core dump: one turns off files and, unlike zero, what a pipe would get too.
const CORE: libc::rlim_t = 1;
/// `ioprio_set`: the process itself, class idle.
const IOPRIO_WHO_PROCESS: c_int = 1;
const IOPRIO_IDLE: c_int = 3 << 13;

/// Whether the child may outlive its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Killed when the thread that forked it ends.
    WithParent,
    /// Goes on: the parent is about to die.
    Outlives,
}

/// Dies with the parent, is the first to go when memory is short, waits for everybody else.
pub(super) fn be_humble(lifetime: Lifetime, parent: u32) {
    if lifetime == Lifetime::WithParent {
        // SAFETY: these calls read plain numbers. A parent that died between fork and prctl is
        // noticed by its id, and then there is nobody to work for.
        unsafe {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            if libc::getppid().unsigned_abs() != parent {
                libc::_exit(1);
            }
        }
    }
    // Each of these may be refused (a container without /proc, say); none is needed for safety.
    let _refused = fs::write("/proc/self/oom_score_adj", "1000");
    // SAFETY: plain numbers again, about this process alone.
    unsafe {
        let nice = libc::getpriority(libc::PRIO_PROCESS, 0).max(NICE);
        libc::setpriority(libc::PRIO_PROCESS, 0, nice);
        libc::syscall(libc::SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
        libc::setrlimit(libc::RLIMIT_CORE, &libc::rlimit { rlim_cur: CORE, rlim_max: CORE });
    }
}

/// The server's signal handlers must not run here; nor must a blocked signal keep the child alive.
pub(super) fn reset_signals() {
    // SAFETY: the default action needs no handler; an all-zero sigaction is exactly that. An
    // unchangeable signal is refused, which is fine. The set is initialised by sigemptyset.
    unsafe {
        let default: libc::sigaction = std::mem::zeroed();
        for signal in 1..=64 {
            libc::sigaction(signal, &raw const default, std::ptr::null_mut());
        }
        // A profiler's tick that was under way at the fork; a file or pipe that takes no more is told
        // by the write itself.
        for ignored in [libc::SIGPROF, libc::SIGXFSZ, libc::SIGPIPE] {
            libc::signal(ignored, libc::SIG_IGN);
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

/// Points every descriptor but `keep` at /dev/null; standard error goes to `errors`, where V8's
/// last words are read.
///
/// They are not closed: libuv aborts on a bad descriptor. They are not left open either: a
/// connection that the server closes must close, and an event descriptor is the parent's.
///
/// # Errors
///
/// [`Error::Io`] where `/proc` or `/dev/null` is not readable.
pub(super) fn detach_descriptors(keep: &[RawFd], errors: RawFd) -> Result<()> {
    const DETACHING: &str = "detaching the child's descriptors";
    let null = fs::OpenOptions::new().read(true).write(true).open("/dev/null");
    let null = null.map_err(Error::io(DETACHING))?;
    let open: Vec<RawFd> = fs::read_dir("/proc/self/fd")
        .map_err(Error::io(DETACHING))?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    for descriptor in open.into_iter().chain(0..=1) {
        if descriptor != null.as_raw_fd() && descriptor != errors && !keep.contains(&descriptor) {
            // SAFETY: dup2 changes this process's table only. What is replaced is used by nobody
            // in the child but code we want to be harmless. The directory read above is closed.
            unsafe { libc::dup2(null.as_raw_fd(), descriptor) };
        }
    }
    // SAFETY: as above.
    unsafe { libc::dup2(errors, libc::STDERR_FILENO) };
    // The descriptor is one of those that stay at /dev/null.
    std::mem::forget(null);
    Ok(())
}

/// Takes away every mapping that others see written.
///
/// # Errors
///
/// [`Error::Io`] where the map cannot be read or a mapping cannot be protected.
pub(super) fn protect_shared_memory() -> Result<()> {
    for span in mappings::shared_and_writable()? {
        mappings::replace_by_nothing(&span).map_err(Error::io("protecting shared memory"))?;
    }
    Ok(())
}

/// Confines the child's system calls. `false` where the kernel refuses.
pub(super) fn confine() -> bool {
    let confined: io::Result<()> = seccomp::confine();
    confined.is_ok()
}
