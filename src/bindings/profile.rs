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

/// A profile in a file. Its jobs run one after the other.
#[napi]
pub struct ProfileFile {
    path: PathBuf,
    profile: Arc<RwLock<Option<Profile>>>,
}

const READING: Part = Part { name: "reading", percents: [0.0, 95.0] };
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
}

fn not_loaded() -> Error {
    Error::Internal("the profile is not loaded".into())
}
