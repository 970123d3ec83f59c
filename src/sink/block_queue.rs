//! A bounded queue of blocks from a compressing thread to an asynchronous consumer.
//!
//! The writing side blocks; the reading side never does: it leaves a callback that gets the next
//! block. Memory: `blocks` waiting, one being filled, and those the consumer was handed.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

/// Largest block, in bytes. All but the last, and those cut by a flush, have this size.
pub const BLOCK_BYTES: usize = 65_536;

/// Called once with the next block, or with `None` at the end.
pub type BlockWaiter = Box<dyn FnOnce(Option<Vec<u8>>) + Send>;

/// Makes a queue in which at most `blocks` blocks wait (at least one).
#[must_use]
pub fn block_queue(blocks: usize) -> (BlockWriter, BlockReader, BlockControl) {
    let shared = Arc::new(Shared {
        limit: blocks.max(1),
        state: Mutex::new(State::default()),
        writable: Condvar::new(),
    });
    let writer = BlockWriter { shared: Arc::clone(&shared), block: Vec::new() };
    let reader = BlockReader { shared: Arc::clone(&shared) };
    (writer, reader, BlockControl { shared })
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    Finished,
    Closed,
}

#[derive(Default)]
struct State {
    phase: Phase,
    ready: VecDeque<Vec<u8>>,
    /// Pending only while `ready` is empty and the queue is open.
    waiter: Option<BlockWaiter>,
}

struct Shared {
    limit: usize,
    state: Mutex<State>,
    writable: Condvar,
}

impl Shared {
    fn push(&self, block: Vec<u8>) -> io::Result<()> {
        let mut state = self.state.lock();
        while state.phase == Phase::Open && state.ready.len() >= self.limit {
            self.writable.wait(&mut state);
        }
        if state.phase != Phase::Open {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let Some(waiter) = state.waiter.take() else {
            state.ready.push_back(block);
            return Ok(());
        };
        drop(state);
        waiter(Some(block));
        Ok(())
    }

    fn read(&self, waiter: BlockWaiter) {
        let mut state = self.state.lock();
        let block = state.ready.pop_front();
        if block.is_none() && state.phase == Phase::Open && state.waiter.is_none() {
            state.waiter = Some(waiter);
            return;
        }
        drop(state);
        self.writable.notify_one();
        waiter(block);
    }

    /// The proper end: what waits can still be read. False if the queue was closed before.
    fn finish(&self) -> bool {
        let mut state = self.state.lock();
        if state.phase == Phase::Closed {
            return false;
        }
        state.phase = Phase::Finished;
        let waiter = state.waiter.take();
        drop(state);
        if let Some(waiter) = waiter {
            waiter(None);
        }
        true
    }

    /// The end at once: what waits is lost.
    fn close(&self) {
        let mut state = self.state.lock();
        state.phase = Phase::Closed;
        let waiter = state.waiter.take();
        let lost = std::mem::take(&mut state.ready);
        drop(state);
        drop(lost);
        self.writable.notify_all();
        if let Some(waiter) = waiter {
            waiter(None);
        }
    }
}

/// The blocking end. Dropping it without [`BlockWriter::finish`] is a failed end: the reader gets
/// `None` next, even if blocks were waiting.
pub struct BlockWriter {
    shared: Arc<Shared>,
    block: Vec<u8>,
}

impl BlockWriter {
    /// Hands over what is left and marks the proper end.
    ///
    /// # Errors
    /// `BrokenPipe` if the queue was closed before.
    pub fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        if self.shared.finish() { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
    }
}

/// Blocks while the queue is full; `BrokenPipe` once it is closed. A flush hands over a short block.
impl Write for BlockWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.block.capacity() == 0 {
            self.block.reserve_exact(BLOCK_BYTES);
        }
        let now = bytes.get(..BLOCK_BYTES - self.block.len()).unwrap_or(bytes);
        self.block.extend_from_slice(now);
        if self.block.len() == BLOCK_BYTES {
            self.flush()?;
        }
        Ok(now.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        self.shared.push(std::mem::take(&mut self.block))
    }
}

impl Drop for BlockWriter {
    fn drop(&mut self) {
        let finished = self.shared.state.lock().phase == Phase::Finished;
        if !finished {
            self.shared.close();
        }
    }
}

/// The end that never blocks. Dropping it closes the queue.
pub struct BlockReader {
    shared: Arc<Shared>,
}

impl BlockReader {
    /// Calls `waiter` with the next block, now or from the writing thread as soon as there is one;
    /// with `None` at the end, after a failure, or if another waiter is pending. It is called
    /// exactly once, and never while a lock is held.
    pub fn read(&self, waiter: BlockWaiter) {
        self.shared.read(waiter);
    }
}

impl Drop for BlockReader {
    fn drop(&mut self) {
        self.shared.close();
    }
}

/// Closes the queue from anywhere.
#[derive(Clone)]
pub struct BlockControl {
    shared: Arc<Shared>,
}

