//! A bounded queue of bytes from one thread to another, with recycled buffers.
//!
//! The writer fills buffers of [`CHUNK_BYTES`] and hands over full ones; the reader gives each back
//! when it drops its [`Chunk`]. At most `chunks` buffers exist at any moment, wherever they are, so
//! the pipe never holds more than `chunks * 64 KiB`, and a slow reader stops the writer.

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

/// Size of one buffer, in bytes.
pub const CHUNK_BYTES: usize = 65_536;

/// Makes a pipe of at most `chunks` buffers (at least one): `chunks * 64 KiB` of memory.
///
/// A reader that keeps `chunks` [`Chunk`]s alive at once leaves the writer none, and both wait.
#[must_use]
pub fn pipe(chunks: usize) -> (PipeWriter, PipeReader, PipeControl) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State { spare: chunks.max(1), ..State::default() }),
        readable: Condvar::new(),
        writable: Condvar::new(),
    });
    let writer = PipeWriter { shared: Arc::clone(&shared), buffer: None };
    let reader = PipeReader { shared: Arc::clone(&shared) };
    (writer, reader, PipeControl { shared })
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    Finished,
    Broken,
}

#[derive(Default)]
struct State {
    phase: Phase,
    /// Buffers that were used before and wait for the writer.
    free: Vec<Vec<u8>>,
    /// Buffers that may still be allocated.
    spare: usize,
    /// Filled buffers that wait for the reader.
    ready: VecDeque<Vec<u8>>,
}

impl State {
    /// An empty buffer, if the bound allows one now.
    fn take_buffer(&mut self) -> Option<Vec<u8>> {
        if let Some(buffer) = self.free.pop() {
            return Some(buffer);
        }
        self.spare = self.spare.checked_sub(1)?;
        Some(Vec::with_capacity(CHUNK_BYTES))
    }

    fn give_back(&mut self, mut buffer: Vec<u8>) {
        if self.phase != Phase::Broken {
            buffer.clear();
            self.free.push(buffer);
        }
    }
}

struct Shared {
    state: Mutex<State>,
    readable: Condvar,
    writable: Condvar,
}

impl Shared {
    /// Breaks the pipe for both sides and lets its memory go.
    fn close(&self) {
        let mut state = self.state.lock();
        state.phase = Phase::Broken;
        let kept = (std::mem::take(&mut state.free), std::mem::take(&mut state.ready));
        drop(state);
        drop(kept);
        self.readable.notify_all();
        self.writable.notify_all();
    }

    /// Waits for a buffer to fill; none once the pipe is broken.
    fn acquire(&self) -> Option<Vec<u8>> {
        let mut state = self.state.lock();
        loop {
            if state.phase == Phase::Broken {
                return None;
            }
            if let Some(buffer) = state.take_buffer() {
                return Some(buffer);
            }
            self.writable.wait(&mut state);
        }
    }

    /// Hands a filled buffer to the reader; false, and the buffer is lost, once broken.
    fn hand_over(&self, buffer: Vec<u8>) -> bool {
        let mut state = self.state.lock();
        if state.phase == Phase::Broken {
            return false;
        }
        state.ready.push_back(buffer);
        drop(state);
        self.readable.notify_one();
        true
    }
}

/// The end bytes go in at. Dropping it without [`PipeWriter::finish`] breaks the pipe.
pub struct PipeWriter {
    shared: Arc<Shared>,
    buffer: Option<Vec<u8>>,
}

impl PipeWriter {
    /// Copies `bytes` in, blocking while the reader is behind. False once the pipe is closed: the
    /// bytes are then lost.
    pub fn write(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let Some(mut buffer) = self.buffer.take().or_else(|| self.shared.acquire()) else {
                return false;
            };
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK_BYTES - buffer.len()));
            buffer.extend_from_slice(now);
            bytes = later;
            if buffer.len() < CHUNK_BYTES {
                self.buffer = Some(buffer);
            } else if !self.shared.hand_over(buffer) {
                return false;
            }
        }
        true
    }

    /// Hands over what is left and marks the proper end. False if the pipe was closed before.
    #[must_use]
    pub fn finish(mut self) -> bool {
        if let Some(buffer) = self.buffer.take()
            && !self.shared.hand_over(buffer)
        {
            return false;
        }
        let mut state = self.shared.state.lock();
        if state.phase == Phase::Broken {
            return false;
        }
        state.phase = Phase::Finished;
        drop(state);
        self.shared.readable.notify_one();
        true
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        let finished = self.shared.state.lock().phase == Phase::Finished;
        if !finished {
            self.shared.close();
        }
    }
}

