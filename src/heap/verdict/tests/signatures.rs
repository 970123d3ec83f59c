//! Signatures: what is in them, how they are cut, and how they are read back.

use serde_json::{Value, json};

use super::super::signature::{self, LONGEST, Signature, SignedGroup, is_signature};
use super::analysis;
use super::heap::{GLOBAL, Heap, Rooms, file};

fn signed(heap: &Heap) -> Signature {
    signature::of(&analysis(heap))
}

/// `parent class.edge ×count self retained` of each group.
fn groups(signature: &Signature) -> Vec<String> {
    let text = |group: &SignedGroup| {
        let SignedGroup { parent, class_name, edge, count, self_size, retained_size } = group;
        let edge = edge.as_deref().unwrap_or("-");
        let parent = parent.map_or("-".to_owned(), |parent| parent.to_string());
        format!("{parent} {class_name} {edge} ×{count} {self_size} {retained_size}")
    };
    signature.groups.iter().map(text).collect()
}

#[test]
fn rooms_are_one_group() {
    let rooms = Rooms::new(Heap::new(), 100);
    let signature = signed(&rooms.heap);
    let expected = [
        "- (synthetic) - ×1 0 117536",
        "0 global [] ×1 40 117536",
        "1 Manager manager ×1 64 117496",
        "2 Array rooms ×1 32 117432",
        "3 Room [] ×100 100000 117400",
        "4 (string) topic ×100 10000 10000",
        "4 Map users ×100 5000 7400",
        "6 (string) first ×100 2400 2400",
    ];
    assert_eq!(groups(&signature), expected);
    assert_eq!(signature.format, "rsprof-heap-signature/1");
    assert_eq!((signature.total_size, signature.objects), (117_536, 405));
    assert_eq!((signature.edges, signature.root_id), (404, 1));
    let names: Vec<&str> = signature.classes.iter().map(|class| &class.name[..]).collect();
    assert_eq!(names, ["Room", "(string)", "Map", "Manager", "global", "Array"]);
    let room = &signature.classes[0];
    assert_eq!((room.count, room.self_size, room.retained_size), (100, 100_000, 117_400));
    assert_eq!(signature.other_classes, None);
}

#[test]
fn what_v8_puts_between_is_left_out() {
    let mut heap = Heap::new();
    let map = heap.object(GLOBAL, "cache", "Map", 100);
    let table = heap.add("array", "", 500);
    heap.link(map, "internal", "table", table);
    for _ in 0..3 {
        let entry = heap.add("object", "Entry", 1000);
        heap.link(table, "internal", "7", entry);
    }
    // Of two owners: its size stays with it.
    let scope = heap.add("hidden", "system / NativeContext", 2000);
    heap.link(GLOBAL, "internal", "context", scope);
    heap.link(map, "internal", "context", scope);
    let code = heap.add("hidden", "system / FeedbackCell", 2000);
    heap.link(GLOBAL, "internal", "cell", code);
    heap.link(map, "internal", "cell", code);
    heap.add("object", "Unrelated", 2);
    let found = groups(&signed(&heap));
    assert!(found.contains(&"1 Map cache ×1 600 3600".to_owned()), "{found:?}");
    assert!(found.iter().any(|group| group.ends_with("Entry [] ×3 3000 3000")), "{found:?}");
    let own = found.iter().filter(|group| group.contains("(system)"));
    assert_eq!(own.collect::<Vec<_>>(), ["1 (system) - ×1 2000 2000"], "only scopes count");
}

/// A list of objects that each hold the next one.
fn list(class: &[&str], length: usize) -> Heap {
    let mut heap = Heap::new();
    let mut last = heap.object(GLOBAL, "head", class[0], 100);
    for number in 1..length {
        last = heap.object(last, "next", class[number % class.len()], 100);
    }
    heap
}

#[test]
fn a_list_is_one_group_however_long() {
    let signature = signed(&list(&["Link"], 200_000));
    let found = groups(&signature);
    assert_eq!(found.len(), 3);
    assert_eq!(found[2], "1 Link head ×200000 20000000 20000000");
}

#[test]
fn lists_of_several_classes_end_somewhere() {
    let signature = signed(&list(&["A", "B"], 200_000));
    assert_eq!(signature.groups.len(), 33);
}

#[test]
fn small_groups_are_left_out() {
    let mut heap = Heap::new();
    heap.object(GLOBAL, "big", "Big", 10_000_000);
    heap.object(GLOBAL, "less", "Less", 5000);
    heap.object(GLOBAL, "least", "Least", 4990);
    let signature = signed(&heap);
    assert_eq!(signature.least_group, 5005);
    assert_eq!(signature.groups.len(), 3);
    assert_eq!(signed(&Heap::new()).least_group, 1024);
}

