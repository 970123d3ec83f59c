//! What takes the place of thread calls in a process that has lost its other threads.
//!
//! Waking somebody does nothing. Waiting for somebody ends the child with [`WOULD_DEADLOCK`], so
//! that a failure is told within milliseconds instead of being a hang.

use std::ffi::{c_int, c_void};

use super::got::Replacement;

/// Exit status of a child that would have waited for a thread that does not exist.
pub(super) const WOULD_DEADLOCK: c_int = 75;

/// The calls and their replacements.
pub(super) fn replacements() -> Vec<Replacement> {
    macro_rules! table {
        ($($name:literal => $with:path),+ $(,)?) => {
            vec![$(Replacement { name: $name, with: $with as *const c_void }),+]
        };
    }
    table! {
        c"pthread_cond_signal" => nothing,
        c"pthread_cond_broadcast" => nothing,
        c"sem_post" => nothing,
        c"pthread_kill" => nothing,
        c"pthread_cond_wait" => deadlock,
        c"pthread_join" => deadlock,
        c"pthread_barrier_wait" => deadlock,
        c"pthread_cond_timedwait" => timed_out,
        c"pthread_cond_clockwait" => timed_out,
        c"sem_timedwait" => timed_out_semaphore,
        c"sem_clockwait" => timed_out_semaphore,
        c"sem_wait" => wait_semaphore,
        c"pthread_mutex_lock" => lock_mutex,
        c"pthread_rwlock_rdlock" => read_lock,
        c"pthread_rwlock_wrlock" => write_lock,
        c"pthread_create" => no_thread,
        c"exit" => leave,
    }
}

extern "C" fn nothing() -> c_int {
    0
}

extern "C" fn deadlock() -> c_int {
    leave(WOULD_DEADLOCK)
}

extern "C" fn timed_out() -> c_int {
    libc::ETIMEDOUT
}

extern "C" fn no_thread() -> c_int {
    libc::EAGAIN
}

extern "C" fn timed_out_semaphore() -> c_int {
    // SAFETY: the calling thread's own errno.
    unsafe { *errno() = libc::ETIMEDOUT };
    -1
}

/// `exit` would run the parent's exit handlers.
extern "C" fn leave(status: c_int) -> ! {
    // SAFETY: ends the process without running anything.
    unsafe { libc::_exit(status) }
}

extern "C" fn wait_semaphore(semaphore: *mut libc::sem_t) -> c_int {
    // SAFETY: the caller's own argument, passed on; it never blocks.
    if unsafe { libc::sem_trywait(semaphore) } == 0 { 0 } else { deadlock() }
}

extern "C" fn lock_mutex(mutex: *mut libc::pthread_mutex_t) -> c_int {
    // SAFETY: as above.
    uncontended(unsafe { libc::pthread_mutex_trylock(mutex) })
}

extern "C" fn read_lock(lock: *mut libc::pthread_rwlock_t) -> c_int {
    // SAFETY: as above.
    uncontended(unsafe { libc::pthread_rwlock_tryrdlock(lock) })
}

extern "C" fn write_lock(lock: *mut libc::pthread_rwlock_t) -> c_int {
    // SAFETY: as above.
    uncontended(unsafe { libc::pthread_rwlock_trywrlock(lock) })
}

/// The holder of a lock that is taken does not exist any more.
fn uncontended(answer: c_int) -> c_int {
    if answer == libc::EBUSY { deadlock() } else { answer }
}

/// # Safety
///
/// The pointer must not leave the calling thread.
unsafe fn errno() -> *mut c_int {
    // SAFETY: takes nothing and points at the calling thread's own variable.
    unsafe { libc::__errno_location() }
}
