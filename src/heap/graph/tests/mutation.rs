//! A fuzzer for stable Rust: a snapshot with something of everything, damaged in thousands of ways. No
//! way may panic or depend on the chunks; where the file still is a snapshot, the naive way agrees.
//!
//! `RSPROF_FUZZ_ROUNDS` makes it longer, `RSPROF_FUZZ_SEED` repeats what failed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::snapshot::{Snapshot, Style};
use super::{
    Classes, Control, Distances, DominatorTree, Dominators, Measured, Naive, assert_agree, file,
    read,
};
use crate::error::Error;
use crate::heap::graph::source::CHUNK;

/// What a small server may look like.
fn server() -> Snapshot {
    let mut made = Snapshot::default();
    let root = made.node("synthetic", "", 0);
    let roots = made.node("synthetic", "(GC roots)", 0);
    let global = made.node("object", "global", 40);
    let native = made.node("hidden", "system / NativeContext", 1_000);
    made.edge(root, "element", "1", roots);
    made.edge(root, "shortcut", "global", global);
    made.edge(roots, "element", "0", native);
    made.edge(native, "internal", "sloppy_function_map", roots);
    made.edge(global, "property", "manager", 5);
    let map = made.node("array", "(map descriptors)", 80);
    let manager = made.node("object", "Manager", 56);
    let rooms = made.node("object", "Array", 16);
    let elements = made.node("array", "(object elements)", 400);
    made.edge(native, "weak", "map", map);
    made.edge(manager, "property", "rooms", rooms);
    made.edge(rooms, "internal", "elements", elements);
    for number in 0..4_usize {
        let room = made.node("object", "Object", 32);
        let name = made.node("string", &format!("room {number}"), 24);
        let list = made.node("object", "Array", 16);
        made.edge(rooms, "element", &number.to_string(), room);
        made.edge(elements, "hidden", &number.to_string(), room);
        made.edge(map, "internal", &(number + 2).to_string(), room);
        made.edge(room, "property", "id", name);
        made.edge(room, "property", "messages", list);
        made.edge(room, "property", "__proto__", global);
    }
    add_weak_map(&mut made, manager);
    add_closure(&mut made, global, manager);
    let buffer = made.node("native", "system / ExternalStringData", 5_000_000_000);
    let text = made.node("concatenated string", "", 32);
    let element = made.node("native", "<div id=\"a\">", 100);
    let inner = made.node("native", "Text", 50);
    made.nodes[element].detachedness = 2;
    made.edge(global, "property", "text", text);
    made.edge(text, "internal", "first", buffer);
    made.edge(manager, "context", "element", element);
    made.edge(element, "internal", "1", inner);
    made.edge(inner, "internal", "2", element);
    made.locations = vec![[5, 7, 3, 1], [9, 7, 30, 12]];
    made
}

fn add_weak_map(made: &mut Snapshot, manager: usize) {
    let map = made.node("object", "WeakMap", 24);
    let table = made.node("array", "", 64);
    let value = made.node("object", "Secret", 48);
    let (id, key) = (made.nodes[table].id, made.nodes[manager].id);
    made.edge(manager, "property", "secrets", map);
    made.edge(map, "internal", "table", table);
    for (from, number) in [(table, 3), (manager, 4)] {
        let name = format!(
            "{number} / part of key (Manager @{key}) -> value (Secret @9) pair in WeakMap (table @{id})"
        );
        made.edge(from, "internal", &name, value);
    }
}

fn add_closure(made: &mut Snapshot, global: usize, manager: usize) {
    let closure = made.node("closure", "onMessage", 64);
    let context = made.node("object", "system / Context", 40);
    let code = made.node("code", "(code)", 300);
    let shape = made.node("object shape", "system / Map", 80);
    made.edge(global, "property", "onMessage", closure);
    made.edge(closure, "internal", "context", context);
    made.edge(closure, "internal", "code", code);
    made.edge(context, "context", "manager", manager);
    made.edge(context, "internal", "map", shape);
    made.edge(shape, "weak", "4", closure);
}

/// Steele, Lea and Flood's splitmix.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// Where the numbers in `text` are.
fn numbers(text: &[u8]) -> Vec<(usize, usize)> {
    let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let starts = (1..text.len()).filter(|at| is_digit(*at) && !is_digit(at - 1));
    starts.map(|at| (at, (at..).find(|end| !is_digit(*end)).unwrap())).collect()
}

