//! Analyses of heap snapshots.

use std::path::{Path, PathBuf};

use napi::Env;
use napi::bindgen_prelude::{Float64Array, Function, Int32Array, Uint32Array};
use napi_derive::napi;

use super::failure::Result;
use super::job::{AnalysisJob, AnalysisProgress, Part, Stage, json, run};
use crate::heap::graph::Control;
use crate::heap::verdict::{Analysis, Phase, Watcher, diff, inspect, signature};

impl Watcher for Stage {
    fn begins(&self, phase: Phase) {
        let percents = [phase.percent(0.0), phase.percent(1.0)];
        self.enter(Part { name: phase.name(), percents });
    }
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

/// Reads a heap snapshot and reports on it, as JSON.
#[napi(catch_unwind)]
pub fn analyze_heap(
    env: &Env,
    path: String,
    options: AnalysisOptions,
    #[napi(ts_arg_type = "((progress: AnalysisProgress) => void) | null")] on_progress: Option<
        Function<'_, AnalysisProgress, ()>,
    >,
) -> Result<AnalysisJob> {
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
) -> Result<AnalysisJob> {
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
) -> Result<AnalysisJob> {
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
) -> Result<AnalysisJob> {
    run(env, on_progress, move |control, watcher| {
        let analysis = Analysis::of(Path::new(&path), control, watcher)?;
        watcher.begins(Phase::Report);
        json(&signature::of(&analysis))
    })
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
