//! Observations of the current label, runs of the same one joined.

use super::{LabelId, UNLABELLED};

/// Runs that are kept, 100 MB of them: from then on nothing is labelled.
const MOST_RUNS: usize = 1 << 22;

/// Runs up to which [`Timeline::switch`] is heeded: there may be any number of switches in a second.
const MOST_SWITCHES: usize = 1 << 20;

/// A label that was seen at both ends of a time, and nothing else in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// When the first observation was asked for.
    asked: i64,
    /// How much later it was made.
    first: u32,
    /// How much later the last one was made.
    last: u32,
    label: LabelId,
}

/// Observations, oldest first. Times are microseconds on one clock.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    runs: Vec<Run>,
    is_full: bool,
}

/// The observations around a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Around {
    /// The last one before: when, and what.
    pub(super) before: Option<(i64, LabelId)>,
    /// The first one after.
    pub(super) after: Option<(i64, LabelId)>,
    /// The one after was asked for already: no JavaScript ran from then on until it was made, but what
    /// called the native code of that time.
    pub(super) is_asked: bool,
}

impl Timeline {
    /// `label` was current at `seen`, when JavaScript first ran since `asked`.
    pub fn observe(&mut self, asked: i64, seen: i64, label: LabelId) {
        if self.is_full {
            return;
        }
        let mut end = i64::MIN;
        if let Some(last) = self.runs.last_mut() {
            if last.label == label && last.extend(seen) {
                return;
            }
            end = last.last();
        }
        if self.runs.len() == MOST_RUNS {
            self.is_full = true;
            return;
        }
        let (asked, seen) = (asked.max(end), seen.max(end));
        // Whoever asked an hour ago asked a while ago.
        let later = u32::try_from(seen.abs_diff(asked)).unwrap_or(u32::MAX);
        let asked = seen - i64::from(later);
        self.runs.push(Run { asked, first: later, last: later, label });
    }

    /// `outer` was current until `now`, `inner` is from now on.
    pub fn switch(&mut self, now: i64, outer: LabelId, inner: LabelId) {
        if self.runs.len() < MOST_SWITCHES {
            self.observe(now, now, outer);
            self.observe(now, now, inner);
        }
    }

    /// Whether no label was ever seen.
    #[must_use]
    pub fn is_unlabelled(&self) -> bool {
        self.runs.iter().all(|run| run.label == UNLABELLED)
    }

    /// A copy of what is known about `time` and later.
    #[must_use]
    pub fn since(&self, time: i64) -> Self {
        Self { runs: self.runs[self.first_of(time)..].to_vec(), is_full: self.is_full }
    }

    /// Drops what nobody needs who asks for `time` and later.
    pub fn forget_before(&mut self, time: i64) {
        self.runs.drain(..self.first_of(time));
        self.is_full &= self.runs.len() == MOST_RUNS;
    }

    /// The run that `time` is in, or the one before it.
    fn first_of(&self, time: i64) -> usize {
        self.runs.partition_point(|run| run.asked <= time).saturating_sub(1)
    }

    /// What was seen around a time; the same twice inside a run.
    pub(super) fn around(&self, time: i64) -> Around {
        let next = self.runs.partition_point(|run| run.first() <= time);
        let mut before = next.checked_sub(1).map(|last| self.runs[last]);
        let after = self.runs.get(next).copied();
        if let Some(run) = before.filter(|run| time <= run.last()) {
            let seen = Some((time, run.label));
            return Around { before: seen, after: seen, is_asked: false };
        }
        // Behind the last observation of a full timeline anything may have been.
        before = before.filter(|_| !(self.is_full && after.is_none()));
        Around {
            before: before.map(|run| (run.last(), run.label)),
            after: after.map(|run| (run.first(), run.label)),
            is_asked: after.is_some_and(|run| run.asked <= time),
        }
    }
}

impl Run {
    fn first(&self) -> i64 {
        self.asked + i64::from(self.first)
    }

    fn last(&self) -> i64 {
        self.asked + i64::from(self.last)
    }

