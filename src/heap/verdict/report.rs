//! The whole report.

use serde::Serialize;

use super::analysis::{Analysis, Timings};
use super::collections::CollectionRow;
use super::overview::Overview;
use super::suspect::Suspect;
use super::tables::{BigObject, ClassRow, DuplicateString};
use super::words;
use crate::error::Result;
use crate::heap::parallel::both;

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
    /// What is biggest.
    #[serde(flatten)]
    pub tables: Tables,
    /// Milliseconds by phase.
    #[serde(serialize_with = "as_map")]
    pub timings: Timings,
}

/// What is biggest, each kind of thing by itself.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tables {
    /// Classes by retained size.
    pub classes: Vec<ClassRow>,
    /// Objects by retained size.
    pub objects: Vec<BigObject>,
    /// Strings by what their copies cost.
    pub duplicate_strings: Vec<DuplicateString>,
    /// Big collections.
    pub collections: Vec<CollectionRow>,
}

fn as_map<S: serde::Serializer>(
    timings: &Timings,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(timings.iter().copied())
}

/// Suspects that are told at most.
const MOST_SUSPECTS: usize = 8;

impl Analysis {
    /// Puts everything together; at most `top` rows a table.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] where the system gives no thread.
    pub fn report(&self, top: usize) -> Result<HeapReport> {
        let started = std::time::Instant::now();
        let told = || {
            let overview = self.overview();
            let mut suspects = self.suspects(&overview);
            suspects.truncate(MOST_SUSPECTS);
            (overview, suspects)
        };
        let ((overview, suspects), tables) = both(told, || self.tables(top))?;
        let mut timings = self.timings.clone();
        timings.push(("report", started.elapsed().as_secs_f64() * 1e3));
        Ok(HeapReport {
            kind: "heapSnapshot",
            verdict: self.verdict(&suspects),
            overview,
            suspects,
            tables,
            timings,
        })
    }

    fn tables(&self, top: usize) -> Tables {
        Tables {
            classes: self.class_rows(self.tree.order(), 0, top),
            objects: self.biggest_objects(top),
            duplicate_strings: self.duplicate_strings(top),
            collections: self.collections(top),
        }
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
