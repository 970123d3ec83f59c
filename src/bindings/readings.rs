//! What the process is like, for `lib/watch`.

use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::{Uint8ArraySlice, Unknown};
use napi_derive::napi;

use super::budget::whole;
use super::env_bound::{EnvBound, Release};
use super::failure::{Result, internal};
use crate::error::Error;
use crate::v8::{Isolate, NumberRow};
use crate::watch::{self, MirrorRequest, READING_FIELDS, ReadingsRequest};

/// What is read how often.
#[napi(object, object_to_js = false)]
pub struct ReadingsOptions {
    /// Milliseconds between two readings.
    pub interval_ms: u32,
    /// The folder whose disk is looked at.
    pub dir: String,
}

/// A file that outlives the process.
#[napi(object, object_to_js = false)]
pub struct MirrorOptions {
    /// Its path; a file that exists is emptied.
    pub path: String,
    /// Its size, taken from the disk at once.
    pub bytes: f64,
    /// Where 16 little-endian doubles are written each interval, even while JavaScript is stuck.
    pub tail_offset: f64,
}

impl Release for watch::Readings {
    fn release(&mut self) {
        Self::release(self);
    }
}

/// Reads what the process is like until it is stopped, or its environment ends.
#[napi]
pub struct Readings {
    readings: EnvBound<watch::Readings>,
}

/// The names of the numbers that `Readings.read` fills in, in their order.
#[napi(catch_unwind)]
pub fn reading_fields() -> Vec<&'static str> {
    READING_FIELDS.to_vec()
}

#[napi]
impl Readings {
    /// Starts a thread that asks the kernel, and counts garbage collections from now on.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: &Env, options: ReadingsOptions) -> Result<Self> {
        let isolate = Isolate::current();
        let isolate =
            isolate.ok_or_else(|| Error::Unsupported("this thread has no isolate".into()))?;
        let interval = Duration::from_millis(options.interval_ms.max(1).into());
        let request = ReadingsRequest { interval, folder: options.dir.into() };
        let readings = watch::Readings::start(env, isolate, request)?;
        Ok(Self { readings: EnvBound::new(env, readings).map_err(internal)? })
    }

    /// Fills `row` from `offset` on. What is not known is NaN, and so is all of it after `stop`. Makes no object.
    #[napi(catch_unwind)]
    pub fn read(
        &self,
        #[napi(ts_arg_type = "Float64Array")] row: Unknown<'_>,
        offset: u32,
    ) -> Result<()> {
        let row = NumberRow::of(&row, offset as usize, READING_FIELDS.len())?;
        row.fill(&self.readings.get().read());
        Ok(())
    }

    /// Makes a file that survives the process, in the place of one that there was.
    #[napi(catch_unwind)]
    pub fn mirror_to(&self, options: MirrorOptions) -> Result<()> {
        let request = MirrorRequest {
            path: options.path.into(),
            bytes: whole(options.bytes),
            tail_offset: whole(options.tail_offset),
        };
        Ok(self.readings.get().mirror_to(&request)?)
    }

    /// Has a copy of `bytes` written into that file, soon. Nothing where there is none.
    #[napi(catch_unwind)]
    pub fn write(&self, offset: f64, bytes: Uint8ArraySlice<'_>) -> Result<()> {
        Ok(self.readings.get().write(whole(offset), &bytes)?)
    }

    /// Why that file is written to no more; null while it is.
    #[napi(catch_unwind)]
    pub fn mirror_error(&self) -> Option<String> {
        self.readings.get().mirror_error()
    }

    /// Ends the thread and the counting. Harmless when repeated.
    #[napi(catch_unwind)]
    pub fn stop(&self) {
        self.readings.get().release();
    }
}
