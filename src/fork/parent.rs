//! The parent's half: forks, listens, waits.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use libc::pid_t;

use super::child;
use super::memory;
use super::report::{ChildReport, Message};
use crate::error::{Error, ForkFailure, Result};
use crate::heap::Progress;

/// Time between two looks at the child's budget.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Bytes kept of what the child said on its standard error: V8's fatal message fits.
const LAST_WORDS_BYTES: usize = 4096;

/// What a child may use.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Wall-clock time.
    pub time: Duration,
    /// Anonymous memory beyond what it inherited, in bytes; `None` for no limit.
    pub memory: Option<u64>,
}

/// A pipe that no child of others inherits: read end, write end.
pub(super) fn pipe() -> Result<(File, File)> {
    let mut ends: [RawFd; 2] = [-1; 2];
    // SAFETY: writes two descriptors into the array.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
        return Err(Error::io("opening a pipe")(io::Error::last_os_error()));
    }
    // SAFETY: both were just opened, and belong to nobody else.
    let [read, write] = ends.map(|end| File::from(unsafe { OwnedFd::from_raw_fd(end) }));
    Ok((read, write))
}

/// A child process that nobody has waited for yet.
pub(super) struct Child {
    pub(super) pid: pid_t,
    pub(super) reports: File,
    pub(super) errors: File,
}

/// Why the parent ended a child.
enum Sentence {
    Aborted,
    Time(Duration),
    Memory(u64),
}

impl Child {
    /// Listens until the child is gone. `aborted` is asked about ten times a second.
    pub(super) fn attend(
        mut self,
        budget: Budget,
        aborted: impl Fn() -> bool,
        on_progress: impl Fn(Progress),
    ) -> Result<ChildReport> {
        let started = Instant::now();
        let inherited = memory::anonymous_bytes(self.pid).unwrap_or(0);
        let mut lines = Lines::default();
        let mut last_words = Vec::new();
        let mut sentence = None;
        while self.listen(&mut lines, &mut last_words, &on_progress) {
            if sentence.is_none() {
                sentence = self.judge(budget, started.elapsed(), inherited, &aborted);
                if sentence.is_some() {
                    self.kill();
                }
            }
        }
        let status = self.wait();
        match (lines.last, sentence) {
            (Some(Message::Done(report)), None) => Ok(report),
            (_, Some(sentence)) => Err(sentence.into_error()),
            (Some(Message::Failed { code, message, errno }), None) => {
                Err(Error::Child { code, message, errno })
            }
            (_, None) => Err(failure(status, &String::from_utf8_lossy(&last_words))),
        }
    }

    /// Waits for something to read, reads it; `false` once the child has closed both pipes.
    fn listen(
        &mut self,
        lines: &mut Lines,
        last_words: &mut Vec<u8>,
        on_progress: &impl Fn(Progress),
    ) -> bool {
        let interest =
            |file: &File| libc::pollfd { fd: file.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        let mut polled = [interest(&self.reports), interest(&self.errors)];
        let timeout = i32::try_from(LOOK_EVERY.as_millis()).unwrap_or(100);
        // SAFETY: the array outlives the call; the descriptors are open.
        unsafe { libc::poll(polled.as_mut_ptr(), 2, timeout) };
        let mut piece = [0_u8; 4096];
        if polled[1].revents != 0 {
            let read = self.errors.read(&mut piece).unwrap_or(0);
            let room = LAST_WORDS_BYTES.saturating_sub(last_words.len()).min(read);
            last_words.extend_from_slice(&piece[..room]);
            if read == 0 && polled[0].revents == 0 {
                // Only its reports are left; do not spin on the closed pipe.
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        if polled[0].revents == 0 {
            return true;
        }
        match self.reports.read(&mut piece) {
            Ok(0) | Err(_) => {
                // Its end closes both: what it said last may still be in the pipe.
                let room = LAST_WORDS_BYTES.saturating_sub(last_words.len());
                let _unread = (&self.errors).take(room as u64).read_to_end(last_words);
                false
            }
            Ok(length) => {
                lines.push(&piece[..length], on_progress);
                true
            }
        }
    }

    fn judge(
        &self,
        budget: Budget,
        elapsed: Duration,
        inherited: u64,
        aborted: &impl Fn() -> bool,
    ) -> Option<Sentence> {
        if aborted() {
            return Some(Sentence::Aborted);
        }
        if elapsed > budget.time {
            return Some(Sentence::Time(budget.time));
        }
        let limit = budget.memory?;
        let added = memory::anonymous_bytes(self.pid)?.saturating_sub(inherited);
        (added > limit).then_some(Sentence::Memory(limit))
    }

    fn kill(&self) {
        // SAFETY: the child has not been waited for, so its id is still its own.
        unsafe { libc::kill(self.pid, libc::SIGKILL) };
    }

    /// Reaps this child and no other: those of the program are libuv's.
    fn wait(&self) -> Option<i32> {
        let mut status = 0;
        loop {
            // SAFETY: writes the status; waits for our own child only.
            let reaped = unsafe { libc::waitpid(self.pid, &raw mut status, 0) };
            if reaped == self.pid {
                return Some(status);
            }
            if io::Error::last_os_error().raw_os_error() != Some(libc::EINTR) {
                return None; // Somebody ignores SIGCHLD: the kernel reaped it.
            }
        }
    }
}

impl Sentence {
    fn into_error(self) -> Error {
        match self {
            Self::Aborted => Error::Aborted,
            Self::Time(limit) => {
                Error::Budget(format!("the child took more than {} s", limit.as_secs_f64()))
            }
            Self::Memory(limit) => {
                Error::Budget(format!("the child took more than {} MiB", limit >> 20))
            }
        }
    }
}

/// What a child that said nothing died of.
fn failure(status: Option<i32>, last_words: &str) -> Error {
    let Some(status) = status else {
        // Reaped by the kernel or somebody else, or never ours (see `ghost::steward`).
        let said = match last_words.trim() {
            "" => "without a word".into(),
            words => format!("and said: {words}"),
        };
        return ForkFailure::lost(format!("the child ended {said}")).into();
    };
    let told = child::describe_exit(status, last_words);
    if libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGKILL {
        return ForkFailure::lost(format!("{told} (the kernel was short of memory?)")).into();
    }
    ForkFailure::passing(told).into()
}

/// Puts lines together.
#[derive(Default)]
struct Lines {
    partial: Vec<u8>,
    last: Option<Message>,
}

impl Lines {
    fn push(&mut self, bytes: &[u8], on_progress: &impl Fn(Progress)) {
        self.partial.extend_from_slice(bytes);
        while let Some(end) = self.partial.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.partial.drain(..=end).collect();
            match Message::parse(&String::from_utf8_lossy(&line)) {
                Some(Message::Progress(progress)) => on_progress(progress),
                Some(message) => self.last = Some(message),
                None => {}
            }
        }
    }
}
