//! Collections that grew from one file to the next.

use super::super::diff::{HeapDiff, MatchedBy};
use super::heap::{At, GLOBAL, Heap, Rooms};
use super::{compared, compared_files};

/// `kind path before → after` of each row.
fn rows(diff: &HeapDiff) -> Vec<String> {
    let row = |one: &super::super::diff::GrownCollection| {
        let before = one.entries_before.map_or("new".to_owned(), |before| before.to_string());
        let (kind, path, after) = (one.collection, &one.path_text, one.entries);
        format!("{kind} {path} {before} → {after} (+{})", one.entries_delta)
    };
    diff.collections.iter().map(row).collect()
}

#[test]
fn a_list_with_more_in_it_is_told_and_where_it_is() {
    let mut rooms = Rooms::new(Heap::new(), 100);
    let before = rooms.heap.clone();
    rooms.open(50);
    let diff = compared(&[&before, &rooms.heap]);
    assert_eq!(diff.matched_by, MatchedBy::Id);
    assert_eq!(rows(&diff), ["Array global.manager.rooms 100 → 150 (+50)"]);
    let one = &diff.collections[0];
    assert_eq!((one.object.id, one.retained_delta), (rooms.heap.id(rooms.list), 58_700));
}

#[test]
fn few_more_or_fewer_are_not_told() {
    let mut rooms = Rooms::new(Heap::new(), 100);
    let before = rooms.heap.clone();
    rooms.open(9);
    assert!(compared(&[&before, &rooms.heap]).collections.is_empty());
    assert!(compared(&[&rooms.heap, &before]).collections.is_empty());
    rooms.open(1);
    assert_eq!(compared(&[&before, &rooms.heap]).collections.len(), 1);
}

#[test]
fn a_list_that_was_copied_is_the_same_list() {
    let mut rooms = Rooms::new(Heap::new(), 100);
    let before = rooms.heap.clone();
    rooms.copy_list();
    rooms.open(200);
    let diff = compared(&[&before, &rooms.heap]);
    assert_eq!(rows(&diff), ["Array global.manager.rooms 100 → 300 (+200)"]);
}

#[test]
fn a_list_beside_one_that_stays_is_new() {
    let mut rooms = Rooms::new(Heap::new(), 100);
    let before = rooms.heap.clone();
    let more = rooms.heap.object(rooms.manager, "rooms", "Array", 2000);
    for _ in 0..20 {
        rooms.heap.element(more, "Room", 1000);
    }
    let diff = compared(&[&before, &rooms.heap]);
    assert_eq!(rows(&diff), ["Array global.manager.rooms new → 20 (+20)"]);
}

#[test]
fn in_another_process_it_is_told_by_its_place() {
    let older = Rooms::new(Heap::new(), 100);
    let newer = Rooms::new(Heap::with_ids(500_001, 2), 300);
    let diff = compared(&[&older.heap, &newer.heap]);
    assert_eq!(diff.matched_by, MatchedBy::Class);
    assert_eq!(rows(&diff), ["Array global.manager.rooms 100 → 300 (+200)"]);
    let signature = older.heap.signature();
    let newer = newer.heap.file();
    let diff = compared_files(&[signature.path(), newer.path()]).unwrap();
    assert!(diff.collections.is_empty(), "a signature does not hold them");
}

/// An entry of a table as V8 writes it: behind three counts and the buckets, `width` fields each.
fn entries(heap: &mut Heap, table: At, capacity: usize, width: usize, count: usize) {
    for number in 0..count {
        let key = heap.add("object", "Key", 100);
        let field = 3 + capacity / 2 + number * width;
        heap.link(table, "internal", &field.to_string(), key);
    }
}

#[test]
fn maps_sets_and_objects_used_as_maps_are_collections() {
    let mut heap = Heap::new();
    let map = heap.object(GLOBAL, "byName", "Map", 48 + (3 + 64 * 7 / 2) * 8);
    let table = heap.add("array", "", 0);
    heap.link(map, "internal", "table", table);
    entries(&mut heap, table, 64, 3, 10);
    let set = heap.object(GLOBAL, "seen", "Set", 48 + (3 + 64 * 5 / 2) * 8);
    let elements = heap.add("array", "", 0);
    heap.link(set, "internal", "table", elements);
    entries(&mut heap, elements, 64, 2, 5);
    let index = heap.object(GLOBAL, "index", "Object", 100);
    for number in 0..40 {
        heap.object(index, &format!("key{number}"), "Entry", 100);
    }
    let before = heap.clone();
    entries(&mut heap, table, 64, 3, 60);
    entries(&mut heap, elements, 64, 2, 45);
    for number in 40..140 {
        heap.object(index, &format!("key{number}"), "Entry", 100);
    }
    let diff = compared(&[&before, &heap]);
    let expected = [
        "Object global.index 40 → 140 (+100)",
        "Map global.byName 10 → 70 (+60)",
        "Set global.seen 5 → 50 (+45)",
    ];
    assert_eq!(rows(&diff), expected);
}

#[test]
fn the_parts_of_many_new_objects_are_not_told_one_by_one() {
    let mut heap = Heap::new();
    let list = heap.object(GLOBAL, "rooms", "Array", 100);
    let before = heap.clone();
    for _ in 0..50 {
        let room = heap.element(list, "Room", 100);
        let messages = heap.object(room, "messages", "Array", 100);
        for _ in 0..100 {
            heap.element(messages, "Message", 100);
        }
    }
    let diff = compared(&[&before, &heap]);
    assert_eq!(rows(&diff), ["Array global.rooms 0 → 50 (+50)"]);
}