/// What [`PipeReader::next`] found.
pub enum Received {
    /// The next bytes, at most [`CHUNK_BYTES`], never none.
    Chunk(Chunk),
    /// The writer finished, and every byte was read.
    End,
    /// The pipe was closed, or the writer went away without finishing. Unread bytes are lost.
    Broken,
}

/// The end bytes come out at. Dropping it closes the pipe.
pub struct PipeReader {
    shared: Arc<Shared>,
}

impl PipeReader {
    /// Waits for the next bytes.
    #[allow(clippy::should_implement_trait, reason = "three outcomes, not an Option")]
    pub fn next(&mut self) -> Received {
        let mut state = self.shared.state.lock();
        loop {
            if state.phase == Phase::Broken {
                return Received::Broken;
            }
            if let Some(buffer) = state.ready.pop_front() {
                let shared = Arc::clone(&self.shared);
                return Received::Chunk(Chunk { buffer, shared });
            }
            if state.phase == Phase::Finished {
                return Received::End;
            }
            self.shared.readable.wait(&mut state);
        }
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        self.shared.close();
    }
}

/// A filled buffer on loan: it goes back to the writer when dropped.
pub struct Chunk {
    buffer: Vec<u8>,
    shared: Arc<Shared>,
}

impl Deref for Chunk {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.shared.state.lock().give_back(std::mem::take(&mut self.buffer));
        self.shared.writable.notify_one();
    }
}

/// Closes the pipe from anywhere.
#[derive(Clone)]
pub struct PipeControl {
    shared: Arc<Shared>,
}

