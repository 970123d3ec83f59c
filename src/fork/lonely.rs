//! What takes the place of thread calls in a process that has lost its other threads.
//!
//! Waking somebody does nothing. Waiting for somebody ends the child with [`WOULD_DEADLOCK`], so
//! that a failure is told within milliseconds instead of being a hang.

use std::ffi::{c_int, c_long, c_void};

use super::got::Replacement;

/// Exit status of a child that would have waited for a thread that does not exist.
pub(super) const WOULD_DEADLOCK: c_int = 75;

/// The calls and their replacements.
pub(super) fn replacements() -> Vec<Replacement> {
    macro_rules! table {
        ($($name:literal => $with:path),+ $(,)?) => {
            vec![$(Replacement { name: $name, with: $with as *const c_void, spill: None }),+]
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
        c"syscall" => call_kernel,
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

/// V8's own locks are Abseil's from Node 22 on, which wait by bare `futex` calls.
///
/// `syscall` takes what follows the number as the kernel does: in registers, and the last one on the
/// stack. A caller that passes fewer leaves the rest undefined, as it does for libc's own.
extern "C" fn call_kernel(
    number: c_long,
    first: usize,
    second: usize,
    third: usize,
    fourth: usize,
    fifth: usize,
    sixth: usize,
) -> c_long {
    let command = c_int::try_from(second & 0x7f).unwrap_or(0);
    let waits = command == libc::FUTEX_WAIT || command == libc::FUTEX_WAIT_BITSET;
    if number != libc::SYS_futex || !waits {
        // SAFETY: the caller's own call, passed on as it is.
        return unsafe { libc::syscall(number, first, second, third, fourth, fifth, sixth) };
    }
    // Zero is "not at all" where it is a duration, and "past" where it is a point in time.
    let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the caller's own call but for the time, which outlives it.
    let (answer, error) = unsafe {
        let answer = libc::syscall(number, first, second, third, &raw const now, fifth, sixth);
        (answer, *errno())
    };
    if answer == -1 && error == libc::ETIMEDOUT && fourth == 0 {
        // Nobody is left who could wake us.
        leave(WOULD_DEADLOCK)
    }
    answer
}

/// # Safety
///
/// The pointer must not leave the calling thread.
unsafe fn errno() -> *mut c_int {
    // SAFETY: takes nothing and points at the calling thread's own variable.
    unsafe { libc::__errno_location() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exit status of a child that does `work`, 0 where it comes back.
    fn status_of(work: impl FnOnce()) -> c_int {
        // SAFETY: the child calls nothing but `work`, which takes no lock, and `_exit`.
        let child = unsafe { libc::fork() };
        if child == 0 {
            work();
            leave(0);
        }
        let mut status = 0;
        // SAFETY: waits for the child above, once.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        libc::WEXITSTATUS(status)
    }

    fn futex_wait(value: usize, timeout: Option<&libc::timespec>) -> (c_long, c_int) {
        let word = 7_u32;
        let operation = (libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG) as usize;
        let (address, until) =
            (&raw const word as usize, timeout.map_or(0, |t| &raw const *t as usize));
        let answer = call_kernel(libc::SYS_futex, address, operation, value, until, 0, !0 >> 32);
        // SAFETY: read on this thread, at once.
        (answer, unsafe { *errno() })
    }

    #[test]
    fn nobody_waits_by_bare_futex_calls() {
        assert_eq!(status_of(|| _ = futex_wait(7, None)), WOULD_DEADLOCK);
        let later = libc::timespec { tv_sec: 1 << 40, tv_nsec: 0 };
        assert_eq!(futex_wait(7, Some(&later)), (-1, libc::ETIMEDOUT));
        assert_eq!(futex_wait(8, None), (-1, libc::EAGAIN));
        assert!(call_kernel(libc::SYS_getpid, 0, 0, 0, 0, 0, 0) > 0);
    }
}
