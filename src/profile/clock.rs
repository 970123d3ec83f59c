//! What samples weigh: the time from each to the next.
//!
//! As in Chrome DevTools (`CPUProfileDataModel.ts`): timestamps are the sums of `timeDeltas`, samples are
//! sorted by them (V8 writes negative deltas where another thread's tick came late), a sample lasts until
//! the next one and the last one as long as the average. Not as there, a lone `(program)` between two equal
//! stacks stays what it is.

use serde::Serialize;

use super::draft::{Draft, Section};
use super::labels::{self, LabelSet};
use super::link::Places;
use crate::error::Result;
use crate::text::input::invalid;

/// V8's own interval, where a file does not tell any time, in microseconds.
const ASSUMED_INTERVAL: u64 = 1_000;

/// Places that samples may be moved by, for each sample, before they are sorted from scratch.
const MOVES: usize = 4;

/// Times further from zero than this are nonsense, in microseconds: 36,000 years.
const MOST_TIME: i64 = 1 << 60;

/// Hits of a file, so many that their sum is safe.
const MOST_HITS: u128 = 1 << 50;

/// Where the weights of a CPU profile come from, best first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Timing {
    /// Each sample has its time.
    #[default]
    Timed,
    /// Samples have no times: they share the recording's duration evenly.
    Even,
    /// There are no samples: the nodes' hit counts share the recording's duration.
    Hits,
    /// Nothing tells a time: 1 ms for each sample or hit.
    Assumed,
}

/// Samples with what they weigh.
#[derive(Debug, Default)]
pub(super) struct Weighed {
    /// By node.
    pub(super) own: Vec<u64>,
    /// By node.
    pub(super) hits: Vec<u64>,
    /// Node of each sample, oldest first.
    pub(super) samples: Vec<u32>,
    /// The set of labels of each; empty where there are none.
    pub(super) labels: Vec<u32>,
    pub(super) label_sets: Vec<LabelSet>,
    /// When each was taken; empty where that is not known.
    pub(super) times: Vec<i64>,
    /// Weight of the last sample, where samples have times, or of each.
    pub(super) interval: u64,
    pub(super) timing: Timing,
    /// Samples that came before the one before them.
    pub(super) out_of_order: u64,
}

impl Weighed {
    /// Weight of each sample.
    pub(super) fn weights(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.samples.iter().enumerate().map(|(number, node)| (*node, self.weight(number)))
    }

    /// Weight of a sample.
    #[inline]
    pub(super) fn weight(&self, number: usize) -> u64 {
        weight_at(&self.times, self.interval, number)
    }
}

/// What a sample weighs: the time to the next one, or `interval` where there is none.
#[inline]
pub(super) fn weight_at(times: &[i64], interval: u64, number: usize) -> u64 {
    match times.get(number..) {
        Some([now, next, ..]) => now.abs_diff(*next),
        _ => interval,
    }
}

/// Weighs the nodes of a CPU profile; `end` is the text's length.
pub(super) fn weigh(draft: &mut Draft, places: &Places, end: u64) -> Result<Weighed> {
    check_hits(&draft.nodes.weights, end)?;
    let mut weighed = Weighed::default();
    let count = draft.samples.as_ref().map_or(0, |samples| samples.rows.len());
    (weighed.label_sets, weighed.labels) = labels::check(draft, count)?;
    let Some(samples) = draft.samples.take() else {
        by_hits(draft, &mut weighed);
        return Ok(weighed);
    };
    let (mut times, last) = times(draft, count)?;
    weighed.samples = follow(samples, places)?;
    weighed.out_of_order = times.windows(2).filter(|pair| pair[1] < pair[0]).count() as u64;
    if weighed.out_of_order > 0 {
        sort(&mut times, &mut weighed.samples, &mut weighed.labels);
    }
    if count == 0 {
        by_hits(draft, &mut weighed);
        return Ok(weighed);
    }
    let span = span(&times);
    if span == 0 && last.unwrap_or(0) == 0 {
        evenly(draft, &mut weighed);
    } else {
        weighed.interval = last.unwrap_or(span / (count as u64 - 1).max(1));
        weighed.times = times;
    }
    sum(&mut weighed, draft.nodes.len());
    Ok(weighed)
}

fn span(times: &[i64]) -> u64 {
    match times {
        [first, .., last] => first.abs_diff(*last),
        _ => 0,
    }
}

fn check_hits(hits: &[u64], end: u64) -> Result<()> {
    let sum: u128 = hits.iter().map(|hits| u128::from(*hits)).sum();
    if sum > MOST_HITS {
        return Err(invalid("the hit counts add up to more than there can be", end));
    }
    Ok(())
}

