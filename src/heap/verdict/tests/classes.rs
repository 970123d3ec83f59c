//! Comparison by class and retaining path: of different processes, and with signatures.

use std::path::Path;

use super::super::diff::{HeapDiff, MatchedBy};
use super::heap::{At, GLOBAL, Heap, Rooms};
use super::{compared, compared_files, row, sentences};

/// As it would be in another process.
fn other() -> Heap {
    Heap::with_ids(500_001, 2)
}

fn files(older: &Path, newer: &Path) -> HeapDiff {
    compared_files(&[older, newer]).unwrap()
}

/// Each end as a snapshot and as a signature.
fn all_ways(older: &Heap, newer: &Heap) -> Vec<HeapDiff> {
    let snapshots = [older.file(), newer.file()];
    let signatures = [older.signature(), newer.signature()];
    let found = vec![
        files(snapshots[0].path(), snapshots[1].path()),
        files(signatures[0].path(), snapshots[1].path()),
        files(snapshots[0].path(), signatures[1].path()),
        files(signatures[0].path(), signatures[1].path()),
    ];
    assert!(found.iter().all(|diff| diff.matched_by == MatchedBy::Class));
    found
}

#[test]
fn rooms_grow_in_another_process() {
    let older = Rooms::new(Heap::new(), 100);
    let newer = Rooms::new(other(), 300);
    for diff in all_ways(&older.heap, &newer.heap) {
        let said = [
            "Room grew by 200 objects (+229.3 kB retained), held by Manager.rooms: global.manager.rooms[]. In them: 400 strings, 200 Map objects.",
        ];
        assert_eq!(sentences(&diff), said);
        let one = &diff.growing[0];
        assert_eq!((one.count_delta, one.size_delta, one.retained_delta), (200, 200_000, 234_800));
        assert_eq!(one.path_text, "global.manager.rooms[]");
        assert!(one.monotonic);
        let row = row(&diff, "Room");
        assert_eq!((row.added, row.removed, row.count_delta), (200, 0, 200));
        assert_eq!(
            (row.added_size, row.size_delta, row.retained_delta),
            (200_000, 200_000, 234_800)
        );
        assert_eq!((&row.counts[..], &row.sizes[..]), (&[100, 300][..], &[100_000, 300_000][..]));
        assert_eq!((diff.growth.total_size, diff.growth.objects), (234_800, 800));
    }
}

#[test]
fn only_a_snapshot_can_tell_the_holder() {
    let older = Rooms::new(Heap::new(), 100);
    let newer = Rooms::new(other(), 300);
    let holders: Vec<Option<u32>> = all_ways(&older.heap, &newer.heap)
        .iter()
        .map(|diff| diff.growing[0].holder.as_ref().map(|holder| holder.id))
        .collect();
    let list = Some(newer.heap.id(newer.list));
    assert_eq!(holders, [list, list, None, None]);
}

#[test]
fn fewer_objects_are_gone() {
    let older = Rooms::new(Heap::new(), 300);
    let newer = Rooms::new(other(), 100);
    for diff in all_ways(&older.heap, &newer.heap) {
        let row = row(&diff, "Room");
        assert_eq!((row.added, row.removed, row.count_delta), (0, 200, -200));
        assert_eq!((row.removed_size, row.size_delta), (200_000, -200_000));
        assert!(diff.growing.is_empty());
        assert!(
            diff.verdict
                .starts_with("No growth: no class of the program grew by more than 1.1 kB.")
        );
    }
}

/// One object of a class under `global.store`, in every file.
fn store(heap: Heap) -> (Heap, At) {
    let mut heap = heap;
    heap.object(GLOBAL, "rest", "Rest", 1_000_000);
    let store = heap.object(GLOBAL, "store", "Store", 2000);
    (heap, store)
}

#[test]
fn an_object_that_grows_is_told_by_its_path() {
    let (older, _) = store(Heap::new());
    let (mut newer, at) = store(other());
    newer.resize(at, 300_000);
    for diff in all_ways(&older, &newer) {
        let said = &sentences(&diff)[0];
        assert!(
            said.starts_with("1 Store object grew by 291.0 kB in all, not in number"),
            "{said}"
        );
        assert!(
            said.ends_with("global.store.") || said.ends_with("held by global.store."),
            "{said}"
        );
    }
}

#[test]
fn a_few_lists_are_not_what_grows_when_many_things_in_them_do() {
    let (older, _) = store(Heap::new());
    let (mut newer, at) = store(other());
    for name in ["a", "b"] {
        let list = newer.object(at, name, "Array", 100);
        for _ in 0..50 {
            newer.element(list, "Item", 5000);
        }
    }
    for diff in all_ways(&older, &newer) {
        let classes: Vec<&str> = diff.growing.iter().map(|one| &one.class_name[..]).collect();
        assert_eq!(classes, ["Item"]);
        assert_eq!(diff.growing[0].count_delta, 100);
    }
}

#[test]
fn what_grows_is_told_however_many_things_lead_to_it() {
    let (older, _) = store(Heap::new());
    let (mut newer, at) = store(other());
    // A service that was too small for a group of its own, its manager, a list of lists.
    let service = newer.object(at, "service", "Service", 100);
    let mut rooms = Rooms { list: service, manager: service, rooms: Vec::new(), heap: newer };
    rooms.manager = rooms.heap.object(service, "manager", "Manager", 64);
    let shards = rooms.heap.object(rooms.manager, "shards", "Map", 32);
    for _ in 0..3 {
        rooms.list = rooms.heap.element(shards, "Array", 32);
        rooms.open(100);
    }
    for diff in all_ways(&older, &rooms.heap) {
        let said = sentences(&diff);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("Room grew by 300 objects (+343.9 kB retained)"), "{said:?}");
        assert!(said[0].ends_with("In them: 600 strings, 300 Map objects."), "{said:?}");
        assert!(said[0].contains("global.store.service.manager.shards[]"), "{said:?}");
    }
}

