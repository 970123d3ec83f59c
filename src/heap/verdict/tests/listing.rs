//! Questions to an open heap: pages of classes, of objects, of the tree of dominators.

use std::cmp::Reverse;

use proptest::prelude::*;

use super::super::listing::{
    ClassOrder, ClassQuery, Dominated, DominatedRow, Listed, MemberRow, OpenHeap, Window,
};
use super::super::{ClassRow, EdgeRef};
use super::analysis;
use super::heap::{GLOBAL, Heap, ROOT, Rooms};
use crate::heap::graph::{EdgeKind, KnownDistances, Node};

const ALL: Window = Window { offset: 0, limit: 1000 };

fn open(heap: &Heap) -> OpenHeap {
    OpenHeap::from(analysis(heap))
}

fn classes(heap: &OpenHeap, search: &str, order: ClassOrder, window: Window) -> Listed<ClassRow> {
    heap.classes(&ClassQuery { search: search.to_owned(), order, window })
}

fn names(listed: &Listed<ClassRow>) -> Vec<&str> {
    listed.rows.iter().map(|row| &row.name[..]).collect()
}

#[test]
fn classes_are_found_by_a_part_of_their_name_in_any_case() {
    let heap = open(&Rooms::new(Heap::new(), 3).heap);
    let found = |search| classes(&heap, search, ClassOrder::Retained, ALL);
    assert_eq!(names(&found("ROOM")), ["Room"]);
    assert_eq!(names(&found("ma")), ["Manager", "Map"]);
    assert_eq!(found("nowhere").total, 0);
    // The program's five, strings and the global object; what has no size is not there.
    assert_eq!(found("").total, 6);
}

#[test]
fn classes_are_sorted_by_what_is_asked_for() {
    let heap = open(&Rooms::new(Heap::new(), 3).heap);
    let by = |order| classes(&heap, "", order, Window::first(2));
    assert_eq!(names(&by(ClassOrder::Retained)), ["global", "Manager"]);
    assert_eq!(names(&by(ClassOrder::SelfSize)), ["Room", "(string)"]);
    assert_eq!(names(&by(ClassOrder::Count)), ["(string)", "Room"]);
    assert_eq!(names(&by(ClassOrder::Name)), ["(string)", "Array"]);
    assert_eq!(by(ClassOrder::Name).total, 6);
    let second = classes(&heap, "", ClassOrder::Name, Window { offset: 2, limit: 2 });
    assert_eq!(names(&second), ["global", "Manager"]);
}

#[test]
fn an_unknown_order_is_told() {
    for (name, order) in [("retained", ClassOrder::Retained), ("self", ClassOrder::SelfSize)] {
        assert_eq!(ClassOrder::parse(name).unwrap(), order);
    }
    for (name, order) in [("count", ClassOrder::Count), ("name", ClassOrder::Name)] {
        assert_eq!(ClassOrder::parse(name).unwrap(), order);
    }
    let error = ClassOrder::parse("size").unwrap_err();
    assert_eq!(error.code(), "ERR_RSPROF_INVALID_ARG");
    assert!(error.to_string().ends_with("self, count or name; got \"size\""), "{error}");
}

#[test]
fn objects_of_a_class_come_biggest_first_with_the_way_to_them() {
    let mut rooms = Rooms::new(Heap::new(), 3);
    rooms.heap.string(rooms.rooms[1], "log", "long", 5000);
    let heap = open(&rooms.heap);
    let found = heap.objects("Room", Window::first(2)).unwrap();
    assert_eq!(found.total, 3);
    let ids: Vec<u32> = found.rows.iter().map(|row| row.object.id).collect();
    assert_eq!(ids, [rooms.heap.id(rooms.rooms[1]), rooms.heap.id(rooms.rooms[0])]);
    assert_eq!(found.rows[0].path_text.as_deref(), Some("global.manager.rooms[1]"));
    let last = heap.objects("Room", Window { offset: 2, limit: 2 }).unwrap();
    assert_eq!(last.rows[0].object.id, rooms.heap.id(rooms.rooms[2]));
}

#[test]
fn a_class_that_is_not_there_is_told() {
    let heap = open(&Heap::new());
    let error = heap.objects("Rom", ALL).unwrap_err();
    assert_eq!(error.code(), "ERR_RSPROF_INVALID_ARG");
    assert!(error.to_string().starts_with("no class of this snapshot is called \"Rom\""));
}

#[test]
fn a_class_whose_name_the_table_cuts_is_found_by_what_the_table_shows() {
    let mut made = Heap::new();
    let name = format!("{}é{}", "x".repeat(199), "y".repeat(100));
    made.object(GLOBAL, "a", &name, 50);
    made.object(GLOBAL, "b", &format!("{name}z"), 100);
    let heap = open(&made);
    let table = classes(&heap, "xxx", ClassOrder::Retained, ALL);
    assert_eq!(table.total, 2);
    let shown = &table.rows[0].name;
    assert!(shown.ends_with("é…"), "{shown}");
    // Of two that look the same the bigger one.
    assert_eq!(heap.objects(shown, ALL).unwrap().rows[0].object.self_size, 100);
    assert_eq!(heap.objects(&name, ALL).unwrap().rows[0].object.self_size, 50);
}

