//! The isolate's half of the readings.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use napi::Env;

use super::board::Board;
use super::clock::{CpuMeter, epoch_ms};
use super::collections::{Collections, note_heap};
use super::fields::{Field, READING_FIELDS, Row};
use super::mirror::{Mirror, MirrorRequest};
use super::sampler::{COUNT_EVERY, MirrorSlot, Sampler};
use super::ticker::Ticker;
use crate::error::{Error, Result};
use crate::v8::{EventLoop, GcObserver, HandleCounts, HeapSpaces, Isolate};

/// What is to be read.
#[derive(Clone, Debug)]
pub struct ReadingsRequest {
    /// Time between two readings.
    pub interval: Duration,
    /// The folder whose disk is looked at.
    pub folder: PathBuf,
}

/// Reads what a process is like. Dropping it ends it.
pub struct Readings {
    board: Arc<Board>,
    slot: Arc<MirrorSlot>,
    /// None once it is over.
    live: Option<Live>,
}

struct Live {
    isolate: Isolate,
    observer: GcObserver<Collections>,
    spaces: HeapSpaces,
    event_loop: EventLoop,
    process_cpu: CpuMeter,
    thread_cpu: CpuMeter,
    handles: HandleCounts,
    reads: u32,
    ticker: Ticker,
}

impl Readings {
    /// Starts the thread and counts collections from now on.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where V8 or libuv lack a function for it; [`Error::Io`] where there is no thread.
    pub fn start(env: &Env, isolate: Isolate, request: ReadingsRequest) -> Result<Self> {
        let (board, slot) = (Arc::<Board>::default(), Arc::<MirrorSlot>::default());
        let event_loop = EventLoop::of(env)?;
        let spaces = HeapSpaces::new(isolate)?;
        let mut sampler = Sampler::new(Arc::clone(&board), Arc::clone(&slot), request.folder);
        let ticker =
            Ticker::start("rsprof-watch", request.interval, move |wake| sampler.work(wake))?;
        let observer = GcObserver::add(isolate, Collections::new(isolate, Arc::clone(&board)))?;
        let live = Live {
            isolate,
            observer,
            spaces,
            event_loop,
            process_cpu: CpuMeter::of_process(),
            thread_cpu: CpuMeter::of_thread(),
            handles: HandleCounts::default(),
            reads: 0,
            ticker,
        };
        Ok(Self { board, slot, live: Some(live) })
    }

    /// What is known now, in the order of [`READING_FIELDS`]; NaN is what is not known, or is over.
    pub fn read(&mut self) -> [f64; READING_FIELDS.len()] {
        let mut row = Row::UNKNOWN;
        if let Some(live) = &mut self.live {
            live.read_heap(&self.board, &mut row);
            live.read_spaces(&mut row);
            live.read_collections(&mut row);
            live.read_handles(&mut row);
            row.set(Field::Cpu, live.process_cpu.share());
            row.set(Field::ThreadCpu, live.thread_cpu.share());
            read_board(&self.board, &mut row);
            self.board.read_at.set(epoch_ms());
        }
        row.into_numbers()
    }

    /// Opens a mirror, in the place of one that there was.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] where the disk refuses (nothing is left on it), [`Error::Aborted`] when all is over.
    pub fn mirror_to(&mut self, request: &MirrorRequest) -> Result<()> {
        let live = self.live.as_ref().ok_or(Error::Aborted)?;
        *self.slot.lock() = Some(Arc::new(Mirror::open(request)?));
        live.ticker.call();
        Ok(())
    }

    /// Has a copy of `bytes` written into the mirror. Nothing where there is none.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] outside of it.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let mirror = self.slot.lock().clone();
        let (Some(live), Some(mirror)) = (&self.live, mirror) else { return Ok(()) };
        mirror.queue(offset, bytes)?;
        live.ticker.call();
        Ok(())
    }

    /// Why the mirror ended early, if it did.
    #[must_use]
    pub fn mirror_error(&self) -> Option<String> {
        self.slot.lock().clone()?.error()
    }

    /// Ends it. Harmless when repeated.
    pub fn release(&mut self) {
        if let Some(mut live) = self.live.take() {
            live.observer.remove();
            live.ticker.stop();
        }
    }
}

impl Drop for Readings {
    fn drop(&mut self) {
        self.release();
    }
}

impl Live {
    fn read_heap(&self, board: &Board, row: &mut Row) {
        let heap = self.isolate.heap_figures();
        row.set_size(Field::HeapUsed, heap.used);
        row.set_size(Field::HeapTotal, heap.total);
        row.set_size(Field::HeapLimit, heap.limit);
        row.set_size(Field::External, heap.external);
        row.set_size(Field::Malloced, heap.malloced);
        row.set_size(Field::NativeContexts, heap.native_contexts);
        row.set_size(Field::DetachedContexts, heap.detached_contexts);
        note_heap(board, &heap);
    }

    fn read_spaces(&self, row: &mut Row) {
        const FIELDS: [(Field, Field); 5] = [
            (Field::NewSpaceUsed, Field::NewSpaceSize),
            (Field::OldSpaceUsed, Field::OldSpaceSize),
            (Field::CodeSpaceUsed, Field::CodeSpaceSize),
            (Field::LargeObjectSpaceUsed, Field::LargeObjectSpaceSize),
            (Field::OtherSpaceUsed, Field::OtherSpaceSize),
        ];
        for ((used, size), bytes) in FIELDS.into_iter().zip(self.spaces.figures().groups) {
            row.set_size(used, bytes.0);
            row.set_size(size, bytes.1);
        }
    }

    fn read_collections(&self, row: &mut Row) {
        let sums = self.observer.handler().take();
        row.set(Field::Scavenges, sums.young.0);
        row.set(Field::ScavengeTime, sums.young.1);
        row.set(Field::MarkSweeps, sums.full.0);
        row.set(Field::MarkSweepTime, sums.full.1);
        row.set(Field::OtherGcs, sums.other.0);
        row.set(Field::OtherGcTime, sums.other.1);
        row.set(Field::GcPause, sums.longest);
    }

    /// Counting takes a look at each: not at every reading.
    fn read_handles(&mut self, row: &mut Row) {
        if self.reads.is_multiple_of(COUNT_EVERY) {
            self.handles = self.event_loop.count_handles();
        }
        self.reads = self.reads.wrapping_add(1);
        let handles = &self.handles;
        row.set(Field::Handles, handles.total().into());
        row.set(Field::TcpHandles, handles.tcp.into());
        row.set(Field::UdpHandles, handles.udp.into());
        row.set(Field::PipeHandles, handles.pipe.into());
        row.set(Field::ProcessHandles, handles.process.into());
        row.set(Field::FileWatchHandles, handles.file_watch.into());
        row.set(Field::OtherHandles, handles.other.into());
    }
}

fn read_board(board: &Board, row: &mut Row) {
    row.set(Field::Rss, board.rss.get());
    row.set(Field::MemoryUsed, board.memory_used.get());
    row.set(Field::MemoryLimit, board.memory_limit.get());
    row.set(Field::Fds, board.fds.get());
    row.set(Field::FdLimit, board.fd_limit.get());
    row.set(Field::DiskFree, board.disk_free.get());
    row.set(Field::DiskTotal, board.disk_total.get());
    row.set(Field::HeapFloor, board.heap_floor.get());
    row.set(Field::ExternalFloor, board.external_floor.get());
    row.set(Field::FloorTime, board.floor_time.get());
}
