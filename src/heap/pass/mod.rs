//! One pass over a `.heapsnapshot` while V8 writes it: check, count, redact.
//!
//! [`SnapshotStream`] takes the JSON in chunks of any size and passes it on, unchanged or redacted,
//! without ever holding the document. It relies on the order in which V8 writes the sections
//! (`snapshot`, `nodes`, `edges`, `trace_function_infos`, others, `strings`), not on the positions of
//! fields, which it looks up by name in `snapshot.meta`. Sections it does not know pass unchanged;
//! if a future V8 puts string indices into one, redaction will leave them pointing at other strings
//! (of the redacted table, so nothing gets out).
//!
//! Checked: node and edge counts against the header, the sum of the nodes' edge counts, that every
//! edge leads to a node, that every string index has its string, and that the document is complete.
//!
//! Memory, beside one chunk: a tally (some 50 bytes with the map's slack) for each distinct name of
//! object and native nodes and, when redacting, two bits for each string of the table, the longest
//! string and 128 KiB of output. V8 cuts strings to 1,024 characters unless told otherwise.

mod census;
mod output;
mod redact;
mod rows;
mod skip;
mod stream;
mod strings;
mod tables;
mod weakmap;

#[cfg(test)]
mod naive;
#[cfg(test)]
mod tests;

pub use census::ClassFigure;
pub use stream::{Progress, SnapshotFigures, SnapshotStream, StreamOptions};

use crate::error::Error;

fn invalid(detail: &str, offset: u64) -> Error {
    Error::InvalidSnapshot { detail: detail.to_owned(), offset }
}
