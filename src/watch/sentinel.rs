//! The thread that notices, has the stuck code profiled, and says which it is.

use std::time::{Duration, Instant};

use rustix::fs::statvfs;

use super::episode::{Episode, Skipped};
use super::host_lock::HostLock;
use super::post::{Board, Phase, Post, Waited};
use super::silence::{Look, Silence};
use super::standard_error::say;
use super::stuck_file::{Story, StuckFile};
use super::stuck_thread::{ThreadFile, Used};
use super::stuck_verdict::{self, StuckVerdict};
use super::watchdog::WatchdogRequest;
use super::witness::{Summons, Wish};
use crate::capture::{CpuReport, Settled};
use crate::error::{Error, Result};
use crate::v8::{Interrupter, now};
use crate::words::duration;

/// An interrupt that nobody answers for so long, and for a threshold, is not going to be answered.
const LEAST_PATIENCE: Duration = Duration::from_secs(1);

/// Times that the stack is looked at while the profile runs, after the first.
const LOOKS: u32 = 10;

/// A wait in native code that is worth a word.
const LEAST_NATIVE: Duration = Duration::from_millis(100);

pub(super) struct Sentinel {
    pub(super) post: std::sync::Arc<Post>,
    pub(super) interrupter: Interrupter,
    pub(super) witness: u64,
    pub(super) thread: ThreadFile,
    pub(super) begun: Instant,
    pub(super) request: WatchdogRequest,
}

/// A loop that is stuck.
struct Alarm {
    /// Last beat, or when the process went on after it was stopped, on V8's clock.
    since: i64,
    number: u64,
    /// CPU time some moments before.
    used: Option<Used>,
}

/// Allowed to take a profile: the lock, and the file.
struct Permit {
    file: StuckFile,
    /// Freed when the file is in place, or gone.
    _lock: Option<HostLock>,
}

