//! The snapshot at out-of-memory.

use napi::Env;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

use super::budget::{budget, seconds, whole};
use super::env_bound::{EnvBound, Release};
use super::failure::{Result, internal};
use super::snapshot::redact_key;
use crate::error::Error;
use crate::fork::{Ghost, GhostRequest};
use crate::heap::StreamOptions;
use crate::sink::{Compression, Naming, Place};
use crate::v8::{Isolate, SnapshotOptions};

/// What to write when the heap is full, where, and what becomes of the process.
#[napi(object, object_to_js = false)]
pub struct GhostOptions {
    /// Absolute path of the folder.
    pub folder: String,
    /// Name of the file, or the end of it.
    pub name: String,
    /// Whether the time of death stands before the name.
    pub stamped: bool,
    /// Replace what has that name.
    pub overwrite: bool,
    /// The host, as partial files name it.
    pub host_tag: String,
    /// The thread that asks.
    pub thread_id: u32,
    /// The fields of the sidecar that are known ahead, as JSON; none for no sidecar.
    pub sidecar: Option<String>,
    /// `gzip`, `zstd` or `none`.
    pub compression: String,
    /// Level of the compression.
    pub level: u32,
    /// Numbers become nodes.
    pub numeric_values: bool,
    /// V8's internal objects keep their names.
    pub expose_internals: bool,
    /// 16 bytes: string contents are replaced by their length and a hash with this key.
    pub redact_key: Option<Buffer>,
    /// Wall-clock time the child may take, in seconds.
    pub budget_seconds: f64,
    /// Anonymous memory the child may add, in bytes; none for no limit.
    pub budget_memory: Option<f64>,
    /// Bytes by which the limit is raised, once.
    pub extension: f64,
    /// Time V8 is kept waiting for the child, in seconds.
    pub wait_seconds: f64,
    /// Whether a callback of Node's stands behind ours.
    pub in_worker: bool,
    /// Age of the process, in seconds.
    pub uptime: f64,
}

impl Release for Ghost {
    fn release(&mut self) {
        self.disarm();
    }
}

/// Armed until it is disarmed, or its environment ends.
#[napi]
pub struct OutOfMemoryWatch {
    ghost: EnvBound<Ghost>,
}

/// Has a child write down the heap when it is full.
#[napi(catch_unwind)]
pub fn watch_out_of_memory(env: &Env, options: GhostOptions) -> Result<OutOfMemoryWatch> {
    let isolate = Isolate::current();
    let isolate = isolate.ok_or_else(|| Error::Unsupported("this thread has no isolate".into()))?;
    let ghost = Ghost::arm(isolate, request(options)?)?;
    Ok(OutOfMemoryWatch { ghost: EnvBound::new(env, ghost).map_err(internal)? })
}

#[napi]
impl OutOfMemoryWatch {
    /// Nothing will happen at the limit from now on. Harmless when repeated.
    #[napi(catch_unwind)]
    pub fn disarm(&self) {
        self.ghost.get().disarm();
    }
}

fn request(options: GhostOptions) -> Result<GhostRequest> {
    let naming = if options.stamped { Naming::Stamped } else { Naming::Fixed };
    let sidecar = options.sidecar.map(|text| serde_json::from_str(&text)).transpose();
    Ok(GhostRequest {
        place: Place {
            folder: options.folder.into(),
            naming: naming(options.name),
            overwrite: options.overwrite,
            host_tag: options.host_tag,
            thread_id: options.thread_id,
        },
        sidecar: sidecar.map_err(|_| Error::Internal("the sidecar's fields are no JSON".into()))?,
        compression: Compression::parse(&options.compression, options.level)?,
        options: StreamOptions {
            redact: redact_key(options.redact_key)?,
            top_classes: crate::capture::TOP_CLASSES,
        },
        snapshot: SnapshotOptions {
            numeric_values: options.numeric_values,
            expose_internals: options.expose_internals,
        },
        budget: budget(options.budget_seconds, options.budget_memory)?,
        extension: whole(options.extension) as usize,
        wait: seconds(options.wait_seconds)?,
        in_worker: options.in_worker,
        uptime: seconds(options.uptime)?,
    })
}
