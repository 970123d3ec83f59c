//! CPU profiles.

use std::time::Instant;

use napi::Env;
use napi::bindgen_prelude::{Buffer, Object};
use napi_derive::napi;

use super::env_bound::EnvBound;
use super::failure::{Failure, Result, internal};
use super::promise;
use super::snapshot::milliseconds;
use super::target::{Target, WeighedFunction};
use crate::capture::{CpuCapture, CpuReport, CpuRequest, Settled};
use crate::error::Error;
use crate::v8::{Isolate, LineMode, Logging};

/// How to profile.
#[napi(object, object_to_js = false)]
pub struct CpuProfileOptions {
    /// Sampling interval, in microseconds.
    pub interval: u32,
    /// Samples kept at most.
    pub max_samples: u32,
    /// A node for each line a function was called from.
    pub caller_lines: bool,
    /// Keep the profiler for the next profile, so that its start is instant.
    pub eager: bool,
}

/// A finished profile.
#[napi(object, object_from_js = false)]
pub struct CpuProfileFigures {
    /// Size of the file.
    pub bytes: f64,
    /// Size before compression.
    pub raw_bytes: f64,
    /// Of the file, in hexadecimal.
    pub sha256: String,
    /// Nodes of the call tree.
    pub node_count: f64,
    /// Samples kept.
    pub sample_count: f64,
    /// Samples that the cap kept out.
    pub truncated: f64,
    /// Samples counted by the tree.
    pub hits: f64,
    /// Those of them that were not idle.
    pub busy_hits: f64,
    /// Microseconds on V8's clock.
    pub start_time: f64,
    /// Microseconds on V8's clock.
    pub end_time: f64,
    /// By own hits.
    pub top_functions: Vec<WeighedFunction>,
}

/// Either of the two.
#[napi(object, object_from_js = false)]
pub struct CpuProfileOutcome {
    /// It worked.
    pub ok: Option<CpuProfileFigures>,
    /// It did not.
    pub error: Option<Failure>,
}

/// A profile under way.
#[napi]
pub struct CpuRecording {
    capture: EnvBound<CpuCapture>,
}

/// Starts a CPU profile of this isolate.
#[napi(catch_unwind)]
pub fn start_cpu_profile(env: &Env, options: CpuProfileOptions) -> Result<CpuRecording> {
    let isolate = Isolate::current();
    let isolate = isolate.ok_or_else(|| Error::Unsupported("this thread has no isolate".into()))?;
    let request = CpuRequest {
        interval: options.interval,
        max_samples: options.max_samples,
        mode: if options.caller_lines { LineMode::Caller } else { LineMode::Leaf },
        logging: if options.eager { Logging::Eager } else { Logging::Lazy },
    };
    let capture = CpuCapture::start(env, isolate, request)?;
    Ok(CpuRecording { capture: EnvBound::new(env, capture).map_err(internal)? })
}

#[napi]
impl CpuRecording {
    /// Milliseconds that the start took.
    #[napi(getter)]
    pub fn start_ms(&self) -> f64 {
        milliseconds(self.capture.get().start_pause())
    }

    /// Milliseconds that V8 took for the stop.
    #[napi(getter)]
    pub fn stop_ms(&self) -> f64 {
        milliseconds(self.capture.get().stop_pause())
    }

    /// Ends the profile and writes it, with `label_sets`, a JSON array, by their numbers from 1 on. Resolves when the file is complete, or failed.
    #[napi(catch_unwind, ts_return_type = "Promise<CpuProfileOutcome>")]
    pub fn stop<'e>(
        &self,
        env: &'e Env,
        target: Target,
        label_sets: Option<String>,
    ) -> Result<Object<'e>> {
        let mut capture = self.capture.get();
        capture.stop(&target.into_capture()?, label_sets)?;
        promise::settled(env, &capture.completion(), outcome).map_err(internal)
    }

    /// Ends the profile and answers it as text: see `export::write_raw_cpu_profile`.
    #[napi(catch_unwind)]
    pub fn stop_here(&self) -> Result<Buffer> {
        Ok(self.capture.get().stop_here()?.into())
    }

    /// Ends it if it still runs, joins its thread, frees V8's profile. Answers the milliseconds it
    /// took.
    #[napi(catch_unwind)]
    pub fn release(&self) -> f64 {
        let started = Instant::now();
        self.capture.get().release();
        milliseconds(started.elapsed())
    }
}

fn outcome(result: &Settled<CpuReport>) -> CpuProfileOutcome {
    match &**result {
        Ok(report) => CpuProfileOutcome { ok: Some(figures(report)), error: None },
        Err(error) => CpuProfileOutcome { ok: None, error: Some(error.into()) },
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts and times stay far below 2^53")]
fn figures(report: &CpuReport) -> CpuProfileFigures {
    let figures = &report.figures;
    CpuProfileFigures {
        bytes: report.digest.bytes as f64,
        raw_bytes: report.raw_bytes as f64,
        sha256: report.digest.sha256.clone(),
        node_count: figures.node_count as f64,
        sample_count: figures.sample_count as f64,
        truncated: report.truncated as f64,
        hits: figures.hits as f64,
        busy_hits: figures.busy_hits as f64,
        start_time: figures.start_time as f64,
        end_time: figures.end_time as f64,
        top_functions: figures.top_functions.iter().map(Into::into).collect(),
    }
}
