//! A heap snapshot, from V8's graph to a file or a stream.
//!
//! ```text
//! isolate's thread      rsprof-serial           rsprof-compress
//! take_snapshot ──────> serialize ──pipe──────> check, redact, compress ──> file | blocks | spool
//! release <───────────── reader back
//! ```
//!
//! The pipe holds [`PIPE_CHUNKS`] chunks of 64 KiB (1 MiB) however large the snapshot is.

use std::fs::File;
use std::io::{self, Seek};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::completion::Completion;
use super::snapshot_writer::{SnapshotWriter, Written};
use super::thread;
use crate::error::{Error, Result};
pub use crate::heap::Progress;
use crate::heap::StreamOptions;
use crate::sink::{
    self, BlockControl, BlockReader, BlockWriter, Compression, OutputFile, PipeControl, PipeReader,
    PipeWriter, Received,
};
use crate::v8::{ByteSink, HeapProfiler, HeapSnapshot, SnapshotOptions, SnapshotReader};

/// Chunks in the pipe between V8's writer and the compressor.
const PIPE_CHUNKS: usize = 16;
/// Blocks of 64 KiB that wait for a slow reader of a stream.
pub(crate) const STREAM_BLOCKS: usize = 16;
/// Classes named in the report.
pub const TOP_CLASSES: usize = 20;

/// Where a snapshot goes.
pub enum SnapshotTarget {
    /// An existing, empty file.
    File(PathBuf),
    /// Blocks that the caller fetches with [`SnapshotCapture::blocks`].
    Stream,
}

/// Which thread runs V8's serialiser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SerializeOn {
    /// A thread of our own: the isolate goes on as soon as the graph is built.
    Thread,
    /// The isolate's thread: needed while an inspector or an allocation tracker may touch V8's
    /// profiler.
    Isolate,
}

/// What to record and how.
pub struct SnapshotRequest {
    /// Where the bytes go.
    pub target: SnapshotTarget,
    /// How they are packed.
    pub compression: Compression,
    /// What V8 puts in.
    pub snapshot: SnapshotOptions,
    /// Replaces string contents by their length and a hash keyed with this.
    pub redact: Option<[u8; 16]>,
    /// Who serialises.
    pub serialize_on: SerializeOn,
}

/// What a finished snapshot came to.
pub struct SnapshotReport {
    /// Sizes, counts, top classes.
    pub written: Written,
    /// Time V8's serialiser took, waiting for the disk included.
    pub serialize: Duration,
}

/// A snapshot under way. Dropping it aborts it and joins its threads.
pub struct SnapshotCapture {
    shared: Arc<Shared>,
    pipe: PipeControl,
    blocks: Option<(BlockReader, BlockControl)>,
    serializer: Option<JoinHandle<Option<SnapshotReader>>>,
    compressor: Option<JoinHandle<()>>,
    snapshot: Option<HeapSnapshot>,
    reader: Option<SnapshotReader>,
    graph: Duration,
}

#[derive(Default)]
struct Shared {
    completion: Completion<SnapshotReport>,
    progress: Mutex<Progress>,
    serialize_micros: AtomicU64,
    aborted: AtomicBool,
}

enum Output {
    File(OutputFile),
    Blocks(BlockWriter),
    /// A stream whose reader runs on the thread that serialises: nothing would drain it, so the
    /// bytes wait in an unlinked temporary file.
    Spool(File, BlockWriter),
}

