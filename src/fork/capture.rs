//! A capture by a child, seen from the isolate's thread.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::child::{self, Work};
use super::mappings::{self, Inheritance};
use super::parent::{self, Budget, Child};
use super::plan::ForkPlan;
use super::quiesce::quiesce;
use super::report::ChildReport;
use super::sandbox::Lifetime;
use super::spill::{self, SpillFile};
use super::task::Task;
use crate::capture::{Completion, STREAM_BLOCKS, settle, spawn};
use crate::error::{Error, ForkFailure, Result};
use crate::heap::Progress;
use crate::sink::{self, BlockControl, BlockReader, BlockWriter, OutputFile};
use crate::v8::HeapProfiler;

/// Longest wait for the other threads to fall asleep.
const QUIESCE: Duration = Duration::from_millis(3);

/// What to record and how.
pub struct ForkRequest {
    /// An existing file, whose contents are replaced; `None` for a stream.
    pub path: Option<PathBuf>,
    /// What is written there.
    pub task: Task,
    /// Whether an object has the same number in all snapshots: V8 numbers the objects here, before
    /// the fork.
    pub stable_ids: bool,
    /// What the child may use.
    pub budget: Budget,
    /// Whether the child may outlive this process.
    pub lifetime: Lifetime,
    /// Where the child keeps its memory instead; `None` for anonymous memory.
    pub spill: Option<SpillFile>,
}

/// A child at work. Dropping it ends the child and joins the threads.
pub struct ForkCapture {
    shared: Arc<Shared>,
    blocks: Option<(BlockReader, BlockControl)>,
    reaper: Option<JoinHandle<()>>,
    pause: Pause,
}

/// How long the isolate stood still, and for what.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pause {
    /// Numbering the objects.
    pub number: Duration,
    /// Waiting for other threads to fall asleep.
    pub quiesce: Duration,
    /// Marking the heap as inherited.
    pub mark: Duration,
    /// The fork itself.
    pub fork: Duration,
    /// All of it.
    pub total: Duration,
}

#[derive(Default)]
struct Shared {
    completion: Completion<ChildReport>,
    progress: Mutex<Progress>,
    aborted: AtomicBool,
}

/// Where the child writes, and where its stream comes out here.
struct Ends {
    output: File,
    stream: Option<(File, BlockWriter)>,
    blocks: Option<(BlockReader, BlockControl)>,
    sync: bool,
}

impl ForkCapture {
    /// Forks. Returns in the parent as soon as the child exists.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] where the target, a pipe or a thread is refused; [`Error::Fork`] where the
    /// fork is; [`Error::Unsupported`] where it is to spill and cannot.
    pub fn start(profiler: &HeapProfiler, plan: ForkPlan, request: ForkRequest) -> Result<Self> {
        let started = Instant::now();
        if request.spill.is_some() && !plan.patch().can_spill() {
            return Err(spill::unsupported());
        }
        let Ends { output, stream, blocks, sync } = ends(request.path)?;
        let (reports, child_reports) = parent::pipe()?;
        let (errors, child_errors) = parent::pipe()?;
        let work = Work {
            output,
            reports: child_reports,
            errors: child_errors,
            task: request.task,
            sync,
            lifetime: request.lifetime,
            parent: std::process::id(),
            spill: request.spill,
        };
        let shared = Arc::new(Shared::default());
        let mut capture = Self { shared, blocks, reaper: None, pause: Pause::default() };
        let pump = stream.map(|(pipe, writer)| spawn("rsprof-pump", move || pump(pipe, writer)));
        let pump = pump.transpose()?;
        let plan = Arc::new(plan);
        let hand_over = capture.spawn_reaper(Arc::clone(&plan), request.budget, pump)?;
        if request.stable_ids {
            let started = Instant::now();
            profiler.number_objects();
            capture.pause.number = started.elapsed();
        }
        let pid = capture.fork(&plan, profiler, work)?;
        // The receiver waits for exactly this.
        let _reaper_gone = hand_over.send(Child { pid, reports, errors });
        capture.pause.total = started.elapsed();
        Ok(capture)
    }

