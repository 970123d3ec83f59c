//! The part of a watchdog that stays on the isolate's thread: it starts and ends the profile.
//!
//! An interrupt's function may be called on any thread as far as the compiler knows, so it finds the part by
//! its number, in a list of the thread that it is called on. After the watch is over it finds nothing.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use napi::Env;

use super::post::{Board, Phase, Post};
use crate::capture::{CpuCapture, CpuRequest, ProfileTarget};
use crate::error::{Error, Result};
use crate::v8::{Isolate, OnInterrupt, in_handle_scope};

/// Functions of a stack that are noted.
const MOST_FRAMES: u16 = 32;

thread_local! {
    /// Not theirs: this list is destroyed when the process ends, V8 may be gone by then.
    static WITNESSES: RefCell<Vec<(u64, Weak<RefCell<Witness>>)>> =
        const { RefCell::new(Vec::new()) };
}

/// What is needed for a profile in the middle of JavaScript.
pub(super) struct Witness {
    env: Env,
    isolate: Isolate,
    request: CpuRequest,
    post: Arc<Post>,
    /// Not freed yet.
    capture: Option<CpuCapture>,
    target: Option<ProfileTarget>,
}

/// What an interrupt is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Start,
    /// Only have a look at the stack.
    Look,
    Stop,
}

/// Carries a wish to the isolate's thread.
pub(super) struct Summons {
    pub(super) witness: u64,
    pub(super) episode: u64,
    pub(super) wish: Wish,
}

impl OnInterrupt for Summons {
    fn interrupted(&self) {
        with(self.witness, |witness| match self.wish {
            Wish::Start => witness.start(self.episode),
            Wish::Look => witness.look(self.episode),
            Wish::Stop => {
                witness.look(self.episode);
                witness.stop(self.episode);
            }
        });
    }
}

/// A witness of this thread's isolate, and the number under which interrupts find it.
pub(super) fn call_in(
    env: Env,
    isolate: Isolate,
    request: CpuRequest,
    post: Arc<Post>,
) -> (u64, Rc<RefCell<Witness>>) {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let witness = Witness { env, isolate, request, post, capture: None, target: None };
    let witness = Rc::new(RefCell::new(witness));
    WITNESSES.with_borrow_mut(|list| {
        list.retain(|(_, other)| other.strong_count() > 0);
        list.push((number, Rc::downgrade(&witness)));
    });
    (number, witness)
}

/// Nothing happens while the thread ends, after the watch, or from inside of itself.
fn with(number: u64, work: impl FnOnce(&mut Witness)) {
    let found = WITNESSES.try_with(|list| {
        let list = list.try_borrow().ok()?;
        list.iter().find(|(other, _)| *other == number)?.1.upgrade()
    });
    if let Some(witness) = found.ok().flatten()
        && let Ok(mut witness) = witness.try_borrow_mut()
    {
        work(&mut witness);
    }
}

impl Witness {
    /// Starts the profile if it is still wanted.
    fn start(&mut self, episode: u64) {
        let wanted = self.post.change(|board| match &board.phase {
            Phase::Wanted(_) if board.number == episode => {
                Some(std::mem::replace(&mut board.phase, Phase::Starting))
            }
            _ => {
                board.is_answered_late = board.number == episode;
                None
            }
        });
        let Some(Phase::Wanted(target)) = wanted else { return };
        self.free();
        let stack = self.isolate.stack(&self.env, MOST_FRAMES);
        let capture = match self.start_capture() {
            Ok(capture) => capture,
            Err(error) => return self.post.change(|board| board.phase = Phase::failed(error)),
        };
        let pause = capture.start_pause();
        (self.capture, self.target) = (Some(capture), Some(target));
        self.post.change(|board| {
            board.pauses = (pause, Duration::ZERO);
            board.stacks = vec![stack];
            board.phase = Phase::Running(Instant::now());
        });
    }

    fn start_capture(&self) -> Result<CpuCapture> {
        let start = || CpuCapture::start(&self.env, self.isolate, self.request);
        in_handle_scope(&self.env, start).unwrap_or(Err(Error::Aborted))
    }

    /// Notes the stack while the profile runs.
    fn look(&self, episode: u64) {
        let runs =
            |board: &Board| board.number == episode && matches!(board.phase, Phase::Running(_));
        if self.post.change(|board| runs(board)) {
            let stack = self.isolate.stack(&self.env, MOST_FRAMES);
            self.post.change(|board| board.stacks.push(stack));
        }
    }

    /// Ends the profile if it runs, and has it written.
    fn stop(&mut self, episode: u64) {
        let is_running = self.post.change(|board| {
            let is_running = board.number == episode && matches!(board.phase, Phase::Running(_));
            if is_running {
                board.phase = Phase::Ending;
            }
            is_running
        });
        if !is_running {
            return;
        }
        let (Some(capture), Some(target)) = (&mut self.capture, self.target.take()) else { return };
        let stopped = capture.stop(&target, None);
        let (completion, pause) = (capture.completion(), capture.stop_pause());
        let post = Arc::clone(&self.post);
        post.change(|board| board.pauses.1 = pause);
        match stopped {
            Ok(()) => completion.on_settled(move |settled| {
                post.change(|board| board.phase = Phase::Over(settled));
            }),
            Err(error) => {
                self.capture = None;
                post.change(|board| board.phase = Phase::failed(error));
            }
        }
    }

    /// The loop turns: ends what runs, frees what is written.
    pub(super) fn turned(&mut self) {
        self.post.turned();
        let episode = self.post.change(|board| board.number);
        self.stop(episode);
        let is_written = self.capture.as_ref().is_none_or(|one| one.completion().is_settled());
        if is_written {
            self.free();
            self.post.settle_down();
        }
    }

    /// Frees what V8 holds.
    fn free(&mut self) {
        self.capture = None;
        self.target = None;
    }
}