#[test]
fn what_was_there_in_another_place_is_not_told_as_new() {
    let room = |heap: &mut Heap, at: At| {
        let room = heap.object(at, "x", "Room", 10_000);
        heap.object(room, "users", "Map", 100);
    };
    let (mut older, at) = store(Heap::new());
    for _ in 0..20 {
        room(&mut older, at);
    }
    // The same store, and more, by another way.
    let (mut newer, at) = store(other());
    let owner = newer.object(GLOBAL, "owner", "Owner", 10);
    newer.unlink(GLOBAL, at);
    newer.link(owner, "property", "store", at);
    for _ in 0..50 {
        room(&mut newer, at);
    }
    for diff in all_ways(&older, &newer) {
        let said = sentences(&diff);
        assert!(said[0].starts_with("Room grew by 30 objects (+295.9 kB retained)"), "{said:?}");
        assert!(said[0].ends_with("In them: 30 Map objects."), "{said:?}");
    }
}

#[test]
fn a_few_big_things_are_what_grows() {
    let (older, _) = store(Heap::new());
    let (mut newer, at) = store(other());
    for name in ["a", "b"] {
        let list = newer.object(at, name, "Page", 100);
        newer.object(list, "text", "Text", 100_000);
    }
    for diff in all_ways(&older, &newer) {
        let classes: Vec<&str> = diff.growing.iter().map(|one| &one.class_name[..]).collect();
        assert_eq!(classes, ["Page"]);
    }
}

#[test]
fn what_was_too_small_to_be_signed_is_not_told_as_new() {
    let (mut older, at) = store(Heap::new());
    older.object(at, "a", "Tiny", 100);
    older.object(at, "b", "Tiny", 100);
    let (mut newer, at) = store(other());
    for _ in 0..5 {
        newer.object(at, "x", "Tiny", 50_000);
    }
    for diff in all_ways(&older, &newer) {
        assert_eq!(diff.growing[0].count_delta, 3);
    }
}

#[test]
fn v8s_own_may_grow_more() {
    for (size, told) in [(900_000, 0), (1_200_000, 1)] {
        let (older, _) = store(Heap::new());
        let (mut newer, _) = store(other());
        let code = newer.add("code", "(code)", size);
        newer.link(GLOBAL, "internal", "code", code);
        for diff in all_ways(&older, &newer) {
            assert_eq!(diff.growing.len(), told, "{:?}", sentences(&diff));
        }
    }
}

/// Many classes, so that a signature leaves some out.
fn many(heap: Heap, classes: usize, size: u64) -> Heap {
    let mut heap = heap;
    for number in 0..classes {
        heap.object(GLOBAL, "x", &format!("Class{number:05}"), size + number as u64);
    }
    heap
}

#[test]
fn classes_that_a_signature_leaves_out_are_taken_together() {
    let older = many(Heap::new(), 3100, 10);
    let mut newer = many(other(), 3100, 10);
    newer.object(GLOBAL, "y", "Class00000", 10);
    newer.object(GLOBAL, "y", "Unheard", 77);
    let (older, newer) = (older.signature(), newer.file());
    let diff = files(older.path(), newer.path());
    let others = row(&diff, "(other classes)");
    // The root's class and 3,000 others are in the list; the smallest are not.
    assert_eq!(others.counts[1], others.counts[0] + 2);
    assert_eq!(others.sizes[1], others.sizes[0] + 87);
    assert_eq!(others.retained_delta, 0);
    assert!(diff.classes.iter().all(|row| row.name != "Unheard" && row.name != "Class00000"));
    assert_eq!(row(&diff, "Class03099").counts, [1, 1]);
}

/// Plain objects with the properties `names`, and one of a class.
fn plain(heap: &mut Heap, count: usize, names: &[&str]) {
    for _ in 0..count {
        let at = heap.object(GLOBAL, "x", "Object", 32);
        for name in names {
            heap.object(at, name, "Value", 8);
        }
    }
}

#[test]
fn plain_objects_are_named_as_in_the_newest_file() {
    let mut heap = Heap::new();
    plain(&mut heap, 10, &["id", "name"]);
    plain(&mut heap, 1, &["id", "name", "extra"]);
    plain(&mut heap, 10, &["other"]);
    let older = heap.clone();
    plain(&mut heap, 4, &["id", "name", "extra"]);
    let diff = compared(&[&older, &heap]);
    assert_eq!(diff.matched_by, MatchedBy::Id);
    // Alone it had too few equals for a name of its own; now it has one in both files.
    let row = row(&diff, "{id, name, extra}");
    assert_eq!((row.added, row.removed), (4, 0));
    assert_eq!(row.counts, [1, 5]);
    let unchanged = super::row(&diff, "{id, name}");
    assert_eq!((unchanged.added, unchanged.removed, &unchanged.counts[..]), (0, 0, &[10, 10][..]));
}

#[test]
fn a_shape_that_the_newest_file_does_not_name_is_a_plain_object() {
    let mut heap = Heap::new();
    plain(&mut heap, 3, &["gone"]);
    heap.remove(super::heap::GLOBAL + 1);
    heap.remove(super::heap::GLOBAL + 3);
    let newer = heap;
    let mut older = Heap::new();
    plain(&mut older, 3, &["gone"]);
    let diff = compared(&[&older, &newer]);
    assert_eq!(row(&diff, "Object").counts, [3, 1]);
    assert!(diff.classes.iter().all(|row| row.name != "{gone}"));
}