impl PipeControl {
    /// Wakes both sides: the writer gets false, the reader [`Received::Broken`], at once and for
    /// good. What was written but not read is lost, after a proper end too.
    pub fn close(&self) {
        self.shared.close();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::thread;
    use std::time::Duration;

    fn read_all(mut reader: PipeReader) -> (Vec<u8>, bool) {
        let mut out = Vec::new();
        loop {
            match reader.next() {
                Received::Chunk(chunk) => {
                    assert!(!chunk.is_empty() && chunk.len() <= CHUNK_BYTES);
                    out.extend_from_slice(&chunk);
                }
                Received::End => return (out, true),
                Received::Broken => return (out, false),
            }
        }
    }

    /// Long enough for the other thread to block; a test still holds if it did not.
    fn pause() {
        thread::sleep(Duration::from_millis(30));
    }

    #[test]
    fn an_empty_pipe_ends() {
        let (writer, mut reader, _control) = pipe(2);
        assert!(writer.finish());
        assert!(matches!(reader.next(), Received::End));
        assert!(matches!(reader.next(), Received::End));
    }

    #[test]
    fn a_writer_dropped_without_finish_breaks_the_end() {
        let (mut writer, reader, _control) = pipe(2);
        assert!(writer.write(b"half"));
        drop(writer);
        assert!(!read_all(reader).1);
    }

    #[test]
    fn a_dropped_reader_closes() {
        let (mut writer, reader, _control) = pipe(2);
        drop(reader);
        assert!(!writer.write(b"lost"));
        assert!(!writer.finish());
    }

    #[test]
    fn finish_after_close_is_false() {
        let (mut writer, mut reader, control) = pipe(2);
        assert!(writer.write(b"kept in the buffer"));
        control.close();
        assert!(!writer.finish());
        assert!(matches!(reader.next(), Received::Broken));
    }

    #[test]
    fn close_wins_over_a_proper_end() {
        let (mut writer, mut reader, control) = pipe(2);
        assert!(writer.write(b"bytes"));
        assert!(writer.finish());
        control.close();
        assert!(matches!(reader.next(), Received::Broken));
    }

    #[test]
    fn never_more_buffers_than_asked_for() {
        let (mut writer, mut reader, control) = pipe(3);
        let writing = thread::spawn(move || {
            let all = (0..64).all(|_| writer.write(&[7; CHUNK_BYTES]));
            all && writer.finish()
        });
        let mut total = 0;
        let mut buffers = std::collections::HashSet::new();
        while let Received::Chunk(chunk) = reader.next() {
            let state = control.shared.state.lock();
            // Free, ready, the one on loan here, and at most one in the writer's hand.
            assert!(state.free.len() + state.ready.len() < 3);
            assert!(state.free.iter().chain(&state.ready).all(|b| b.capacity() == CHUNK_BYTES));
            drop(state);
            buffers.insert(chunk.as_ptr());
            total += chunk.len();
        }
        assert!(writing.join().unwrap());
        assert_eq!(total, 64 * CHUNK_BYTES);
        assert!(buffers.len() <= 3, "{} buffers", buffers.len());
    }

    #[test]
    fn a_slow_reader_stops_the_writer() {
        let (mut writer, mut reader, control) = pipe(2);
        let (done, is_done) = std::sync::mpsc::channel();
        let writing = thread::spawn(move || {
            assert!(writer.write(&[1; 2 * CHUNK_BYTES]));
            done.send("two").unwrap();
            assert!(writer.write(&[2; 1]));
            done.send("three").unwrap();
            writer.finish()
        });
        assert_eq!(is_done.recv().unwrap(), "two");
        assert!(is_done.recv_timeout(Duration::from_millis(50)).is_err());
        assert_eq!(control.shared.state.lock().ready.len(), 2);
        let Received::Chunk(chunk) = reader.next() else { panic!("no chunk") };
        assert!(is_done.recv_timeout(Duration::from_millis(50)).is_err());
        drop(chunk);
        assert_eq!(is_done.recv().unwrap(), "three");
        assert!(writing.join().unwrap());
        assert_eq!(read_all(reader).0.len(), CHUNK_BYTES + 1);
    }

    #[test]
    fn close_wakes_a_blocked_writer() {
        let (mut writer, _reader, control) = pipe(1);
        let writing = thread::spawn(move || writer.write(&[0; 3 * CHUNK_BYTES]));
        pause();
        control.close();
        assert!(!writing.join().unwrap());
    }

    #[test]
    fn close_wakes_a_blocked_reader() {
        let (_writer, mut reader, control) = pipe(1);
        let reading = thread::spawn(move || matches!(reader.next(), Received::Broken));
        pause();
        control.clone().close();
        assert!(reading.join().unwrap());
    }

    #[test]
    fn a_chunk_outlives_a_closed_pipe() {
        let (mut writer, mut reader, control) = pipe(2);
        assert!(writer.write(&[9; CHUNK_BYTES]));
        let Received::Chunk(chunk) = reader.next() else { panic!("no chunk") };
        control.close();
        assert_eq!(&*chunk, &[9; CHUNK_BYTES][..]);
        drop(chunk);
        assert!(control.shared.state.lock().free.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn bytes_come_out_as_they_went_in(
            sizes in proptest::collection::vec(0_usize..200_000, 0..12),
            chunks in 0_usize..4,
        ) {
            let source: Vec<u8> =
                (0..sizes.iter().sum::<usize>()).map(|i| (i / 7 % 251) as u8).collect();
            let expected = source.clone();
            let (mut writer, reader, _control) = pipe(chunks);
            let writing = thread::spawn(move || {
                let mut rest = &source[..];
                for size in sizes {
                    let (now, later) = rest.split_at(size);
                    assert!(writer.write(now));
                    rest = later;
                }
                writer.finish()
            });
            let (out, ended) = read_all(reader);
            prop_assert!(writing.join().unwrap());
            prop_assert!(ended);
            prop_assert!(out == expected);
        }
    }
}
