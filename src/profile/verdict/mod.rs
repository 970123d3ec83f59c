//! What a profile tells, in words.
//!
//! [`report`] and [`diff`] put it into shapes that cross to JavaScript as JSON, field by field as
//! `index.d.ts` documents them. Time in V8, in Node and in native code is charged to the function of the
//! program that asked for it ([`owners`]): that one can be changed.

mod changes;
mod finding;
mod hot;
mod labelled;
mod overview;
mod owners;
mod report;
mod rows;
mod rules;
mod scripts;
#[cfg(test)]
mod tests;

mod words;

pub use changes::{ChangeRow, ProfileChanges, diff};
pub use finding::Finding;
pub use labelled::{LabelRow, LabelledFunction};
pub use overview::Overview;
pub use report::{ProfileReport, report};
pub use rows::{CallerRow, FunctionRef, FunctionRow};
pub use scripts::{ScriptFrame, Scripts, scripts};

pub use super::mapping::SourceFrame;
