//! A sampling allocation profile, from start to file.

use std::time::{Duration, Instant};

use super::completion::Completion;
use super::profile_writer::{ProfileJob, ProfileTarget};
use crate::error::{Error, Result};
use crate::export::{self, AllocationFigures};
use crate::sink::Digest;
use crate::v8::{AllocationTree, HeapProfiler, SamplingFlags};

/// What a finished profile came to.
#[derive(Clone, Debug)]
pub struct AllocationReport {
    /// Size and SHA-256 of the file.
    pub digest: Digest,
    /// Size before compression, in bytes.
    pub raw_bytes: u64,
    /// What the profile holds.
    pub figures: AllocationFigures,
}

/// An allocation profile under way. Dropping it ends it and writes nothing more.
pub struct AllocationCapture {
    profiler: Option<HeapProfiler>,
    job: Option<ProfileJob<AllocationTree>>,
    completion: Completion<AllocationReport>,
    start: Duration,
    stop: Duration,
}

impl AllocationCapture {
    /// Starts V8's sampler: about one sample each `interval` bytes, `depth` frames each.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where a sampler runs on this isolate.
    pub fn start(
        profiler: HeapProfiler,
        interval: u64,
        depth: u16,
        flags: SamplingFlags,
    ) -> Result<Self> {
        let started = Instant::now();
        profiler.start_sampling(interval, depth, flags)?;
        Ok(Self {
            profiler: Some(profiler),
            job: None,
            completion: Completion::default(),
            start: started.elapsed(),
            stop: Duration::ZERO,
        })
    }

    /// Ends the profile and has it written into `target`; see [`Self::completion`].
    ///
    /// # Errors
    ///
    /// [`Error::Io`] where the target or the thread is refused (the profile goes on then),
    /// [`Error::Aborted`] where it is over.
    pub fn stop(&mut self, env: &napi::Env, target: &ProfileTarget) -> Result<()> {
        let Some(profiler) = &self.profiler else { return Err(Error::Aborted) };
        let mut job = ProfileJob::spawn(
            target,
            self.completion.clone(),
            |tree, out| export::write_allocation_profile(tree, out),
            |file, figures| AllocationReport {
                digest: file.digest,
                raw_bytes: file.raw_bytes,
                figures,
            },
        )?;
        let started = Instant::now();
        let tree = profiler.allocation_tree(env);
        self.end_sampling();
        self.stop = started.elapsed();
        job.start(tree.ok_or_else(|| Error::Internal("V8's sampler was stopped".into()))?);
        self.job = Some(job);
        Ok(())
    }

    /// Ends the profile and writes it as text on this thread, see
    /// [`export::write_raw_allocation_profile`].
    ///
    /// # Errors
    ///
    /// [`Error::Aborted`] where it is over, or somebody else ended V8's sampler.
    pub fn stop_here(&mut self, env: &napi::Env) -> Result<Vec<u8>> {
        let profiler = self.profiler.as_ref().ok_or(Error::Aborted)?;
        let tree = profiler.allocation_tree(env);
        self.release();
        let mut text = Vec::new();
        export::write_raw_allocation_profile(&tree.ok_or(Error::Aborted)?, &mut text)
            .map_err(Error::io("writing the profile"))?;
        Ok(text)
    }

    /// The end of it, once [`Self::stop`] was called.
    #[must_use]
    pub fn completion(&self) -> Completion<AllocationReport> {
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

    /// Ends the profile if it runs, ends its writing and joins the thread. Harmless when repeated.
    pub fn release(&mut self) {
        self.end_sampling();
        if let Some(mut job) = self.job.take() {
            if !self.completion.is_settled() {
                job.abort();
            }
            job.join();
        }
        self.completion.settle(Err(Error::Aborted));
    }

    fn end_sampling(&mut self) {
        if let Some(profiler) = self.profiler.take() {
            profiler.stop_sampling();
        }
    }
}

impl Drop for AllocationCapture {
    fn drop(&mut self) {
        self.release();
    }
}
