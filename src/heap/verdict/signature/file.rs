//! Signatures as files: told from snapshots, checked, kept short.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use super::{FORMAT, MOST_CLASSES, Signature, VERSION};
use crate::error::{Error, Result};

/// A signature's JSON is shorter than this, in bytes.
pub const LONGEST: usize = 1_000_000;

/// What is read of a file that says it is a signature: more than a pretty-printed one has.
const MOST_READ: u64 = 16 << 20;

/// Bytes that tell a signature from a snapshot.
const HEAD: u64 = 4096;

/// Whether a file begins as signatures do: with the key `format`.
pub fn is_signature(path: &Path) -> Result<bool> {
    let head = read(path, HEAD)?;
    let mut rest = trim(&head);
    for token in [&b"{"[..], b"\"format\"", b":"] {
        match rest.strip_prefix(token) {
            Some(behind) => rest = trim(behind),
            None => return Ok(false),
        }
    }
    Ok(true)
}

fn trim(text: &[u8]) -> &[u8] {
    text.trim_ascii_start()
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(Error::io("opening the file"))?;
    let mut text = Vec::new();
    file.take(most).read_to_end(&mut text).map_err(Error::io("reading the file"))?;
    Ok(text)
}

/// What is looked at before the rest: other versions have other fields.
#[derive(Deserialize)]
struct Head {
    format: String,
}

impl Signature {
    /// Reads a signature back.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidFile`] where it is none, of another version, or damaged.
    pub fn read(path: &Path) -> Result<Self> {
        let text = read(path, MOST_READ)?;
        let head: Head = parse(&text)?;
        let wanted = format!("{FORMAT}/{VERSION}");
        if head.format != wanted {
            let detail = format!("the format is {:?}, this version reads {wanted:?}", head.format);
            return Err(Error::InvalidFile { detail, offset: 0 });
        }
        let signature: Self = parse(&text)?;
        signature.check()?;
        Ok(signature)
    }

    /// What the shape does not say: groups are a tree, and its root comes first.
    fn check(&self) -> Result<()> {
        let is_wrong = |(place, parent): (usize, Option<u32>)| match parent {
            Some(parent) => parent as usize >= place,
            None => place != 0,
        };
        let parents = self.groups.iter().map(|group| group.parent);
        match parents.enumerate().position(is_wrong) {
            Some(place) => {
                let detail = format!("group {place} of the signature has no place in the tree");
                Err(Error::InvalidFile { detail, offset: 0 })
            }
            None => Ok(()),
        }
    }

    /// Leaves the smallest out until the JSON is short enough.
    pub(super) fn shorten(&mut self) {
        self.keep_classes(MOST_CLASSES);
        while serde_json::to_vec(self).map_or(0, |text| text.len()) >= LONGEST {
            self.keep_classes(self.classes.len() / 2);
            self.keep_groups(self.groups.len() / 2);
        }
    }

    fn keep_classes(&mut self, most: usize) {
        if self.classes.len() <= most {
            return;
        }
        let others = self.other_classes.get_or_insert_default();
        for class in self.classes.drain(most..) {
            others.classes += 1;
            others.count += class.count;
            others.self_size += class.self_size;
        }
    }

    /// Children come after their parents: the first of the list are a tree too.
    fn keep_groups(&mut self, most: usize) {
        if self.groups.len() <= most {
            return;
        }
        let dropped = self.groups.iter().skip(most).map(|group| group.retained_size).max();
        self.least_group = self.least_group.max(dropped.unwrap_or(0).saturating_add(1));
        self.groups.truncate(most);
    }
}

fn parse<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T> {
    serde_json::from_slice(text).map_err(|error| Error::InvalidFile {
        detail: format!("the signature is damaged: {error}"),
        offset: offset(text, &error),
    })
}

/// Where in the text an error is: serde tells the line and the column, both from 1.
fn offset(text: &[u8], error: &serde_json::Error) -> u64 {
    let before = error.line().saturating_sub(1);
    let lines = text.split_inclusive(|byte| *byte == b'\n').take(before);
    (lines.map(<[u8]>::len).sum::<usize>() + error.column().saturating_sub(1)) as u64
}