    /// Seen again; false where it lasts for longer than can be told.
    fn extend(&mut self, seen: i64) -> bool {
        let Ok(later) = u32::try_from(seen.abs_diff(self.asked)) else { return false };
        if seen > self.last() {
            self.last = later;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen = Option<(i64, LabelId)>;

    fn around(timeline: &Timeline, time: i64) -> (Seen, Seen) {
        let Around { before, after, .. } = timeline.around(time);
        (before, after)
    }

    #[test]
    fn the_same_label_is_one_run() {
        let mut timeline = Timeline::default();
        timeline.observe(10, 12, 1);
        timeline.observe(20, 21, 1);
        timeline.observe(30, 31, 2);
        assert_eq!(timeline.runs.len(), 2);
        assert_eq!(around(&timeline, 16), (Some((16, 1)), Some((16, 1))));
        assert_eq!(around(&timeline, 25), (Some((21, 1)), Some((31, 2))));
        assert_eq!(around(&timeline, 5), (None, Some((12, 1))));
        assert_eq!(around(&timeline, 40), (Some((31, 2)), None));
    }

    #[test]
    fn a_switch_ends_one_run_and_begins_another() {
        let mut timeline = Timeline::default();
        timeline.observe(0, 1, 0);
        timeline.switch(10, 0, 1);
        timeline.switch(20, 1, 0);
        assert_eq!(around(&timeline, 9), (Some((9, 0)), Some((9, 0))));
        assert_eq!(around(&timeline, 15), (Some((15, 1)), Some((15, 1))));
        assert_eq!(around(&timeline, 21), (Some((20, 0)), None));
    }

    #[test]
    fn runs_do_not_overlap() {
        let mut timeline = Timeline::default();
        timeline.switch(100, 0, 1);
        // Asked for before the switch, seen after it.
        timeline.observe(90, 110, 2);
        assert!(timeline.runs.windows(2).all(|pair| pair[0].last() <= pair[1].asked));
        assert_eq!(around(&timeline, 99), (None, Some((100, 0))));
        assert!(timeline.around(105).is_asked);
        assert!(!timeline.around(111).is_asked);
    }

    #[test]
    fn what_is_old_can_be_forgotten() {
        let mut timeline = Timeline::default();
        for time in 0..10 {
            timeline.observe(time * 10, time * 10 + 1, time as u32);
        }
        let copy = timeline.since(55);
        assert_eq!(around(&copy, 55), (Some((51, 5)), Some((61, 6))));
        timeline.forget_before(55);
        assert_eq!(timeline.runs, copy.runs);
        timeline.forget_before(i64::MIN);
        assert_eq!(timeline.runs, copy.runs);
    }

    #[test]
    fn a_run_may_last_for_hours() {
        let (mut timeline, hour) = (Timeline::default(), 3_600_000_000);
        for time in 0..6 {
            timeline.observe(time * hour, time * hour + 1, 1);
        }
        assert_eq!(timeline.runs.len(), 3);
        assert_eq!(around(&timeline, hour / 2), (Some((hour / 2, 1)), Some((hour / 2, 1))));
        assert_eq!(around(&timeline, hour * 3 / 2).0.map(|seen| seen.1), Some(1));
    }

    #[test]
    fn switches_leave_room_for_observations() {
        let mut timeline = Timeline::default();
        for time in 0..MOST_SWITCHES as i64 {
            timeline.switch(time, (time % 2) as u32, ((time + 1) % 2) as u32);
        }
        assert_eq!(timeline.runs.len(), MOST_SWITCHES);
        timeline.observe(MOST_SWITCHES as i64, MOST_SWITCHES as i64, 7);
        assert_eq!(timeline.runs.len(), MOST_SWITCHES + 1);
    }

    #[test]
    fn a_full_timeline_says_nothing_about_later() {
        let mut timeline = Timeline::default();
        for time in 0..MOST_RUNS as i64 + 3 {
            timeline.observe(time, time, (time % 2) as u32);
        }
        assert_eq!(timeline.runs.len(), MOST_RUNS);
        assert_eq!(around(&timeline, MOST_RUNS as i64 + 1), (None, None));
        timeline.forget_before(MOST_RUNS as i64 - 10);
        timeline.observe(MOST_RUNS as i64 + 9, MOST_RUNS as i64 + 9, 7);
        assert_eq!(timeline.runs.len(), 11);
    }
}
