//! One object from all sides.

use super::super::inspect::{HeapInspection, inspect};
use super::analysis;
use super::heap::{At, GC_ROOTS, GLOBAL, Heap, ROOT};

fn inspected(heap: &Heap, at: At, limit: usize) -> HeapInspection {
    inspect(&analysis(heap), heap.id(at), limit).unwrap()
}

/// A cache that refers to everything in every way, with two retainers that count and one that does not.
fn cache() -> (Heap, At) {
    let mut heap = Heap::new();
    let cache = heap.object(GLOBAL, "cache", "Cache", 100);
    let map = heap.add("hidden", "system / Map", 8);
    heap.link(cache, "weak", "key", map);
    heap.link(cache, "internal", "map", map);
    let small = heap.element(cache, "Entry", 10);
    let big = heap.element(cache, "Entry", 30);
    heap.string(big, "text", "long", 1000);
    heap.link(cache, "property", "owner", GLOBAL);
    heap.link(cache, "property", "smallest", small);
    (heap, cache)
}

fn edges(steps: &[super::super::PathStep]) -> Vec<(&str, &str)> {
    steps.iter().map(|step| (step.edge.kind, &step.edge.name[..])).collect()
}

#[test]
fn properties_come_before_indices_and_those_before_what_is_v8s() {
    let (heap, cache) = cache();
    let found = inspected(&heap, cache, 10);
    let expected = [
        ("property", "owner"),
        ("property", "smallest"),
        ("element", "2"),
        ("element", "3"),
        ("internal", "map"),
        ("weak", "key"),
    ];
    assert_eq!(edges(&found.properties), expected);
    assert_eq!(found.properties[3].object.retained_size, 1030);
    assert_eq!(found.object.object.id, heap.id(cache));
    assert_eq!((&found.object.class_name[..], found.object.distance), ("Cache", 2));
    assert_eq!(found.path_text, "global.cache");
    assert_eq!(edges(&found.path), [("shortcut", "global"), ("property", "cache")]);
}

#[test]
fn what_it_dominates_is_sorted_by_retained_size() {
    let (heap, cache) = cache();
    let found = inspected(&heap, cache, 10);
    let sizes: Vec<u64> = found.dominated.iter().map(|one| one.retained_size).collect();
    // The map's size went to the cache, its only owner.
    assert_eq!(sizes, [1030, 10, 0]);
    assert_eq!(found.dominator.unwrap().name, "global");
    assert_eq!(found.object.object.self_size, 108);
}

#[test]
fn lists_are_cut_and_their_lengths_are_told() {
    let (heap, cache) = cache();
    let found = inspected(&heap, cache, 1);
    assert_eq!(edges(&found.properties), [("property", "owner")]);
    assert_eq!(found.dominated.len(), 1);
    assert_eq!(found.dominated[0].retained_size, 1030);
    let totals = found.totals;
    assert_eq!((totals.properties, totals.retainers, totals.dominated), (6, 1, 3));
    let none = inspected(&heap, cache, 0);
    assert!(none.properties.is_empty() && none.retainers.is_empty() && none.dominated.is_empty());
    assert_eq!(none.totals, totals);
}

#[test]
fn retainers_near_a_root_come_first_and_weak_ones_last() {
    let mut heap = Heap::new();
    let lost = heap.add("object", "Lost", 10);
    let far = heap.object(GLOBAL, "far", "Far", 10);
    let farther = heap.object(far, "on", "Farther", 10);
    let held = heap.add("object", "Held", 10);
    heap.link(lost, "property", "lost", held);
    heap.link(farther, "property", "b", held);
    heap.link(GLOBAL, "weak", "seen", held);
    heap.link(far, "property", "a", held);
    heap.link(GC_ROOTS, "element", "7", held);
    let found = inspected(&heap, held, 10);
    let names: Vec<&str> = found.retainers.iter().map(|step| &step.object.name[..]).collect();
    assert_eq!(names, ["Far", "Farther", "(GC roots)", "Lost", "global"]);
    assert_eq!(found.retainers[0].edge.name, "a");
    assert_eq!(inspected(&heap, held, 2).retainers, found.retainers[..2]);
}

#[test]
fn the_root_has_no_dominator_and_no_path() {
    let (heap, _) = cache();
    let found = inspected(&heap, ROOT, 10);
    assert_eq!((found.dominator, found.path), (None, Vec::new()));
    assert_eq!(found.totals.retainers, 0);
}

#[test]
fn an_unknown_id_is_told() {
    let (heap, _) = cache();
    let error = inspect(&analysis(&heap), 12, 10).unwrap_err();
    assert_eq!(error.code(), "ERR_RSPROF_INVALID_ARG");
    assert!(
        error.to_string().starts_with("no object has the id @12 among the 8 of this"),
        "{error}"
    );
}

#[test]
fn the_shape_is_that_of_the_contract() {
    let (heap, cache) = cache();
    let json = serde_json::to_value(inspected(&heap, cache, 1)).unwrap();
    let keys = |value: &serde_json::Value| {
        value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(keys(&json), "dominated dominator object path pathText properties retainers totals");
    assert_eq!(
        keys(&json["object"]),
        "className distance id kind location name retainedSize selfSize share"
    );
    assert_eq!(keys(&json["totals"]), "dominated properties retainers");
}
