//! Objects matched by id, against a slow way with sets.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::diff::MatchedBy;
use super::heap::{GLOBAL, Heap, Rooms};
use super::{compared, row};

#[test]
fn new_gone_and_kept_objects_are_told_apart() {
    let mut rooms = Rooms::new(Heap::new(), 100);
    let before = rooms.heap.clone();
    rooms.close(30);
    rooms.open(50);
    let diff = compared(&[&before, &rooms.heap]);
    assert_eq!(diff.matched_by, MatchedBy::Id);
    let row = row(&diff, "Room");
    assert_eq!((row.added, row.removed, row.count_delta), (50, 30, 20));
    assert_eq!((row.added_size, row.removed_size, row.size_delta), (50_000, 30_000, 20_000));
    assert_eq!(row.retained_delta, 20 * 1174);
    assert_eq!((&row.counts[..], &row.sizes[..]), (&[100, 120][..], &[100_000, 120_000][..]));
    assert_eq!((diff.growth.total_size, diff.growth.objects), (20 * 1174, 80));
    let sizes: Vec<u64> = diff.files.iter().map(|file| file.total_size).collect();
    assert_eq!(sizes, [117_536, 117_536 + 20 * 1174]);
}

#[test]
fn an_object_that_changes_its_class_is_gone_and_new() {
    let mut heap = Rooms::new(Heap::new(), 20).heap;
    let thing = heap.object(GLOBAL, "thing", "Young", 10);
    let before = heap.clone();
    heap.rename(thing, "Old");
    heap.resize(thing, 12);
    let diff = compared(&[&before, &heap]);
    let (young, old) = (row(&diff, "Young"), row(&diff, "Old"));
    assert_eq!((young.added, young.removed, young.removed_size), (0, 1, 10));
    assert_eq!((old.added, old.removed, old.added_size), (1, 0, 12));
    assert_eq!(young.counts, [1, 0]);
}

#[test]
fn growth_of_an_object_is_neither_new_nor_gone() {
    let mut heap = Heap::new();
    let thing = heap.object(GLOBAL, "thing", "Thing", 10);
    let before = heap.clone();
    heap.resize(thing, 5000);
    let diff = compared(&[&before, &heap]);
    let row = row(&diff, "Thing");
    assert_eq!((row.added, row.removed, row.size_delta), (0, 0, 0));
    assert_eq!((&row.sizes[..], row.retained_delta), (&[10, 5000][..], 4990));
}

#[test]
fn an_embedders_even_ids_match_nothing() {
    let mut heap = Rooms::new(Heap::new(), 20).heap;
    let native = heap.add("native", "Node / Environment", 10);
    heap.link(GLOBAL, "internal", "env", native);
    heap.set_id(native, 5000);
    let diff = compared(&[&heap, &heap]);
    assert_eq!(diff.matched_by, MatchedBy::Id);
    let row = row(&diff, "Node / Environment");
    assert_eq!((row.added, row.removed, row.count_delta), (1, 1, 0));
}

#[test]
fn what_has_no_size_of_its_own_is_not_counted() {
    let mut heap = Rooms::new(Heap::new(), 20).heap;
    let before = heap.clone();
    let thing = heap.object(GLOBAL, "thing", "Thing", 0);
    let elements = heap.add("array", "", 0);
    heap.link(thing, "internal", "elements", elements);
    let diff = compared(&[&before, &heap]);
    assert!(diff.classes.iter().all(|row| row.name != "Thing" && row.name != "(array)"));
}

#[test]
fn ids_that_are_far_apart_match_too() {
    let mut rooms = Rooms::new(Heap::with_ids(7_000_001, 100_000), 100);
    let before = rooms.heap.clone();
    rooms.close(30);
    rooms.open(50);
    let diff = compared(&[&before, &rooms.heap]);
    let row = row(&diff, "Room");
    assert_eq!((diff.matched_by, row.added, row.removed), (MatchedBy::Id, 50, 30));
}

#[test]
fn two_runs_of_a_program_are_not_one_process() {
    let older = Rooms::new(Heap::new(), 100).heap;
    // A few objects more at the beginning: from there on the ids say nothing.
    let mut heap = Heap::new();
    heap.object(GLOBAL, "more", "More", 8);
    let newer = Rooms::new(heap, 100).heap;
    let diff = compared(&[&older, &newer]);
    assert_eq!(diff.matched_by, MatchedBy::Class);
    let row = row(&diff, "Room");
    assert_eq!((row.added, row.removed), (0, 0));
}

#[test]
fn no_common_id_is_no_common_process() {
    let older = Rooms::new(Heap::with_ids(1, 2), 10).heap;
    let newer = Rooms::new(Heap::with_ids(900_001, 2), 10).heap;
    assert_eq!(compared(&[&older, &newer]).matched_by, MatchedBy::Class);
}

#[test]
fn an_id_that_is_there_twice_is_no_panic() {
    let mut heap = Rooms::new(Heap::new(), 10).heap;
    let before = heap.clone();
    for _ in 0..5 {
        let again = heap.object(GLOBAL, "again", "Manager", 64);
        heap.set_id(again, 7);
    }
    let diff = compared(&[&before, &heap]);
    let row = row(&diff, "Manager");
    assert_eq!((row.removed, row.counts[1]), (0, 6));
}

/// Id, class and size of objects.
type Objects = BTreeMap<u32, (usize, u64)>;

const CLASSES: [&str; 4] = ["A", "B", "C", "D"];

fn heap_of(objects: &Objects) -> Heap {
    let mut heap = Heap::new();
    // Enough that is the same for the ids to be trusted.
    for number in 0..400 {
        let same = heap.object(GLOBAL, "same", "Same", 8);
        heap.set_id(same, 10_001 + 2 * number);
    }
    for (id, (class, size)) in objects {
        let at = heap.object(GLOBAL, "x", CLASSES[*class], *size);
        heap.set_id(at, *id);
    }
    heap
}

/// Count and bytes of the objects of a class that have no match.
fn unmatched(these: &Objects, those: &Objects, class: usize) -> (u64, u64) {
    let key = |(id, (class, size)): (&u32, &(usize, u64))| (*size > 0).then_some((*id, *class));
    let known: BTreeSet<_> = those.iter().filter_map(key).filter(|(id, _)| id % 2 == 1).collect();
    let left = these
        .iter()
        .filter(|(id, (one, size))| *one == class && *size > 0 && !known.contains(&(**id, *one)));
    left.fold((0, 0), |(count, bytes), (_, (_, size))| (count + 1, bytes + size))
}

fn objects() -> impl Strategy<Value = Objects> {
    proptest::collection::btree_map(1001_u32..1060, (0..CLASSES.len(), 0_u64..50), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn tables_are_those_of_the_slow_way(older in objects(), newer in objects()) {
        let diff = compared(&[&heap_of(&older), &heap_of(&newer)]);
        prop_assert_eq!(diff.matched_by, MatchedBy::Id);
        for (class, name) in CLASSES.iter().enumerate() {
            let added = unmatched(&newer, &older, class);
            let removed = unmatched(&older, &newer, class);
            let found = diff.classes.iter().find(|row| row.name == *name);
            let found = found.map_or(((0, 0), (0, 0)), |row| {
                ((row.added, row.added_size), (row.removed, row.removed_size))
            });
            prop_assert_eq!(found, (added, removed), "class {}", name);
        }
    }
}
