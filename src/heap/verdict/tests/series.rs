//! More than two files.

use super::super::diff::MatchedBy;
use super::heap::{GLOBAL, Heap, Rooms};
use super::{compared, compared_files, row, sentences};

/// Heaps of one process with so many rooms.
fn heaps(counts: &[usize]) -> Vec<Heap> {
    let mut rooms = Rooms::new(Heap::new(), counts[0]);
    let mut found = vec![rooms.heap.clone()];
    for pair in counts.windows(2) {
        if pair[1] > pair[0] {
            rooms.open(pair[1] - pair[0]);
        } else {
            rooms.close(pair[0] - pair[1]);
        }
        found.push(rooms.heap.clone());
    }
    found
}

#[test]
fn growth_in_every_file_is_told() {
    let heaps = heaps(&[100, 200, 1300]);
    let diff = compared(&heaps.iter().collect::<Vec<_>>());
    assert_eq!(diff.matched_by, MatchedBy::Id);
    assert_eq!(diff.files.len(), 3);
    assert!(diff.files.windows(2).all(|pair| pair[0].total_size < pair[1].total_size));
    assert!(diff.growing[0].monotonic);
    let said = sentences(&diff)[0];
    assert!(said.ends_with(" More in every file: 100, 200, 1,300."), "{said}");
    let row = row(&diff, "Room");
    assert_eq!((&row.counts[..], row.added), (&[100, 200, 1300][..], 1200));
    assert_eq!(row.sizes, [100_000, 200_000, 1_300_000]);
}

#[test]
fn growth_with_a_step_back_is_told_apart() {
    let heaps = heaps(&[100, 400, 300]);
    let diff = compared(&heaps.iter().collect::<Vec<_>>());
    assert!(!diff.growing[0].monotonic);
    assert!(!sentences(&diff)[0].contains("More in every file"));
    assert_eq!(row(&diff, "Room").counts, [100, 400, 300]);
}

#[test]
fn a_file_between_may_be_a_signature_and_lack_classes() {
    let mut heaps = heaps(&[100, 200, 300]);
    for number in 0..3100 {
        heaps[1].object(GLOBAL, "x", &format!("Class{number}"), 2000);
    }
    for heap in &mut heaps {
        heap.object(GLOBAL, "x", "Tiny", 1);
    }
    let (first, second, third) = (heaps[0].file(), heaps[1].signature(), heaps[2].file());
    let diff = compared_files(&[first.path(), second.path(), third.path()]).unwrap();
    assert_eq!(diff.matched_by, MatchedBy::Id);
    assert_eq!(row(&diff, "Room").counts, [100, 200, 300]);
    assert_eq!(row(&diff, "Room").added, 200);
    let others = row(&diff, "(other classes)");
    assert!(diff.classes.iter().all(|row| row.name != "Tiny"));
    assert!(others.counts[1] > 100 && others.counts[0] >= 1);
}
