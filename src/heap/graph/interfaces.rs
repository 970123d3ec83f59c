//! Names for plain objects: `{id, name, messages}`, after the properties that many of them share
//! (DevTools: `inferInterfaceDefinitions`, `applyInterfaceDefinitions`).
//!
//! Two snapshots are compared under the names of the newer one: [`Interfaces::of_older`].

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::kinds::{EdgeKind, NodeKind};
use super::{Graph, Node};

/// A name does not get longer than this, in UTF-16 units.
const LONGEST_NAME: usize = 120;

/// The least objects of a kind, and the least share of all plain ones, that get a name.
const LEAST_COUNT: u64 = 2;
const LEAST_SHARE: u64 = 1000;

/// Which of the plain objects has which name.
#[derive(Debug, Default)]
pub(super) struct Interfaces {
    /// The names, and what makes them.
    pub(super) definitions: Vec<Definition>,
    /// The plain objects, and their names' numbers.
    pub(super) named: Vec<(Node, u32)>,
}

/// The properties of some plain objects, in order.
struct Shape {
    properties: Vec<u32>,
    count: u64,
}

/// Properties that make a name.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    /// `{a, b}`.
    pub(super) name: String,
    properties: Vec<u32>,
    count: u64,
}

impl Interfaces {
    /// Finds the kinds of plain objects, and gives each object the one that says most about it.
    pub(super) fn of(graph: &Graph) -> Self {
        let (objects, shapes) = shapes(graph);
        let definitions = definitions(graph, &shapes);
        Self::give(definitions, objects, &shapes)
    }

    /// Gives the objects of an older snapshot the names that were found in a newer one.
    pub(super) fn of_older(older: &Graph, newer: &Graph, known: &[Definition]) -> Self {
        let (objects, shapes) = shapes(older);
        let definitions = translate(known, newer, older, &shapes);
        Self::give(definitions, objects, &shapes)
    }

    fn give(definitions: Vec<Definition>, objects: Vec<(Node, u32)>, shapes: &[Shape]) -> Self {
        let matcher = Matcher::new(&definitions);
        let names: Vec<Option<u32>> =
            shapes.iter().map(|shape| matcher.best(&shape.properties)).collect();
        let named = objects.into_iter();
        let named =
            named.filter_map(|(node, shape)| Some((node, names[shape as usize]?))).collect();
        Self { definitions, named }
    }
}

/// Definitions of one graph in the string indices of another, without those that no object of
/// `shapes` can have: in the same order, which decides between equals.
fn translate(known: &[Definition], from: &Graph, to: &Graph, shapes: &[Shape]) -> Vec<Definition> {
    let properties: FxHashSet<u32> =
        shapes.iter().flat_map(|one| &one.properties).copied().collect();
    let indices: FxHashMap<&[u8], u32> =
        properties.iter().map(|index| (to.strings.bytes(*index), *index)).collect();
    let translated = |one: &Definition| {
        let index = |property: &u32| indices.get(from.strings.bytes(*property)).copied();
        let properties = one.properties.iter().map(index).collect::<Option<_>>()?;
        Some(Definition { name: one.name.clone(), properties, count: one.count })
    };
    known.iter().filter_map(translated).collect()
}

fn shapes(graph: &Graph) -> (Vec<(Node, u32)>, Vec<Shape>) {
    let mut objects = Vec::new();
    let mut shapes: Vec<Shape> = Vec::new();
    let mut known: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
    let Some(object) = graph.strings.find("Object") else { return (objects, shapes) };
    let mut properties = Vec::new();
    for node in graph.nodes() {
        if graph.name_index(node) != object || graph.kind(node) != NodeKind::Object {
            continue;
        }
        properties.clear();
        let edges = graph.edges(node).filter(|edge| edge.kind == EdgeKind::Property);
        properties.extend(edges.map(|edge| edge.name));
        if properties.is_empty() {
            continue;
        }
        let mut hasher = FxHasher::default();
        properties.hash(&mut hasher);
        let same = known.entry(hasher.finish()).or_default();
        let found = same.iter().copied().find(|at| shapes[*at as usize].properties == properties);
        let shape = found.unwrap_or_else(|| {
            same.push(shapes.len() as u32);
            shapes.push(Shape { properties: properties.clone(), count: 0 });
            shapes.len() as u32 - 1
        });
        shapes[shape as usize].count += 1;
        objects.push((node, shape));
    }
    (objects, shapes)
}

