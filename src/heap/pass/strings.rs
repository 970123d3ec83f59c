//! The table of strings at the end of a heap snapshot.

use super::census::{Census, NAME_BYTES};
use super::invalid;
use super::output::Output;
use super::redact::Redactor;
use super::rows::Progress;
use super::skip::Inside;
use crate::error::Result;
use crate::heap::numbers::is_space;

/// Reads the table, from behind its opening bracket on.
#[derive(Default)]
pub(super) struct StringTable {
    state: State,
    /// Strings read.
    pub(super) count: u64,
    /// What is known of the string that the last piece ended in.
    partial: Vec<u8>,
}

#[derive(Clone, Copy, Default)]
enum State {
    /// A string or the end may follow.
    #[default]
    First,
    /// A string must follow.
    Next,
    /// A comma or the end must follow.
    After,
    Text(Inside),
}

impl StringTable {
    /// Reads the next piece, which has the offset `base` in the stream. With a redactor, the bytes
    /// go to its output, both versions for each string.
    pub(super) fn scan(
        &mut self,
        census: &mut Census,
        mut redaction: Option<(&Redactor, &mut Output<'_>)>,
        input: &[u8],
        base: u64,
    ) -> Result<Progress> {
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            if let State::Text(inside) = &mut self.state {
                let end = inside.find_end(input, at);
                let piece = &input[at..end.unwrap_or(input.len())];
                let Some(end) = end else {
                    self.keep(census, redaction.is_some(), piece);
                    return Ok(Progress { used: input.len(), ended: false });
                };
                self.complete(census, &mut redaction, piece)?;
                at = end + 1;
                continue;
            }
            self.state = match (self.state, byte) {
                (State::First | State::Next, b'"') => State::Text(Inside::default()),
                (State::After, b',') => State::Next,
                (state, byte) if is_space(byte) => state,
                (State::First | State::After, b']') => State::First,
                _ => return Err(invalid("the strings are damaged", base + at as u64)),
            };
            at += 1;
            if let Some((_, output)) = &mut redaction
                && byte != b'"'
            {
                output.put(&[byte])?;
            }
            if byte == b']' {
                return Ok(Progress { used: at, ended: true });
            }
        }
        Ok(Progress { used: at, ended: false })
    }

    /// Remembers a string's beginning, as far as anyone wants it.
    fn keep(&mut self, census: &Census, whole: bool, piece: &[u8]) {
        if whole {
            self.partial.extend_from_slice(piece);
        } else if census.wants(self.count) {
            let room = NAME_BYTES.saturating_sub(self.partial.len());
            self.partial.extend_from_slice(piece.get(..room).unwrap_or(piece));
        }
    }

    /// Hands the string that ends with `piece` to those who want it.
    fn complete(
        &mut self,
        census: &mut Census,
        redaction: &mut Option<(&Redactor, &mut Output<'_>)>,
        piece: &[u8],
    ) -> Result<()> {
        if !self.partial.is_empty() {
            self.keep(census, redaction.is_some(), piece);
        }
        let text = if self.partial.is_empty() { piece } else { &self.partial };
        if census.wants(self.count) {
            census.name(text.get(..NAME_BYTES).unwrap_or(text));
        }
        if let Some((redactor, output)) = redaction {
            redactor.push_versions(self.count, text, output.gather()?);
        }
        self.partial.clear();
        self.state = State::After;
        self.count += 1;
        Ok(())
    }
}
