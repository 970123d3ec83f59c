//! The dying process's part: forks the steward and the child, tells one of the other.

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::time::{Duration, Instant, SystemTime};

use libc::pid_t;
use serde_json::{Value, json};

use super::{Vigil, steward};
use crate::error::{Error, ForkFailure, Result};
use crate::fork::child::{self, Work};
use crate::fork::mappings::{self, Inheritance};
use crate::fork::parent;
use crate::fork::plan::ForkPlan;
use crate::fork::quiesce::quiesce;
use crate::fork::sandbox::Lifetime;
use crate::fork::task::{SnapshotTask, Task};
use crate::sidecar::{millis, resident_bytes};
use crate::sink::Draft;
use crate::utc;

/// Longest wait for the other threads to fall asleep. Longer than for an ordinary child: at the limit
/// V8's helpers sweep what a collection has just left, and there may be no later for a second try.
const QUIESCE: Duration = Duration::from_millis(100);
/// Forks tried at most.
const ATTEMPTS: u32 = 4;
/// A child that met a lock held at the fork ends in its first collection. It is watched until it has
/// used that much CPU time, but no longer than this.
const WATCH_CPU: Duration = Duration::from_millis(30);
const WATCH: Duration = Duration::from_millis(250);
/// Time between two looks at a child.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// The moment at which the heap was full.
pub(super) struct Occasion {
    pub(super) begun: Instant,
    pub(super) at: SystemTime,
    /// Name of the file, without its folder.
    pub(super) name: String,
    pub(super) limit: usize,
    pub(super) initial_limit: usize,
    pub(super) rss: Option<u64>,
    pub(super) uptime: Duration,
}

impl Occasion {
    pub(super) fn new(vigil: &Vigil, limit: usize, initial_limit: usize) -> Self {
        let at = SystemTime::now();
        Self {
            begun: Instant::now(),
            at,
            name: vigil.file_name(at),
            limit,
            initial_limit,
            rss: resident_bytes(),
            uptime: vigil.uptime(),
        }
    }

    pub(super) fn started_at(&self) -> String {
        utc::iso(self.at)
    }
}

/// What the steward is told, one JSON line.
#[derive(Debug)]
pub(super) struct Orders {
    pub(super) child: pid_t,
    /// Why the tries before the last one failed.
    pub(super) retries: Vec<String>,
    pub(super) pause_ms: f64,
}

impl Orders {
    fn to_json(&self) -> Value {
        json!({ "child": self.child, "retries": self.retries, "pause": self.pause_ms })
    }

    /// Reads the line; an `Err` is why there is no child.
    pub(super) fn parse(line: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(line).unwrap_or_default();
        if let Some(failure) = value["failed"].as_str() {
            return Err(ForkFailure::lost(failure).into());
        }
        let read = || {
            Some(Self {
                child: value["child"].as_i64()?.try_into().ok()?,
                retries: value["retries"]
                    .as_array()?
                    .iter()
                    .map(|retry| retry.as_str().map(str::to_owned))
                    .collect::<Option<_>>()?,
                pause_ms: value["pause"].as_f64()?,
            })
        };
        read().ok_or_else(|| ForkFailure::lost("the process was killed while it forked").into())
    }
}

/// The two processes that outlive this one, if it dies.
pub(super) struct Launch {
    /// Those not waited for yet.
    pub(super) children: Vec<pid_t>,
    steward: pid_t,
}

/// What each try needs.
struct Attempt<'a> {
    vigil: &'a Vigil,
    plan: &'a ForkPlan,
    output: &'a File,
    reports: &'a File,
    errors: &'a File,
}

/// Forks both. Returns in the dying process only, as soon as the child looks well.
///
/// # Errors
///
/// [`Error::Io`] and [`Error::Fork`]; the steward, if it is there, has been told.
pub(super) fn launch(vigil: &Vigil, plan: &ForkPlan, occasion: &Occasion) -> Result<Launch> {
    let (orders, mut give_orders) = parent::pipe()?;
    let (reports, child_reports) = parent::pipe()?;
    let (errors, child_errors) = parent::pipe()?;
    // SAFETY: the new process has this thread only and leaves through `serve`, which never returns:
    // no frame below this one runs twice. What it calls (files, pipes, malloc, JSON) takes no lock but
    // malloc's, which glibc's and musl's fork leave usable. It calls neither V8 nor Node.
    let steward = match unsafe { libc::fork() } {
        0 => steward::serve(steward::Post { orders, reports, errors, occasion, vigil }),
        -1 => return Err(ForkFailure::refused(std::io::Error::last_os_error()).into()),
        pid => pid,
    };
    drop((orders, reports, errors));
    let draft = vigil.request.place.draft(&occasion.name, steward);
    let launched = (|| {
        let output = draft.create()?;
        let (reports, errors) = (&child_reports, &child_errors);
        Attempt { vigil, plan, output: &output, reports, errors }.until_one_lives()
    })();
    let mut children = vec![steward];
    let told = match launched {
        Ok((child, retries)) => {
            children.push(child);
            let pause_ms = millis(occasion.begun.elapsed());
            Orders { child, retries, pause_ms }.to_json()
        }
        Err(error) => json!({ "failed": error.to_string() }),
    };
    // A steward that is gone cannot be told.
    let _gone = writeln!(give_orders, "{told}");
    Ok(Launch { children, steward })
}

