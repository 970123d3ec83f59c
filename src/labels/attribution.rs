//! From observations to samples.

use super::timeline::{Around, Timeline};
use super::{LabelId, UNLABELLED};

/// What the thread did in a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Nothing.
    Idle,
    /// Native code that no JavaScript called.
    Native,
    /// JavaScript, what it called, or a garbage collection.
    JavaScript,
}

/// Answers which label the samples of a profile have.
pub struct Attribution<'t> {
    timeline: &'t Timeline,
    /// First and last sample of each time that the thread was idle.
    idle: Vec<(i64, i64)>,
}

impl<'t> Attribution<'t> {
    /// `samples` are those that [`Self::labels`] will be asked for.
    pub fn new(timeline: &'t Timeline, samples: impl Iterator<Item = (Activity, i64)>) -> Self {
        let (mut idle, mut was_idle) = (Vec::new(), false);
        for (activity, time) in samples {
            let is_idle = activity == Activity::Idle;
            match idle.last_mut() {
                Some((_, end)) if is_idle && was_idle => *end = time.max(*end),
                _ if is_idle => idle.push((time, time)),
                _ => {}
            }
            was_idle = is_idle;
        }
        idle.sort_unstable();
        Self { timeline, idle }
    }

    /// The label of each sample.
    ///
    /// An idle one has none, nor has native code beside an idle one: the event loop itself.
    pub fn labels(
        &self,
        samples: impl Iterator<Item = (Activity, i64)>,
    ) -> impl Iterator<Item = LabelId> {
        let mut samples = samples.peekable();
        let mut last = Activity::Idle;
        std::iter::from_fn(move || {
            let (activity, time) = samples.next()?;
            let before = std::mem::replace(&mut last, activity);
            let after = samples.peek().map_or(Activity::Idle, |(next, _)| *next);
            Some(match activity {
                Activity::Idle => UNLABELLED,
                Activity::Native if [before, after].contains(&Activity::Idle) => UNLABELLED,
                _ => self.label_at(time),
            })
        })
    }

    /// Where the observations before and after agree, that; else the nearest one that no idle time parts
    /// from the sample: what runs after an idle time has a label of its own. One that was asked for already
    /// is as near as can be.
    fn label_at(&self, time: i64) -> LabelId {
        let Around { before, after, is_asked } = self.timeline.around(time);
        if let (Some((_, before)), Some((_, after))) = (before, after)
            && before == after
        {
            return before;
        }
        let before = before.filter(|(seen, _)| !self.was_idle_between(*seen, time));
        let after = after.filter(|(seen, _)| !self.was_idle_between(time, *seen));
        if let Some((_, label)) = after.filter(|_| is_asked) {
            return label;
        }
        let distance = |(seen, _): &(i64, LabelId)| seen.abs_diff(time);
        let nearest = before.into_iter().chain(after).min_by_key(distance);
        nearest.map_or(UNLABELLED, |(_, label)| label)
    }

    fn was_idle_between(&self, from: i64, to: i64) -> bool {
        let next = self.idle.partition_point(|(_, end)| *end < from);
        self.idle.get(next).is_some_and(|(start, _)| *start <= to)
    }
}

#[cfg(test)]
mod tests {
    use Activity::{Idle, JavaScript, Native};

    use super::*;

    fn labels(timeline: &Timeline, samples: &[(Activity, i64)]) -> Vec<LabelId> {
        let attribution = Attribution::new(timeline, samples.iter().copied());
        attribution.labels(samples.iter().copied()).collect()
    }

    /// Observations: when it was asked for, when it was seen, which label.
    fn timeline(observations: &[(i64, i64, LabelId)]) -> Timeline {
        let mut timeline = Timeline::default();
        observations.iter().for_each(|(from, to, label)| timeline.observe(*from, *to, *label));
        timeline
    }

    #[test]
    fn the_nearer_of_two_that_differ() {
        let timeline = timeline(&[(0, 1, 1), (100, 101, 2)]);
        let samples = [(JavaScript, 0), (JavaScript, 49), (JavaScript, 60), (JavaScript, 200)];
        assert_eq!(labels(&timeline, &samples), [1, 1, 2, 2]);
    }

    #[test]
    fn a_long_native_call_belongs_to_whoever_it_returns_to() {
        // Asked for at 100, seen when the call returned at 900.
        let timeline = timeline(&[(0, 1, 1), (100, 900, 2)]);
        assert_eq!(labels(&timeline, &[(JavaScript, 110), (JavaScript, 500)]), [2, 2]);
    }

    #[test]
    fn idle_time_has_no_label_and_parts_what_is_around_it() {
        let timeline = timeline(&[(0, 1, 1), (200, 201, 2)]);
        let samples = [(JavaScript, 10), (Idle, 20), (Idle, 30), (JavaScript, 40)];
        assert_eq!(labels(&timeline, &samples), [1, 0, 0, 2]);
        let samples = [(JavaScript, 120), (Idle, 130), (Idle, 190), (JavaScript, 199)];
        assert_eq!(labels(&timeline, &samples), [1, 0, 0, 2]);
        // A short burst that nobody saw.
        let samples = [(Idle, 20), (JavaScript, 40), (Idle, 50)];
        assert_eq!(labels(&timeline, &samples), [0, 0, 0]);
    }

    #[test]
    fn native_code_is_labelled_in_the_middle_of_work_only() {
        let timeline = timeline(&[(0, 0, 1), (1_000, 1_000, 1)]);
        let samples = [
            (Native, 1),
            (JavaScript, 2),
            (Native, 3),
            (JavaScript, 4),
            (Native, 5),
            (Idle, 6),
            (Native, 7),
            (JavaScript, 8),
            (Native, 9),
        ];
        assert_eq!(labels(&timeline, &samples), [0, 1, 1, 1, 0, 0, 0, 1, 0]);
    }

    #[test]
    fn the_end_of_a_task_is_not_the_next_ones() {
        // Asked for in native code at the end of a task, seen in the next one.
        let timeline = timeline(&[(0, 1, 1), (100, 900, 2)]);
        let samples = [(JavaScript, 110), (Idle, 200), (Idle, 800), (JavaScript, 890)];
        assert_eq!(labels(&timeline, &samples), [1, 0, 0, 2]);
    }

    #[test]
    fn nothing_observed_is_no_label() {
        assert_eq!(labels(&Timeline::default(), &[(JavaScript, 5), (Native, 6)]), [0, 0]);
    }
}
