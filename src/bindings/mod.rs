//! What JavaScript sees of the addon. No logic: options in, captures out.
//!
//! This surface is private to the package: `lib/native-backend.js` is its one caller.

// A test build exports nothing to JavaScript.
#![cfg_attr(test, allow(dead_code))]

mod allocation;
mod analysis;
mod budget;
mod cpu;
mod env_bound;
mod failure;
mod file_guard;
mod fork;
mod ghost;
mod job;
mod labels;
mod probe;
mod profile;
mod promise;
mod snapshot;
mod target;
