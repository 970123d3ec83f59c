//! Collections that grew: arrays, Maps, Sets and objects used as maps, by count of entries.
//!
//! One of the newer file is looked for in the older file by its id, where the files are of one process. Where
//! they are not, and where the program put a new one in the place of the old one, it is looked for by the
//! place that holds it: `Manager.rooms`. Of several in one place the biggest is the biggest's successor.

use std::cmp::Reverse;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::analysis::Analysis;
use super::super::collections::{Filled, collection};
use super::super::object::ObjectRef;
use super::super::signature::is_lifted;
use super::super::suspects::is_class_name;
use super::GrownCollection;
use super::ends::OlderSnapshot;
use super::holder::{GLOBAL, shown};
use super::table::delta;
use crate::heap::graph::{Classes, DominatorTree, EdgeKind, Graph, Node, NodeKind};

/// Growth by fewer entries is not told.
const LEAST_ENTRIES: u64 = 10;

/// Collections that retain less are not looked at, in bytes.
const LEAST_BYTES: u64 = 4 << 10;

/// More than these in places of one name are the parts of something that is told by its class.
const MOST_ALIKE: usize = 8;

/// A place is told by no more steps than these.
const DEEPEST: usize = 32;

/// References of an object that are looked at for the one that leads on.
const MOST_EDGES: usize = 1000;

/// All that grew, most first, at most `most`. `by_id`: whether an id means the same in both.
pub(super) fn grown(
    analysis: &Analysis,
    older: &OlderSnapshot,
    by_id: bool,
    most: usize,
) -> Vec<GrownCollection> {
    let mut found = Search { analysis, older, by_id }.run();
    found.sort_by_key(|one| {
        let growth = one.after.entries - one.before.map_or(0, |before| before.entries);
        (Reverse((growth, one.after.retained_size)), one.node)
    });
    found.truncate(most);
    found.into_iter().map(|one| one.told(analysis)).collect()
}

#[derive(Clone, Copy)]
struct Amount {
    entries: u64,
    retained_size: u64,
}

struct Found {
    node: Node,
    kind: &'static str,
    before: Option<Amount>,
    after: Amount,
}

impl Found {
    fn is_growth(&self) -> bool {
        let before = self.before.map_or(0, |before| before.entries);
        self.after.entries >= before + LEAST_ENTRIES
    }

    fn told(self, analysis: &Analysis) -> GrownCollection {
        let Self { node, kind, before, after } = self;
        let from = before.unwrap_or(Amount { entries: 0, retained_size: 0 });
        let object: ObjectRef = analysis.object(node);
        GrownCollection {
            object,
            collection: kind,
            entries: after.entries,
            entries_before: before.map(|before| before.entries),
            entries_delta: delta(from.entries, after.entries),
            retained_delta: delta(from.retained_size, after.retained_size),
            path_text: analysis.way(node),
        }
    }
}

struct Search<'a> {
    analysis: &'a Analysis,
    older: &'a OlderSnapshot,
    by_id: bool,
}

