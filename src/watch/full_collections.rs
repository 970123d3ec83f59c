//! What each full collection has left, looked at before JavaScript goes on.

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::error::Result;
use crate::v8::{Collection, GcObserver, HeapFigures, Isolate, OnCollection, now};

/// Collections that wait to be asked for; then the oldest go.
const MOST: usize = 256;

/// When one has ended, on the monotonic clock in microseconds, and the heap at that moment.
pub type FullCollection = (i64, HeapFigures);

/// Hears of the full collections of an isolate until it is dropped or released.
pub struct FullCollections {
    observer: GcObserver<Log>,
}

struct Log {
    isolate: Isolate,
    ended: RefCell<VecDeque<FullCollection>>,
}

impl FullCollections {
    /// From now on.
    ///
    /// # Errors
    ///
    /// [`crate::error::Error::Unsupported`] where this V8 lacks a function for it.
    pub fn follow(isolate: Isolate) -> Result<Self> {
        // Room from the start: a callback of V8's need not ask for memory.
        let log = Log { isolate, ended: RefCell::new(VecDeque::with_capacity(MOST)) };
        Ok(Self { observer: GcObserver::add(isolate, log)? })
    }

    /// Those since the last call, the oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<FullCollection> {
        self.observer.handler().ended.borrow_mut().drain(..).collect()
    }

    /// Hears of none any more. Harmless when repeated.
    pub fn release(&mut self) {
        self.observer.remove();
    }
}

impl OnCollection for Log {
    fn begins(&self, _: Collection) {}

    fn ended(&self, collection: Collection) {
        if collection != Collection::Full {
            return;
        }
        // Borrowed only while V8 collects under `take`, which allocates nothing on its heap.
        if let Ok(mut ended) = self.ended.try_borrow_mut() {
            if ended.len() == MOST {
                ended.pop_front();
            }
            ended.push_back((now(), self.isolate.heap_figures()));
        }
    }
}
