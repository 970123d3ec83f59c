//! A turn of the event loop that did not end, as JavaScript is told of it.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::stuck_verdict::{Spot, StuckVerdict};
use crate::error::Error;
use crate::utc;

/// Why there is no profile of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Skipped {
    /// The limits did not allow one at the last beat.
    Limits,
    /// Somebody on this host holds the lock.
    HostLock,
    /// Less is free on the disk than must stay free.
    Disk,
    /// No JavaScript ran that could have been interrupted.
    Native,
    /// The loop turned again before the profile had begun.
    Turned,
}

impl Skipped {
    /// As it ends the line.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Limits => "no profile: the limits allow none now",
            Self::HostLock => "no profile: another capture runs on this host",
            Self::Disk => "no profile: too little is free on the disk",
            Self::Native => "no profile: there is no JavaScript to be seen",
            Self::Turned => "no profile: it turned before one had begun",
        }
    }
}

/// The episode; field by field what `Watchdog.take` documents.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Episode {
    /// The last beat before it.
    started_at: String,
    ended_at: Option<String>,
    stuck_ms: u64,
    /// How long no JavaScript ran after the alarm.
    native_ms: u64,
    pub(super) path: Option<PathBuf>,
    pub(super) sidecar: Option<PathBuf>,
    pub(super) verdict: Option<String>,
    function: Option<String>,
    url: Option<String>,
    line: Option<u32>,
    hot_line: Option<u32>,
    /// Where it was last seen, innermost first.
    stack: Option<Vec<Spot>>,
    error: Option<Failure>,
    pub(super) skipped: Option<Skipped>,
    #[serde(skip)]
    since: i64,
}

#[derive(Debug, Serialize)]
struct Failure {
    code: String,
    message: String,
}

impl Episode {
    /// The loop has not turned since `since`; it is `now`. Both on V8's clock.
    pub(super) fn new(since: i64, now: i64) -> Self {
        let started = SystemTime::now().checked_sub(between(since, now));
        let started_at = utc::iso(started.unwrap_or(SystemTime::UNIX_EPOCH));
        Self { since, started_at, ..Self::default() }
    }

    /// How long it has lasted.
    pub(super) fn lasts(&self, now: i64) -> Duration {
        between(self.since, now)
    }

    pub(super) fn was_native(&mut self, time: Duration) {
        self.native_ms = whole_millis(time);
    }

    pub(super) fn failed(&mut self, error: &Error) {
        let (code, message) = (error.code().to_owned(), error.to_string());
        self.error = Some(Failure { code, message });
    }

    pub(super) fn is_explained_by(&mut self, verdict: StuckVerdict) {
        self.verdict = Some(verdict.verdict);
        self.hot_line = verdict.hot_line;
        self.stack = Some(verdict.stack);
        if let Some(spot) = verdict.spot {
            self.function = Some(spot.function);
            self.line = Some(spot.line).filter(|line| *line > 0);
            self.url = Some(spot.url);
        }
    }

    /// It ended at `ended`, and it is `now`. JSON.
    pub(super) fn told(mut self, ended: i64, now: i64) -> String {
        self.stuck_ms = whole_millis(between(self.since, ended));
        let at = SystemTime::now().checked_sub(between(ended, now));
        self.ended_at = at.map(utc::iso);
        // Paths that are no UTF-8 cannot come here: JavaScript gave them as strings.
        serde_json::to_string(&self).unwrap_or_default()
    }

    /// How the line ends.
    pub(super) fn outcome(&self) -> String {
        match (&self.path, &self.error, self.skipped) {
            (Some(path), ..) => format!("profile: {}", path.display()),
            (None, Some(error), _) => format!("no profile: {}", error.message),
            (None, None, Some(skipped)) => skipped.reason().into(),
            (None, None, None) => "no profile".into(),
        }
    }
}

fn between(from: i64, to: i64) -> Duration {
    Duration::from_micros(u64::try_from(to.saturating_sub(from)).unwrap_or(0))
}

fn whole_millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
