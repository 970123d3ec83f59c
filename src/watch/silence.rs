//! How long an event loop has been silent, by a clock that stops with the process.
//!
//! A process that was stopped (SIGSTOP, a debugger, a frozen control group) or had no CPU has not been
//! stuck. The watching thread stood still, too: it sleeps longer than it wanted to. Such a sleep does not
//! count. While beats come the sleeps are long, and a stop inside of one is not seen; so the second half
//! of a threshold is looked at in short sleeps, in which a loop that is well has time to turn.

use std::time::Duration;

/// Looks in the second half of a threshold.
const LOOKS: u64 = 8;

/// The shortest sleep.
const LEAST_SLEEP: Duration = Duration::from_millis(5);

/// A sleep that is longer than it should be by less than this is only a busy machine.
const LEAST_SLACK: Duration = Duration::from_millis(100);

/// Times are microseconds on V8's clock.
pub(super) struct Silence {
    threshold: i64,
    /// Nothing before this counts.
    counted_from: i64,
}

/// What a look has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Sleep for so long, then look again.
    Fine(Duration),
    /// Less than a threshold, more than half of it.
    Doubtful(Duration),
    /// Silent for a threshold.
    Stuck,
}

impl Silence {
    pub(super) fn new(threshold: Duration, now: i64) -> Self {
        Self { threshold: micros(threshold), counted_from: now }
    }

    /// Silence before `now` does not count.
    pub(super) fn forgive(&mut self, now: i64) {
        self.counted_from = now;
    }

    /// From when on the loop is silent whose last beat was at `beat`.
    pub(super) fn since(&self, beat: i64) -> i64 {
        beat.max(self.counted_from)
    }

    /// The last beat was at `beat`; since the last look the thread wanted to sleep for `wanted` and did for
    /// `slept`.
    pub(super) fn look(&mut self, beat: i64, now: i64, wanted: Duration, slept: Duration) -> Look {
        if slept > wanted + self.slack() {
            self.forgive(now);
        }
        let silent = now - self.since(beat);
        let half = self.threshold / 2;
        match silent {
            _ if silent >= self.threshold => Look::Stuck,
            _ if silent >= half => Look::Doubtful(self.step()),
            _ => Look::Fine(duration(half - silent).max(LEAST_SLEEP)),
        }
    }

    fn step(&self) -> Duration {
        let step = duration(self.threshold) / 2 / u32::try_from(LOOKS).unwrap_or(1);
        step.max(LEAST_SLEEP)
    }

    fn slack(&self) -> Duration {
        (self.step() * 2).max(LEAST_SLACK)
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLD: Duration = Duration::from_millis(1600);

    /// A thread, a loop that beats at these times (ms), and sleeps that are longer than they should be from
    /// one time on until another: when it was found stuck.
    fn found(beats: &[i64], stops: &[(i64, i64)], until: i64) -> Option<i64> {
        let mut silence = Silence::new(THRESHOLD, 0);
        let (mut now, mut wanted) = (0, THRESHOLD / 2);
        while now < until {
            let mut end = now + micros(wanted) / 1000;
            if let Some((_, cont)) = stops.iter().find(|(stop, cont)| (*stop..*cont).contains(&end))
            {
                end = *cont;
            }
            let slept = duration((end - now) * 1000);
            now = end;
            let beat = beats.iter().rfind(|beat| **beat <= now).copied().unwrap_or(0);
            wanted = match silence.look(beat * 1000, now * 1000, wanted, slept) {
                Look::Fine(sleep) | Look::Doubtful(sleep) => sleep,
                Look::Stuck => return Some(now),
            };
        }
        None
    }

    #[test]
    fn a_loop_that_turns_is_fine() {
        let beats: Vec<i64> = (0..100).map(|turn| turn * 400).collect();
        assert_eq!(found(&beats, &[], 40_000), None);
    }

    #[test]
    fn a_loop_that_does_not_is_found_soon_after_the_threshold() {
        let at = found(&[0, 400, 800], &[], 10_000);
        assert!(at.is_some_and(|at| (2400..=2500).contains(&at)), "{at:?}");
    }

    #[test]
    fn a_stopped_process_is_not_stuck() {
        // Beats again 10 ms after it goes on, whenever it was stopped.
        for stop in (0..2000).step_by(7) {
            for length in [100, 700, 1500, 1700, 5000] {
                let cont = stop + length;
                let turns = (0..1000).map(|turn| turn * 400);
                let beats: Vec<i64> = turns
                    .map(|at| if (stop..cont + 10).contains(&at) { cont + 10 } else { at })
                    .collect();
                assert_eq!(found(&beats, &[(stop, cont)], 20_000), None, "{stop} to {cont}");
            }
        }
    }

    #[test]
    fn a_loop_that_is_stuck_after_a_stop_is_found_later() {
        let at = found(&[0], &[(500, 6_000)], 20_000);
        assert!(at.is_some_and(|at| (7600..=7800).contains(&at)), "{at:?}");
    }
}
