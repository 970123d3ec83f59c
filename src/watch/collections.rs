//! Garbage collections, counted and timed where they happen.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::board::Board;
use super::clock::epoch_ms;
use crate::v8::{Collection, HeapFigures, Isolate, OnCollection};

/// Collections of each kind, and the time JavaScript stood still for them, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sums {
    pub(super) young: (f64, f64),
    pub(super) full: (f64, f64),
    pub(super) other: (f64, f64),
    pub(super) longest: f64,
}

impl Sums {
    fn add(&mut self, collection: Collection, pause: f64) {
        let sum = match collection {
            Collection::Young => &mut self.young,
            Collection::Full => &mut self.full,
            Collection::Other => &mut self.other,
        };
        *sum = (sum.0 + 1.0, sum.1 + pause);
        self.longest = self.longest.max(pause);
    }
}

/// Matches beginnings with ends: weak callbacks may run inside of a collection.
#[derive(Default)]
struct Tally {
    begun: [Cell<Option<Instant>>; 3],
    sums: Cell<Sums>,
}

impl Tally {
    fn begin(&self, collection: Collection, now: Instant) {
        self.begun[collection as usize].set(Some(now));
    }

    /// Answers the pause in milliseconds; none for a collection whose beginning was not seen.
    fn end(&self, collection: Collection, now: Instant) -> Option<f64> {
        let begun = self.begun[collection as usize].take()?;
        let pause = now.saturating_duration_since(begun).as_secs_f64() * 1e3;
        let mut sums = self.sums.get();
        sums.add(collection, pause);
        self.sums.set(sums);
        Some(pause)
    }
}

/// Asking V8 for its heap takes a look at each page of it: not at every one of a thousand scavenges a second.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Hears of all collections of an isolate.
pub(super) struct Collections {
    isolate: Isolate,
    board: Arc<Board>,
    tally: Tally,
    looked: Cell<Instant>,
}

impl Collections {
    pub(super) fn new(isolate: Isolate, board: Arc<Board>) -> Self {
        Self { isolate, board, tally: Tally::default(), looked: Cell::new(Instant::now()) }
    }

    /// What there was since the last call.
    pub(super) fn take(&self) -> Sums {
        self.tally.sums.take()
    }

    /// What is in use after a full collection is what the program holds.
    #[allow(clippy::cast_precision_loss, reason = "sizes stay far below 2^53")]
    fn note_floor(&self, heap: &HeapFigures) {
        self.board.heap_floor.set(heap.used as f64);
        self.board.external_floor.set(heap.external as f64);
        self.board.floor_time.set(epoch_ms());
    }
}

/// Notes the heap for the thread.
///
/// V8 frees dead ArrayBuffers on a thread after a full collection, and takes them off its sum later: what
/// is held outside of the heap is the least that is seen from then on.
#[allow(clippy::cast_precision_loss, reason = "sizes stay far below 2^53")]
pub(super) fn note_heap(board: &Board, heap: &HeapFigures) {
    board.heap_used.set(heap.used as f64);
    board.heap_limit.set(heap.limit as f64);
    if board.external_floor.get() > heap.external as f64 {
        board.external_floor.set(heap.external as f64);
    }
}

impl OnCollection for Collections {
    fn begins(&self, collection: Collection) {
        self.tally.begin(collection, Instant::now());
    }

    fn ended(&self, collection: Collection) {
        let now = Instant::now();
        if let Some(pause) = self.tally.end(collection, now) {
            self.board.last_pause.set(pause);
        }
        let is_full = collection == Collection::Full;
        if is_full || now.saturating_duration_since(self.looked.get()) >= LOOK_EVERY {
            self.looked.set(now);
            let heap = self.isolate.heap_figures();
            if is_full {
                self.note_floor(&heap);
            }
            note_heap(&self.board, &heap);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Collection::{Full, Other, Young};

    #[test]
    fn sums_by_kind_and_starts_anew() {
        let (tally, start) = (Tally::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        tally.begin(Full, at(0));
        tally.begin(Other, at(4));
        assert_eq!(tally.end(Other, at(5)), Some(1.0));
        assert_eq!(tally.end(Full, at(10)), Some(10.0));
        tally.begin(Young, at(20));
        assert_eq!(tally.end(Young, at(23)), Some(3.0));
        let sums = tally.sums.take();
        let expected =
            Sums { young: (1.0, 3.0), full: (1.0, 10.0), other: (1.0, 1.0), longest: 10.0 };
        assert_eq!(sums, expected);
        assert_eq!(tally.sums.take(), Sums::default());
    }

    #[test]
    fn the_floor_outside_of_the_heap_only_sinks() {
        let (board, heap) =
            (Board::default(), |external| HeapFigures { external, ..HeapFigures::default() });
        note_heap(&board, &heap(7));
        assert!(board.external_floor.get().is_nan(), "no full collection yet");
        board.external_floor.set(9.0);
        for (external, floor) in [(12, 9.0), (8, 8.0), (10, 8.0)] {
            note_heap(&board, &heap(external));
            assert_eq!(board.external_floor.get(), floor);
        }
    }

    #[test]
    fn an_end_without_a_beginning_is_nothing() {
        let (tally, now) = (Tally::default(), Instant::now());
        assert_eq!(tally.end(Full, now), None);
        tally.begin(Full, now);
        assert_eq!(tally.end(Young, now), None);
        assert_eq!(tally.end(Full, now - Duration::from_nanos(0)), Some(0.0));
        assert_eq!(tally.sums.take().full, (1.0, 0.0));
    }
}
