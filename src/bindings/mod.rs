//! What JavaScript sees of the addon. No logic: options in, captures out.
//!
//! This surface is private to the package: `lib/native-backend.js` is its one caller.

// A test build exports nothing to JavaScript.
#![cfg_attr(test, allow(dead_code))]

mod allocation;
mod analysis;
mod budget;
mod classes;
mod collections;
mod cpu;
mod env_bound;
mod failure;
mod file_guard;
mod fork;
mod ghost;
mod heap_file;
mod heap_marks;
mod host_lock;
mod job;
mod labels;
mod live_graph;
mod object_ids;
mod probe;
mod profile;
mod promise;
mod readings;
mod snapshot;
mod target;
mod watchdog;
