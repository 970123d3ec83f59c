//! The child's system calls: what a snapshot needs, and nothing else.
//!
//! V8's snapshot collects garbage first, so finalisers of the program's other addons run in the
//! child. Whatever they try (unlink, connect, kill, execve, …) is refused with EPERM.

use std::io;

use libc::{c_long, sock_filter, sock_fprog};

/// The calls that pass whatever their arguments: memory, waiting, time, our descriptors, the end.
/// Opening anything is not among them: what the child writes to was opened before.
const ALLOWED: &[c_long] = &[
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fdatasync,
    libc::SYS_fstat,
    libc::SYS_fsync,
    libc::SYS_futex,
    libc::SYS_getcpu,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mincore,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_sigaltstack,
    libc::SYS_sync_file_range,
    libc::SYS_sysinfo,
    libc::SYS_write,
    libc::SYS_writev,
];

#[cfg(target_arch = "x86_64")]
const AUDIT_ARCH: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const AUDIT_ARCH: u32 = 0xc000_00b7;

/// Offsets in `struct seccomp_data`.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const FIRST_ARGUMENT: u32 = 16;

/// Bit of the x32 ABI's call numbers, which would otherwise pass as other calls.
const X32_BIT: u32 = 0x4000_0000;

const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const EQUALS: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const AT_LEAST: u16 = (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

const REFUSE: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;

/// The filter for a process with this id (it may signal itself: that is how `abort` ends it).
fn program(pid: u32) -> Vec<sock_filter> {
    let mut filter = vec![
        step(LOAD, ARCHITECTURE),
        jump(EQUALS, AUDIT_ARCH, 1, 0),
        step(RETURN, libc::SECCOMP_RET_KILL_PROCESS),
        step(LOAD, NUMBER),
        jump(AT_LEAST, X32_BIT, 0, 1),
        step(RETURN, REFUSE),
    ];
    for call in ALLOWED {
        filter.push(jump(EQUALS, number(*call), 0, 1));
        filter.push(step(RETURN, libc::SECCOMP_RET_ALLOW));
    }
    filter.extend([
        jump(EQUALS, number(libc::SYS_tgkill), 0, 3),
        step(LOAD, FIRST_ARGUMENT),
        jump(EQUALS, pid, 0, 1),
        step(RETURN, libc::SECCOMP_RET_ALLOW),
        step(RETURN, REFUSE),
    ]);
    filter
}

fn number(call: c_long) -> u32 {
    // Call numbers are below 1000 on the architectures above.
    u32::try_from(call).unwrap_or(u32::MAX)
}

fn step(code: u16, k: u32) -> sock_filter {
    sock_filter { code, jt: 0, jf: 0, k }
}

fn jump(code: u16, k: u32, if_true: u8, if_false: u8) -> sock_filter {
    sock_filter { code, jt: if_true, jf: if_false, k }
}

/// Installs the filter for the calling process, for good.
///
/// # Errors
///
/// The kernel's refusal: no seccomp, or a filter around us that forbids it.
pub(super) fn confine() -> io::Result<()> {
    let mut filter = program(std::process::id());
    let length = u16::try_from(filter.len()).map_err(io::Error::other)?;
    let program = sock_fprog { len: length, filter: filter.as_mut_ptr() };
    // SAFETY: both calls read their arguments only; `program` points at a filter of `len` steps
    // that outlives the call.
    unsafe {
        if libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
            || libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) != 0
        {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}
