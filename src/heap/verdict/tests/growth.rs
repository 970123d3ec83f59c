//! What grows within a process, and where it is held.

use super::super::diff::{HeapDiff, MatchedBy};
use super::heap::{At, GC_ROOTS, GLOBAL, Heap, Rooms};
use super::{compared, sentences};

/// A heap of 10 MB, of which nothing grows by itself.
fn still() -> Heap {
    let mut heap = Heap::new();
    for _ in 0..100 {
        heap.object(GLOBAL, "still", "Still", 100_000);
    }
    heap
}

/// The comparison of a heap before and after `grow`.
fn grown(heap: &Heap, grow: impl FnOnce(&mut Heap)) -> HeapDiff {
    let mut newer = heap.clone();
    grow(&mut newer);
    let diff = compared(&[heap, &newer]);
    assert_eq!(diff.matched_by, MatchedBy::Id);
    diff
}

fn holder(diff: &HeapDiff) -> Option<u32> {
    diff.growing[0].holder.as_ref().map(|holder| holder.id)
}

#[test]
fn rooms_grow_and_what_is_in_them_is_mentioned() {
    let mut rooms = Rooms::new(still(), 100);
    let before = rooms.heap.clone();
    rooms.close(50);
    rooms.open(250);
    let diff = compared(&[&before, &rooms.heap]);
    assert_eq!(
        sentences(&diff),
        [
            "Room grew by 200 objects (+229.3 kB retained), held by Manager.rooms: global.manager.rooms[]. \
          In the 250 new ones: 500 strings, 250 Map objects."
        ]
    );
    let one = &diff.growing[0];
    assert_eq!((&one.class_name[..], one.count_delta, one.retained_delta), ("Room", 200, 234_800));
    assert_eq!(holder(&diff), Some(rooms.heap.id(rooms.list)));
    assert_eq!(one.path.len(), 3);
    assert_eq!(diff.verdict, format!("{} The heap went from 9.6 MB to 9.9 MB.", one.sentence));
}

#[test]
fn a_copied_list_is_not_what_grows() {
    let mut rooms = Rooms::new(still(), 100);
    let before = rooms.heap.clone();
    rooms.copy_list();
    rooms.open(200);
    // More lists elsewhere: the class grows in number.
    for _ in 0..3 {
        rooms.heap.object(GLOBAL, "list", "Array", 100);
    }
    let diff = compared(&[&before, &rooms.heap]);
    assert_eq!(diff.growing.len(), 1, "{:?}", sentences(&diff));
    assert_eq!(diff.growing[0].class_name, "Room");
    assert_eq!(holder(&diff), Some(rooms.heap.id(rooms.list)));
}

#[test]
fn what_is_replaced_does_not_grow() {
    let mut rooms = Rooms::new(still(), 200);
    let before = rooms.heap.clone();
    rooms.close(200);
    rooms.open(200);
    let diff = compared(&[&before, &rooms.heap]);
    assert!(diff.growing.is_empty());
    assert_eq!(
        diff.verdict,
        "No growth: no class of the program grew by more than 97.7 kB. \
         The heap went from 9.8 MB to 9.8 MB."
    );
}

#[test]
fn growth_is_told_from_a_hundredth_of_a_small_heap_on() {
    let mut heap = Heap::new();
    heap.object(GLOBAL, "all", "All", 1_000_000);
    for (size, told) in [(5000, 0), (20_000, 1)] {
        let diff = grown(&heap, |heap| {
            heap.object(GLOBAL, "more", "More", size);
        });
        assert_eq!(diff.growing.len(), told);
    }
    let large = still();
    for (size, told) in [(100_000, 0), (100_001, 1)] {
        let diff = grown(&large, |heap| {
            heap.object(GLOBAL, "more", "More", size);
        });
        assert_eq!(diff.growing.len(), told);
    }
}

#[test]
fn code_that_v8_compiles_is_told_from_a_megabyte_on() {
    for (size, told) in [(1_000_000, 0), (1_100_000, 1)] {
        let diff = grown(&still(), |heap| {
            let code = heap.add("code", "(code)", size);
            heap.link(GLOBAL, "internal", "code", code);
        });
        assert_eq!(diff.growing.len(), told);
    }
}

/// A chain whose newest link comes first.
fn chain(heap: &mut Heap, links: usize) {
    let mut next = None;
    for _ in 0..links {
        let link = heap.add("object", "Link", 100);
        let text = heap.string(link, "text", "long", 2000);
        assert!(text > link);
        if let Some(next) = next {
            heap.link(link, "property", "next", next);
        }
        next = Some(link);
    }
    heap.link(GLOBAL, "property", "head", next.unwrap());
}

