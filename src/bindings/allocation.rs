//! Sampling allocation profiles.

use std::time::Instant;

use napi::Env;
use napi::bindgen_prelude::{Buffer, Object};
use napi_derive::napi;

use super::env_bound::EnvBound;
use super::failure::{Failure, Result, internal};
use super::promise;
use super::snapshot::{heap_profiler, milliseconds};
use super::target::{Target, WeighedFunction};
use crate::capture::{AllocationCapture, AllocationReport, Settled};
use crate::v8::SamplingFlags;

/// How to profile.
#[napi(object, object_to_js = false)]
pub struct HeapProfileOptions {
    /// Mean distance of samples, in bytes allocated.
    pub interval: f64,
    /// Frames kept of each stack.
    pub stack_depth: u16,
    /// Counts what is gone: 0 nothing, 1 what a major GC took, 2 what any GC took.
    pub include_collected: u32,
}

/// A finished profile.
#[napi(object, object_from_js = false)]
pub struct HeapProfileFigures {
    /// Size of the file.
    pub bytes: f64,
    /// Size before compression.
    pub raw_bytes: f64,
    /// Of the file, in hexadecimal.
    pub sha256: String,
    /// Nodes of the call tree.
    pub node_count: f64,
    /// V8's estimate of all that was allocated.
    pub total_bytes: f64,
    /// By own bytes.
    pub top_functions: Vec<WeighedFunction>,
}

/// Either of the two.
#[napi(object, object_from_js = false)]
pub struct HeapProfileOutcome {
    /// It worked.
    pub ok: Option<HeapProfileFigures>,
    /// It did not.
    pub error: Option<Failure>,
}

/// A profile under way.
#[napi]
pub struct HeapRecording {
    capture: EnvBound<AllocationCapture>,
}

/// Starts V8's allocation sampler on this isolate.
#[napi(catch_unwind)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lib/options.js keeps the interval in range"
)]
pub fn start_heap_profile(env: &Env, options: HeapProfileOptions) -> Result<HeapRecording> {
    let flags = match options.include_collected {
        0 => SamplingFlags::LiveOnly,
        1 => SamplingFlags::CollectedByMajorGc,
        _ => SamplingFlags::CollectedByAnyGc,
    };
    let (interval, depth) = (options.interval as u64, options.stack_depth);
    let capture = AllocationCapture::start(heap_profiler()?, interval, depth, flags)?;
    Ok(HeapRecording { capture: EnvBound::new(env, capture).map_err(internal)? })
}

#[napi]
impl HeapRecording {
    /// Milliseconds that the start took.
    #[napi(getter)]
    pub fn start_ms(&self) -> f64 {
        milliseconds(self.capture.get().start_pause())
    }

    /// Milliseconds that copying the tree and the stop took.
    #[napi(getter)]
    pub fn stop_ms(&self) -> f64 {
        milliseconds(self.capture.get().stop_pause())
    }

    /// Ends the profile and writes it. Resolves when the file is complete, or failed.
    #[napi(catch_unwind, ts_return_type = "Promise<HeapProfileOutcome>")]
    pub fn stop<'e>(&self, env: &'e Env, target: Target) -> Result<Object<'e>> {
        let mut capture = self.capture.get();
        capture.stop(env, &target.into_capture()?)?;
        promise::settled(env, &capture.completion(), outcome).map_err(internal)
    }

    /// Ends the profile and answers it as text: see `export::write_raw_allocation_profile`.
    #[napi(catch_unwind)]
    pub fn stop_here(&self, env: &Env) -> Result<Buffer> {
        Ok(self.capture.get().stop_here(env)?.into())
    }

    /// Ends it if it still runs and joins its thread. Answers the milliseconds it took.
    #[napi(catch_unwind)]
    pub fn release(&self) -> f64 {
        let started = Instant::now();
        self.capture.get().release();
        milliseconds(started.elapsed())
    }
}

fn outcome(result: &Settled<AllocationReport>) -> HeapProfileOutcome {
    match &**result {
        Ok(report) => HeapProfileOutcome { ok: Some(figures(report)), error: None },
        Err(error) => HeapProfileOutcome { ok: None, error: Some(error.into()) },
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn figures(report: &AllocationReport) -> HeapProfileFigures {
    let figures = &report.figures;
    HeapProfileFigures {
        bytes: report.digest.bytes as f64,
        raw_bytes: report.raw_bytes as f64,
        sha256: report.digest.sha256.clone(),
        node_count: figures.node_count as f64,
        total_bytes: figures.total_bytes as f64,
        top_functions: figures.top_functions.iter().map(Into::into).collect(),
    }
}