impl SnapshotCapture {
    /// Takes the snapshot. Returns when V8 has built the graph, or, with
    /// [`SerializeOn::Isolate`], when it has written it too.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] where the target or a thread is refused, before V8 is asked for anything;
    /// [`Error::Refused`] where V8 takes another snapshot.
    pub fn start(profiler: &HeapProfiler, request: SnapshotRequest) -> Result<Self> {
        let (writer, input, pipe) = sink::pipe(PIPE_CHUNKS);
        let (output, blocks) = open(&request)?;
        let shared = Arc::new(Shared::default());
        let options = StreamOptions { redact: request.redact, top_classes: TOP_CLASSES };
        let compressor = {
            let shared = Arc::clone(&shared);
            let packing = Packing { compression: request.compression, options };
            thread::spawn("rsprof-compress", move || compress(&shared, input, output, packing))?
        };
        let mut capture = Self {
            shared,
            pipe,
            blocks,
            serializer: None,
            compressor: Some(compressor),
            snapshot: None,
            reader: None,
            graph: Duration::ZERO,
        };
        match request.serialize_on {
            SerializeOn::Thread => {
                let hand_over = capture.spawn_serializer(writer)?;
                let reader = capture.build_graph(profiler, request.snapshot)?;
                // The receiver waits for exactly this; were it gone, the reader would come back.
                if let Err(returned) = hand_over.send(reader) {
                    capture.reader = Some(returned.0);
                }
            }
            SerializeOn::Isolate => {
                let reader = capture.build_graph(profiler, request.snapshot)?;
                capture.reader = Some(serialize(reader, writer, &capture.shared));
            }
        }
        Ok(capture)
    }

    /// The end of it.
    #[must_use]
    pub fn completion(&self) -> Completion<SnapshotReport> {
        self.shared.completion.clone()
    }

    /// Time V8 took for the graph.
    #[must_use]
    pub fn graph(&self) -> Duration {
        self.graph
    }

    /// How far the compressor is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        *self.shared.progress.lock()
    }

    /// The stream's blocks; `None` for a capture into a file.
    #[must_use]
    pub fn blocks(&self) -> Option<&BlockReader> {
        self.blocks.as_ref().map(|(reader, _)| reader)
    }

    /// Makes the threads end soon; the completion settles with [`Error::Aborted`].
    pub fn abort(&self) {
        self.shared.aborted.store(true, Ordering::Release);
        self.pipe.close();
        if let Some((_, control)) = &self.blocks {
            control.close();
        }
    }

    /// Waits until V8's snapshot is no longer read. A stream is aborted: its reader is the thread
    /// that would wait.
    pub fn finish_serializing(&mut self) {
        if self.serializer.is_some() && self.blocks.is_some() {
            self.abort();
        }
        self.join_serializer();
    }

    /// Waits until the output is complete, or failed. A stream is aborted: its reader is the thread
    /// that would wait.
    pub fn wait(&mut self) {
        if self.blocks.is_some() {
            self.abort();
        }
        self.join_serializer();
        self.join_compressor();
    }

    /// Ends the capture if it still runs, joins its threads and frees V8's graph. Harmless when
    /// repeated.
    pub fn release(&mut self) {
        if !self.shared.completion.is_settled() {
            self.abort();
        }
        self.join_serializer();
        self.join_compressor();
        // Without the reader (its thread panicked) the graph is left to the isolate's end.
        if let (Some(snapshot), Some(reader)) = (self.snapshot.take(), self.reader.take()) {
            snapshot.delete(reader);
        }
    }

    fn build_graph(
        &mut self,
        profiler: &HeapProfiler,
        options: SnapshotOptions,
    ) -> Result<SnapshotReader> {
        let started = Instant::now();
        let mut snapshot = profiler.take_snapshot(options)?;
        self.graph = started.elapsed();
        let reader = snapshot.reader();
        self.snapshot = Some(snapshot);
        reader.ok_or_else(|| Error::Internal("the snapshot has a reader already".into()))
    }

    fn spawn_serializer(&mut self, writer: PipeWriter) -> Result<Sender<SnapshotReader>> {
        let (hand_over, ready): (_, Receiver<SnapshotReader>) = mpsc::channel();
        let shared = Arc::clone(&self.shared);
        self.serializer = Some(thread::spawn("rsprof-serial", move || {
            // An error means that V8 refused the snapshot; dropping the writer breaks the pipe.
            ready.recv().ok().map(|reader| serialize(reader, writer, &shared))
        })?);
        Ok(hand_over)
    }

    fn join_serializer(&mut self) {
        if let Some(serializer) = self.serializer.take() {
            self.reader = serializer.join().ok().flatten();
        }
    }

    fn join_compressor(&mut self) {
        if let Some(compressor) = self.compressor.take() {
            let _panicked = compressor.join();
        }
    }
}

