//! Runs over the records of a table, checking and, if wanted, rewriting their string indices.

use super::invalid;
use super::output::Output;
use super::redact::Redactor;
use super::tables::{Reference, Table};
use crate::error::Result;
use crate::heap::numbers::{Read, Record, push_decimal, skip_digits};

/// The highest string index so far. Whether the string exists is known at the end only.
#[derive(Default)]
pub(super) struct References {
    /// Strings there must be.
    pub(super) needed: u64,
    /// Offset of the record that needs the last of them.
    pub(super) at: u64,
}

impl References {
    /// Takes note of an index; as the 32-bit number it must be.
    #[inline(always)]
    fn note(&mut self, index: u64, at: u64) -> Result<u32> {
        if index >= self.needed {
            *self = Self { needed: index.saturating_add(1), at };
        }
        u32::try_from(index).map_err(|_| invalid("a string index is out of range", at))
    }
}

/// How far a table was read.
pub(super) struct Progress {
    /// Bytes of whole records.
    pub(super) used: usize,
    /// The closing bracket was one of them.
    pub(super) ended: bool,
}

/// What happens to the bytes of records.
pub(super) trait Pass {
    /// A string index of the record just read.
    fn refer(&mut self, record: &Record, reference: Reference, index: u32) -> Result<()>;

    /// The input up to `end` was read.
    fn end(&mut self, end: usize) -> Result<()>;
}

/// They were copied elsewhere.
pub(super) struct Unchanged;

impl Pass for Unchanged {
    #[inline(always)]
    fn refer(&mut self, _: &Record, _: Reference, _: u32) -> Result<()> {
        Ok(())
    }

    fn end(&mut self, _: usize) -> Result<()> {
        Ok(())
    }
}

/// They are copied here, string indices replaced.
pub(super) struct Redacted<'a, 'b> {
    redactor: &'a mut Redactor,
    output: &'a mut Output<'b>,
    input: &'a [u8],
    copied: usize,
}

impl<'a, 'b> Redacted<'a, 'b> {
    /// For records in `input`.
    pub(super) fn new(
        redactor: &'a mut Redactor,
        output: &'a mut Output<'b>,
        input: &'a [u8],
    ) -> Self {
        Self { redactor, output, input, copied: 0 }
    }
}

impl Pass for Redacted<'_, '_> {
    #[inline]
    fn refer(&mut self, record: &Record, reference: Reference, index: u32) -> Result<()> {
        let start = record.starts[reference.field];
        let out = self.output.gather()?;
        out.extend_from_slice(&self.input[self.copied..start]);
        push_decimal(out, self.redactor.refer(index, reference.value));
        self.copied = skip_digits(self.input, start);
        Ok(())
    }

    fn end(&mut self, end: usize) -> Result<()> {
        self.output.put(&self.input[self.copied..end])
    }
}

/// Reads the whole records of `input`, whose first byte has the offset `base` in the stream.
pub(super) fn scan<T: Table, P: Pass>(
    table: &mut T,
    references: &mut References,
    input: &[u8],
    base: u64,
    mut pass: P,
) -> Result<Progress> {
    let mut record = Record::default();
    let width = table.width();
    let mut used = 0;
    let mut ended = false;
    while !ended {
        let next = match record.read(width, input, used) {
            Read::Record { next, last } => {
                ended = last;
                next
            }
            Read::More => break,
            Read::Bad(at) => {
                return Err(invalid("a number is missing or damaged", base + at as u64));
            }
        };
        let at = base + used as u64;
        table.add(&record.values).map_err(|fault| invalid(fault, at))?;
        for reference in table.references(&record.values).into_iter().flatten() {
            let index = references.note(record.values[reference.field], at)?;
            pass.refer(&record, reference, index)?;
        }
        used = next;
    }
    pass.end(used)?;
    if ended {
        table.end().map_err(|fault| invalid(fault, base + used as u64))?;
    }
    Ok(Progress { used, ended })
}
