//! The chunks of a source as one text, with the position of everything.

use std::io;
use std::sync::mpsc::{Receiver, Sender};

use super::numbers::{is_space, skip_space};
use super::source::{Control, HEADROOM};
use crate::error::{Error, Result};

/// Reads a JSON text chunk by chunk.
pub(crate) struct Input<'a> {
    chunks: Receiver<io::Result<Vec<u8>>>,
    spare: Sender<Vec<u8>>,
    control: &'a Control,
    chunk: Vec<u8>,
    at: usize,
    /// Offset in the text of the chunk's first byte, were there no headroom.
    base: u64,
    ended: bool,
}

impl<'a> Input<'a> {
    /// Before the first chunk.
    pub(crate) fn new(
        chunks: Receiver<io::Result<Vec<u8>>>,
        spare: Sender<Vec<u8>>,
        control: &'a Control,
    ) -> Self {
        Self { chunks, spare, control, chunk: Vec::new(), at: 0, base: 0, ended: false }
    }

    /// Offset in the text of the next byte.
    pub(crate) fn offset(&self) -> u64 {
        self.base.wrapping_add(self.at as u64)
    }

    /// Position in the chunk of the next byte.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Bytes that are left of the chunk.
    pub(crate) fn left(&self) -> usize {
        self.chunk.len() - self.at
    }

    /// Something is wrong at the next byte.
    pub(crate) fn bad<T>(&self, detail: impl Into<String>) -> Result<T> {
        Err(invalid(detail, self.offset()))
    }

    /// What is left of this chunk, or the next one; empty at the end of the text.
    pub(crate) fn rest(&mut self) -> Result<&[u8]> {
        if self.at == self.chunk.len() && !self.ended {
            self.advance_chunk()?;
        }
        Ok(&self.chunk[self.at..])
    }

    /// Skips bytes of [`Input::rest`].
    pub(crate) fn skip(&mut self, count: usize) {
        self.at += count;
    }

    /// Takes bytes of [`Input::rest`].
    pub(crate) fn take_front(&mut self, count: usize) -> &[u8] {
        let start = self.at;
        self.at += count;
        &self.chunk[start..self.at]
    }

    fn advance_chunk(&mut self) -> Result<()> {
        let offset = self.offset();
        let next = self.next_chunk(offset)?;
        let old = std::mem::replace(&mut self.chunk, next);
        self.recycle(old);
        Ok(())
    }

    /// The next chunk, whose text goes on at `offset`; empty at the end.
    fn next_chunk(&mut self, offset: u64) -> Result<Vec<u8>> {
        self.control.check()?;
        match self.chunks.recv() {
            Ok(Ok(chunk)) => {
                self.at = HEADROOM;
                self.base = offset.wrapping_sub(HEADROOM as u64);
                Ok(chunk)
            }
            Ok(Err(error)) => Err(broken(error, offset)),
            Err(_) => {
                self.ended = true;
                self.at = 0;
                self.base = offset;
                Ok(Vec::new())
            }
        }
    }

    /// Gives a chunk's memory back to the reader.
    pub(crate) fn recycle(&self, chunk: Vec<u8>) {
        if chunk.capacity() > 0 {
            let _ = self.spare.send(chunk);
        }
    }

    /// Somewhere to send chunks that are done.
    pub(crate) fn spare(&self) -> Sender<Vec<u8>> {
        self.spare.clone()
    }

    /// Gives the chunk up up to `cut` and goes on with what is behind it in front of the next one.
    ///
    /// The caller gets the chunk, the position of the text in it, and its offset.
    pub(crate) fn take(&mut self, cut: usize) -> Result<(Vec<u8>, usize, u64)> {
        let (start, offset) = (self.at, self.offset());
        let carried = self.chunk.len() - cut;
        if carried > HEADROOM {
            self.at = cut;
            return self.bad("a record is far too long");
        }
        let old = std::mem::take(&mut self.chunk);
        let end = self.base.wrapping_add(old.len() as u64);
        let mut next = self.next_chunk(end)?;
        if next.is_empty() {
            return Err(invalid("the text ends in the middle of an array", end));
        }
        next[HEADROOM - carried..HEADROOM].copy_from_slice(&old[cut..]);
        self.at = HEADROOM - carried;
        self.chunk = next;
        let mut old = old;
        old.truncate(cut);
        Ok((old, start, offset))
    }

    /// The next byte that is not white space, without taking it.
    #[inline]
    pub(crate) fn peek(&mut self) -> Result<u8> {
        match self.chunk.get(self.at) {
            Some(byte) if !is_space(*byte) => Ok(*byte),
            _ => self.peek_further(),
        }
    }

    fn peek_further(&mut self) -> Result<u8> {
        loop {
            let rest = self.rest()?;
            let spaces = rest.iter().take_while(|byte| is_space(**byte)).count();
            let found = rest.get(spaces).copied();
            let ended = rest.is_empty();
            self.skip(spaces);
            match found {
                Some(byte) => return Ok(byte),
                None if ended => return self.bad("the text ends too early"),
                None => {}
            }
        }
    }

    /// Takes the next byte that is not white space if it is `wanted`.
    pub(crate) fn accept(&mut self, wanted: u8) -> Result<bool> {
        let found = self.peek()? == wanted;
        self.skip(usize::from(found));
        Ok(found)
    }

    /// Takes the white space that the text ends with; nothing else may be left.
    pub(crate) fn end(&mut self) -> Result<()> {
        loop {
            let rest = self.rest()?;
            if rest.is_empty() {
                return Ok(());
            }
            let (spaces, length) = (skip_space(rest, 0), rest.len());
            self.skip(spaces);
            if spaces < length {
                return self.bad("something follows the document");
            }
        }
    }

    /// Takes `wanted`, or fails.
    pub(crate) fn expect(&mut self, wanted: u8, place: &str) -> Result<()> {
        if self.accept(wanted)? {
            return Ok(());
        }
        self.bad(format!("expected '{}' {place}", char::from(wanted)))
    }

    /// Takes one byte, white space or not.
    pub(crate) fn byte(&mut self) -> Result<u8> {
        match self.rest()?.first().copied() {
            Some(byte) => {
                self.skip(1);
                Ok(byte)
            }
            None => self.bad("the text ends too early"),
        }
    }
}

/// A fault of the file at an offset of its text.
pub(crate) fn invalid(detail: impl Into<String>, offset: u64) -> Error {
    Error::InvalidFile { detail: detail.into(), offset }
}

/// Decompressors report damage as I/O errors without a number of the system's.
fn broken(error: io::Error, offset: u64) -> Error {
    match error.raw_os_error() {
        Some(_) => Error::Io { action: "reading the file", source: error },
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            invalid("the compressed data ends too early", offset)
        }
        None => invalid(format!("the compressed data is damaged: {error}"), offset),
    }
}
