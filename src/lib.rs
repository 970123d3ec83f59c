//! rsprof: where the memory and the CPU of a live Node.js service go.
//!
//! Layers call downward only: `bindings` -> `capture` -> (`export`, `heap`, `sink`, `v8`).
//! `unsafe` is denied everywhere but in `v8`.

pub mod error;
pub mod heap;
pub mod sink;
#[allow(unsafe_code, reason = "all of V8's FFI lives here")]
pub mod v8;
