//! Heap snapshots that have been written: read once, asked often.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use napi::Env;
use napi::bindgen_prelude::Function;
use napi_derive::napi;
use parking_lot::RwLock;

use super::analysis::{AnalysisOptions, InspectOptions};
use super::failure::Result;
use super::job::{AnalysisJob, AnalysisProgress, json, run};
use crate::error::Error;
use crate::heap::verdict::inspect;
use crate::heap::verdict::listing::{ClassOrder, ClassQuery, OpenHeap, Window};

/// Which classes are wanted.
#[napi(object, object_to_js = false)]
pub struct ClassesOptions {
    /// A part of the name, in any case; all classes where it is empty.
    pub search: String,
    /// `retained`, `self`, `count` or `name`.
    pub sort: String,
    /// Rows before the first.
    pub offset: u32,
    /// Rows at most.
    pub limit: u32,
}

/// Whose objects are wanted.
#[napi(object, object_to_js = false)]
pub struct ObjectsOptions {
    /// Name of the class, as the table of classes has it.
    pub class_name: String,
    /// Rows before the first.
    pub offset: u32,
    /// Rows at most.
    pub limit: u32,
}

/// Which part of the tree of dominators is wanted.
#[napi(object, object_to_js = false)]
pub struct DominatorsOptions {
    /// V8's id of the object; the root where there is none.
    pub object: Option<u32>,
    /// Rows before the first.
    pub offset: u32,
    /// Rows at most.
    pub limit: u32,
}

fn window(offset: u32, limit: u32) -> Window {
    Window { offset: offset as usize, limit: limit as usize }
}

/// A heap snapshot in a file. Its questions are answered side by side.
#[napi]
pub struct HeapFile {
    path: PathBuf,
    heap: Arc<RwLock<Option<OpenHeap>>>,
}

#[napi]
impl HeapFile {
    /// Nothing is read yet.
    #[napi(constructor)]
    #[must_use]
    pub fn new(path: String) -> Self {
        Self { path: path.into(), heap: Arc::default() }
    }

    /// Reads the file and works everything out; an empty answer.
    #[napi(catch_unwind)]
    pub fn load(
        &self,
        env: &Env,
        #[napi(ts_arg_type = "((progress: AnalysisProgress) => void) | null")] on_progress: Option<
            Function<'_, AnalysisProgress, ()>,
        >,
    ) -> Result<AnalysisJob> {
        let (path, place) = (self.path.clone(), Arc::clone(&self.heap));
        run(env, on_progress, move |control, watcher| {
            let heap = OpenHeap::of(Path::new(&path), control, watcher)?;
            *place.write() = Some(heap);
            Ok(String::new())
        })
    }

    /// Who holds the memory. JSON.
    #[napi(catch_unwind)]
    pub fn report(&self, env: &Env, options: AnalysisOptions) -> Result<AnalysisJob> {
        self.ask(env, move |heap| json(&heap.analysis().report(options.top as usize)?))
    }

    /// Looks at one object from all sides. JSON.
    #[napi(catch_unwind)]
    pub fn inspect(&self, env: &Env, options: InspectOptions) -> Result<AnalysisJob> {
        let InspectOptions { id, limit } = options;
        self.ask(env, move |heap| json(&inspect::inspect(heap.analysis(), id, limit as usize)?))
    }

    /// The table of classes. JSON.
    #[napi(catch_unwind)]
    pub fn classes(&self, env: &Env, options: ClassesOptions) -> Result<AnalysisJob> {
        let ClassesOptions { search, sort, offset, limit } = options;
        let order = ClassOrder::parse(&sort)?;
        let query = ClassQuery { search, order, window: window(offset, limit) };
        self.ask(env, move |heap| json(&heap.classes(&query)))
    }

    /// The objects of a class. JSON.
    #[napi(catch_unwind)]
    pub fn objects(&self, env: &Env, options: ObjectsOptions) -> Result<AnalysisJob> {
        let ObjectsOptions { class_name, offset, limit } = options;
        self.ask(env, move |heap| json(&heap.objects(&class_name, window(offset, limit))?))
    }

    /// What an object dominates at once. JSON.
    #[napi(catch_unwind)]
    pub fn dominators(&self, env: &Env, options: DominatorsOptions) -> Result<AnalysisJob> {
        let DominatorsOptions { object, offset, limit } = options;
        self.ask(env, move |heap| json(&heap.dominators(object, window(offset, limit))?))
    }

    /// Lets go of what was read, unless a job still needs it.
    #[napi(catch_unwind)]
    pub fn release(&self) {
        if let Some(mut heap) = self.heap.try_write() {
            *heap = None;
        }
    }
}

impl HeapFile {
    fn ask(
        &self,
        env: &Env,
        question: impl FnOnce(&OpenHeap) -> crate::error::Result<String> + Send + 'static,
    ) -> Result<AnalysisJob> {
        let place = Arc::clone(&self.heap);
        run(env, None, move |_, _| {
            let heap = place.read();
            question(
                heap.as_ref()
                    .ok_or_else(|| Error::Internal("the heap snapshot is not loaded".into()))?,
            )
        })
    }
}