impl Attempt<'_> {
    /// The child's pid, and why those before it failed.
    fn until_one_lives(&self) -> Result<(pid_t, Vec<String>)> {
        let mut retries = Vec::new();
        for _ in 0..ATTEMPTS {
            let child = self.fork()?;
            let Some(status) = watch(child) else { return Ok((child, retries)) };
            retries.push(child::describe_exit(status, ""));
            self.rewind()?;
        }
        Err(ForkFailure::lost(retries.join("; ")).into())
    }

    fn fork(&self) -> Result<pid_t> {
        let clone = |file: &File| file.try_clone().map_err(Error::io("duplicating a descriptor"));
        let request = &self.vigil.request;
        let work = Work {
            output: clone(self.output)?,
            reports: clone(self.reports)?,
            errors: clone(self.errors)?,
            task: Task::Snapshot(SnapshotTask {
                compression: request.compression,
                options: request.options.clone(),
                snapshot: request.snapshot,
            }),
            sync: true,
            lifetime: Lifetime::Outlives,
            parent: self.vigil.pid,
            spill: None,
        };
        quiesce(QUIESCE);
        mappings::mark(&mappings::private_anonymous()?, Inheritance::Inherited);
        // SAFETY: as for an ordinary child (`ForkCapture::fork`): one thread, no lock of this
        // crate, V8's calls redirected before V8 is called, and `live` never returns. That V8 is in
        // the middle of asking us changes nothing: Node itself takes snapshots in this callback,
        // where V8 allows collections and has a handle scope open.
        match unsafe { libc::fork() } {
            0 => {
                steward::leave_group();
                child::live(self.plan, &self.vigil.profiler, work)
            }
            -1 => Err(ForkFailure::refused(std::io::Error::last_os_error()).into()),
            pid => Ok(pid),
        }
    }

    /// The next child starts with an empty file.
    fn rewind(&self) -> Result<()> {
        let mut output = self.output;
        let emptied = output.set_len(0).and_then(|()| output.rewind());
        emptied.map_err(Error::io("truncating the capture file"))
    }
}

/// The status of a child that ends while it is watched.
fn watch(child: pid_t) -> Option<i32> {
    let started = Instant::now();
    while started.elapsed() < WATCH && cpu_time(child) < WATCH_CPU {
        if let Some(status) = reaped(child) {
            return Some(status);
        }
        std::thread::sleep(LOOK_EVERY);
    }
    None
}

/// What a process has used: fields 14 and 15 of its stat, in clock ticks.
fn cpu_time(pid: pid_t) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks: u64 =
        fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    // SAFETY: sysconf reads a constant.
    let per_second = u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) }).unwrap_or(100);
    Duration::from_millis(ticks * 1000 / per_second.max(1))
}

/// The status of a child of ours that has ended; it is waited for, and no other.
pub(super) fn reaped(child: pid_t) -> Option<i32> {
    let mut status = 0;
    // SAFETY: writes the status; asks for one child by its id, which is its own until we reap it.
    let reaped = unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) };
    (reaped == child).then_some(status)
}

impl Launch {
    /// Waits until the file is in place, or given up, no longer than `bound`.
    pub(super) fn wait(&mut self, bound: Duration) {
        let started = Instant::now();
        while self.children.contains(&self.steward) && started.elapsed() < bound {
            self.reap();
            std::thread::sleep(LOOK_EVERY * 5);
        }
    }

    /// Reaps those that have ended; `true` when none is left.
    pub(super) fn reap(&mut self) -> bool {
        self.children.retain(|child| reaped(*child).is_none() && is_ours(*child));
        self.children.is_empty()
    }
}

/// Whether there is still a child of that id: one that the kernel reaped (SIGCHLD ignored) is not.
fn is_ours(child: pid_t) -> bool {
    // SAFETY: asks only; no status is taken, nothing is written.
    let found = unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        libc::waitid(libc::P_PID, child.unsigned_abs(), &raw mut info, options)
    };
    found == 0
}

/// The draft the steward finishes: by the same rule as here, with its own id.
pub(super) fn draft_of_steward(vigil: &Vigil, name: &str) -> Draft {
    let own = pid_t::try_from(std::process::id()).unwrap_or(0);
    vigil.request.place.draft(name, own)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn orders_survive_the_pipe() {
        let orders = Orders { child: 77, retries: vec!["a \"lock\"".into()], pause_ms: 1.5 };
        let back = Orders::parse(&orders.to_json().to_string()).unwrap();
        assert_eq!(format!("{back:?}"), format!("{orders:?}"));
    }

    #[test]
    fn cpu_time_grows_with_work() {
        let own = pid_t::try_from(std::process::id()).unwrap();
        let started = Instant::now();
        while cpu_time(own) < WATCH_CPU {
            assert!(started.elapsed() < Duration::from_secs(20));
            std::hint::black_box(fs::read("/proc/self/stat").unwrap());
        }
        assert!(cpu_time(-1).is_zero());
    }

    #[test]
    fn no_orders_mean_a_killed_parent() {
        let said = |line: &str| Orders::parse(line).unwrap_err().to_string();
        assert!(said("").contains("was killed"));
        assert!(said("{\"failed\":\"no memory\"}").contains("no memory"));
    }
}
