//! A heap in the making: nodes with V8's ids, which they keep when the heap goes on.

use std::io::Write;

use serde_json::json;
use tempfile::NamedTempFile;

use super::super::signature;

const NODE_KINDS: [&str; 15] = [
    "hidden",
    "array",
    "string",
    "object",
    "code",
    "closure",
    "regexp",
    "number",
    "native",
    "synthetic",
    "concatenated string",
    "sliced string",
    "symbol",
    "bigint",
    "object shape",
];
const EDGE_KINDS: [&str; 7] =
    ["context", "element", "property", "internal", "hidden", "shortcut", "weak"];

/// What a heap's function is told by: place in the list of nodes.
pub(super) type At = usize;

#[derive(Clone, Debug)]
struct Node {
    kind: &'static str,
    name: String,
    id: u32,
    size: u64,
    edges: Vec<(&'static str, String, At)>,
    is_there: bool,
}

/// A heap with a root, V8's roots and a global object.
#[derive(Clone, Debug)]
pub(super) struct Heap {
    nodes: Vec<Node>,
    next_id: u32,
    step: u32,
}

pub(super) const ROOT: At = 0;
pub(super) const GC_ROOTS: At = 1;
pub(super) const GLOBAL: At = 2;

impl Heap {
    pub(super) fn new() -> Self {
        let mut heap = Self { nodes: Vec::new(), next_id: 1, step: 2 };
        heap.add("synthetic", "", 0);
        heap.add("synthetic", "(GC roots)", 0);
        heap.add("object", "global", 40);
        heap.link(ROOT, "element", "1", GC_ROOTS);
        heap.link(ROOT, "shortcut", "global", GLOBAL);
        heap
    }

    /// One whose ids begin at `first` and are `step` apart.
    pub(super) fn with_ids(first: u32, step: u32) -> Self {
        let mut heap = Self::new();
        for node in &mut heap.nodes {
            node.id = first + (node.id - 1) / 2 * step;
        }
        (heap.next_id, heap.step) = (first + 3 * step, step);
        heap
    }

    pub(super) fn add(&mut self, kind: &'static str, name: &str, size: u64) -> At {
        let id = self.next_id;
        self.next_id += self.step;
        self.nodes.push(Node {
            kind,
            name: name.to_owned(),
            id,
            size,
            edges: Vec::new(),
            is_there: true,
        });
        self.nodes.len() - 1
    }

    /// An object that `from` refers to by a property.
    pub(super) fn object(&mut self, from: At, property: &str, class: &str, size: u64) -> At {
        let at = self.add("object", class, size);
        self.link(from, "property", property, at);
        at
    }

    /// An object in an array.
    pub(super) fn element(&mut self, array: At, class: &str, size: u64) -> At {
        let at = self.add("object", class, size);
        self.push(array, at);
        at
    }

    pub(super) fn string(&mut self, from: At, property: &str, text: &str, size: u64) -> At {
        let at = self.add("string", text, size);
        self.link(from, "property", property, at);
        at
    }

    /// Puts an object at the end of an array.
    pub(super) fn push(&mut self, array: At, object: At) {
        let index = self.nodes[array].edges.len().to_string();
        self.link(array, "element", &index, object);
    }

    pub(super) fn link(&mut self, from: At, kind: &'static str, name: &str, to: At) {
        self.nodes[from].edges.push((kind, name.to_owned(), to));
    }

    /// Takes an object out, and every reference to it.
    pub(super) fn remove(&mut self, at: At) {
        self.nodes[at].is_there = false;
    }

    /// Takes references away that lead from one object to another.
    pub(super) fn unlink(&mut self, from: At, to: At) {
        self.nodes[from].edges.retain(|(.., target)| *target != to);
    }

    pub(super) fn resize(&mut self, at: At, size: u64) {
        self.nodes[at].size = size;
    }

    pub(super) fn rename(&mut self, at: At, class: &str) {
        self.nodes[at].name = class.to_owned();
    }

    pub(super) fn id(&self, at: At) -> u32 {
        self.nodes[at].id
    }

    pub(super) fn set_id(&mut self, at: At, id: u32) {
        self.nodes[at].id = id;
    }

