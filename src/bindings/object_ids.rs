//! Object ids, heap statistics, and a sample at once: for the replacements of v8-profiler.

use napi::bindgen_prelude::Either;
use napi::{Env, Unknown};
use napi_derive::napi;

use super::failure::Result;
use super::snapshot::heap_profiler;
use crate::v8::{FoundObject, Isolate};

/// What V8 counted since it was last asked.
#[napi(object, object_from_js = false)]
pub struct HeapStatistics {
    /// Flat triples, in as many pieces as V8 wrote: place of the interval, objects, bytes.
    pub updates: Vec<Vec<u32>>,
    /// The last id that V8 gave.
    pub last_id: u32,
}

/// Has V8 number all objects and follow them.
#[napi(catch_unwind)]
pub fn start_numbering() -> Result<()> {
    heap_profiler()?.number_objects();
    Ok(())
}

/// V8 follows objects no more.
#[napi(catch_unwind)]
pub fn stop_numbering() -> Result<()> {
    Ok(heap_profiler()?.stop_numbering()?)
}

/// Counts what is new since it was last asked.
#[napi(catch_unwind)]
pub fn heap_stats() -> Result<HeapStatistics> {
    let stats = heap_profiler()?.heap_stats()?;
    Ok(HeapStatistics { updates: stats.updates, last_id: stats.last_id })
}

/// The id of a value; 0 where V8 has given none.
#[napi(catch_unwind)]
pub fn object_id(value: Unknown<'_>) -> Result<u32> {
    Ok(heap_profiler()?.object_id(&value)?)
}

/// The value with an id in an array; true for something of V8's own, false for nothing.
#[napi(catch_unwind, ts_return_type = "[unknown] | boolean")]
pub fn find_object(env: &Env, id: u32) -> Result<Either<Vec<Unknown<'_>>, bool>> {
    Ok(match heap_profiler()?.find_object(env, id)? {
        FoundObject::Nothing => Either::B(false),
        FoundObject::Value(value) => Either::A(vec![value]),
        FoundObject::Internal => Either::B(true),
    })
}

/// Takes a sample for every CPU profile of this isolate. False where V8 cannot be asked to.
#[napi(catch_unwind)]
pub fn collect_sample() -> bool {
    Isolate::current().is_some_and(Isolate::collect_sample)
}
