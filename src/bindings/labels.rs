//! Labels of CPU samples.

use napi::Env;
use napi::bindgen_prelude::Function;
use napi_derive::napi;

use super::env_bound;
use super::failure::{Result, internal};
use crate::capture;
use crate::error::Error;
use crate::v8::{Isolate, NumberSource};

/// Has `source` asked, in the middle of JavaScript while CPU profiles run, for the number of the current
/// label, 0 for none. It must only read.
#[napi(catch_unwind)]
pub fn set_label_source(env: &Env, source: Function<'_, (), u32>) -> Result<()> {
    let isolate = Isolate::current();
    let isolate = isolate.ok_or_else(|| Error::Unsupported("this thread has no isolate".into()))?;
    env_bound::hook_end(env).map_err(internal)?;
    let source = NumberSource::new(isolate, &source).map_err(internal)?;
    capture::set_label_source(isolate, source);
    Ok(())
}

/// The current label was `outer` until now and is `inner` from now on. Nothing where no profile runs.
#[napi(catch_unwind)]
pub fn switch_label(outer: u32, inner: u32) {
    capture::switch_label(outer, inner);
}
