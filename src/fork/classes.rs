//! The child's work on a class histogram.

use std::io::{self, BufWriter, Write};

use super::child::Work;
use super::report::{CountedClasses, Product};
use super::task::{ClassTask, Done, timed};
use crate::capture::skim;
use crate::error::{Error, Result};
use crate::heap::{ClassCounts, NAME_BYTES, SnapshotStream, StreamOptions};
use crate::sink::DigestWriter;
use crate::v8::{ClassQuery, HeapProfiler, QueryLimits, SnapshotOptions};

/// Classes that are counted by name; more come from programs that make classes without end.
const LIMITS: QueryLimits = QueryLimits { classes: 100_000, name_bytes: NAME_BYTES };
/// Classes named in the report.
const TOP_CLASSES: usize = 50;

/// Counts, and writes the document.
pub(super) fn write(
    profiler: &HeapProfiler,
    task: &ClassTask,
    work: &Work,
    at_peak: &mut dyn FnMut(),
) -> Result<Done> {
    let (counts, v8) = timed(|| match &task.query {
        Some(query) => ask(query, at_peak),
        None => census(profiler),
    })?;
    let (counted, write) = timed(|| {
        let counted = document(&counts, &task.head, &work.output);
        let counted = counted.map_err(Error::io("writing the class histogram"))?;
        work.sync()?;
        Ok(counted)
    })?;
    Ok(Done { product: Product::Classes(counted), v8, write })
}

fn ask(query: &ClassQuery, at_peak: &mut dyn FnMut()) -> Result<ClassCounts> {
    let found = query.count(LIMITS, at_peak)?;
    Ok(ClassCounts::new(found.named, found.others))
}

/// By a heap snapshot whose bytes are counted and dropped.
fn census(profiler: &HeapProfiler) -> Result<ClassCounts> {
    let mut snapshot = profiler.take_snapshot(SnapshotOptions::default())?;
    let reader = snapshot.reader();
    let mut reader = reader.ok_or_else(|| Error::Internal("the snapshot has a reader".into()))?;
    let options = StreamOptions { redact: None, top_classes: LIMITS.classes };
    let stream = skim(&mut reader, SnapshotStream::new(options))?;
    let classes = stream.finish(&mut io::sink())?.top_classes.into_iter();
    let objects = classes.filter(|class| is_class(&class.name));
    Ok(ClassCounts::new(objects.map(|class| (class.name, class.count)), 0))
}

/// Whether a name of a snapshot is that of a class: what V8 and Node have beside objects is called
/// `(string)`, `system / Context` and the like.
fn is_class(name: &str) -> bool {
    !name.starts_with('(') && !name.contains(" / ")
}

fn document(counts: &ClassCounts, head: &str, out: impl Write) -> io::Result<CountedClasses> {
    let mut out = BufWriter::new(DigestWriter::new(out));
    counts.write(head, &mut out)?;
    let (_, digest) = out.into_inner().map_err(io::IntoInnerError::into_error)?.finish();
    Ok(CountedClasses {
        digest,
        object_count: counts.object_count(),
        class_count: counts.class_count(),
        top: counts.top(TOP_CLASSES).to_vec(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_told_from_what_else_is_on_a_heap() {
        for (name, is) in [("Room", true), ("(array)", false), ("system / Context", false)] {
            assert_eq!(is_class(name), is, "{name}");
        }
    }

    #[test]
    fn the_report_has_the_largest_and_the_digest_of_all() {
        let named = (1..=60_u64).map(|at| (format!("Class {at}"), at));
        let counts = ClassCounts::new(named, 5);
        let mut file = Vec::new();
        let counted = document(&counts, "{}", &mut file).unwrap();
        assert_eq!(counted.digest.bytes, file.len() as u64);
        assert_eq!((counted.object_count, counted.class_count), (60 * 61 / 2 + 5, 60));
        assert_eq!(counted.top.len(), TOP_CLASSES);
        assert_eq!((counted.top[0].count, counted.top[49].count), (60, 11));
    }
}
