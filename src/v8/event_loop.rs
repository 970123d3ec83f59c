//! The event loop of libuv that this thread's JavaScript runs on, and the handles it has.

use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use napi::{Env, sys};

use super::heap_statistics::missing;
use super::symbols::{ReadingSymbols, reading_symbols};
use crate::error::{Error, Result};

/// Handles by what they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct HandleCounts {
    /// TCP sockets and servers.
    pub tcp: u32,
    /// UDP sockets.
    pub udp: u32,
    /// Pipes and terminals.
    pub pipe: u32,
    /// Child processes.
    pub process: u32,
    /// Watched files and folders.
    pub file_watch: u32,
    /// Timers, signals and what Node has for itself.
    pub other: u32,
}

impl HandleCounts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.tcp + self.udp + self.pipe + self.process + self.file_watch + self.other
    }

    /// Counts a handle of libuv's type `kind` (`uv_handle_type`, part of libuv's ABI since 1.0).
    ///
    /// A socket that waits for nobody (a paused one, an unread answer) is not active in the words of
    /// libuv, and is what leaks: sockets, pipes and children count from when they are made until they are
    /// closed. The others are kept ready by Node by the dozen and count while they are active.
    fn add(&mut self, kind: c_int, is_active: bool) {
        match kind {
            12 => self.tcp += 1,
            15 => self.udp += 1,
            7 | 14 => self.pipe += 1,
            10 => self.process += 1,
            3 | 4 => self.file_watch += 1,
            _ => self.other += u32::from(is_active),
        }
    }
}

/// The shape of libuv's callback: (handle, argument).
pub(super) type RawWalk = unsafe extern "C" fn(*mut c_void, *mut c_void);

/// A loop of this thread. To be dropped before its environment ends.
pub struct EventLoop {
    raw: NonNull<c_void>,
    symbols: &'static ReadingSymbols,
    thread_bound: PhantomData<*const ()>,
}

/// What the walk is given.
struct Walk {
    counts: HandleCounts,
    symbols: &'static ReadingSymbols,
}

impl EventLoop {
    /// The loop of this environment.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where there is none, or the process hides libuv.
    pub fn of(env: &Env) -> Result<Self> {
        let symbols = reading_symbols().map_err(missing)?;
        let mut raw = ptr::null_mut();
        // SAFETY: the environment is the one that calls us; `raw` is ours to be written.
        let status = unsafe { sys::napi_get_uv_event_loop(env.raw(), &raw mut raw) };
        let raw = NonNull::new(raw.cast()).filter(|_| status == sys::Status::napi_ok);
        let raw = raw.ok_or_else(|| Error::Unsupported("this thread has no event loop".into()))?;
        Ok(Self { raw, symbols, thread_bound: PhantomData })
    }

    /// The handles it has now.
    #[must_use]
    pub fn count_handles(&self) -> HandleCounts {
        let mut walk = Walk { counts: HandleCounts::default(), symbols: self.symbols };
        // SAFETY: the loop is this thread's (`!Send`) and alive: it outlives the environment, which this
        // value does not (see the type). `count` gets back the pointer to `walk`, which outlives the call.
        unsafe { (self.symbols.uv_walk)(self.raw.as_ptr(), count, (&raw mut walk).cast()) };
        walk.counts
    }
}

/// What libuv calls. Nothing in it can panic: the counts are of handles that exist in memory.
unsafe extern "C" fn count(handle: *mut c_void, walk: *mut c_void) {
    // SAFETY: `walk` is the one reference to `count_handles`' local, which is not used meanwhile.
    let Walk { counts, symbols } = unsafe { &mut *walk.cast::<Walk>() };
    // SAFETY: libuv walks its own list: the handle is alive, and the getters only read it.
    let (kind, is_active, is_closing) = unsafe {
        let is = |flag: c_int| flag != 0;
        let active = is((symbols.uv_is_active)(handle));
        ((symbols.uv_handle_type)(handle), active, is((symbols.uv_is_closing)(handle)))
    };
    if !is_closing {
        counts.add(kind, is_active);
    }
}

#[cfg(test)]
mod tests {
    use super::HandleCounts;

    #[test]
    fn counts_idle_sockets_but_no_idle_timers() {
        let mut counts = HandleCounts::default();
        for kind in 1..18 {
            counts.add(kind, false);
        }
        counts.add(13, true);
        let HandleCounts { tcp, udp, pipe, process, file_watch, other } = counts;
        assert_eq!([tcp, udp, pipe, process, file_watch, other], [1, 1, 2, 1, 2, 1]);
        assert_eq!(counts.total(), 8);
    }
}
