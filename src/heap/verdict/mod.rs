//! What a graph tells, in words.
//!
//! [`Analysis`] holds all that the engine finds out about a file; the others put it into shapes that
//! cross to JavaScript as JSON, field by field as `index.d.ts` documents them.

mod analysis;
mod names;
mod object;
mod path;
mod scripts;

pub use analysis::{Analysis, Phase, Watcher};
pub use object::{ObjectRef, Place};
pub use path::{PathStep, path_text};
