//! What a process is like, second by second, and what of it survives its death.
//!
//! [`Readings`] belongs to an isolate's thread: it asks V8 and libuv, counts garbage collections, and
//! fills a row of numbers. What the kernel is asked for may take its time, so a thread named `rsprof-watch`
//! does that, and writes the mirror: a file that tells how it was when nobody can be asked any more.
//!
//! [`Watchdog`] notices that the isolate's thread does not turn any more, and takes a profile of what holds it:
//!
//! ```text
//! isolate's thread                       rsprof-watchdog
//! beat, beat, beat ...                   sleeps half a threshold at a time
//! (a turn that does not end)             no beat for a threshold: a lock, an empty file
//! interrupted: the profile starts <───── asks for an interrupt
//! interrupted: the profile ends   <───── asks for another, some seconds later
//!                                        verdict, sidecar, names, a line on standard error
//! beat: V8's profile is freed            notes the end of the episode
//! ```

mod board;
mod cgroup;
mod clock;
mod collections;
mod disk;
mod episode;
mod fields;
mod files;
mod full_collections;
mod host_lock;
mod mirror;
mod post;
mod process;
mod readings;
mod sampler;
mod sentinel;
mod silence;
mod standard_error;
mod stuck_file;
mod stuck_thread;
mod stuck_verdict;
mod ticker;
mod watchdog;
mod witness;

pub use fields::READING_FIELDS;
pub use full_collections::{FullCollection, FullCollections};
pub use host_lock::HostLock;
pub use mirror::MirrorRequest;
pub use readings::{Readings, ReadingsRequest};
pub use watchdog::{Watchdog, WatchdogRequest};