#[test]
fn the_way_into_the_middle_of_a_long_list_is_not_walked() {
    let mut made = Heap::new();
    let mut at = made.object(GLOBAL, "head", "Link", 10);
    for _ in 0..1100 {
        at = made.object(at, "next", "Link", 10);
    }
    let heap = open(&made);
    let found = heap.objects("Link", Window { offset: 0, limit: 2000 }).unwrap();
    let ways: Vec<_> = found.rows.iter().map(|row| row.path_text.is_some()).collect();
    // Two edges lead to the first link.
    assert_eq!(ways.iter().filter(|there| **there).count(), 999);
    assert!(ways[998] && !ways[999]);
}

fn children(heap: &OpenHeap, id: Option<u32>) -> Dominated {
    heap.dominators(id, ALL).unwrap()
}

fn edge_names(rows: &[DominatedRow]) -> Vec<Option<(&str, &str)>> {
    rows.iter().map(|row| row.edge.as_ref().map(|edge| (edge.kind, &edge.name[..]))).collect()
}

#[test]
fn the_tree_of_dominators_opens_level_by_level() {
    let rooms = Rooms::new(Heap::new(), 2);
    let heap = open(&rooms.heap);
    let root = children(&heap, None);
    assert_eq!(root.object.object.id, rooms.heap.id(ROOT));
    assert_eq!((root.object.edge.as_ref(), root.total), (None, 2));
    assert_eq!(edge_names(&root.rows)[0], Some(("shortcut", "global")));
    let list = children(&heap, Some(rooms.heap.id(rooms.list)));
    assert_eq!(edge_names(std::slice::from_ref(&list.object)), [Some(("property", "rooms"))]);
    assert_eq!(edge_names(&list.rows), [Some(("element", "0")), Some(("element", "1"))]);
    assert_eq!((&list.rows[0].class_name[..], list.rows[0].dominated), ("Room", 3));
    assert_eq!(list.object.dominated, 8);
    let second = heap.dominators(Some(list.object.object.id), Window { offset: 1, limit: 1 });
    assert_eq!(second.unwrap().rows, list.rows[1..]);
}

#[test]
fn the_reference_that_says_most_is_told_and_a_weak_one_never() {
    let mut made = Heap::new();
    let holder = made.object(GLOBAL, "holder", "Holder", 10);
    let (a, b) = (made.object(holder, "left", "Node", 10), made.object(holder, "right", "Node", 9));
    let shared = made.object(a, "shared", "Shared", 8);
    made.link(b, "property", "shared", shared);
    made.link(holder, "weak", "seen", shared);
    let map = made.add("object", "Map", 7);
    made.link(holder, "internal", "table", map);
    made.link(holder, "element", "3", map);
    made.link(holder, "property", "map", map);
    made.link(holder, "property", "again", map);
    let heap = open(&made);
    let rows = children(&heap, Some(made.id(holder))).rows;
    let expected = [
        Some(("property", "left")),
        Some(("property", "right")),
        // Two ways lead to it: no reference of the dominator's own.
        None,
        Some(("property", "map")),
    ];
    assert_eq!(edge_names(&rows), expected);
    assert_eq!(rows[2].object.id, made.id(shared));
}

#[test]
fn an_unknown_object_is_told() {
    let error = open(&Heap::new()).dominators(Some(12), ALL).unwrap_err();
    assert!(error.to_string().starts_with("no object has the id @12 among the 3"), "{error}");
}

