//! Work on a thread of its own: followed, cancelled, settled.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use napi::Env;
use napi::Status;
use napi::bindgen_prelude::{Function, Object};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use parking_lot::{Condvar, Mutex};

use super::env_bound::{EnvBound, Release};
use super::failure::{Failure, Result, internal};
use super::promise;
use crate::capture::{Completion, Settled, settle, spawn};
use crate::error::Error;
use crate::profile::Control;

/// How far an analysis is.
#[napi(object, object_from_js = false)]
#[derive(Clone)]
pub struct AnalysisProgress {
    /// `reading`, `dominators`, `sizes` or `report`.
    pub phase: String,
    /// Of the whole work, 0 to 100.
    pub percent: f64,
}

/// What an analysis came to: one of the two.
#[napi(object, object_from_js = false)]
pub struct AnalysisOutcome {
    /// The answer, as JSON.
    pub ok: Option<String>,
    /// Why there is none.
    pub error: Option<Failure>,
}

/// Calls back with the progress; does not keep the process alive.
type ProgressCallback =
    ThreadsafeFunction<AnalysisProgress, (), AnalysisProgress, Status, false, true>;

/// Times between two reports of progress.
const TICK: Duration = Duration::from_millis(100);

/// A running analysis, as the environment's end sees it.
struct Job {
    control: Arc<Control>,
    threads: Vec<JoinHandle<()>>,
}

impl Release for Job {
    fn release(&mut self) {
        self.control.cancel();
        for thread in self.threads.drain(..) {
            // A panic was told as the outcome.
            let _ = thread.join();
        }
    }
}

/// A running analysis.
#[napi]
pub struct AnalysisJob {
    job: EnvBound<Job>,
    completion: Completion<String>,
}

#[napi]
impl AnalysisJob {
    /// Resolves when it is over; never rejects.
    #[napi(getter, ts_return_type = "Promise<AnalysisOutcome>")]
    pub fn done<'e>(&self, env: &'e Env) -> napi::Result<Object<'e>> {
        promise::settled(env, &self.completion, outcome)
    }

    /// Makes it end soon, with `ERR_RSPROF_ABORTED`.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.job.get().control.cancel();
    }
}

fn outcome(result: &Settled<String>) -> AnalysisOutcome {
    match &**result {
        Ok(text) => AnalysisOutcome { ok: Some(text.clone()), error: None },
        Err(error) => AnalysisOutcome { ok: None, error: Some(error.into()) },
    }
}

pub(super) fn json(value: &impl serde::Serialize) -> crate::error::Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Internal(error.to_string()))
}

/// Starts `work` on a thread; another one tells how far it is, where somebody listens.
pub(super) fn run(
    env: &Env,
    on_progress: Option<Function<'_, AnalysisProgress, ()>>,
    work: impl FnOnce(&Control, &Stage) -> crate::error::Result<String> + Send + 'static,
) -> Result<AnalysisJob> {
    let callback = on_progress.map(callback).transpose().map_err(internal)?;
    let control = Arc::new(Control::default());
    let completion = Completion::default();
    let stage = Arc::new(Stage::default());
    let mut threads = Vec::new();
    if let Some(callback) = callback {
        let (stage, control) = (Arc::clone(&stage), Arc::clone(&control));
        threads.push(spawn("rsprof-progress", move || stage.tell(&control, &callback))?);
    }
    let (settled, shared) = (completion.clone(), Arc::clone(&control));
    threads.push(spawn("rsprof-analysis", move || {
        settle(&settled, || {
            let end = stage.end_on_drop();
            let result = work(&shared, &stage);
            drop(end);
            result
        });
    })?);
    let job = EnvBound::new(env, Job { control, threads }).map_err(internal)?;
    Ok(AnalysisJob { job, completion })
}

fn callback(function: Function<'_, AnalysisProgress, ()>) -> napi::Result<ProgressCallback> {
    function.build_threadsafe_function().callee_handled::<false>().weak::<true>().build()
}

/// A part of the work: its name, and the shares of the whole at which it begins and ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) percents: [f64; 2],
}

/// Where an analysis is.
#[derive(Default)]
pub(super) struct Stage {
    part: Mutex<Option<Part>>,
    ended: Mutex<bool>,
    end: Condvar,
}

impl Stage {
    /// A part begins.
    pub(super) fn enter(&self, part: Part) {
        *self.part.lock() = Some(part);
    }

    /// Reports until the work ends; how much of a part is done is how much of the file is read.
    fn tell(&self, control: &Control, callback: &ProgressCallback) {
        let mut ended = self.ended.lock();
        while !*ended {
            let part = *self.part.lock();
            if let Some(Part { name, percents: [from, to] }) = part {
                let percent = from + (to - from) * control.share_read();
                let progress = AnalysisProgress { phase: name.to_owned(), percent };
                callback.call(progress, ThreadsafeFunctionCallMode::NonBlocking);
            }
            self.end.wait_for(&mut ended, TICK);
        }
    }

    fn end_on_drop(&self) -> impl Drop + '_ {
        struct End<'a>(&'a Stage);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                *self.0.ended.lock() = true;
                self.0.end.notify_all();
            }
        }
        End(self)
    }
}
