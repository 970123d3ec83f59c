//! A CPU profile, from start to file.

use std::time::{Duration, Instant};

use super::completion::Completion;
pub use super::cpu_profilers::CpuRequest;
use super::cpu_profilers::{self, Running, Stopped};
use super::labels::{self, Observed};
use super::profile_writer::{ProfileJob, ProfileTarget};
use crate::error::{Error, Result};
use crate::export::{self, CpuFigures};
use crate::labels::LabelRecord;
use crate::sink::Digest;
use crate::v8::{CpuProfileReader, Isolate};

/// What a finished profile came to.
#[derive(Clone, Debug)]
pub struct CpuReport {
    /// Size and SHA-256 of the file.
    pub digest: Digest,
    /// Size before compression, in bytes.
    pub raw_bytes: u64,
    /// What the profile holds.
    pub figures: CpuFigures,
    /// Samples that [`CpuRequest::max_samples`] kept out.
    pub truncated: u64,
}

/// A CPU profile under way. Dropping it ends it and writes nothing more.
pub struct CpuCapture {
    state: State,
    max_samples: u32,
    completion: Completion<CpuReport>,
    start: Duration,
    stop: Duration,
}

enum State {
    Running(Running, Observed),
    Writing { profile: Stopped, job: ProfileJob<Recorded> },
    Over,
}

/// What the writing thread gets.
struct Recorded {
    reader: CpuProfileReader,
    labels: Option<LabelRecord>,
}

impl CpuCapture {
    /// Starts profiling the isolate of this thread.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where V8 gives no profiler or runs 100 profiles already.
    pub fn start(env: &napi::Env, isolate: Isolate, request: CpuRequest) -> Result<Self> {
        let started = Instant::now();
        let running = cpu_profilers::start(env, isolate, request)?;
        Ok(Self {
            state: State::Running(running, labels::join(isolate, request.interval)),
            max_samples: request.max_samples,
            completion: Completion::default(),
            start: started.elapsed(),
            stop: Duration::ZERO,
        })
    }

    /// Ends the profile and has it written into `target`; see [`Self::completion`]. `label_sets` are the
    /// sets of labels that exist by now, see [`LabelRecord::sets`].
    ///
    /// # Errors
    ///
    /// [`Error::Io`] where the target or the thread is refused (the profile goes on then),
    /// [`Error::Aborted`] where it is over.
    pub fn stop(&mut self, target: &ProfileTarget, label_sets: Option<String>) -> Result<()> {
        if !matches!(self.state, State::Running(..)) {
            return Err(Error::Aborted);
        }
        let max_samples = u64::from(self.max_samples);
        let mut job = ProfileJob::spawn(
            target,
            self.completion.clone(),
            |recorded: &Recorded, out| {
                export::write_cpu_profile(&recorded.reader, recorded.labels.as_ref(), out)
            },
            move |file, figures: CpuFigures| CpuReport {
                digest: file.digest,
                raw_bytes: file.raw_bytes,
                truncated: truncated(&figures, max_samples),
                figures,
            },
        )?;
        let started = Instant::now();
        let state = std::mem::replace(&mut self.state, State::Over);
        let State::Running(running, observed) = state else { return Err(Error::Aborted) };
        let stopped = cpu_profilers::stop(running);
        let timeline = labels::leave(&observed);
        let (profile, reader) = stopped?;
        self.stop = started.elapsed();
        let labels = timeline.zip(label_sets);
        let labels = labels.map(|(timeline, sets)| LabelRecord { timeline, sets });
        job.start(Recorded { reader, labels });
        self.state = State::Writing { profile, job };
        Ok(())
    }

    /// Ends the profile and writes it as text on this thread, see [`export::write_raw_cpu_profile`].
    ///
    /// # Errors
    ///
    /// [`Error::Aborted`] where it is over.
    pub fn stop_here(&mut self) -> Result<Vec<u8>> {
        let state = std::mem::replace(&mut self.state, State::Over);
        let State::Running(running, observed) = state else { return Err(Error::Aborted) };
        let stopped = cpu_profilers::stop(running);
        labels::leave(&observed);
        let (profile, reader) = stopped?;
        let mut text = Vec::new();
        let written = export::write_raw_cpu_profile(&reader, &mut text);
        cpu_profilers::delete(profile, reader);
        self.completion.settle(Err(Error::Aborted));
        written.map_err(Error::io("writing the profile"))?;
        Ok(text)
    }

    /// The end of it, once [`Self::stop`] was called.
    #[must_use]
    pub fn completion(&self) -> Completion<CpuReport> {
        self.completion.clone()
    }

    /// Time the isolate stood still for the start.
    #[must_use]
    pub fn start_pause(&self) -> Duration {
        self.start
    }

    /// Time the isolate stood still for the stop.
    #[must_use]
    pub fn stop_pause(&self) -> Duration {
        self.stop
    }

    /// Ends the profile if it runs, ends its writing, joins the thread and frees what V8 holds.
    /// Harmless when repeated.
    pub fn release(&mut self) {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Running(running, observed) => {
                labels::leave(&observed);
                if let Ok((profile, reader)) = cpu_profilers::stop(running) {
                    cpu_profilers::delete(profile, reader);
                }
            }
            State::Writing { profile, mut job } => {
                if !self.completion.is_settled() {
                    job.abort();
                }
                if let Some(recorded) = job.join() {
                    cpu_profilers::delete(profile, recorded.reader);
                }
            }
            State::Over => {}
        }
        self.completion.settle(Err(Error::Aborted));
    }
}

impl Drop for CpuCapture {
    fn drop(&mut self) {
        self.release();
    }
}

/// V8 stops keeping samples at the cap, but its tree goes on counting hits.
fn truncated(figures: &CpuFigures, max_samples: u64) -> u64 {
    if figures.sample_count < max_samples {
        return 0;
    }
    figures.hits.saturating_sub(figures.sample_count)
}
