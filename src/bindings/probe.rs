//! Can the native path be used here?

use napi::Env;
use napi_derive::napi;

use crate::v8::{self, Isolate};

/// What the probe found.
#[napi(object, object_from_js = false)]
pub struct ProbeResult {
    /// Whether the native path may be used.
    pub supported: bool,
    /// Why, or why not.
    pub reason: String,
    /// V8's version.
    pub v8_version: String,
}

/// Checks V8's symbols, version and layouts.
#[napi(catch_unwind)]
pub fn probe(env: &Env, allow_untested: bool) -> ProbeResult {
    let v8::Probe { supported, reason, v8_version } = v8::probe(env, allow_untested);
    ProbeResult { supported, reason, v8_version }
}

/// Whether an allocation tracker runs on this isolate.
#[napi(catch_unwind)]
pub fn tracks_allocations() -> bool {
    Isolate::current()
        .and_then(Isolate::heap_profiler)
        .is_some_and(|profiler| profiler.tracks_allocations())
}
