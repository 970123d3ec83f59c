//! What full collections leave, for `lib/compat/memwatch`.

use napi::Env;
use napi_derive::napi;

use super::env_bound::{EnvBound, Release};
use super::failure::{Result, internal};
use crate::error::Error;
use crate::v8::{HeapFigures, Isolate};
use crate::watch;

impl Release for watch::FullCollections {
    fn release(&mut self) {
        Self::release(self);
    }
}

/// Hears of this isolate's full collections until its environment ends.
#[napi]
pub struct FullCollections {
    collections: EnvBound<watch::FullCollections>,
}

#[napi]
impl FullCollections {
    /// Counts from now on.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: &Env) -> Result<Self> {
        let isolate = Isolate::current();
        let isolate =
            isolate.ok_or_else(|| Error::Unsupported("this thread has no isolate".into()))?;
        let collections = watch::FullCollections::follow(isolate)?;
        Ok(Self { collections: EnvBound::new(env, collections).map_err(internal)? })
    }

    /// Those since the last call (256 at the most), the oldest first. Of each: when it ended, in microseconds
    /// of the monotonic clock, then `FIGURES` of lib/compat/memwatch/collections.js in bytes.
    #[napi(catch_unwind)]
    pub fn take(&self) -> Vec<Vec<f64>> {
        self.collections.get().take().into_iter().map(|(at, heap)| row(at, &heap)).collect()
    }
}

#[allow(clippy::cast_precision_loss, reason = "times and sizes stay far below 2^53")]
fn row(at: i64, heap: &HeapFigures) -> Vec<f64> {
    let sizes = [
        heap.total,
        heap.executable,
        heap.physical,
        heap.available,
        heap.used,
        heap.limit,
        heap.malloced,
        heap.peak_malloced,
    ];
    std::iter::once(at as f64).chain(sizes.map(|size| size as f64)).collect()
}
