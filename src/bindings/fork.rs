//! Heap snapshots and class histograms by a forked child.

use std::cell::{Ref, RefCell};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use napi::Env;
use napi::bindgen_prelude::{Buffer, Object};
use napi_derive::napi;
use parking_lot::Mutex;

use super::budget::budget;
use super::classes::{ClassHistogramFigures, ClassRequestOptions};
use super::env_bound::{EnvBound, Release};
use super::failure::{Failure, Result, internal};
use super::promise;
use super::snapshot::{
    SnapshotFigures, SnapshotProgress, heap_profiler, milliseconds, redact_key, written_figures,
};
use crate::capture::{Completion, Settled};
use crate::error::Error;
use crate::fork::{
    ChildReport, ForkCapture, ForkPlan, ForkRequest, Lifetime, Product, SnapshotTask, SpillFile,
    Task,
};
use crate::heap::StreamOptions;
use crate::sink::Compression;
use crate::v8::SnapshotOptions;

/// What to record and how.
#[napi(object, object_to_js = false)]
pub struct ForkRequestOptions {
    /// An existing file, whose contents are replaced; none for a stream.
    pub path: Option<String>,
    /// `gzip`, `zstd` or `none`.
    pub compression: String,
    /// Level of the compression.
    pub level: u32,
    /// Numbers become nodes.
    pub numeric_values: bool,
    /// V8's internal objects keep their names.
    pub expose_internals: bool,
    /// 16 bytes: string contents are replaced by their length and a hash with this key.
    pub redact_key: Option<Buffer>,
    /// Whether an object has the same number in all snapshots.
    pub stable_ids: bool,
    /// Wall-clock time the child may take, in seconds.
    pub budget_seconds: f64,
    /// Anonymous memory the child may add, in bytes; none for no limit.
    pub budget_memory: Option<f64>,
    /// A directory on a real disk: the child's memory goes to an unlinked file there.
    pub spill_dir: Option<String>,
    /// A class histogram is written, and no snapshot.
    pub classes: Option<ClassRequestOptions>,
}

/// How long the isolate stood still, in milliseconds.
#[napi(object, object_from_js = false)]
pub struct ForkPause {
    /// Numbering the objects.
    pub number_ms: f64,
    /// Waiting for other threads to fall asleep.
    pub quiesce_ms: f64,
    /// Marking the heap as inherited.
    pub mark_ms: f64,
    /// The fork itself.
    pub fork_ms: f64,
    /// All of it.
    pub total_ms: f64,
}

/// A finished capture.
#[napi(object, object_from_js = false)]
pub struct ForkFigures {
    /// What the snapshot holds.
    pub snapshot: Option<SnapshotFigures>,
    /// What the class histogram holds.
    pub classes: Option<ClassHistogramFigures>,
    /// Milliseconds the child took to write the file.
    pub write_ms: f64,
    /// Milliseconds the child took to make itself harmless.
    pub prepare_ms: f64,
    /// Milliseconds V8 took for the graph, or for the classes, in the child.
    pub graph_ms: f64,
    /// Whether the child's system calls were confined.
    pub confined: bool,
    /// Memory that existed because of the child, in bytes.
    pub added_bytes: Option<f64>,
    /// Most bytes that were in the spill file at a time; none without one.
    pub spilled_bytes: Option<f64>,
}

/// Either of the two.
#[napi(object, object_from_js = false)]
pub struct ForkOutcome {
    /// It worked.
    pub ok: Option<ForkFigures>,
    /// It did not.
    pub error: Option<Failure>,
}

/// A snapshot by a child: prepared, then started, then done.
#[napi]
pub struct ForkRecording {
    plan: EnvBound<Preparation>,
    capture: RefCell<Option<EnvBound<ForkCapture>>>,
}

struct Preparation {
    plan: Arc<Mutex<Option<ForkPlan>>>,
    completion: Completion<()>,
    thread: Option<JoinHandle<()>>,
}

impl Release for Preparation {
    fn release(&mut self) {
        self.join();
    }
}

