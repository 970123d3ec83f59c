//! A flat array of numbers into columns, on several threads.
//!
//! One thread cuts the text at the ends of records, which takes no more than counting commas, and
//! splits the columns at the same place: each piece of text goes to a worker together with the
//! slices it fills, so nothing is shared and nothing is copied twice.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, sync_channel};
use std::thread;

use memchr::{memchr, memchr_iter, memrchr_iter};
use parking_lot::Mutex;

use super::input::{Input, invalid};
use crate::error::Result;
use crate::heap::numbers::{Read, Record};
use crate::heap::parallel::no_thread;

/// Columns that are being filled, or a part of them.
pub(super) trait Columns: Sized + Send {
    /// Numbers in a record.
    fn width(&self) -> usize;

    /// Cuts the next `records` off; None when there is no room for so many.
    fn split(&mut self, records: usize) -> Option<Self>;

    /// Records it has room for.
    fn len(&self) -> usize;

    /// Takes the record for row `row` of this part.
    fn set(&mut self, row: usize, record: &Record) -> std::result::Result<(), Fault>;

    /// All rows of this part are set.
    fn end(&self);
}

/// What is wrong with a record, and in which field.
pub(super) struct Fault {
    pub(super) field: usize,
    pub(super) detail: &'static str,
}

struct Job<C> {
    columns: C,
    chunk: Vec<u8>,
    start: usize,
    /// Offset in the text of `chunk[start]`.
    offset: u64,
}

/// Reads the array at the input's next byte into `columns`, which it must fill.
pub(super) fn read_rows<C: Columns>(
    input: &mut Input<'_>,
    name: &str,
    workers: usize,
    columns: C,
) -> Result<()> {
    input.expect(b'[', &format!("before {name}"))?;
    if input.peek()? == b']' {
        input.skip(1);
        return whole(input, name, columns.len());
    }
    let (send, jobs) = sync_channel::<Job<C>>(workers * 2);
    let pool = Pool {
        jobs: Mutex::new(jobs),
        failed_at: AtomicU64::new(NEVER),
        first: Mutex::new(None),
        spare: Mutex::new(input.spare()),
    };
    let outcome = thread::scope(|scope| {
        for _ in 0..workers {
            let pool = &pool;
            let worker = thread::Builder::new().name("rsprof-rows".into());
            worker.spawn_scoped(scope, move || pool.work()).map_err(no_thread)?;
        }
        let outcome =
            Cutter { input, name, columns, pool: &pool }.cut(|job| send.send(job).is_ok());
        drop(send);
        outcome
    });
    match pool.first.into_inner() {
        Some((offset, detail)) => Err(invalid(detail, offset)),
        None => outcome,
    }
}

fn whole(input: &Input<'_>, name: &str, missing: usize) -> Result<()> {
    if missing == 0 {
        return Ok(());
    }
    input.bad(format!("{name} has {missing} records fewer than its header says"))
}

struct Cutter<'a, 'i, C> {
    input: &'a mut Input<'i>,
    name: &'a str,
    columns: C,
    pool: &'a Pool<C>,
}

impl<C: Columns> Cutter<'_, '_, C> {
    fn cut(mut self, send: impl Fn(Job<C>) -> bool) -> Result<()> {
        let width = self.columns.width();
        loop {
            if self.pool.failed_at.load(Ordering::Relaxed) != NEVER {
                return Ok(()); // The worker's error is told.
            }
            let rest = self.input.rest()?;
            if let Some(end) = memchr(b']', rest) {
                return self.last(end, width);
            }
            let commas = memchr_iter(b',', rest).count();
            let records = commas / width;
            // Behind the comma that ends the last whole record.
            let behind = memrchr_iter(b',', rest).nth(commas % width).map_or(0, |at| at + 1);
            let length = rest.len();
            let Some(columns) = self.columns.split(records) else {
                let full = after(rest, self.columns.len() * width);
                return self.too_many(full);
            };
            let cut = self.input_length() - (length - behind);
            let (chunk, start, offset) = self.input.take(cut)?;
            if records > 0 && !send(Job { columns, chunk, start, offset }) {
                return Ok(());
            }
        }
    }

