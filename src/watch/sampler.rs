//! What the thread does: asks the kernel, and writes the mirror.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::board::{Board, Figure};
use super::cgroup::{MemoryGroup, machine_memory};
use super::clock::{CpuMeter, epoch_ms};
use super::disk;
use super::mirror::{Mirror, Spare, TAIL};
use super::process::{DescriptorCounter, MemoryMeter, descriptor_limit};
use super::ticker::Wake;

/// Time between two looks at what hardly ever changes: limits, and the disk.
const SELDOM: Duration = Duration::from_secs(30);

/// Every so many readings the descriptors are counted.
pub(super) const COUNT_EVERY: u32 = 10;

/// Where the mirror of a process is, once there is one.
pub(super) type MirrorSlot = Mutex<Option<Arc<Mirror>>>;

/// The thread's own.
pub(super) struct Sampler {
    board: Arc<Board>,
    slot: Arc<MirrorSlot>,
    folder: PathBuf,
    memory: MemoryMeter,
    group: MemoryGroup,
    descriptors: DescriptorCounter,
    cpu: CpuMeter,
    ticks: u32,
    looked: Option<Instant>,
    spare: Spare,
}

impl Sampler {
    pub(super) fn new(board: Arc<Board>, slot: Arc<MirrorSlot>, folder: PathBuf) -> Self {
        Self {
            board,
            slot,
            folder,
            memory: MemoryMeter::new(),
            group: MemoryGroup::default(),
            descriptors: DescriptorCounter::new(),
            cpu: CpuMeter::of_process(),
            ticks: 0,
            looked: None,
            spare: Spare::default(),
        }
    }

    pub(super) fn work(&mut self, wake: Wake) {
        let is_tick = wake == Wake::Tick;
        let is_seldom = is_tick && self.looked.is_none_or(|looked| looked.elapsed() >= SELDOM);
        if is_seldom {
            self.looked = Some(Instant::now());
            self.look_at_limits();
        }
        if is_tick {
            self.sample();
        }
        self.mirror();
        if is_seldom {
            // Last: a network mount may not answer.
            self.look_at_disk();
        }
    }

    fn look_at_limits(&mut self) {
        let limits = [self.group.locate(), machine_memory()].into_iter().flatten();
        put(&self.board.memory_limit, limits.reduce(f64::min));
        put(&self.board.fd_limit, descriptor_limit());
    }

    fn look_at_disk(&mut self) {
        let (free, total) = disk::space(&self.folder).unzip();
        put(&self.board.disk_free, free);
        put(&self.board.disk_total, total);
    }

    fn sample(&mut self) {
        put(&self.board.rss, self.memory.resident());
        put(&self.board.memory_used, self.group.used());
        self.board.cpu.set(self.cpu.share());
        if self.ticks.is_multiple_of(COUNT_EVERY) {
            put(&self.board.fds, self.descriptors.count());
        }
        self.ticks = self.ticks.wrapping_add(1);
    }

    fn mirror(&mut self) {
        let Some(mirror) = self.slot.lock().clone() else { return };
        mirror.flush(&mut self.spare);
        mirror.write_tail(tail(&self.board));
    }
}

/// The numbers that are written even while JavaScript is stuck.
fn tail(board: &Board) -> [f64; TAIL] {
    let known = [
        epoch_ms(),
        board.rss.get(),
        board.memory_used.get(),
        board.memory_limit.get(),
        board.cpu.get(),
        board.read_at.get(),
        board.heap_used.get(),
        board.heap_limit.get(),
        board.heap_floor.get(),
        board.floor_time.get(),
        board.last_pause.get(),
    ];
    let mut numbers = [0.0; TAIL];
    numbers[..known.len()].copy_from_slice(&known);
    numbers
}

fn put(figure: &Figure, value: Option<f64>) {
    figure.set(value.unwrap_or(f64::NAN));
}