#[test]
fn an_edge_is_named_where_one_object_is_most_of_the_group_or_all_are_held_alike() {
    let mut heap = Heap::new();
    let main = heap.object(GLOBAL, "main", "Array", 100);
    for _ in 0..10 {
        heap.element(main, "Item", 1000);
    }
    heap.object(GLOBAL, "other", "Array", 2000);
    heap.object(GLOBAL, "left", "Pair", 3000);
    heap.object(GLOBAL, "right", "Pair", 3000);
    let found = groups(&signed(&heap));
    assert!(found.contains(&"1 Array main ×2 2100 12100".to_owned()), "{found:?}");
    assert!(found.contains(&"1 Pair - ×2 6000 6000".to_owned()), "{found:?}");
}

/// More classes and groups than there is room for: names of 200 characters.
fn many(classes: usize) -> Heap {
    let mut heap = Heap::new();
    for number in 0..classes {
        let name = format!("{}{number:04}", "é\"".repeat(78));
        heap.object(GLOBAL, "x", &name, 1_000_000 - number as u64);
    }
    heap
}

#[test]
fn what_does_not_fit_is_summed_up() {
    let classes = 3500;
    let heap = many(classes);
    let signature = signed(&heap);
    let text = serde_json::to_string(&signature).unwrap();
    assert!(text.len() < LONGEST, "{}", text.len());
    let others = signature.other_classes.unwrap();
    assert_eq!(signature.classes.len() + others.classes as usize, classes + 1);
    let count: u64 = signature.classes.iter().map(|class| class.count).sum();
    assert_eq!(count + others.count, classes as u64 + 1);
    let size: u64 = signature.classes.iter().map(|class| class.self_size).sum();
    assert_eq!(size + others.self_size, signature.total_size);
    // The largest stayed.
    assert!(signature.classes[0].name.ends_with("0000"));
    assert!(signature.least_group > 990_000);
}

#[test]
fn no_contents_of_strings_are_in_it() {
    let mut heap = Heap::new();
    heap.string(GLOBAL, "password", "hunter2", 100_000);
    let text = serde_json::to_string(&signed(&heap)).unwrap();
    assert!(text.contains("password") && !text.contains("hunter2"));
}

#[test]
fn it_is_read_back() {
    let signature = signed(&Rooms::new(Heap::new(), 5).heap);
    let plain = file(&serde_json::to_vec(&signature).unwrap());
    let pretty =
        file(format!(" \n{}", serde_json::to_string_pretty(&signature).unwrap()).as_bytes());
    for file in [plain, pretty] {
        assert!(is_signature(file.path()).unwrap());
        assert_eq!(Signature::read(file.path()).unwrap(), signature);
    }
}

#[test]
fn it_is_told_from_other_files() {
    for text in [&Heap::new().text()[..], "", "{", "[\"format\":1]", "{\"form\":1}", "{\"format\"}"]
    {
        assert!(!is_signature(file(text.as_bytes()).path()).unwrap(), "{text}");
    }
}

fn read_error(value: &Value) -> String {
    Signature::read(file(value.to_string().as_bytes()).path()).unwrap_err().to_string()
}

#[test]
fn another_version_and_damage_are_told() {
    let mut value = serde_json::to_value(signed(&Rooms::new(Heap::new(), 5).heap)).unwrap();
    value["groups"][2]["parent"] = json!(2);
    assert!(read_error(&value).contains("group 2 of the signature has no place in the tree"));
    value["groups"][2]["parent"] = Value::Null;
    assert!(read_error(&value).contains("group 2 of"));
    value["groups"] = json!(7);
    assert!(read_error(&value).contains("the signature is damaged: invalid type"));
    value["format"] = json!("rsprof-heap-signature/2");
    let error = read_error(&value);
    assert!(error.contains("the format is \"rsprof-heap-signature/2\", this version"), "{error}");
    let error = Signature::read(file(b"{\"format\":\n1}").path()).unwrap_err();
    assert_eq!(error.code(), "ERR_RSPROF_INVALID_SNAPSHOT");
    assert!(error.to_string().contains("(at byte 11 of"), "{error}");
}

#[test]
fn deep_nesting_is_no_overflow() {
    let text = format!("{{\"format\":\"x\",\"a\":{}", "[".repeat(1_000_000));
    let error = Signature::read(file(text.as_bytes()).path()).unwrap_err();
    assert!(error.to_string().contains("the signature is damaged: EOF"), "{error}");
}
