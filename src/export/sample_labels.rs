//! The labels of a profile's samples, under the key `rsprof`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::cpuprofile::write_list;
use crate::labels::{Activity, Attribution, LabelId, LabelRecord, UNLABELLED};

/// The nodes in which no JavaScript runs.
#[derive(Default)]
pub(super) struct Quiet {
    idle: Option<u32>,
    native: Option<u32>,
}

impl Quiet {
    /// Takes a node of the tree.
    pub(super) fn note(&mut self, function: &str, node: u32) {
        match function {
            "(idle)" => self.idle = Some(node),
            "(program)" => self.native = Some(node),
            _ => {}
        }
    }

    /// What the thread does in a node.
    pub(super) fn of(&self, node: u32) -> Activity {
        if self.idle == Some(node) {
            return Activity::Idle;
        }
        if self.native == Some(node) { Activity::Native } else { Activity::JavaScript }
    }
}

/// Writes the key, a comma before it; nothing where no sample has a label.
pub(super) fn write_labels<I: Iterator<Item = (Activity, i64)>>(
    out: &mut dyn Write,
    record: &LabelRecord,
    samples: impl Fn() -> I,
) -> io::Result<()> {
    // Our own JavaScript wrote it.
    let sets: Vec<BTreeMap<String, String>> = serde_json::from_str(&record.sets)?;
    let attribution = Attribution::new(&record.timeline, samples());
    let of_sample: Vec<LabelId> = attribution.labels(samples()).collect();
    let places = places(&of_sample, sets.len());
    let used = || sets.iter().zip(&places[1..]).filter(|(_, place)| **place >= 0);
    if used().next().is_none() {
        return Ok(());
    }
    out.write_all(b",\"rsprof\":{\"version\":1,\"labels\":[")?;
    for (number, (set, _)) in used().enumerate() {
        out.write_all(if number > 0 { b"," } else { b"" })?;
        serde_json::to_writer(&mut *out, set)?;
    }
    out.write_all(b"],\"labelSamples\":[")?;
    let place = |label: LabelId| places.get(label as usize).copied().unwrap_or(-1);
    write_list(out, of_sample.into_iter().map(place))?;
    out.write_all(b"]}")
}

/// Where each set stands among those that samples have, by its number; -1 for those that none has.
fn places(of_sample: &[LabelId], sets: usize) -> Vec<i64> {
    let mut places = vec![-1; sets + 1];
    for label in of_sample.iter().filter(|label| **label != UNLABELLED) {
        if let Some(place) = places.get_mut(*label as usize) {
            *place = 0;
        }
    }
    let used = places.iter_mut().filter(|place| **place == 0);
    used.zip(0..).for_each(|(place, number)| *place = number);
    places
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::labels::Timeline;

    fn written(
        sets: &Value,
        observations: &[(i64, LabelId)],
        samples: &[(Activity, i64)],
    ) -> String {
        let mut timeline = Timeline::default();
        observations.iter().for_each(|(time, label)| timeline.observe(*time, *time, *label));
        let record = LabelRecord { timeline, sets: sets.to_string() };
        let mut out = Vec::new();
        write_labels(&mut out, &record, || samples.iter().copied()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_sets_that_samples_have_are_written() {
        let sets = json!([{ "route": "a" }, { "route": "b" }, { "route": "\"c\"" }]);
        let samples = [
            (Activity::JavaScript, 1),
            (Activity::JavaScript, 10),
            (Activity::Idle, 11),
            (Activity::JavaScript, 12),
            (Activity::JavaScript, 20),
        ];
        let text = written(&sets, &[(1, 3), (10, 1), (12, 0), (20, 9)], &samples);
        let value: Value = serde_json::from_str(&format!("{{\"a\":0{text}}}")).unwrap();
        assert_eq!(
            value["rsprof"],
            json!({
                "version": 1,
                "labels": [{ "route": "a" }, { "route": "\"c\"" }],
                "labelSamples": [1, 0, -1, -1, -1],
            })
        );
    }

    #[test]
    fn no_label_no_key() {
        let samples = [(Activity::Idle, 1), (Activity::JavaScript, 2)];
        assert_eq!(written(&json!([{ "route": "a" }]), &[(0, 0), (3, 0)], &samples), "");
    }

    #[test]
    fn quiet_nodes_are_known_by_name() {
        let mut quiet = Quiet::default();
        quiet.note("(idle)", 3);
        quiet.note("(program)", 4);
        quiet.note("work", 5);
        let found = [3, 4, 5].map(|node| quiet.of(node));
        assert_eq!(found, [Activity::Idle, Activity::Native, Activity::JavaScript]);
    }
}