/// The names that are frequent enough, most frequent first.
fn definitions(graph: &Graph, shapes: &[Shape]) -> Vec<Definition> {
    let proto = graph.strings.find("__proto__");
    let mut found: Vec<Definition> = Vec::new();
    let mut known: FxHashMap<String, usize> = FxHashMap::default();
    for shape in shapes {
        let Some(one) = definition(graph, shape, proto) else { continue };
        let at = *known.entry(one.name.clone()).or_insert(found.len());
        match found.get_mut(at) {
            Some(same) => same.count += one.count,
            None => found.push(one),
        }
    }
    found.sort_by_key(|one| std::cmp::Reverse(one.count));
    // As DevTools counts: objects without properties are plain objects too.
    let plain = plain_objects(graph);
    found.retain(|one| one.count >= LEAST_COUNT && one.count * LEAST_SHARE >= plain);
    found
}

fn plain_objects(graph: &Graph) -> u64 {
    let Some(object) = graph.strings.find("Object") else { return 0 };
    let is_plain =
        |node: &Node| graph.name_index(*node) == object && graph.kind(*node) == NodeKind::Object;
    graph.nodes().filter(is_plain).count() as u64
}

fn definition(graph: &Graph, shape: &Shape, proto: Option<u32>) -> Option<Definition> {
    let mut name = String::from("{");
    let mut length = 1;
    let mut properties = Vec::new();
    for property in shape.properties.iter().filter(|property| Some(**property) != proto) {
        let text = format_property(&graph.strings.get(*property));
        let units = text.encode_utf16().count();
        if length > 1 && length + units > LONGEST_NAME {
            break;
        }
        if length != 1 {
            name.push_str(", ");
            length += 2;
        }
        name.push_str(&text);
        length += units;
        properties.push(*property);
    }
    if properties.is_empty() {
        return None;
    }
    name.push('}');
    Some(Definition { name, properties, count: shape.count })
}

/// A property's name, in quotes where it would be misread without.
fn format_property(name: &str) -> String {
    if name.contains([',', '\'', '"', '{', '}']) {
        return serde_json::to_string(name).unwrap_or_default();
    }
    name.to_owned()
}

/// Finds the definition with most properties that an object has all of.
struct Matcher {
    /// The properties of each definition, and how often: symbols may have one description.
    definitions: Vec<FxHashMap<u32, usize>>,
    /// How many properties each definition has.
    lengths: Vec<usize>,
    /// Definitions by their rarest property: an object without it need not be compared.
    by_property: FxHashMap<u32, Vec<u32>>,
}

impl Matcher {
    fn new(definitions: &[Definition]) -> Self {
        let mut uses: FxHashMap<u32, u32> = FxHashMap::default();
        for property in definitions.iter().flat_map(|one| &one.properties) {
            *uses.entry(*property).or_default() += 1;
        }
        let mut by_property: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (number, one) in definitions.iter().enumerate() {
            if let Some(rarest) = one.properties.iter().min_by_key(|property| uses[*property]) {
                by_property.entry(*rarest).or_default().push(number as u32);
            }
        }
        Self {
            definitions: definitions.iter().map(|one| times(&one.properties)).collect(),
            lengths: definitions.iter().map(|one| one.properties.len()).collect(),
            by_property,
        }
    }

    fn best(&self, properties: &[u32]) -> Option<u32> {
        let there = times(properties);
        let candidates =
            there.keys().filter_map(|property| self.by_property.get(property)).flatten();
        let fits = |number: &&u32| {
            let mut wanted = self.definitions[**number as usize].iter();
            wanted.all(|(property, times)| there.get(property) >= Some(times))
        };
        let rank = |number: &&u32| (self.lengths[**number as usize], std::cmp::Reverse(**number));
        candidates.filter(fits).max_by_key(rank).copied()
    }
}

/// How often each property is there.
fn times(properties: &[u32]) -> FxHashMap<u32, usize> {
    let mut times = FxHashMap::default();
    for property in properties {
        *times.entry(*property).or_default() += 1;
    }
    times
}
