//! The clock of V8's CPU profiles.

/// Microseconds on the clock of [`super::CpuProfileReader::times`]: V8's `TimeTicks` are
/// `CLOCK_MONOTONIC` (`src/base/platform/time.cc`).
#[must_use]
pub fn now() -> i64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes into a local of the type that it wants. The clock exists on every Linux; a failure
    // would leave zero.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
}