impl Search<'_> {
    fn run(&self) -> Vec<Found> {
        let mut found = Vec::new();
        let mut unknown = Vec::new();
        for (node, kind) in self.analysis.collections_of(LEAST_BYTES) {
            let after = self.newer().amount(node, kind);
            if after.entries < LEAST_ENTRIES {
                continue;
            }
            match self.same(node) {
                Some(before) => {
                    let before = Some(self.older().amount(before, kind));
                    found.push(Found { node, kind, before, after });
                }
                None => unknown.push(Found { node, kind, before: None, after }),
            }
        }
        found.extend(self.by_place(unknown));
        found.retain(Found::is_growth);
        found
    }

    fn newer(&self) -> Places<'_> {
        let Analysis { graph, tree, classes, .. } = self.analysis;
        Places { graph, tree, classes }
    }

    fn older(&self) -> Places<'_> {
        let OlderSnapshot { graph, tree, classes, .. } = self.older;
        Places { graph, tree, classes }
    }

    /// The same object in the older file.
    fn same(&self, node: Node) -> Option<Node> {
        let id = self.analysis.graph.id(node);
        let before = self.older.index.find(id).filter(|_| self.by_id)?;
        let kinds = [(&self.older.graph, before), (&self.analysis.graph, node)];
        let [from, to] = kinds.map(|(graph, node)| collection(graph, node));
        (from == to).then_some(before)
    }

    /// Gives each the one that was in its place before.
    fn by_place(&self, unknown: Vec<Found>) -> Vec<Found> {
        let mut by_place: FxHashMap<String, Vec<Found>> = FxHashMap::default();
        for one in unknown {
            let place = self.newer().place(one.node, one.kind);
            by_place.entry(place).or_default().push(one);
        }
        by_place.retain(|_, alike| alike.len() <= MOST_ALIKE);
        let mut before = self.before(&by_place);
        for (place, alike) in &mut by_place {
            let size = |amount: Amount| Reverse((amount.retained_size, amount.entries));
            alike.sort_by_key(|one| (size(one.after), one.node));
            let before = before.entry(place.clone()).or_default();
            before.sort_by_key(|one| size(*one));
            for (one, amount) in alike.iter_mut().zip(before) {
                one.before = Some(*amount);
            }
        }
        by_place.into_values().flatten().collect()
    }

    /// By place, what was there in the older file and is no more, as far as ids tell.
    fn before(&self, wanted: &FxHashMap<String, Vec<Found>>) -> FxHashMap<String, Vec<Amount>> {
        let mut found: FxHashMap<String, Vec<Amount>> = FxHashMap::default();
        if wanted.is_empty() {
            return found;
        }
        let (older, graph) = (self.older(), &self.older.graph);
        // Most are in other places, which their last step tells.
        let steps: FxHashSet<(&str, Vec<u8>)> = wanted
            .values()
            .flatten()
            .map(|one| (one.kind, self.newer().reference(one.node).to_vec()))
            .collect();
        let kinds: FxHashSet<&str> = steps.iter().map(|(kind, _)| *kind).collect();
        let mut there: Vec<(Node, String, &str)> = Vec::new();
        for node in graph.nodes().filter(|node| graph.kind(*node) == NodeKind::Object) {
            let Some(kind) = collection(graph, node).filter(|kind| kinds.contains(kind)) else {
                continue;
            };
            let step = older.reference(node);
            if !steps.iter().any(|(of, wanted)| *of == kind && wanted[..] == step[..]) {
                continue;
            }
            let place = older.place(node, kind);
            if wanted.contains_key(&place) {
                there.push((node, place, kind));
            }
        }
        let kept = self.kept(there.iter().map(|(node, ..)| graph.id(*node)));
        for (node, place, kind) in there {
            if !kept.contains(&graph.id(node)) {
                found.entry(place).or_default().push(older.amount(node, kind));
            }
        }
        found
    }

    /// Which of some ids are in the newer file too, where they mean the same.
    fn kept(&self, ids: impl Iterator<Item = u32>) -> FxHashSet<u32> {
        let mut kept = FxHashSet::default();
        if self.by_id {
            let asked: FxHashSet<u32> = ids.collect();
            let newer = &self.analysis.graph;
            kept.extend(newer.nodes().map(|node| newer.id(node)).filter(|id| asked.contains(id)));
        }
        kept
    }
}

/// A snapshot whose collections are told by where they are.
struct Places<'a> {
    graph: &'a Graph,
    tree: &'a DominatorTree,
    classes: &'a Classes,
}

impl Places<'_> {
    fn amount(&self, node: Node, kind: &str) -> Amount {
        let (entries, _) = Filled { graph: self.graph, tree: self.tree }.fill(node, kind);
        Amount { entries, retained_size: self.tree.retained_size(node) }
    }

    /// `Array .rooms Manager`: from a collection up to the first object of a class of the program, a scope
    /// or the global object.
    fn place(&self, node: Node, kind: &str) -> String {
        let mut text = String::from(kind);
        let mut at = node;
        for _ in 0..DEEPEST {
            let holder = self.holder(at);
            let class = self.classes.name_of(holder);
            let reference = self.reference(at);
            let reference = String::from_utf8_lossy(reference);
            text.push_str(&format!("\0{reference}\0{}", shown(class)));
            let is_known = is_class_name(class) || class == "system / Context";
            if is_known || shown(class) == GLOBAL || holder == self.graph.root() {
                break;
            }
            at = holder;
        }
        text
    }

    /// The nearest object above that people know.
    fn holder(&self, node: Node) -> Node {
        let mut at = self.tree.dominator(node);
        while is_lifted(self.graph, at) && at != self.graph.root() {
            at = self.tree.dominator(at);
        }
        at
    }

    /// Name of the reference to a node from what dominates it.
    fn reference(&self, node: Node) -> &[u8] {
        let above = self.tree.dominator(node);
        if is_lifted(self.graph, above) || self.graph.name_bytes(above) == b"Array" {
            return b"[]";
        }
        let edge = self.graph.edges(above).take(MOST_EDGES).find(|edge| edge.to == node);
        match edge {
            Some(edge) if matches!(edge.kind, EdgeKind::Property | EdgeKind::Context) => {
                self.graph.strings().bytes(edge.name)
            }
            Some(_) => b"[]",
            None => b"",
        }
    }
}