    /// The end of it.
    #[must_use]
    pub fn completion(&self) -> Completion<ChildReport> {
        self.shared.completion.clone()
    }

    /// How long the isolate stood still.
    #[must_use]
    pub fn pause(&self) -> Pause {
        self.pause
    }

    /// How far the child is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        *self.shared.progress.lock()
    }

    /// The stream's blocks; `None` for a capture into a file.
    #[must_use]
    pub fn blocks(&self) -> Option<&BlockReader> {
        self.blocks.as_ref().map(|(reader, _)| reader)
    }

    /// Has the child killed within a tenth of a second; the completion settles with
    /// [`Error::Aborted`].
    pub fn abort(&self) {
        self.shared.aborted.store(true, Ordering::Release);
        if let Some((_, control)) = &self.blocks {
            control.close();
        }
    }

    /// Ends the child if it still runs, reaps it, joins the threads. Harmless when repeated.
    pub fn release(&mut self) {
        if !self.shared.completion.is_settled() {
            self.abort();
        }
        if let Some(reaper) = self.reaper.take() {
            let _panicked = reaper.join();
        }
    }

    fn spawn_reaper(
        &mut self,
        plan: Arc<ForkPlan>,
        budget: Budget,
        pump: Option<JoinHandle<()>>,
    ) -> Result<Sender<Child>> {
        let (hand_over, ready) = mpsc::channel::<Child>();
        let shared = Arc::clone(&self.shared);
        self.reaper = Some(spawn("rsprof-reap", move || {
            let child = ready.recv().ok();
            plan.restore();
            settle(&shared.completion, || {
                let child = child.ok_or(Error::Aborted)?;
                let aborted = || shared.aborted.load(Ordering::Acquire);
                let on_progress = |progress| *shared.progress.lock() = progress;
                let attended = child.attend(budget, aborted, on_progress);
                // Not over before its stream is taken: who waits for the end may be its reader.
                if let Some(pump) = pump {
                    let _panicked = pump.join();
                }
                attended
            });
        })?);
        Ok(hand_over)
    }

    fn fork(&mut self, plan: &ForkPlan, profiler: &HeapProfiler, work: Work) -> Result<i32> {
        let started = Instant::now();
        quiesce(QUIESCE);
        self.pause.quiesce = started.elapsed();
        let started = Instant::now();
        let present = mappings::private_anonymous()?;
        plan.note_new(&present);
        mappings::mark(&present, Inheritance::Inherited);
        self.pause.mark = started.elapsed();
        let started = Instant::now();
        // SAFETY: the child has this thread only. It calls nothing that could wait for another
        // one: glibc's fork leaves malloc usable, `live` touches no lock of this crate that another
        // thread could hold, and V8's calls are redirected (`lonely`) before V8 is called. It never
        // returns from `live`, so no frame below this one runs twice.
        let pid = unsafe { libc::fork() };
        match pid {
            0 => child::live(plan, profiler, work),
            -1 => {
                let refusal = std::io::Error::last_os_error();
                Err(ForkFailure::refused(refusal).into())
            }
            pid => {
                self.pause.fork = started.elapsed();
                Ok(pid)
            }
        }
    }
}

impl Drop for ForkCapture {
    fn drop(&mut self) {
        self.release();
    }
}

fn ends(path: Option<PathBuf>) -> Result<Ends> {
    if let Some(path) = path {
        let output = OutputFile::open(&path)?.into_file();
        // A try before this one may have left something.
        output.set_len(0).map_err(Error::io("truncating the capture file"))?;
        return Ok(Ends { output, stream: None, blocks: None, sync: true });
    }
    let (read, write) = parent::pipe()?;
    let (writer, reader, control) = sink::block_queue(STREAM_BLOCKS);
    let blocks = Some((reader, control));
    Ok(Ends { output: write, stream: Some((read, writer)), blocks, sync: false })
}

/// Moves the child's stream to the reader of the blocks, as fast as that one takes it.
fn pump(mut pipe: File, mut blocks: BlockWriter) {
    let copied = std::io::copy(&mut pipe, &mut blocks);
    if copied.is_ok() && blocks.flush().is_ok() {
        let _reader_gone = blocks.finish();
    }
}
