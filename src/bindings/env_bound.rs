//! Ties captures to the environment that started them.

use std::cell::{RefCell, RefMut};
use std::rc::{Rc, Weak};

use napi::Env;

use crate::capture::{self, AllocationCapture, CpuCapture, LiveGraph, SnapshotCapture};
use crate::fork::ForkCapture;

/// Something that must be over before its environment is.
pub(super) trait Release {
    /// Ends it, joins its threads, frees what V8 holds.
    fn release(&mut self);
}

impl Release for SnapshotCapture {
    fn release(&mut self) {
        Self::release(self);
    }
}

impl Release for CpuCapture {
    fn release(&mut self) {
        Self::release(self);
    }
}

impl Release for AllocationCapture {
    fn release(&mut self) {
        Self::release(self);
    }
}

impl Release for LiveGraph {
    fn release(&mut self) {
        Self::release(self);
    }
}

impl Release for ForkCapture {
    fn release(&mut self) {
        Self::release(self);
    }
}

thread_local! {
    /// The captures of this thread's environment. One cleanup hook serves them all.
    static LIVE: RefCell<Live> = RefCell::default();
}

#[derive(Default)]
struct Live {
    hooked: bool,
    captures: Vec<Weak<RefCell<dyn Release>>>,
}

/// A capture that the environment's cleanup hook ends, if nobody did before.
pub(super) struct EnvBound<T>(Rc<RefCell<T>>);

/// Has [`end_of_environment`] called, once.
pub(super) fn hook_end(env: &Env) -> napi::Result<()> {
    LIVE.with_borrow_mut(|live| {
        if !live.hooked {
            env.add_env_cleanup_hook((), |()| end_of_environment())?;
            live.hooked = true;
        }
        Ok(())
    })
}

impl<T: Release + 'static> EnvBound<T> {
    pub(super) fn new(env: &Env, capture: T) -> napi::Result<Self> {
        let capture = Rc::new(RefCell::new(capture));
        let known: Rc<RefCell<dyn Release>> = capture.clone();
        hook_end(env)?;
        LIVE.with_borrow_mut(|live| {
            live.captures.retain(|other| other.strong_count() > 0);
            live.captures.push(Rc::downgrade(&known));
            Ok(Self(capture))
        })
    }

    pub(super) fn get(&self) -> RefMut<'_, T> {
        self.0.borrow_mut()
    }
}

fn end_of_environment() {
    let live = LIVE.take();
    for capture in live.captures.iter().rev().filter_map(Weak::upgrade) {
        capture.borrow_mut().release();
    }
    capture::dispose_labels();
    // Profiles are deleted by now: their profilers can go.
    capture::dispose_cpu_profilers();
}
