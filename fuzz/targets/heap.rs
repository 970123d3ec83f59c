//! Whatever the file: an answer or an error that tells what is wrong with it, no panic, no hang, memory
//! bounded by the size of the file. Run by `npm run fuzz`.

#![no_main]

use std::io::{Seek, Write};

use libfuzzer_sys::fuzz_target;
use rsprof::error::Error;
use rsprof::heap::graph::Control;
use rsprof::heap::verdict::listing::{ClassOrder, ClassQuery, OpenHeap, Window};
use rsprof::heap::verdict::{Analysis, diff};
use tempfile::NamedTempFile;

fuzz_target!(|text: &[u8]| {
    let file = saved(text);
    let control = Control::default();
    match Analysis::of(file.path(), &control, &()) {
        Ok(analysis) => {
            let report = analysis.report(5).expect("a report");
            assert_eq!(report.overview.total_size, analysis.total_size());
            let paths = [file.path().to_owned(), file.path().to_owned()];
            let same = diff::diff(&paths, 5, &control, &()).expect("a diff");
            assert_eq!(same.growth.total_size, 0, "a file does not grow beside itself");
            explore(&OpenHeap::from(analysis));
        }
        Err(Error::InvalidFile { offset, .. }) => {
            assert!(offset <= 1032 * text.len() as u64, "the offset is in the text");
        }
        Err(Error::Budget(_)) => {}
        Err(other) => panic!("{other}"),
    }
});

/// Opens the tree of dominators and the table of classes, a level deep.
fn explore(heap: &OpenHeap) {
    let window = Window { offset: 0, limit: 5 };
    for row in heap.dominators(None, window).expect("the root").rows {
        heap.dominators(Some(row.object.id), window).expect("an object of the file");
    }
    let query = ClassQuery { search: String::new(), order: ClassOrder::Name, window };
    for class in heap.classes(&query).rows {
        heap.objects(&class.name, window).expect("a class of the table");
    }
}

fn saved(text: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(text).expect("room for it");
    file.rewind().expect("a file");
    file
}