/// Why there is no profile.
enum Refusal {
    Skipped(Skipped),
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Sentinel {
    /// Until the watch is over.
    pub(super) fn run(self) {
        // A program may need its time to load: it is watched from the first beat on.
        let mut waited = self.post.wait(None, |board| board.turned_at.is_some());
        while waited == Waited::Done
            && let Some(alarm) = self.watch()
        {
            let mut episode = Episode::new(alarm.since, now());
            self.attend(&alarm, &mut episode);
            if episode.skipped == Some(Skipped::Native) && self.is_stuck_again() {
                episode.skipped = None;
                self.attend(&alarm, &mut episode);
            }
            waited = self.post.wait(None, |board| board.turned_at.is_some());
            let turned_at = self.post.change(|board| board.turned_at);
            self.post.add(episode.told(turned_at.unwrap_or_else(now), now()));
        }
    }

    /// After a long call of native code: JavaScript runs, and does not end either.
    fn is_stuck_again(&self) -> bool {
        let turned = |board: &Board| board.turned_at.is_some();
        let runs = |board: &Board| turned(board) || board.is_answered_late;
        self.post.wait(None, runs) == Waited::Done
            && self.post.wait(Some(self.request.threshold), turned) == Waited::TimedOut
    }

    /// Sleeps until the loop is stuck; none where the watch is over.
    fn watch(&self) -> Option<Alarm> {
        let mut silence = Silence::new(self.request.threshold, now());
        let mut wanted = self.request.threshold / 2;
        let mut used = None;
        loop {
            let before = Instant::now();
            if self.post.wait(Some(wanted), |_| false) == Waited::Over {
                return None;
            }
            let (beat, slept) = (self.post.last_beat(), before.elapsed());
            match silence.look(beat, now(), wanted, slept) {
                Look::Fine(sleep) => (wanted, used) = (sleep, None),
                Look::Doubtful(sleep) => {
                    wanted = sleep;
                    used = used.or_else(|| self.thread.used());
                }
                Look::Stuck if self.may_be_at_a_breakpoint(used) => silence.forgive(now()),
                Look::Stuck => match self.post.alarm(beat) {
                    Some(number) => {
                        return Some(Alarm { since: silence.since(beat), number, used });
                    }
                    None => silence.forgive(now()),
                },
            }
        }
    }

    /// A thread that sleeps while somebody may be debugging it.
    fn may_be_at_a_breakpoint(&self, used: Option<Used>) -> bool {
        self.post.is_debugged() && self.has_slept_since(used)
    }

    fn has_slept_since(&self, used: Option<Used>) -> bool {
        let now = self.thread.used();
        used.zip(now).is_some_and(|(earlier, now)| now.has_slept_since(&earlier))
    }

    /// Takes the profile, or finds out why not, and says it.
    fn attend(&self, alarm: &Alarm, episode: &mut Episode) {
        let told = self.admit().and_then(|permit| self.profile(permit, alarm, episode));
        let what = match told {
            Ok(sentence) => sentence,
            Err(Refusal::Failed(error)) => {
                episode.failed(&error);
                String::new()
            }
            Err(Refusal::Skipped(skipped)) => {
                episode.skipped = Some(skipped);
                episode.verdict.clone().unwrap_or_default()
            }
        };
        let is_over = self.post.change(|board| board.is_over);
        if self.request.say && !is_over {
            say(&self.line(episode, &what));
        }
    }

    fn line(&self, episode: &Episode, what: &str) -> String {
        let turned_at = self.post.change(|board| board.turned_at);
        let lasts = episode.lasts(turned_at.unwrap_or_else(now));
        let has = if turned_at.is_some() { "did not turn" } else { "has not turned" };
        let lasts = duration(u64::try_from(lasts.as_micros()).unwrap_or(u64::MAX));
        let what = match what.trim_end_matches('.') {
            "" => String::new(),
            what => format!(": {what}"),
        };
        format!("rsprof: the event loop {has} for {lasts}{what}; {}", episode.outcome())
    }

    /// Whether a profile may be taken now; makes its file.
    fn admit(&self) -> std::result::Result<Permit, Refusal> {
        if !self.post.is_allowed() {
            return Err(Refusal::Skipped(Skipped::Limits));
        }
        let lock = match &self.request.lock {
            None => None,
            Some(path) => match HostLock::try_take(path)? {
                None => return Err(Refusal::Skipped(Skipped::HostLock)),
                held => held,
            },
        };
        let file = StuckFile::create(&self.request.place)?;
        if self.request.min_free > 0 && self.free_bytes()? < self.request.min_free {
            return Err(Refusal::Skipped(Skipped::Disk));
        }
        Ok(Permit { file, _lock: lock })
    }

    fn free_bytes(&self) -> Result<u64> {
        let figures = statvfs(&self.request.place.folder)
            .map_err(|error| Error::io("looking for free disk space")(error.into()))?;
        Ok(figures.f_bavail.saturating_mul(figures.f_frsize))
    }

    /// Has the stuck code profiled; answers a sentence about it.
    fn profile(
        &self,
        mut permit: Permit,
        alarm: &Alarm,
        episode: &mut Episode,
    ) -> std::result::Result<String, Refusal> {
        let asked = Instant::now();
        self.start(&permit, alarm, episode)?;
        let answered_after = self.answered_at().map(|at| at.saturating_duration_since(asked));
        let settled = self.settled(alarm)?;
        let Ok(report) = &*settled else { return Err(Refusal::Failed(repeat(&settled))) };
        let stacks = self.post.change(|board| std::mem::take(&mut board.stacks));
        let told = stuck_verdict::read(permit.file.partial(), &stacks, &self.post.control)?;
        let mut sentence = told.sentence.clone();
        if let Some(native) = answered_after.filter(|time| *time >= LEAST_NATIVE) {
            episode.was_native(native);
            let time = duration(u64::try_from(native.as_micros()).unwrap_or(u64::MAX));
            sentence = format!("no JavaScript ran for {time}, then {sentence}");
        }
        self.commit(&mut permit, report, episode, &told)?;
        episode.is_explained_by(told);
        Ok(sentence)
    }

    /// When the profile began.
    fn answered_at(&self) -> Option<Instant> {
        self.post.change(|board| match board.phase {
            Phase::Running(at) => Some(at),
            _ => None,
        })
    }

    /// Waits until the profile runs, or is over already.
    fn start(
        &self,
        permit: &Permit,
        alarm: &Alarm,
        episode: &mut Episode,
    ) -> std::result::Result<(), Refusal> {
        let target = permit.file.target(self.request.compression);
        self.post.change(|board| {
            if board.turned_at.is_none() {
                board.phase = Phase::Wanted(target);
            }
        });
        if !self.summon(alarm, Wish::Start) {
            return Err(Refusal::Failed(Error::Aborted));
        }
        let patience = self.request.threshold.max(LEAST_PATIENCE);
        let mut waited = self.post.wait(Some(patience), |board| !board.phase.is_before_run());
        if waited == Waited::TimedOut {
            if self.post.give_up() {
                episode.was_native(patience);
                episode.verdict = Some(self.native_verdict(alarm).into());
                return Err(Refusal::Skipped(Skipped::Native));
            }
            waited = self.post.wait(None, |board| !board.phase.is_before_run());
        }
        match waited {
            Waited::Over => Err(Refusal::Failed(Error::Aborted)),
            _ if self.post.change(|board| matches!(board.phase, Phase::Quiet)) => {
                Err(Refusal::Skipped(Skipped::Turned))
            }
            _ => Ok(()),
        }
    }

    fn native_verdict(&self, alarm: &Alarm) -> &'static str {
        if self.has_slept_since(alarm.used) {
            "No JavaScript ran, and next to no CPU time was used: it waits in a system call \
             (execSync, a file or a lock that does not answer) or at a breakpoint."
        } else {
            "No JavaScript ran: it is busy in native code."
        }
    }