    /// The snapshot's JSON.
    pub(super) fn text(&self) -> String {
        let mut strings = vec!["<dummy>".to_owned()];
        let mut string = |text: &str| {
            let found = strings.iter().rev().take(64).position(|one| one == text);
            match found {
                Some(back) => strings.len() - 1 - back,
                None => {
                    strings.push(text.to_owned());
                    strings.len() - 1
                }
            }
        };
        let there: Vec<At> = (0..self.nodes.len()).filter(|at| self.nodes[*at].is_there).collect();
        let mut places = vec![None; self.nodes.len()];
        for (place, at) in there.iter().enumerate() {
            places[*at] = Some(place);
        }
        let (mut nodes, mut edges) = (Vec::new(), Vec::new());
        for at in &there {
            let node = &self.nodes[*at];
            let mut count = 0;
            for (kind, name, to) in &node.edges {
                let Some(place) = places[*to] else { continue };
                let name = match *kind {
                    "element" | "hidden" => name.parse().unwrap(),
                    _ => string(name),
                };
                edges.extend([position(&EDGE_KINDS, kind), name, place * 5]);
                count += 1;
            }
            let kind = position(&NODE_KINDS, node.kind);
            nodes.extend([kind, string(&node.name), node.id as usize, node.size as usize, count]);
        }
        self.document(&nodes, &edges, &strings)
    }

    fn document(&self, nodes: &[usize], edges: &[usize], strings: &[String]) -> String {
        let header = json!({
            "meta": {
                "node_fields": ["type", "name", "id", "self_size", "edge_count"],
                "node_types": [NODE_KINDS, "string", "number", "number", "number"],
                "edge_fields": ["type", "name_or_index", "to_node"],
                "edge_types": [EDGE_KINDS, "string_or_number", "node"],
            },
            "node_count": nodes.len() / 5,
            "edge_count": edges.len() / 3,
        });
        format!(
            "{{\"snapshot\":{header},\"nodes\":{},\"edges\":{},\"strings\":{}}}",
            json!(nodes),
            json!(edges),
            json!(strings)
        )
    }

    /// The snapshot as a file.
    pub(super) fn file(&self) -> NamedTempFile {
        file(self.text().as_bytes())
    }

    /// Its signature as a file.
    pub(super) fn signature(&self) -> NamedTempFile {
        let signature = signature::of(&super::analysis(self));
        file(&serde_json::to_vec(&signature).unwrap())
    }
}

fn position(kinds: &[&str], kind: &str) -> usize {
    kinds.iter().position(|one| *one == kind).unwrap()
}

pub(super) fn file(text: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text).unwrap();
    file
}

/// `global.manager.rooms[]`: rooms of 1,000 bytes with a topic and a map of users.
pub(super) struct Rooms {
    pub(super) heap: Heap,
    pub(super) manager: At,
    pub(super) list: At,
    pub(super) rooms: Vec<At>,
}

impl Rooms {
    pub(super) fn new(heap: Heap, count: usize) -> Self {
        let mut heap = heap;
        let manager = heap.object(GLOBAL, "manager", "Manager", 64);
        let list = heap.object(manager, "rooms", "Array", 32);
        let mut rooms = Self { heap, manager, list, rooms: Vec::new() };
        rooms.open(count);
        rooms
    }

    pub(super) fn open(&mut self, count: usize) {
        for number in 0..count {
            let room = self.heap.element(self.list, "Room", 1000);
            self.heap.string(room, "topic", &format!("topic {number}"), 100);
            let users = self.heap.object(room, "users", "Map", 50);
            self.heap.string(users, "first", "anna", 24);
            self.rooms.push(room);
        }
    }

    /// Puts a copy in the place of the list, as `rooms = rooms.slice()` does.
    pub(super) fn copy_list(&mut self) {
        let copy = self.heap.object(self.manager, "rooms", "Array", 2000);
        for room in &self.rooms {
            self.heap.push(copy, *room);
        }
        self.heap.remove(self.list);
        self.list = copy;
    }

    pub(super) fn close(&mut self, count: usize) {
        for room in self.rooms.drain(..count) {
            // With all that is in it.
            let inside: Vec<At> = (room..room + 4).collect();
            for at in inside {
                self.heap.remove(at);
            }
        }
    }
}
