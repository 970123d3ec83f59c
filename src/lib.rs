//! rsprof: where the memory and the CPU of a live Node.js service go.
//!
//! Layers call downward only: `bindings` -> (`fork`, `watch`) -> `capture` -> (`export`, `heap`, `profile`, `sink`,
//! `v8`), `export` -> (`profile`, `sink`, `v8`), (`capture`, `export`) -> `labels`, and (`heap`, `profile`) ->
//! `text`.
//! `unsafe` is denied everywhere but in `fork` and `v8`.

#[allow(unreachable_pub, reason = "exported to JavaScript, not to Rust")]
mod bindings;
pub mod capture;
pub mod error;
pub mod export;
#[allow(unsafe_code, reason = "forks, and redirects calls in the child")]
pub mod fork;
pub mod heap;
pub mod labels;
pub mod profile;
mod sidecar;
pub mod sink;
mod text;
mod utc;
#[allow(unsafe_code, reason = "all of V8's FFI lives here")]
pub mod v8;
pub mod watch;
mod words;
