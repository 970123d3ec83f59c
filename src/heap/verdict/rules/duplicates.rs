//! The same texts over and over.

use super::Hit;
use crate::heap::verdict::analysis::Analysis;
use crate::heap::verdict::names::cut;
use crate::heap::verdict::suspect::Diagnosis;
use crate::heap::verdict::suspects::Candidate;
use crate::heap::verdict::words;

const MUCH: u64 = 5 << 20;
const MUCH_SHARE: f64 = 0.2;

/// Texts that are looked at: what few of them waste is told, more would be noise.
const TEXTS: usize = 1000;

impl Analysis {
    pub(super) fn duplicates(&self) -> Option<Hit> {
        let rows = self.duplicate_strings(TEXTS);
        let wasted: u64 = rows.iter().map(|row| row.wasted).sum();
        if wasted < MUCH || self.share_of(wasted) < MUCH_SHARE {
            return None;
        }
        let count: u64 = rows.iter().map(|row| row.count).sum();
        let first = rows.first()?;
        let sentence = format!(
            "{} strings are copies of {} texts and waste {} of the heap ({}); one of them {} times: \"{}\".",
            words::count(count),
            words::count(rows.len() as u64),
            words::percent(self.share_of(wasted)),
            words::bytes(wasted),
            words::count(first.count),
            cut(&first.text.replace(['\n', '\r'], " "), 60),
        );
        let diagnosis = Diagnosis {
            rule: "duplicate-strings",
            sentence: Some(sentence),
            explanation: "JSON.parse, network and file reads make a new string each time, even for a text that is there already.".to_owned(),
            advice: "Keep one copy of what repeats (a Map from text to itself), or do not keep the parsed answers.".to_owned(),
        };
        let candidate = Candidate {
            object: None,
            point: None,
            class: self.classes.find("(string)"),
            count,
            retained: wasted,
            chain: false,
        };
        Some(Hit { candidate, diagnosis, covers: Vec::new() })
    }
}
