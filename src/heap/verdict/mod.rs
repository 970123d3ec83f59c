//! What a graph tells, in words.
//!
//! [`Analysis`] holds all that the engine finds out about a file; the others put it into shapes that
//! cross to JavaScript as JSON, field by field as `index.d.ts` documents them.

mod analysis;
mod collections;
pub mod diff;
mod functions;
pub mod inspect;
pub mod listing;
mod names;
mod object;
mod overview;
mod path;
mod report;
mod retainers;
mod rules;
mod scripts;
pub mod signature;
mod suspect;
mod suspects;
mod tables;
#[cfg(test)]
mod tests;
mod words;

pub use analysis::{Analysis, Phase, Watcher};
pub use collections::CollectionRow;
pub use object::{ObjectRef, Place};
pub use overview::{KindRow, Overview, Shares};
pub use path::{EdgeRef, PathStep};
pub use report::HeapReport;
pub use suspect::Suspect;
pub use tables::{BigObject, ClassRow, DuplicateString};