/// When each sample was taken, and how long the last one lasted where that is told.
fn times(draft: &mut Draft, count: usize) -> Result<(Vec<i64>, Option<u64>)> {
    if let Some(Section { rows, offset }) = draft.timestamps.take() {
        check_count("timestamps", rows.len() == count, rows.len(), count, offset)?;
        if let Some(time) = rows.iter().find(|time| time.unsigned_abs() > MOST_TIME as u64) {
            return Err(invalid(format!("{time} cannot be a timestamp"), offset));
        }
        return Ok((rows, None));
    }
    let Some(Section { rows: mut deltas, offset }) = draft.deltas.take() else {
        return Ok((Vec::new(), None));
    };
    let fits = deltas.len() == count || deltas.len() == count + 1;
    check_count("timeDeltas", fits, deltas.len(), count, offset)?;
    let mut time = start(draft);
    for (number, delta) in deltas.iter_mut().enumerate() {
        time = time.saturating_add(*delta);
        if time.unsigned_abs() > MOST_TIME as u64 {
            return Err(invalid(format!("timeDeltas leave all bounds at sample {number}"), offset));
        }
        *delta = time;
    }
    if deltas.len() == count {
        return Ok((deltas, None));
    }
    let last = deltas.pop().zip(deltas.last().copied());
    let lasted = last.map(|(end, start)| end.saturating_sub(start));
    Ok((deltas, lasted.and_then(|time| u64::try_from(time).ok())))
}

/// The recording's start, near enough to zero.
fn start(draft: &Draft) -> i64 {
    match draft.start {
        Some(start) if start.abs() < MOST_TIME as f64 => start.round() as i64,
        _ => 0,
    }
}

fn check_count(what: &str, fits: bool, found: usize, count: usize, offset: u64) -> Result<()> {
    if fits {
        return Ok(());
    }
    Err(invalid(format!("expected {count} {what}, one for each sample, found {found}"), offset))
}

/// Ids become places.
fn follow(samples: Section<Vec<u32>>, places: &Places) -> Result<Vec<u32>> {
    let Section { mut rows, offset } = samples;
    for (number, sample) in rows.iter_mut().enumerate() {
        *sample = places.find(*sample).ok_or_else(|| {
            invalid(format!("sample {number} is of node {sample}, which is not there"), offset)
        })?;
    }
    Ok(rows)
}

/// By time; equal ones stay as they are.
///
/// Those that come late come a little late: putting them where they belong takes a few moves each, and no
/// memory. A file that was shuffled is sorted as usual.
fn sort(times: &mut [i64], samples: &mut [u32], labels: &mut [u32]) {
    let mut moves = times.len().saturating_mul(MOVES);
    for at in 1..times.len() {
        let (time, mut place) = (times[at], at);
        while place > 0 && times[place - 1] > time && moves > 0 {
            place -= 1;
            moves -= 1;
        }
        if place < at {
            times[place..=at].rotate_right(1);
            samples[place..=at].rotate_right(1);
            if !labels.is_empty() {
                labels[place..=at].rotate_right(1);
            }
        }
    }
    if moves == 0 {
        sort_shuffled(times, samples, labels);
    }
}

fn sort_shuffled(times: &mut [i64], samples: &mut [u32], labels: &mut [u32]) {
    let label = |at: usize| labels.get(at).copied().unwrap_or_default();
    let rows = times.iter().zip(samples.iter()).enumerate();
    let mut rows: Vec<(i64, u32, u32)> =
        rows.map(|(at, (time, sample))| (*time, *sample, label(at))).collect();
    rows.sort_by_key(|(time, ..)| *time);
    for (at, (time, sample, label)) in rows.into_iter().enumerate() {
        (times[at], samples[at]) = (time, sample);
        if let Some(place) = labels.get_mut(at) {
            *place = label;
        }
    }
}

fn sum(weighed: &mut Weighed, nodes: usize) {
    let (mut own, mut hits) = (vec![0; nodes], vec![0; nodes]);
    for (node, weight) in weighed.weights() {
        own[node as usize] += weight;
        hits[node as usize] += 1;
    }
    (weighed.own, weighed.hits) = (own, hits);
}

/// Samples without times.
fn evenly(draft: &Draft, weighed: &mut Weighed) {
    let count = weighed.samples.len() as u64;
    (weighed.interval, weighed.timing) = match duration(draft) {
        Some(duration) => ((duration / count.max(1)).max(1), Timing::Even),
        None => (ASSUMED_INTERVAL, Timing::Assumed),
    };
}

/// No samples.
fn by_hits(draft: &mut Draft, weighed: &mut Weighed) {
    weighed.hits = std::mem::take(&mut draft.nodes.weights);
    let count: u64 = weighed.hits.iter().sum();
    (weighed.interval, weighed.timing) = match duration(draft) {
        Some(duration) => ((duration / count.max(1)).max(1), Timing::Hits),
        None => (ASSUMED_INTERVAL, Timing::Assumed),
    };
    weighed.own = weighed.hits.iter().map(|hits| hits * weighed.interval).collect();
}

/// Length of the recording in microseconds, where the file tells it.
pub(super) fn duration(draft: &Draft) -> Option<u64> {
    // The old shape counts whole seconds.
    let unit = if draft.marks.is_old { 1e6 } else { 1.0 };
    let duration = (draft.end? - draft.start?) * unit;
    (duration >= 1.0 && duration <= MOST_TIME as f64).then_some(duration as u64)
}