    /// Ends the profile in time, unless a beat does; waits for its file.
    fn settled(&self, alarm: &Alarm) -> std::result::Result<Settled<CpuReport>, Refusal> {
        let has_ended = |board: &Board| !matches!(board.phase, Phase::Running(_));
        for look in 1..=LOOKS {
            if self.post.wait(Some(self.request.profile / LOOKS), has_ended) != Waited::TimedOut {
                break;
            }
            let wish = if look < LOOKS { Wish::Look } else { Wish::Stop };
            self.summon(alarm, wish);
        }
        self.post.wait(None, |board| matches!(board.phase, Phase::Over(_)));
        let phase = self.post.change(|board| match &board.phase {
            Phase::Over(settled) => Some(Settled::clone(settled)),
            _ => None,
        });
        phase.ok_or(Refusal::Failed(Error::Aborted))
    }

    fn summon(&self, alarm: &Alarm, wish: Wish) -> bool {
        let summons = Summons { witness: self.witness, episode: alarm.number, wish };
        self.interrupter.request(std::sync::Arc::new(summons))
    }

    fn commit(
        &self,
        permit: &mut Permit,
        report: &CpuReport,
        episode: &mut Episode,
        told: &StuckVerdict,
    ) -> Result<()> {
        let story = Story {
            stuck: episode.lasts(now()),
            verdict: &told.verdict,
            stack: &told.stack,
            interval: self.request.profiler.interval,
            pauses: self.post.change(|board| board.pauses),
            uptime: self.request.uptime + self.begun.elapsed(),
        };
        let sidecar = permit.file.commit(self.request.sidecar.as_ref(), report, &story)?;
        episode.sidecar = sidecar;
        episode.path = Some(permit.file.path().clone());
        Ok(())
    }
}

/// The error of a shared result, which cannot be copied.
fn repeat(settled: &Settled<CpuReport>) -> Error {
    match &**settled {
        Err(Error::Io { action, source }) => {
            let source = source
                .raw_os_error()
                .map_or_else(|| source.kind().into(), std::io::Error::from_raw_os_error);
            Error::Io { action, source }
        }
        Err(Error::Refused(why)) => Error::Refused(why),
        Err(Error::Internal(why)) => Error::Internal(why.clone()),
        Err(Error::Aborted) | Ok(_) => Error::Aborted,
        Err(other) => Error::Internal(other.to_string()),
    }
}