impl BlockControl {
    /// Wakes the writer with `BrokenPipe` and the waiter with `None`, at once and for good. Waiting
    /// blocks are lost, after a proper end too.
    pub fn close(&self) {
        self.shared.close();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::mpsc::{self, Receiver};
    use std::thread;
    use std::time::Duration;

    fn ask(reader: &BlockReader) -> Receiver<Option<Vec<u8>>> {
        let (send, receive) = mpsc::channel();
        reader.read(Box::new(move |block| send.send(block).unwrap()));
        receive
    }

    fn get(reader: &BlockReader) -> Option<Vec<u8>> {
        ask(reader).recv_timeout(Duration::from_secs(20)).unwrap()
    }

    #[test]
    fn a_waiter_gets_the_block_that_comes_later() {
        let (mut writer, reader, _control) = block_queue(1);
        let answer = ask(&reader);
        assert!(answer.try_recv().is_err());
        writer.write_all(&[5; BLOCK_BYTES]).unwrap();
        assert_eq!(answer.try_recv().unwrap().unwrap(), [5; BLOCK_BYTES]);
        let end = ask(&reader);
        writer.write_all(b"tail").unwrap();
        writer.finish().unwrap();
        assert_eq!(end.recv().unwrap().unwrap(), b"tail");
        assert_eq!(get(&reader), None);
        assert_eq!(get(&reader), None);
    }

    #[test]
    fn a_waiter_gets_the_end_that_comes_later() {
        let (writer, reader, _control) = block_queue(1);
        let answer = ask(&reader);
        writer.finish().unwrap();
        assert_eq!(answer.try_recv().unwrap(), None);
    }

    #[test]
    fn a_second_waiter_is_turned_away() {
        let (mut writer, reader, _control) = block_queue(1);
        let first = ask(&reader);
        assert_eq!(ask(&reader).try_recv().unwrap(), None);
        writer.write_all(b"x").unwrap();
        writer.flush().unwrap();
        assert_eq!(first.try_recv().unwrap().unwrap(), b"x");
    }

    #[test]
    fn a_drop_without_finish_is_a_failed_end() {
        let (mut writer, reader, _control) = block_queue(4);
        writer.write_all(&[1; BLOCK_BYTES + 1]).unwrap();
        drop(writer);
        assert_eq!(get(&reader), None);
        let (writer, reader, _control) = block_queue(4);
        let answer = ask(&reader);
        drop(writer);
        assert_eq!(answer.try_recv().unwrap(), None);
    }

    #[test]
    fn a_slow_consumer_stops_the_writer() {
        let (mut writer, reader, control) = block_queue(2);
        let (done, is_done) = mpsc::channel();
        let writing = thread::spawn(move || {
            writer.write_all(&[0; 2 * BLOCK_BYTES]).unwrap();
            done.send(2).unwrap();
            writer.write_all(&[0; BLOCK_BYTES]).unwrap();
            done.send(3).unwrap();
            writer.finish().unwrap();
        });
        assert_eq!(is_done.recv().unwrap(), 2);
        assert!(is_done.recv_timeout(Duration::from_millis(50)).is_err());
        assert_eq!(control.shared.state.lock().ready.len(), 2);
        assert!(get(&reader).is_some());
        assert_eq!(is_done.recv().unwrap(), 3);
        writing.join().unwrap();
        assert!(get(&reader).is_some() && get(&reader).is_some() && get(&reader).is_none());
    }

    #[test]
    fn close_wakes_a_blocked_writer() {
        let (mut writer, _reader, control) = block_queue(1);
        let writing = thread::spawn(move || writer.write_all(&[0; 4 * BLOCK_BYTES]));
        thread::sleep(Duration::from_millis(30));
        control.close();
        assert_eq!(writing.join().unwrap().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn close_wakes_a_waiter() {
        let (writer, reader, control) = block_queue(1);
        let answer = ask(&reader);
        control.clone().close();
        assert_eq!(answer.try_recv().unwrap(), None);
        assert_eq!(writer.finish().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(get(&reader), None);
    }

    #[test]
    fn a_dropped_reader_closes() {
        let (mut writer, reader, _control) = block_queue(1);
        let answer = ask(&reader);
        drop(reader);
        assert_eq!(answer.try_recv().unwrap(), None);
        assert!(writer.write_all(&[0; BLOCK_BYTES]).is_err());
    }

    #[test]
    fn a_waiter_may_call_back_into_the_queue() {
        let (mut writer, reader, control) = block_queue(1);
        let inner = control.clone();
        reader.read(Box::new(move |_| inner.close()));
        writer.write_all(&[0; BLOCK_BYTES]).unwrap();
        assert!(writer.write_all(&[0; BLOCK_BYTES]).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn bytes_come_out_as_they_went_in(
            pieces in proptest::collection::vec((0_usize..150_000, any::<bool>()), 0..8),
            blocks in 0_usize..4,
        ) {
            let total = pieces.iter().map(|(size, _)| size).sum::<usize>();
            let source: Vec<u8> = (0..total).map(|i| (i / 5 % 249) as u8).collect();
            let expected = source.clone();
            let (mut writer, reader, _control) = block_queue(blocks);
            let writing = thread::spawn(move || {
                let mut rest = &source[..];
                for (size, flush) in pieces {
                    let (now, later) = rest.split_at(size);
                    writer.write_all(now).unwrap();
                    if flush {
                        writer.flush().unwrap();
                    }
                    rest = later;
                }
                writer.finish().unwrap();
            });
            let mut out = Vec::new();
            while let Some(block) = get(&reader) {
                prop_assert!(!block.is_empty() && block.len() <= BLOCK_BYTES);
                out.extend_from_slice(&block);
            }
            writing.join().unwrap();
            prop_assert!(out == expected);
        }
    }
}
