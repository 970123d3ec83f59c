//! The whole report.

use serde::Serialize;

use super::analysis::{Analysis, Timings};
use super::collections::CollectionRow;
use super::overview::Overview;
use super::suspect::Suspect;
use super::tables::{BigObject, ClassRow, DuplicateString};
use super::words;

/// What is told of a heap snapshot.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeapReport {
    /// `heapSnapshot`.
    pub kind: &'static str,
    /// The headline.
    pub verdict: String,
    /// The heap in a few numbers.
    pub overview: Overview,
    /// Most telling first; none in a healthy heap.
    pub suspects: Vec<Suspect>,
    /// Classes by retained size.
    pub classes: Vec<ClassRow>,
    /// Objects by retained size.
    pub objects: Vec<BigObject>,
    /// Strings by what their copies cost.
    pub duplicate_strings: Vec<DuplicateString>,
    /// Big collections.
    pub collections: Vec<CollectionRow>,
    /// Milliseconds by phase.
    #[serde(serialize_with = "as_map")]
    pub timings: Timings,
}

fn as_map<S: serde::Serializer>(timings: &Timings, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(timings.iter().copied())
}

/// Suspects that are told at most.
const MOST_SUSPECTS: usize = 8;

impl Analysis {
    /// Puts everything together; at most `top` rows a table.
    #[must_use]
    pub fn report(&self, top: usize) -> HeapReport {
        let started = std::time::Instant::now();
        let overview = self.overview();
        let mut suspects = self.suspects(&overview);
        suspects.truncate(MOST_SUSPECTS);
        let order = self.tree.order();
        let mut report = HeapReport {
            kind: "heapSnapshot",
            verdict: self.verdict(&suspects),
            classes: self.class_rows(order, 0, top),
            objects: self.biggest_objects(top),
            duplicate_strings: self.duplicate_strings(top),
            collections: self.collections(top),
            overview,
            suspects,
            timings: self.timings.clone(),
        };
        report.timings.push(("report", started.elapsed().as_secs_f64() * 1e3));
        report
    }

    fn verdict(&self, suspects: &[Suspect]) -> String {
        let Some((first, others)) = suspects.split_first() else {
            return format!(
                "No suspect: nothing stands out in {} of heap.",
                words::bytes(self.total_size())
            );
        };
        match others.len() {
            0 => first.sentence.clone(),
            1 => format!("{} One more suspect follows.", first.sentence),
            more => format!("{} {more} more suspects follow.", first.sentence),
        }
    }
}
