//! The labels of one isolate, observed while CPU profiles run on it.
//!
//! JavaScript gives a function that answers the number of the current label. All profiles of the isolate
//! share one [`LabelSampler`]; where nobody ever used a label there is none.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::label_sampler::{Asker, LabelSampler};
use crate::labels::{LabelId, Timeline};
use crate::v8::{Isolate, NumberSource, now};

/// Time between two observations: the shortest, and the longest. An observation wakes a thread and stops
/// JavaScript for some microseconds; tasks that are shorter than the time between two are told apart badly,
/// but for the synchronous part of `label()`, which tells itself.
const PERIODS: (Duration, Duration) = (Duration::from_micros(500), Duration::from_millis(1));

/// Observations for each sample.
const PER_SAMPLE: u32 = 2;

thread_local! {
    /// An isolate belongs to one thread in Node, and a thread to one isolate.
    static LABELS: RefCell<Labels> = RefCell::default();
}

#[derive(Default)]
struct Labels {
    source: Option<Rc<NumberSource>>,
    profiles: Vec<Profile>,
    /// Runs while there are a source and a profile.
    sampler: Option<LabelSampler>,
    timeline: Timeline,
    next: u64,
}

struct Profile {
    number: u64,
    since: i64,
    period: Duration,
}

/// A profile's part in the observations.
pub(super) struct Observed(u64);

/// Has `source` asked for the current label from now on, while profiles run.
pub fn set_label_source(isolate: Isolate, source: NumberSource) {
    let old = with(|labels| {
        let old = labels.source.replace(Rc::new(source));
        labels.start(isolate);
        old
    });
    drop(old);
}

/// JavaScript changes the label itself: `outer` was current until now, `inner` is from now on.
pub fn switch_label(outer: LabelId, inner: LabelId) {
    let now = now();
    with(|labels| {
        if labels.sampler.is_some() {
            labels.timeline.switch(now, outer, inner);
        }
    });
}

/// Ends all of it: for the environment's end.
pub fn dispose_labels() {
    drop(with(std::mem::take));
}

/// A profile starts whose samples are `interval` microseconds apart.
pub(super) fn join(isolate: Isolate, interval: u32) -> Observed {
    with(|labels| {
        labels.next += 1;
        let period = Duration::from_micros(interval.into()) / PER_SAMPLE;
        let period = period.clamp(PERIODS.0, PERIODS.1);
        labels.profiles.push(Profile { number: labels.next, since: now(), period });
        labels.start(isolate);
        Observed(labels.next)
    })
    .unwrap_or(Observed(0))
}

/// A profile is over; none where no label was seen while it ran.
pub(super) fn leave(observed: &Observed) -> Option<Timeline> {
    let (timeline, sampler) = with(|labels| labels.leave(observed.0))??;
    // Ends its thread.
    drop(sampler);
    (!timeline.is_unlabelled()).then_some(timeline)
}

/// None while the thread ends, or from inside of itself: then an observation is missed.
fn with<T>(work: impl FnOnce(&mut Labels) -> T) -> Option<T> {
    LABELS
        .try_with(|labels| labels.try_borrow_mut().ok().map(|mut labels| work(&mut labels)))
        .ok()?
}

impl Labels {
    /// Starts the sampler where it is needed and not there; a thread that cannot be had costs the labels.
    fn start(&mut self, isolate: Isolate) {
        let Some(period) = self.profiles.iter().map(|profile| profile.period).min() else { return };
        if self.source.is_none() {
            return;
        }
        match &self.sampler {
            Some(sampler) => sampler.set_period(period),
            None => self.sampler = LabelSampler::start(isolate, period, observe).ok(),
        }
    }

    fn leave(&mut self, number: u64) -> Option<(Timeline, Option<LabelSampler>)> {
        let index = self.profiles.iter().position(|profile| profile.number == number)?;
        let profile = self.profiles.swap_remove(index);
        let Some(oldest) = self.profiles.iter().map(|profile| profile.since).min() else {
            return Some((std::mem::take(&mut self.timeline), self.sampler.take()));
        };
        let timeline = self.timeline.since(profile.since);
        self.timeline.forget_before(oldest);
        Some((timeline, None))
    }
}

/// In the middle of JavaScript. Nothing is borrowed while the source is asked: its call may let other
/// interrupts run, and theirs may be anything.
fn observe(asker: &Asker, asked_at: i64) {
    let seen_at = now();
    let is_current = |labels: &Labels| labels.sampler.as_ref().is_some_and(|own| own.is_of(asker));
    let source = with(|labels| labels.source.clone().filter(|_| is_current(labels))).flatten();
    let Some(label) = source.and_then(|source| source.read()) else { return };
    with(|labels| {
        if is_current(labels) {
            labels.timeline.observe(asked_at.min(seen_at), seen_at, label);
        }
    });
}