impl Preparation {
    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

/// Begins to find out, on a thread of its own, what a fork has to know.
#[napi(catch_unwind)]
pub fn plan_fork(env: &Env) -> Result<ForkRecording> {
    let plan = Arc::default();
    let completion = Completion::default();
    let thread = ForkPlan::make_on_thread(Arc::clone(&plan), completion.clone())?;
    let preparation = Preparation { plan, completion, thread: Some(thread) };
    Ok(ForkRecording {
        plan: EnvBound::new(env, preparation).map_err(internal)?,
        capture: RefCell::new(None),
    })
}

#[napi]
impl ForkRecording {
    /// Resolves with null when the plan is made, or with the failure; never rejects.
    #[napi(catch_unwind, ts_return_type = "Promise<Failure | null>")]
    pub fn prepared<'e>(&self, env: &'e Env) -> napi::Result<Object<'e>> {
        let failed = |result: &Settled<()>| (**result).as_ref().err().map(Failure::from);
        promise::settled(env, &self.plan.get().completion, failed)
    }

    /// Forks. Returns as soon as the child exists.
    #[napi(catch_unwind)]
    pub fn start(&self, env: &Env, options: ForkRequestOptions) -> Result<ForkPause> {
        let plan = {
            let mut preparation = self.plan.get();
            preparation.join();
            preparation.plan.lock().take()
        };
        let plan = plan.ok_or_else(|| Error::Internal("a fork needs a fresh plan".into()))?;
        let capture = ForkCapture::start(&heap_profiler()?, plan, request(env, options)?)?;
        let pause = capture.pause();
        *self.capture.borrow_mut() = Some(EnvBound::new(env, capture).map_err(internal)?);
        Ok(ForkPause {
            number_ms: milliseconds(pause.number),
            quiesce_ms: milliseconds(pause.quiesce),
            mark_ms: milliseconds(pause.mark),
            fork_ms: milliseconds(pause.fork),
            total_ms: milliseconds(pause.total),
        })
    }

    /// Resolves when the child is gone; never rejects.
    #[napi(catch_unwind, ts_return_type = "Promise<ForkOutcome>")]
    pub fn done<'e>(&self, env: &'e Env) -> Result<Object<'e>> {
        let completion = self.capture()?.get().completion();
        promise::settled(env, &completion, outcome).map_err(internal)
    }

    /// How far the child is.
    #[napi(catch_unwind)]
    pub fn progress(&self) -> Result<SnapshotProgress> {
        let bound = self.capture()?;
        let capture = bound.get();
        Ok(SnapshotProgress::new(capture.progress(), capture.completion().is_settled()))
    }

    /// Has the child killed soon.
    #[napi(catch_unwind)]
    pub fn abort(&self) {
        if let Ok(capture) = self.capture() {
            capture.get().abort();
        }
    }

    /// The next block of a stream; null at the end and after a failure.
    #[napi(catch_unwind, ts_return_type = "Promise<Buffer | null>")]
    pub fn read<'e>(&self, env: &'e Env) -> Result<Object<'e>> {
        promise::next_block(env, self.capture()?.get().blocks()).map_err(internal)
    }

    /// Ends the child if it still runs, reaps it, joins the threads. Answers the milliseconds it
    /// took.
    #[napi(catch_unwind)]
    pub fn release(&self) -> f64 {
        let started = Instant::now();
        self.plan.get().join();
        if let Ok(capture) = self.capture() {
            capture.get().release();
        }
        milliseconds(started.elapsed())
    }
}

impl ForkRecording {
    fn capture(&self) -> Result<Ref<'_, EnvBound<ForkCapture>>> {
        Ref::filter_map(self.capture.borrow(), Option::as_ref)
            .map_err(|_| Error::Internal("the snapshot was not started".into()).into())
    }
}

fn request(env: &Env, options: ForkRequestOptions) -> Result<ForkRequest> {
    let task = match options.classes {
        Some(classes) => classes.task(env)?,
        None => Task::Snapshot(SnapshotTask {
            compression: Compression::parse(&options.compression, options.level)?,
            options: StreamOptions {
                redact: redact_key(options.redact_key)?,
                top_classes: crate::capture::TOP_CLASSES,
            },
            snapshot: SnapshotOptions {
                numeric_values: options.numeric_values,
                expose_internals: options.expose_internals,
            },
        }),
    };
    Ok(ForkRequest {
        path: options.path.map(Into::into),
        task,
        stable_ids: options.stable_ids,
        budget: budget(options.budget_seconds, options.budget_memory)?,
        lifetime: Lifetime::WithParent,
        spill: options.spill_dir.map(|dir| SpillFile::create(dir.as_ref())).transpose()?,
    })
}

fn outcome(result: &Settled<ChildReport>) -> ForkOutcome {
    match &**result {
        Ok(report) => ForkOutcome { ok: Some(figures(report)), error: None },
        Err(error) => ForkOutcome { ok: None, error: Some(error.into()) },
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn figures(child: &ChildReport) -> ForkFigures {
    let (snapshot, classes) = match &child.product {
        Product::Snapshot(written) => {
            (Some(written_figures(written, child.phases.serialize)), None)
        }
        Product::Classes(counted) => (None, Some(ClassHistogramFigures::new(counted))),
    };
    ForkFigures {
        snapshot,
        classes,
        write_ms: milliseconds(child.phases.serialize),
        prepare_ms: milliseconds(child.phases.prepare),
        graph_ms: milliseconds(child.phases.graph),
        confined: child.confined,
        added_bytes: child.added_bytes.map(|bytes| bytes as f64),
        spilled_bytes: child.spilled_bytes.map(|bytes| bytes as f64),
    }
}
