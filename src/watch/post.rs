//! What the isolate's thread and the watching thread share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::capture::{CpuReport, ProfileTarget, Settled};
use crate::error::Error;
use crate::text::Control;
use crate::v8::{StackFrame, now};

/// Both sides' board.
#[derive(Default)]
pub(super) struct Post {
    /// On V8's clock.
    beat_at: AtomicI64,
    is_allowed: AtomicBool,
    is_debugged: AtomicBool,
    /// The next beat has more to do than to beat.
    is_awaited: AtomicBool,
    has_episodes: AtomicBool,
    board: Mutex<Board>,
    changed: Condvar,
    /// Ends what the watching thread reads.
    pub(super) control: Control,
}

#[derive(Default)]
pub(super) struct Board {
    pub(super) is_over: bool,
    /// Numbers the episodes: an interrupt may come when its episode is long over.
    pub(super) number: u64,
    pub(super) phase: Phase,
    /// The interrupt was answered after nobody had waited for it any more.
    pub(super) is_answered_late: bool,
    /// The stacks that were seen while the profile ran, oldest first; of each the innermost function first.
    pub(super) stacks: Vec<Vec<StackFrame>>,
    /// Time the program stood still for the start of the profile, and for its end.
    pub(super) pauses: (Duration, Duration),
    /// When the loop turned after the alarm, on V8's clock.
    pub(super) turned_at: Option<i64>,
    /// JSON, finished and not yet taken.
    episodes: Vec<String>,
}

/// How far the profile of an episode is.
#[derive(Default)]
pub(super) enum Phase {
    /// None is wanted.
    #[default]
    Quiet,
    /// The next interrupt starts it.
    Wanted(ProfileTarget),
    /// An interrupt is at it.
    Starting,
    /// It runs since this time.
    Running(Instant),
    /// V8 has ended it, it is being written.
    Ending,
    /// Written, or failed.
    Over(Settled<CpuReport>),
}

impl Phase {
    /// Whether nobody has done anything about it yet, or not all of it.
    pub(super) fn is_before_run(&self) -> bool {
        matches!(self, Self::Wanted(_) | Self::Starting)
    }

    /// Ends without a file.
    pub(super) fn failed(error: Error) -> Self {
        Self::Over(Arc::new(Err(error)))
    }
}

/// What [`Post::wait`] has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// What was waited for.
    Done,
    /// It took too long.
    TimedOut,
    /// The watch is over.
    Over,
}

impl Post {
    /// The loop turns. True where the isolate's thread has more to do: see [`Self::turned`].
    pub(super) fn beat(&self, is_allowed: bool) -> bool {
        self.is_allowed.store(is_allowed, Ordering::Relaxed);
        // The order matters: either this beat sees the alarm or `alarm` sees the beat.
        self.beat_at.store(now(), Ordering::SeqCst);
        self.is_awaited.load(Ordering::SeqCst)
    }

    pub(super) fn last_beat(&self) -> i64 {
        self.beat_at.load(Ordering::SeqCst)
    }

    pub(super) fn is_allowed(&self) -> bool {
        self.is_allowed.load(Ordering::Relaxed)
    }

    pub(super) fn set_debugged(&self, is_debugged: bool) {
        self.is_debugged.store(is_debugged, Ordering::Relaxed);
    }

    pub(super) fn is_debugged(&self) -> bool {
        self.is_debugged.load(Ordering::Relaxed)
    }

    /// The next beat is to tell that there was one.
    pub(super) fn await_beat(&self) {
        self.is_awaited.store(true, Ordering::SeqCst);
    }

    /// The last beat was at `beat`, too long ago: a new episode, and its number. None where there is a newer
    /// beat.
    pub(super) fn alarm(&self, beat: i64) -> Option<u64> {
        let mut board = self.board.lock();
        self.await_beat();
        if board.is_over || self.last_beat() != beat {
            return None;
        }
        board.number += 1;
        board.turned_at = None;
        board.is_answered_late = false;
        board.phase = Phase::Quiet;
        Some(board.number)
    }

    /// Notes a beat that was awaited. A profile that nobody started is not wanted any more.
    pub(super) fn turned(&self) {
        let mut board = self.board.lock();
        board.turned_at.get_or_insert_with(|| self.last_beat());
        if matches!(board.phase, Phase::Wanted(_)) {
            board.phase = Phase::Quiet;
        }
        self.changed.notify_all();
    }

    /// Nobody has started the profile: it is not wanted any more. False where somebody just has.
    pub(super) fn give_up(&self) -> bool {
        self.change(|board| {
            let is_waiting = matches!(board.phase, Phase::Wanted(_));
            if is_waiting {
                board.phase = Phase::Quiet;
            }
            is_waiting
        })
    }

    /// The isolate's thread holds nothing of a profile: no beat has more to do, unless a profile is on its
    /// way.
    pub(super) fn settle_down(&self) {
        let board = self.board.lock();
        if board.turned_at.is_some() && matches!(board.phase, Phase::Quiet | Phase::Over(_)) {
            self.is_awaited.store(false, Ordering::SeqCst);
        }
    }

    /// Changes the phase by what it is now; both sides may.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Board) -> T) -> T {
        let answer = change(&mut self.board.lock());
        self.changed.notify_all();
        answer
    }

    /// Waits until `is_so`, for a time at the most.
    pub(super) fn wait(&self, time: Option<Duration>, is_so: impl Fn(&Board) -> bool) -> Waited {
        let end = time.map(|time| Instant::now() + time);
        let mut board = self.board.lock();
        loop {
            if board.is_over {
                return Waited::Over;
            }
            if is_so(&board) {
                return Waited::Done;
            }
            if !self.wait_once(&mut board, end) {
                return Waited::TimedOut;
            }
        }
    }

    /// False where the time is up.
    fn wait_once(&self, board: &mut MutexGuard<'_, Board>, end: Option<Instant>) -> bool {
        match end {
            None => self.changed.wait(board),
            Some(end) if Instant::now() >= end => return false,
            Some(end) => {
                let _looked_at_above = self.changed.wait_until(board, end);
            }
        }
        true
    }

    /// Nobody watches any more.
    pub(super) fn end(&self) {
        self.control.cancel();
        self.change(|board| board.is_over = true);
    }

    /// A finished episode, for [`Self::take`].
    pub(super) fn add(&self, episode: String) {
        self.board.lock().episodes.push(episode);
        self.has_episodes.store(true, Ordering::Release);
    }

    /// The finished episodes since the last call, as JSON.
    pub(super) fn take(&self) -> Option<String> {
        if !self.has_episodes.swap(false, Ordering::Acquire) {
            return None;
        }
        let episodes = std::mem::take(&mut self.board.lock().episodes);
        Some(format!("[{}]", episodes.join(",")))
    }
}