    fn input_length(&self) -> usize {
        self.input.position() + self.input.left()
    }

    /// There is no room for the number `behind` bytes on.
    fn too_many(&mut self, behind: usize) -> Result<()> {
        self.input.skip(behind);
        self.input.peek()?;
        self.input.bad(format!("{} has more records than its header says", self.name))
    }

    /// The last piece, up to and with the bracket at `end`.
    fn last(mut self, end: usize, width: usize) -> Result<()> {
        let offset = self.input.offset();
        let text = self.input.rest()?[..=end].to_vec();
        let numbers = memchr_iter(b',', &text).count() + 1;
        let records = (numbers / width).min(self.columns.len());
        let located = |(at, detail)| invalid(detail, offset + at as u64);
        if let Some(columns) = self.columns.split(records) {
            fill(columns, &text, 0).map_err(located)?;
        }
        let (left, behind) = (numbers - records * width, after(&text, records * width));
        if left > 0 && self.columns.len() == 0 {
            return self.too_many(behind);
        }
        self.input.skip(end);
        if left > 0 {
            if let Read::Bad(at) = Record::default().read(left, &text, behind) {
                return Err(located((at, NO_NUMBER)));
            }
            return self.input.bad(format!("{} ends in the middle of a record", self.name));
        }
        self.input.skip(1);
        whole(self.input, self.name, self.columns.len())
    }
}

/// Where the text goes on after so many numbers.
fn after(text: &[u8], numbers: usize) -> usize {
    let last = numbers.checked_sub(1).and_then(|last| memchr_iter(b',', text).nth(last));
    last.map_or(0, |at| at + 1)
}

/// Why a worker stopped.
const NO_NUMBER: &str = "expected an unsigned integer";

/// Offset of a failure that did not happen.
const NEVER: u64 = u64::MAX;

struct Pool<C> {
    jobs: Mutex<Receiver<Job<C>>>,
    /// Offset of the first fault that was found up to now.
    failed_at: AtomicU64,
    first: Mutex<Option<(u64, &'static str)>>,
    spare: Mutex<Sender<Vec<u8>>>,
}

impl<C: Columns> Pool<C> {
    fn work(&self) {
        let spare = self.spare.lock().clone();
        loop {
            let job = self.jobs.lock().recv();
            let Ok(Job { columns, chunk, start, offset }) = job else { return };
            // After a failure the rest is only drained, so that the cutter does not wait for ever.
            if self.failed_at.load(Ordering::Relaxed) < offset {
                continue;
            }
            if let Err((at, detail)) = fill(columns, &chunk, start) {
                self.fail(offset + (at - start) as u64, detail);
            }
            let _ = spare.send(chunk);
        }
    }

    /// Another worker may have found a fault behind this one before.
    fn fail(&self, offset: u64, detail: &'static str) {
        let mut first = self.first.lock();
        if first.is_none_or(|(other, _)| offset < other) {
            *first = Some((offset, detail));
            self.failed_at.store(offset, Ordering::Relaxed);
        }
    }
}

/// Reads whole records; where it fails, the position in `text` and why.
fn fill<C: Columns>(
    columns: C,
    text: &[u8],
    start: usize,
) -> std::result::Result<(), (usize, &'static str)> {
    // With a width that the compiler knows, a record is read without a loop.
    match columns.width() {
        3 => fill_rows(columns, 3, text, start),
        6 => fill_rows(columns, 6, text, start),
        7 => fill_rows(columns, 7, text, start),
        width => fill_rows(columns, width, text, start),
    }
}

#[inline(always)]
fn fill_rows<C: Columns>(
    mut columns: C,
    width: usize,
    text: &[u8],
    start: usize,
) -> std::result::Result<(), (usize, &'static str)> {
    let mut record = Record::default();
    let mut at = start;
    for row in 0..columns.len() {
        match record.read(width, text, at) {
            Read::Record { next, .. } => at = next,
            Read::More => return Err((text.len(), "expected a number")),
            Read::Bad(at) => return Err((at, NO_NUMBER)),
        }
        if let Err(Fault { field, detail }) = columns.set(row, &record) {
            return Err((record.starts[field], detail));
        }
    }
    columns.end();
    Ok(())
}
