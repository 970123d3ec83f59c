//! Analyses of files, on threads of their own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use napi::Env;
use napi::Status;
use napi::bindgen_prelude::{Float64Array, Function, Int32Array, Object, Uint32Array};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use parking_lot::{Condvar, Mutex};

use super::env_bound::{EnvBound, Release};
use super::failure::{Failure, Result, internal};
use super::promise;
use crate::capture::{Completion, Settled, settle, spawn};
use crate::error::Error;
use crate::heap::graph::Control;
use crate::heap::verdict::{Analysis, Phase, Watcher, diff, inspect, signature};

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

/// How much an answer is to hold.
#[napi(object, object_to_js = false)]
pub struct AnalysisOptions {
    /// Rows of a table.
    pub top: u32,
}

/// What to look at.
#[napi(object, object_to_js = false)]
pub struct InspectOptions {
    /// V8's id of the object.
    pub id: u32,
    /// Rows of a list.
    pub limit: u32,
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
pub struct HeapAnalysis {
    job: EnvBound<Job>,
    completion: Completion<String>,
}

#[napi]
impl HeapAnalysis {
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

/// Reads a heap snapshot and reports on it, as JSON.
#[napi(catch_unwind)]
pub fn analyze_heap(
    env: &Env,
    path: String,
    options: AnalysisOptions,
    #[napi(ts_arg_type = "((progress: AnalysisProgress) => void) | null")] on_progress: Option<
        Function<'_, AnalysisProgress, ()>,
    >,
) -> Result<HeapAnalysis> {
    run(env, on_progress, move |control, watcher| {
        let analysis = Analysis::of(Path::new(&path), control, watcher)?;
        watcher.begins(Phase::Report);
        json(&analysis.report(options.top as usize)?)
    })
}

/// Compares files, oldest first: snapshots or signatures. JSON.
#[napi(catch_unwind)]
pub fn diff_heaps(
    env: &Env,
    paths: Vec<String>,
    options: AnalysisOptions,
    #[napi(ts_arg_type = "((progress: AnalysisProgress) => void) | null")] on_progress: Option<
        Function<'_, AnalysisProgress, ()>,
    >,
) -> Result<HeapAnalysis> {
    run(env, on_progress, move |control, watcher| {
        let paths: Vec<PathBuf> = paths.into_iter().map(PathBuf::from).collect();
        json(&diff::diff(&paths, options.top as usize, control, watcher)?)
    })
}

/// Looks at one object from all sides. JSON.
#[napi(catch_unwind)]
pub fn inspect_heap(
    env: &Env,
    path: String,
    options: InspectOptions,
    #[napi(ts_arg_type = "((progress: AnalysisProgress) => void) | null")] on_progress: Option<
        Function<'_, AnalysisProgress, ()>,
    >,
) -> Result<HeapAnalysis> {
    run(env, on_progress, move |control, watcher| {
        let analysis = Analysis::of(Path::new(&path), control, watcher)?;
        watcher.begins(Phase::Report);
        json(&inspect::inspect(&analysis, options.id, options.limit as usize)?)
    })
}

/// Makes what is enough to compare a snapshot later without its file. JSON.
#[napi(catch_unwind)]
pub fn heap_signature(
    env: &Env,
    path: String,
    #[napi(ts_arg_type = "((progress: AnalysisProgress) => void) | null")] on_progress: Option<
        Function<'_, AnalysisProgress, ()>,
    >,
) -> Result<HeapAnalysis> {
    run(env, on_progress, move |control, watcher| {
        let analysis = Analysis::of(Path::new(&path), control, watcher)?;
        watcher.begins(Phase::Report);
        json(&signature::of(&analysis))
    })
}

fn json(value: &impl serde::Serialize) -> crate::error::Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Internal(error.to_string()))
}

/// Starts `work` on a thread; another one tells how far it is, where somebody listens.
fn run(
    env: &Env,
    on_progress: Option<Function<'_, AnalysisProgress, ()>>,
    work: impl FnOnce(&Control, &dyn Watcher) -> crate::error::Result<String> + Send + 'static,
) -> Result<HeapAnalysis> {
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
            let result = work(&shared, &*stage);
            drop(end);
            result
        });
    })?);
    let job = EnvBound::new(env, Job { control, threads }).map_err(internal)?;
    Ok(HeapAnalysis { job, completion })
}

fn callback(function: Function<'_, AnalysisProgress, ()>) -> napi::Result<ProgressCallback> {
    function.build_threadsafe_function().callee_handled::<false>().weak::<true>().build()
}

/// Where an analysis is.
#[derive(Default)]
struct Stage {
    phase: Mutex<Option<Phase>>,
    ended: Mutex<bool>,
    end: Condvar,
}

impl Watcher for Stage {
    fn begins(&self, phase: Phase) {
        *self.phase.lock() = Some(phase);
    }
}

impl Stage {
    /// Reports until the work ends.
    fn tell(&self, control: &Control, callback: &ProgressCallback) {
        let mut ended = self.ended.lock();
        while !*ended {
            let phase = *self.phase.lock();
            if let Some(phase) = phase {
                let progress = AnalysisProgress {
                    phase: phase.name().to_owned(),
                    percent: phase.percent(control.share_read()),
                };
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

/// Every node's figures, in the order of the file; for comparing engines.
#[napi(object, object_from_js = false)]
pub struct HeapColumns {
    /// Ordinal of the immediate dominator; the root's is the root.
    pub idom: Uint32Array,
    /// Retained sizes, in bytes.
    pub retained: Float64Array,
    /// Own sizes, in bytes, with those of V8's arrays at their owners.
    #[napi(js_name = "self")]
    pub self_size: Float64Array,
    /// Distances from the program's roots.
    pub distance: Int32Array,
    /// Distinct names.
    pub class_name: Vec<String>,
    /// Indices into them.
    pub class_of: Uint32Array,
}

/// Reads a heap snapshot into columns, on this thread: for tests, which compare them with DevTools'.
#[napi(catch_unwind)]
#[allow(clippy::cast_precision_loss, reason = "sizes stay far below 2^53")]
pub fn heap_columns(path: String) -> Result<HeapColumns> {
    let Analysis { graph, tree, distances, classes, .. } =
        Analysis::of(&PathBuf::from(path), &Control::default(), &())?;
    let nodes = || graph.nodes();
    Ok(HeapColumns {
        idom: nodes().map(|node| tree.dominator(node)).collect::<Vec<_>>().into(),
        retained: nodes().map(|node| tree.retained_size(node) as f64).collect::<Vec<_>>().into(),
        self_size: nodes().map(|node| tree.self_size(node) as f64).collect::<Vec<_>>().into(),
        distance: nodes().map(|node| distances.distance(&graph, node)).collect::<Vec<_>>().into(),
        class_name: (0..classes.len() as u32).map(|class| classes.name(class).to_owned()).collect(),
        class_of: nodes().map(|node| classes.class(node)).collect::<Vec<_>>().into(),
    })
}
