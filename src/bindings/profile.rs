//! CPU and allocation profiles that have been written: read once, asked often.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use napi::Env;
use napi::bindgen_prelude::Function;
use napi_derive::napi;
use parking_lot::RwLock;

use super::failure::Result;
use super::job::{AnalysisJob, AnalysisProgress, Part, json, run};
use crate::error::Error;
use crate::export::{self, ExportFormat, ExportOptions, Page, write_file};
use crate::profile::Profile;
use crate::profile::verdict::{self, SourceFrame};
use crate::text::kind::{self, FileKind};

/// Which kind of file it is, by its content: `heapSnapshot`, `profile`, or nothing.
#[napi(catch_unwind)]
pub fn file_kind(env: &Env, path: String) -> Result<AnalysisJob> {
    run(env, None, move |control, _| {
        let kind = kind::recognise(Path::new(&path), control)?;
        Ok(kind
            .map_or("", |kind| match kind {
                FileKind::HeapSnapshot => "heapSnapshot",
                FileKind::Profile => "profile",
            })
            .to_owned())
    })
}

/// How much a report is to hold.
#[napi(object, object_to_js = false)]
pub struct ProfileReportOptions {
    /// Rows of a table.
    pub top: u32,
}

/// What to write, and where.
#[napi(object, object_to_js = false)]
pub struct ProfileWriteOptions {
    /// `pprof`, `speedscope`, `folded`, `chrome` or `html`.
    pub format: String,
    /// An existing, empty file.
    pub path: String,
    /// What the profile is called.
    pub title: String,
    /// When its recording began, in milliseconds since 1970.
    pub started_at: Option<f64>,
    /// What stands before it in the file.
    pub head: Option<String>,
    /// What stands after it in the file.
    pub tail: Option<String>,
}

/// Which data of a flame graph are wanted.
#[napi(object, object_to_js = false)]
pub struct FlameOptions {
    /// What the profile is called.
    pub title: String,
    /// Bytes that it may be at most.
    pub most: u32,
}

/// A profile in a file. Its jobs run one after the other.
#[napi]
pub struct ProfileFile {
    path: PathBuf,
    profile: Arc<RwLock<Option<Profile>>>,
}

const READING: Part = Part { name: "reading", percents: [0.0, 95.0] };
const WRITING: Part = Part { name: "writing", percents: [95.0, 95.0] };
const REPORT: Part = Part { name: "report", percents: [95.0, 95.0] };

#[napi]
impl ProfileFile {
    /// Nothing is read yet.
    #[napi(constructor)]
    #[must_use]
    pub fn new(path: String) -> Self {
        Self { path: path.into(), profile: Arc::default() }
    }

    /// Reads the file. JSON: what a source map could tell more of (`verdict::Scripts`).
    #[napi(catch_unwind)]
    pub fn load(
        &self,
        env: &Env,
        #[napi(ts_arg_type = "((progress: AnalysisProgress) => void) | null")] on_progress: Option<
            Function<'_, AnalysisProgress, ()>,
        >,
    ) -> Result<AnalysisJob> {
        let (path, place) = (self.path.clone(), Arc::clone(&self.profile));
        run(env, on_progress, move |control, stage| {
            stage.enter(READING);
            let profile = Profile::read(Path::new(&path), control)?;
            let scripts = json(&verdict::scripts(&profile))?;
            *place.write() = Some(profile);
            Ok(scripts)
        })
    }

    /// Puts sources in the place of what was compiled from them; `frames` is JSON, a list of
    /// `verdict::SourceFrame`.
    #[napi(catch_unwind)]
    pub fn map(&self, env: &Env, frames: String) -> Result<AnalysisJob> {
        let place = Arc::clone(&self.profile);
        run(env, None, move |_, _| {
            let frames: Vec<SourceFrame> = serde_json::from_str(&frames)
                .map_err(|error| Error::Internal(format!("mapped frames: {error}")))?;
            let mut profile = place.write();
            profile.as_mut().ok_or_else(not_loaded)?.map(frames);
            Ok(String::new())
        })
    }

    /// Who burns the time, or who allocates. JSON.
    #[napi(catch_unwind)]
    pub fn report(
        &self,
        env: &Env,
        options: ProfileReportOptions,
        #[napi(ts_arg_type = "((progress: AnalysisProgress) => void) | null")] on_progress: Option<
            Function<'_, AnalysisProgress, ()>,
        >,
    ) -> Result<AnalysisJob> {
        let place = Arc::clone(&self.profile);
        run(env, on_progress, move |_, stage| {
            stage.enter(REPORT);
            let profile = place.read();
            json(&verdict::report(profile.as_ref().ok_or_else(not_loaded)?, options.top as usize))
        })
    }

    /// What got slower or faster since `before`, which must have been loaded too. JSON.
    #[napi(catch_unwind)]
    pub fn diff(
        &self,
        env: &Env,
        before: &ProfileFile,
        options: ProfileReportOptions,
    ) -> Result<AnalysisJob> {
        let (before, after) = (Arc::clone(&before.profile), Arc::clone(&self.profile));
        run(env, None, move |_, _| {
            let before = before.read();
            let before = before.as_ref().ok_or_else(not_loaded)?;
            let after = after.read();
            let after = after.as_ref().ok_or_else(not_loaded)?;
            json(&verdict::diff(before, after, options.top as usize)?)
        })
    }

    /// Writes it in the format of another tool; an empty answer.
    #[napi(catch_unwind)]
    pub fn write(
        &self,
        env: &Env,
        options: ProfileWriteOptions,
        #[napi(ts_arg_type = "((progress: AnalysisProgress) => void) | null")] on_progress: Option<
            Function<'_, AnalysisProgress, ()>,
        >,
    ) -> Result<AnalysisJob> {
        let ProfileWriteOptions { format, path, title, started_at, head, tail } = options;
        let format = ExportFormat::parse(&format)?;
        let options = ExportOptions { format, title, started_at };
        let page = Page { head: head.unwrap_or_default(), tail: tail.unwrap_or_default() };
        let place = Arc::clone(&self.profile);
        run(env, on_progress, move |control, stage| {
            stage.enter(WRITING);
            let profile = place.read();
            let profile = profile.as_ref().ok_or_else(not_loaded)?;
            write_file(profile, &options, &page, Path::new(&path), control)?;
            Ok(String::new())
        })
    }

    /// The data of its flame graph. JSON.
    #[napi(catch_unwind)]
    pub fn flame(&self, env: &Env, options: FlameOptions) -> Result<AnalysisJob> {
        let place = Arc::clone(&self.profile);
        let FlameOptions { title, most } = options;
        let options = ExportOptions { format: ExportFormat::Flame, title, started_at: None };
        run(env, None, move |_, _| {
            let profile = place.read();
            export::text(profile.as_ref().ok_or_else(not_loaded)?, &options, most as usize)
        })
    }

    /// Lets go of what was read, unless a job still needs it.
    #[napi(catch_unwind)]
    pub fn release(&self) {
        if let Some(mut profile) = self.profile.try_write() {
            *profile = None;
        }
    }
}

fn not_loaded() -> Error {
    Error::Internal("the profile is not loaded".into())
}