#[test]
fn a_chain_is_told_as_a_whole() {
    let diff = grown(&still(), |heap| chain(heap, 100));
    assert_eq!(
        sentences(&diff),
        [
            "Link grew by 100 objects (+205.1 kB retained), held by global.head. In them: 100 strings."
        ]
    );
}

#[test]
fn a_stray_object_does_not_hide_a_chain() {
    let diff = grown(&still(), |heap| {
        heap.object(GLOBAL, "stray", "Link", 100);
        chain(heap, 100);
    });
    assert_eq!(diff.growing.len(), 1);
    assert!(sentences(&diff)[0].contains("held by global.head"), "{:?}", sentences(&diff));
}

#[test]
fn a_deep_chain_is_no_overflow() {
    let diff = grown(&still(), |heap| chain(heap, 100_000));
    assert_eq!(diff.growing[0].count_delta, 100_000);
    assert_eq!(diff.growing[0].path_text, "global.head");
}

#[test]
fn one_big_thing_is_told_with_its_owner() {
    let diff = grown(&still(), |heap| {
        let buffer = heap.object(GLOBAL, "upload", "Buffer", 96);
        let memory = heap.object(buffer, "buffer", "ArrayBuffer", 88);
        let data = heap.add("native", "system / JSArrayBufferData", 5_000_000);
        heap.link(memory, "internal", "backing_store", data);
    });
    assert_eq!(diff.growing.len(), 1);
    assert_eq!(diff.growing[0].class_name, "Buffer");
    assert!(
        sentences(&diff)[0]
            .starts_with("Buffer grew by 1 object (+4.8 MB retained), held by global")
    );
}

#[test]
fn objects_under_names_of_their_own_are_told_as_such() {
    let mut heap = still();
    let sessions = heap.object(GLOBAL, "sessions", "Object", 100);
    let diff = grown(&heap, |heap| {
        for number in 0..200 {
            heap.object(sessions, &format!("session-{number}"), "Session", 1000);
        }
    });
    assert_eq!(diff.growing[0].path_text, "global.sessions[…]");
    assert_eq!(holder(&diff), Some(heap.id(sessions)));
}

#[test]
fn the_values_of_a_map_are_held_by_the_map() {
    let mut heap = still();
    let map = heap.object(GLOBAL, "cache", "Map", 100);
    let old = heap.add("array", "", 100);
    heap.link(map, "internal", "table", old);
    let diff = grown(&heap, |heap| {
        heap.remove(old);
        let table = heap.add("array", "", 200_000);
        heap.link(map, "internal", "table", table);
        for _ in 0..200 {
            let entry = heap.add("object", "Entry", 1000);
            heap.link(table, "internal", "17", entry);
        }
    });
    // That the map's table is bigger too needs no words.
    assert_eq!(
        sentences(&diff),
        ["Entry grew by 200 objects (+195.3 kB retained), held by global.cache[…]."]
    );
    assert_eq!(holder(&diff), Some(heap.id(map)));
}

#[test]
fn an_array_that_grows_by_itself_is_told() {
    let mut heap = still();
    let list = heap.object(GLOBAL, "numbers", "Array", 1000);
    heap.object(GLOBAL, "other", "Array", 1000);
    let diff = grown(&heap, |heap| heap.resize(list, 1_000_000));
    let id = heap.id(list);
    assert_eq!(
        sentences(&diff),
        [format!("Array @{id} itself grew by 975.6 kB, held by global.numbers.")]
    );
    let one = &diff.growing[0];
    assert_eq!((one.count_delta, one.size_delta, one.retained_delta), (0, 999_000, 999_000));
}

#[test]
fn several_arrays_that_grow_are_told_together() {
    let mut heap = still();
    let owner = heap.object(GLOBAL, "owner", "Owner", 1000);
    let lists: Vec<At> = (0..4).map(|_| heap.object(owner, "list", "Array", 1000)).collect();
    let diff = grown(&heap, |heap| {
        for list in &lists {
            heap.resize(*list, 100_000);
        }
    });
    let said = &sentences(&diff)[0];
    assert!(
        said.starts_with("4 Array objects grew by 386.7 kB in all, not in number, held by Owner"),
        "{said}"
    );
    assert_eq!(holder(&diff), Some(heap.id(owner)));
}

#[test]
fn what_is_held_here_and_there_has_no_holder() {
    let mut heap = still();
    let rooms: Vec<At> = (0..300).map(|_| heap.object(GLOBAL, "room", "Room", 100)).collect();
    let diff = grown(&heap, |heap| {
        for room in &rooms {
            heap.object(*room, "socket", "Socket", 1000);
        }
    });
    let said = &sentences(&diff)[0];
    assert!(
        said.contains(", each held by another object, most as Room.socket: global.room.socket."),
        "{said}"
    );
    assert_eq!(holder(&diff), None);
    assert_eq!(diff.growing[0].path.len(), 3);
}