impl Drop for SnapshotCapture {
    fn drop(&mut self) {
        self.release();
    }
}

struct PipeSink(PipeWriter);

impl ByteSink for PipeSink {
    fn write(&mut self, bytes: &[u8]) -> bool {
        self.0.write(bytes)
    }
}

/// Lets V8 write the whole snapshot into the pipe; a pipe that is not finished breaks.
fn serialize(mut reader: SnapshotReader, writer: PipeWriter, shared: &Shared) -> SnapshotReader {
    let started = Instant::now();
    let mut sink = PipeSink(writer);
    let complete = reader.serialize(&mut sink);
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    shared.serialize_micros.store(micros, Ordering::Release);
    if complete {
        let _compressor_gone = sink.0.finish();
    }
    reader
}

fn open(request: &SnapshotRequest) -> Result<(Output, Option<(BlockReader, BlockControl)>)> {
    if let SnapshotTarget::File(path) = &request.target {
        return Ok((Output::File(OutputFile::open(path)?), None));
    }
    let (writer, reader, control) = sink::block_queue(STREAM_BLOCKS);
    let output = match request.serialize_on {
        SerializeOn::Thread => Output::Blocks(writer),
        SerializeOn::Isolate => {
            let spool = tempfile::tempfile().map_err(Error::io("creating a temporary file"))?;
            Output::Spool(spool, writer)
        }
    };
    Ok((output, Some((reader, control))))
}

struct Packing {
    compression: Compression,
    options: StreamOptions,
}

/// The compressor thread.
fn compress(shared: &Shared, input: PipeReader, output: Output, packing: Packing) {
    thread::settle(&shared.completion, || {
        let written = write(shared, input, output, packing).map_err(|error| {
            if shared.aborted.load(Ordering::Acquire) { Error::Aborted } else { error }
        })?;
        let micros = shared.serialize_micros.load(Ordering::Acquire);
        Ok(SnapshotReport { written, serialize: Duration::from_micros(micros) })
    });
}

fn write(shared: &Shared, input: PipeReader, output: Output, packing: Packing) -> Result<Written> {
    const STREAMING: &str = "streaming the capture";
    match output {
        Output::File(file) => {
            let (file, written) = pump(shared, input, file, packing)?;
            file.sync()?;
            Ok(written)
        }
        Output::Blocks(blocks) => {
            let (blocks, written) = pump(shared, input, blocks, packing)?;
            blocks.finish().map_err(Error::io(STREAMING))?;
            Ok(written)
        }
        Output::Spool(spool, mut blocks) => {
            let (mut spool, written) = pump(shared, input, spool, packing)?;
            spool.rewind().map_err(Error::io(STREAMING))?;
            io::copy(&mut spool, &mut blocks).map_err(Error::io(STREAMING))?;
            blocks.finish().map_err(Error::io(STREAMING))?;
            Ok(written)
        }
    }
}

/// Moves everything from the pipe into `out`.
fn pump<W: io::Write>(
    shared: &Shared,
    mut input: PipeReader,
    out: W,
    packing: Packing,
) -> Result<(W, Written)> {
    let mut writer = SnapshotWriter::new(out, packing.compression, packing.options)?;
    loop {
        match input.next() {
            Received::Chunk(chunk) => writer.push(&chunk)?,
            Received::End => return writer.finish(),
            Received::Broken if shared.aborted.load(Ordering::Acquire) => {
                return Err(Error::Aborted);
            }
            Received::Broken => {
                return Err(Error::Internal("V8 stopped in the middle of the snapshot".into()));
            }
        }
        *shared.progress.lock() = writer.progress();
    }
}