#[test]
fn the_shape_is_that_of_the_contract() {
    let rooms = Rooms::new(Heap::new(), 1);
    let heap = open(&rooms.heap);
    let keys = |value: &serde_json::Value| {
        value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    let object = "id kind location name";
    let tree = serde_json::to_value(children(&heap, None)).unwrap();
    assert_eq!(keys(&tree), "object rows total");
    let row = format!("className dominated edge {object} retainedSize selfSize share");
    assert_eq!(keys(&tree["rows"][0]), row);
    assert_eq!(keys(&tree["object"]), row);
    let objects = serde_json::to_value(heap.objects("Room", ALL).unwrap()).unwrap();
    assert_eq!(keys(&objects), "rows total");
    assert_eq!(keys(&objects["rows"][0]), format!("{object} pathText retainedSize selfSize share"));
    let classes = classes(&heap, "room", ClassOrder::Count, ALL);
    let classes = serde_json::to_value(classes).unwrap();
    assert_eq!(keys(&classes["rows"][0]), "count name retainedSize selfSize share");
}

const KINDS: [&str; 7] =
    ["context", "element", "property", "internal", "hidden", "shortcut", "weak"];

/// Any graph at all: cycles, edges to itself, what nothing reaches, several edges between two nodes.
fn heaps() -> impl Strategy<Value = Heap> {
    let nodes = proptest::collection::vec((0_usize..5, 0_u64..4), 0..25);
    let edges = proptest::collection::vec((0_usize..28, 0_usize..7, 0_u32..4, 0_usize..28), 0..80);
    (nodes, edges).prop_map(|(nodes, edges)| {
        let mut heap = Heap::new();
        let classes = ["Room", "room", "Map", "", "{a, b}"];
        let count = 3 + nodes.len();
        for (class, size) in nodes {
            heap.add("object", classes[class], size);
        }
        for (from, kind, name, to) in edges {
            heap.link(from % count, KINDS[kind], &name.to_string(), to % count);
        }
        heap
    })
}

/// All rows, page by page.
fn paged<T>(limit: usize, mut ask: impl FnMut(Window) -> (usize, Vec<T>)) -> Vec<T> {
    let mut all = Vec::new();
    loop {
        let (total, rows) = ask(Window { offset: all.len(), limit });
        assert!(rows.len() == limit.min(total - all.len()), "{} of {total}", rows.len());
        all.extend(rows);
        if all.len() == total {
            return all;
        }
    }
}

/// The slow way to the reference that is told: the first of the best kind.
fn naive_edge(heap: &OpenHeap, from: Node, to: Node) -> Option<EdgeRef> {
    let ranks = [
        &[EdgeKind::Property, EdgeKind::Context][..],
        &[EdgeKind::Element],
        &[EdgeKind::Internal, EdgeKind::Hidden, EdgeKind::Shortcut, EdgeKind::Ephemeron],
    ];
    let edges = || heap.analysis().graph.edges(from).filter(|edge| edge.to == to);
    let best = ranks.iter().find_map(|kinds| edges().find(|edge| kinds.contains(&edge.kind)));
    best.map(|edge| heap.analysis().edge_ref(edge))
}

fn assert_children(heap: &OpenHeap, node: Node, limit: usize) {
    let analysis = heap.analysis();
    let id = Some(analysis.graph.id(node));
    let ask = |window| {
        let found = heap.dominators(id, window).unwrap();
        (found.total, found.rows)
    };
    let rows = paged(limit, ask);
    let mut naive: Vec<Node> = analysis
        .graph
        .nodes()
        .filter(|one| *one != analysis.graph.root() && analysis.tree.dominator(*one) == node)
        .collect();
    naive.sort_by_key(|one| (Reverse(analysis.tree.retained_size(*one)), *one));
    let told: Vec<u32> = rows.iter().map(|row| row.object.id).collect();
    assert_eq!(told, naive.iter().map(|one| analysis.graph.id(*one)).collect::<Vec<_>>());
    for (row, child) in rows.iter().zip(naive) {
        assert_eq!(row.edge, naive_edge(heap, node, child));
        assert_eq!(row.dominated + 1, analysis.tree.subtree(child).len());
    }
}

fn assert_class(heap: &OpenHeap, class: &ClassRow, limit: usize) {
    let ask = |window| {
        let found = heap.objects(&class.name, window).unwrap();
        (found.total, found.rows)
    };
    let rows: Vec<MemberRow> = paged(limit, ask);
    assert_eq!(rows.len() as u64, class.count);
    assert_eq!(rows.iter().map(|row| row.object.self_size).sum::<u64>(), class.self_size);
    assert!(rows.is_sorted_by_key(|row| Reverse(row.object.retained_size)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

    #[test]
    fn of_any_graph_each_page_is_what_the_slow_way_finds(made in heaps(), limit in 1_usize..7) {
        let heap = open(&made);
        let analysis = heap.analysis();
        let mut known = KnownDistances::new(&analysis.distances, &analysis.graph);
        for node in analysis.graph.nodes() {
            assert_children(&heap, node, limit);
            let distance = analysis.distances.distance(&analysis.graph, node);
            prop_assert_eq!(known.distance(node), distance);
            let steps = analysis.distances.path(&analysis.graph, node).len();
            for most in 0..4 {
                let within = analysis.distances.is_within(&analysis.graph, node, most);
                prop_assert_eq!(within, steps <= most);
            }
        }
        for order in [ClassOrder::Retained, ClassOrder::SelfSize, ClassOrder::Count, ClassOrder::Name] {
            let ask = |window| {
                let found = classes(&heap, "", order, window);
                (found.total, found.rows)
            };
            let rows = paged(limit, ask);
            let key = |row: &ClassRow| match order {
                ClassOrder::Retained => Reverse(row.retained_size),
                ClassOrder::SelfSize => Reverse(row.self_size),
                ClassOrder::Count => Reverse(row.count),
                ClassOrder::Name => Reverse(0),
            };
            prop_assert!(rows.is_sorted_by_key(key));
            for class in &rows {
                assert_class(&heap, class, limit);
            }
        }
        let rooms = classes(&heap, "OO", ClassOrder::Name, ALL);
        prop_assert!(rooms.rows.iter().all(|row| row.name.eq_ignore_ascii_case("room")));
    }
}
