//! The ids that V8 gives to objects, and what it counts of them.

use std::ffi::c_void;
use std::ptr;

use napi::{Env, JsValue, Unknown, ValueType, sys};

use super::HeapProfiler;
use super::abi::HeapStatsUpdate;
use super::output_stream::{OutputStream, StatsSink};
use super::snapshot_graph::missing;
use super::symbols::{GraphSymbols, graph_symbols};
use crate::error::Result;

/// Updates that V8 hands over at a time.
const UPDATES: i32 = 51_200;

/// What V8 counted since it was last asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeapStats {
    /// Flat triples, in as many pieces as V8 wrote: place of the interval, objects, bytes.
    pub updates: Vec<Vec<u32>>,
    /// The last id that V8 gave.
    pub last_id: u32,
}

impl StatsSink for Vec<Vec<u32>> {
    fn update(&mut self, updates: &[HeapStatsUpdate]) -> bool {
        let triple = |update: &HeapStatsUpdate| [update.index, update.count, update.size];
        self.push(updates.iter().flat_map(triple).collect());
        true
    }
}

/// What [`HeapProfiler::find_object`] found.
pub enum FoundObject<'e> {
    /// V8 does not know the id, or the object is gone.
    Nothing,
    /// A value of JavaScript.
    Value(Unknown<'e>),
    /// Something of V8's own that JavaScript must never see.
    Internal,
}

impl HeapProfiler {
    fn graph(&self) -> Result<&'static GraphSymbols> {
        graph_symbols().map_err(missing)
    }

    /// V8 follows objects no more. Nobody may read a snapshot on another thread meanwhile.
    ///
    /// # Errors
    ///
    /// [`crate::error::Error::Unsupported`] where V8 does not export it.
    pub fn stop_numbering(&self) -> Result<()> {
        let symbols = self.graph()?;
        // SAFETY: the profiler is that of this thread's live isolate (see `HeapProfiler`).
        unsafe { (symbols.stop_tracking)(self.raw()) };
        Ok(())
    }

    /// What changed since it was last asked. Collects garbage and walks over the heap. Nobody may
    /// read a snapshot on another thread meanwhile.
    ///
    /// # Errors
    ///
    /// [`crate::error::Error::Unsupported`] where V8 does not export it.
    pub fn heap_stats(&self) -> Result<HeapStats> {
        let symbols = self.graph()?;
        let mut updates = Vec::new();
        let mut stream = OutputStream::of_stats(&mut updates, UPDATES);
        // SAFETY: as in `stop_numbering`; the stream outlives the call and starts with a pointer to a
        // complete vtable; V8 takes null for the time that nobody wants to know.
        let last_id =
            unsafe { (symbols.heap_stats)(self.raw(), (&raw mut stream).cast(), ptr::null_mut()) };
        Ok(HeapStats { updates, last_id })
    }

    /// The id of a value, 0 for one that V8 has not numbered.
    ///
    /// # Errors
    ///
    /// [`crate::error::Error::Unsupported`] where V8 does not export it.
    pub fn object_id(&self, value: &Unknown<'_>) -> Result<u32> {
        let symbols = self.graph()?;
        let handle = value.raw().cast::<c_void>();
        // SAFETY: as in `stop_numbering`; a napi_value is a `Local` by its bits (ABI map, section 6)
        // and its handle scope is that of the N-API call we are in.
        Ok(unsafe { (symbols.object_id)(self.raw(), handle) })
    }

    /// The value with an id. Walks over the heap.
    ///
    /// # Errors
    ///
    /// [`crate::error::Error::Unsupported`] where V8 does not export it.
    pub fn find_object<'e>(&self, env: &'e Env, id: u32) -> Result<FoundObject<'e>> {
        let symbols = self.graph()?;
        // SAFETY: as in `stop_numbering`; the handle goes into the scope of the N-API call we are in.
        let found = unsafe { (symbols.find_object)(self.raw(), id) };
        if found.is_null() {
            return Ok(FoundObject::Nothing);
        }
        let value: sys::napi_value = found.cast();
        // SAFETY: a handle of the open scope, see above.
        let value = unsafe { Unknown::from_raw_unchecked(env.raw(), value) };
        // N-API knows the types of JavaScript only: what it cannot name is V8's own.
        Ok(match value.get_type() {
            Ok(
                ValueType::Object
                | ValueType::Function
                | ValueType::Number
                | ValueType::String
                | ValueType::Symbol
                | ValueType::Boolean,
            ) => FoundObject::Value(value),
            _ => FoundObject::Internal,
        })
    }
}
