//! The watch over the event loop.

use napi::Env;
use napi_derive::napi;

use super::budget::{seconds, whole};
use super::env_bound::{EnvBound, Release};
use super::failure::{Result, internal};
use crate::error::Error;
use crate::sink::{Compression, Naming, Place};
use crate::v8::Isolate;
use crate::watch::{Watchdog as Watch, WatchdogRequest};

/// When a loop is stuck, and what to write then.
#[napi(object, object_to_js = false)]
pub struct WatchdogOptions {
    /// A turn that lasts so many milliseconds is stuck.
    pub threshold_ms: f64,
    /// Milliseconds the stuck code is profiled.
    pub profile_ms: f64,
    /// Sampling interval, in microseconds.
    pub interval_us: u32,
    /// Absolute path of the folder; made (0700) where it is missing.
    pub dir: String,
    /// What stands in the name of a file after the time, such as `-<pid>-<thread>-0001.cpuprofile.gz`.
    pub name: String,
    /// The host, as partial files name it.
    pub host_tag: String,
    /// The thread that is watched, as partial files name it.
    pub thread_id: u32,
    /// File of the lock that is held while a profile is taken; none for no lock.
    pub lock_path: Option<String>,
    /// Bytes that must be free on the disk; 0 by default.
    pub min_free: Option<f64>,
    /// `gzip`, `zstd` or `none`.
    pub compression: String,
    /// Level of the compression.
    pub level: u32,
    /// The fields of the sidecar that are known ahead, as JSON; none for no sidecar.
    pub sidecar: Option<String>,
    /// Tell of each episode in a line on standard error.
    pub say: bool,
    /// Age of the process, in seconds.
    pub uptime: f64,
}

impl Release for Watch {
    fn release(&mut self) {
        Self::release(self);
    }
}

/// Notices that this thread's event loop does not turn, and profiles the code that does not end.
#[napi]
pub struct Watchdog {
    watch: EnvBound<Watch>,
}

#[napi]
impl Watchdog {
    /// Watches from the first beat on, until `stop` or the environment's end.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: &Env, options: WatchdogOptions) -> Result<Self> {
        let isolate = Isolate::current();
        let isolate =
            isolate.ok_or_else(|| Error::Unsupported("this thread has no isolate".into()))?;
        let watch = Watch::start(env, isolate, request(options)?)?;
        Ok(Self { watch: EnvBound::new(env, watch).map_err(internal)? })
    }

    /// The event loop turns. `allowed`: a profile may be taken should it not turn again.
    #[napi(catch_unwind)]
    pub fn beat(&self, allowed: bool) {
        self.watch.get().beat(allowed);
    }

    /// Whether an inspector listens: a thread that sleeps is taken to be at a breakpoint then.
    #[napi(catch_unwind)]
    pub fn set_debugged(&self, debugged: bool) {
        self.watch.get().set_debugged(debugged);
    }

    /// The episodes that have ended since the last call, or null. A JSON array of `{ startedAt, endedAt,
    /// stuckMs, nativeMs, path, sidecar, verdict, function, url, line, hotLine, stack, error, skipped }`;
    /// all but the first four may be null. `startedAt`: the last beat before. `nativeMs`: no JavaScript ran
    /// for so long after the alarm. `line`: where the function begins, or where it was should the profile
    /// not know it; `hotLine`: where it mostly was. `stack`: where it was seen last, `{ function, url, line
    /// }`, innermost first. `error`: `{ code, message }`. `skipped`: `limits`, `hostLock`, `disk`, `native`
    /// (no JavaScript ran at all) or `turned` (it turned before the profile had begun).
    #[napi(catch_unwind)]
    pub fn take(&self) -> Option<String> {
        self.watch.get().take()
    }

    /// Ends the watch; a profile under way is dropped, with an `error` of `ERR_RSPROF_ABORTED`. Harmless
    /// when repeated.
    #[napi(catch_unwind)]
    pub fn stop(&self) {
        self.watch.get().release();
    }
}

fn request(options: WatchdogOptions) -> Result<WatchdogRequest> {
    let profile = seconds(options.profile_ms / 1e3)?;
    let sidecar = options.sidecar.map(|text| serde_json::from_str(&text)).transpose();
    Ok(WatchdogRequest {
        threshold: seconds(options.threshold_ms / 1e3)?,
        profile,
        profiler: WatchdogRequest::profiler(options.interval_us, profile),
        place: Place {
            folder: options.dir.into(),
            naming: Naming::Stamped(options.name),
            overwrite: false,
            host_tag: options.host_tag,
            thread_id: options.thread_id,
        },
        lock: options.lock_path.map(Into::into),
        min_free: whole(options.min_free.unwrap_or(0.0)),
        compression: Compression::parse(&options.compression, options.level)?,
        sidecar: sidecar.map_err(|_| Error::Internal("the sidecar's fields are no JSON".into()))?,
        say: options.say,
        uptime: seconds(options.uptime)?,
    })
}