fn mutate(text: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(text.len());
    let end = (at + random.below(12)).min(text.len());
    match random.below(10) {
        0 => text[at] ^= 1 << random.below(8),
        1 => text.insert(at, random.pick(b"0,[]{}\":\\ \n-.x9\xFF")),
        2 => drop(text.drain(at..end)),
        3 => text.splice(at..at, text[at..end].to_vec()).for_each(drop),
        4 if random.below(4) == 0 => text.truncate(at),
        _ => replace_number(text, random),
    }
}

fn replace_number(text: &mut Vec<u8>, random: &mut Random) {
    let numbers = numbers(text);
    if numbers.is_empty() {
        return;
    }
    let (start, end) = random.pick(&numbers);
    let number: u64 = std::str::from_utf8(&text[start..end]).unwrap().parse().unwrap_or(0);
    let (from, to) = random.pick(&numbers);
    let other = match random.below(8) {
        0 => number.wrapping_add(1),
        1 => number.wrapping_sub(1),
        2 => number.wrapping_add(6),
        3 => number.wrapping_sub(6),
        4 => random.pick(&[0, 1, 2, 3, 1 << 29, 1 << 32, (1 << 32) - 1, u64::MAX, 1 << 62]),
        5 => 6 * random.below(40) as u64,
        _ => {
            let other = text[from..to].to_vec();
            text.splice(start..end, other);
            return;
        }
    };
    text.splice(start..end, other.to_string().into_bytes());
}

/// Whether it still is a snapshot, to the engine and to the naive way.
fn round(original: &[u8], seed: u64) -> [bool; 2] {
    let mut random = Random(seed);
    let mut text = original.to_vec();
    for _ in 0..=random.below(3) {
        if !text.is_empty() {
            mutate(&mut text, &mut random);
        }
    }
    let file = file(&text);
    let whole = read(file.path(), CHUNK);
    let pieces = read(file.path(), 1 + random.below(200));
    for outcome in [&whole, &pieces] {
        let is_expected = matches!(outcome, Ok(_) | Err(Error::InvalidFile { .. }));
        assert!(is_expected, "{:?}", outcome.as_ref().err());
    }
    assert_eq!(whole.is_ok(), pieces.is_ok(), "{:?} {:?}", whole.err(), pieces.err());
    let naive = Naive::parse(&text);
    let outcome = [whole.is_ok(), naive.is_some()];
    match (whole, naive) {
        (Ok(graph), Some(naive)) => assert_agree(graph, &naive),
        (Ok(graph), None) => assert_works(graph),
        (Err(_), _) => {}
    }
    outcome
}

/// JSON that serde refuses and the engine does not mind, such as a wrong bracket in a section that
/// nobody knows.
fn assert_works(mut graph: Measured) {
    graph.attribute_sizes();
    let dominators = Dominators::of(&graph, &Control::default()).unwrap();
    let tree = DominatorTree::new(graph.sizes.clone(), dominators);
    let classes = Classes::of(&graph);
    let sizes = classes.sizes(&tree, tree.order(), 0);
    let total: u64 = sizes.iter().map(|class| class.self_size).sum();
    assert_eq!(total, tree.retained_size(graph.root()));
    assert!(Distances::of(&graph).distance(&graph, graph.root()) >= 0);
}

#[test]
fn mutations() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let original = server().text(&Style { record: "\n,", ..Style::v8() });
    let graph = read(file(original.as_bytes()).path(), CHUNK).unwrap();
    assert_agree(graph, &Naive::parse(original.as_bytes()).unwrap());
    let seeds = match number("RSPROF_FUZZ_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("RSPROF_FUZZ_ROUNDS").unwrap_or(1_000),
    };
    let (rounds, mut both) = (seeds.end - seeds.start, 0);
    for seed in seeds {
        let outcome = catch_unwind(AssertUnwindSafe(|| round(original.as_bytes(), seed)));
        let [engine, naive] = outcome.unwrap_or_else(|_| panic!("RSPROF_FUZZ_SEED={seed}"));
        both += u64::from(engine && naive);
    }
    assert!(rounds < 100 || both > rounds / 10, "only {both} of {rounds} were still snapshots");
}