#[test]
fn four_fifths_make_a_holder() {
    for (elsewhere, is_held) in [(19, true), (21, false)] {
        let mut heap = still();
        let list = heap.object(GLOBAL, "list", "Array", 100);
        let rooms: Vec<At> =
            (0..elsewhere).map(|_| heap.object(GLOBAL, "r", "Room", 100)).collect();
        let diff = grown(&heap, |heap| {
            for room in &rooms {
                heap.object(*room, "item", "Item", 2000);
            }
            for _ in elsewhere..100 {
                heap.element(list, "Item", 2000);
            }
        });
        let expected = is_held.then_some(heap.id(list));
        assert_eq!(holder(&diff), expected, "{elsewhere}");
    }
}

#[test]
fn what_hangs_on_the_global_object_at_once_is_held_by_it() {
    let heap = still();
    let diff = grown(&heap, |heap| {
        for number in 0..200 {
            heap.object(GLOBAL, &format!("leak{number}"), "Leak", 1000);
        }
    });
    assert_eq!(holder(&diff), Some(heap.id(GLOBAL)));
    assert_eq!(diff.growing[0].path_text, "global[…]");
}

#[test]
fn what_only_v8_holds_has_no_holder() {
    let diff = grown(&still(), |heap| {
        for _ in 0..200 {
            let handle = heap.add("object", "Handle", 1000);
            heap.link(GC_ROOTS, "element", "1", handle);
        }
    });
    assert_eq!(holder(&diff), None);
}

#[test]
fn objects_that_moved_below_a_new_one_are_not_counted_as_growth() {
    let mut rooms = Rooms::new(still(), 500);
    let before = rooms.heap.clone();
    // A new owner of everything that was there.
    let archive = rooms.heap.object(GLOBAL, "archive", "Archive", 1000);
    rooms.heap.link(archive, "property", "manager", rooms.manager);
    rooms.heap.unlink(GLOBAL, rooms.manager);
    let diff = compared(&[&before, &rooms.heap]);
    assert!(diff.growing.is_empty(), "{:?}", sentences(&diff));
}

#[test]
fn most_comes_first_and_lists_are_cut() {
    let heap = still();
    let mut newer = heap.clone();
    for (class, size) in [("Less", 200_000), ("More", 300_000), ("Least", 150_000)] {
        for _ in 0..2 {
            newer.object(GLOBAL, class, class, size);
        }
    }
    let diff = compared(&[&heap, &newer]);
    let classes: Vec<&str> = diff.growing.iter().map(|one| &one.class_name[..]).collect();
    assert_eq!(classes, ["More", "Less", "Least"]);
    assert!(diff.verdict.contains(" 2 more classes grow. The heap went"), "{}", diff.verdict);
    let names: Vec<&str> = diff.classes.iter().map(|row| &row.name[..]).collect();
    assert_eq!(names, ["More", "Less", "Least", "Still", "global"]);
    let files = [heap.file(), newer.file()];
    let paths = [files[0].path().to_owned(), files[1].path().to_owned()];
    let cut = super::super::diff::diff(&paths, 1, &crate::heap::graph::Control::default(), &());
    let cut = cut.unwrap();
    assert_eq!((cut.classes.len(), cut.growing.len()), (1, 1));
    assert_eq!(cut.verdict, diff.verdict);
}

#[test]
fn the_shape_is_that_of_the_contract() {
    let diff = grown(&still(), |heap| chain(heap, 100));
    let json = serde_json::to_value(&diff).unwrap();
    let keys = |value: &serde_json::Value| {
        value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(keys(&json), "classes collections files growing growth kind matchedBy verdict");
    assert_eq!((&json["kind"], &json["matchedBy"]), (&"heapDiff".into(), &"id".into()));
    assert_eq!(keys(&json["files"][0]), "objects path totalSize");
    assert_eq!(keys(&json["growth"]), "objects totalSize");
    assert_eq!(
        keys(&json["classes"][0]),
        "added addedSize countDelta counts name removed removedSize retainedDelta sizeDelta sizes"
    );
    assert_eq!(
        keys(&json["growing"][0]),
        "className countDelta holder monotonic path pathText retainedDelta sentence sizeDelta"
    );
    let mut rooms = Rooms::new(Heap::new(), 100);
    let before = rooms.heap.clone();
    rooms.open(50);
    let json = serde_json::to_value(compared(&[&before, &rooms.heap])).unwrap();
    assert_eq!(
        keys(&json["collections"][0]),
        "collection entries entriesBefore entriesDelta object pathText retainedDelta"
    );
}
