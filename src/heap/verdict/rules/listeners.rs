//! Listeners that pile up on one emitter or one event target.

use super::Hit;
use super::finds::Finds;
use crate::heap::graph::{EdgeKind, Node, NodeKind};
use crate::heap::verdict::analysis::Analysis;
use crate::heap::verdict::suspect::Diagnosis;
use crate::heap::verdict::suspects::Candidate;
use crate::heap::verdict::words;

/// A pool of 30 is common; Node.js itself warns at 11.
const MANY: usize = 50;

/// From here on the number alone tells.
const VERY_MANY: usize = 1000;

struct Pile {
    emitter: Node,
    event: String,
    /// The array or the list that they are in.
    list: Node,
    listeners: Vec<Node>,
}

impl Analysis {
    pub(super) fn listeners(&self, finds: &Finds) -> Vec<Hit> {
        let emitters = finds.edges("_events").iter().flat_map(|edge| self.emitter_piles(*edge));
        let targets =
            finds.edges("<symbol kEvents>").iter().flat_map(|edge| self.target_piles(*edge));
        let mut piles: Vec<Pile> = emitters.chain(targets).collect();
        piles.sort_by_key(|pile| std::cmp::Reverse(pile.listeners.len()));
        piles.truncate(3);
        piles.into_iter().filter_map(|pile| self.listener_hit(pile)).collect()
    }

    /// `emitter._events.<event>` is an array of functions.
    fn emitter_piles(&self, edge: u32) -> Vec<Pile> {
        let graph = &self.graph;
        let events = graph.edge(edge as usize).to;
        let arrays = graph.edges(events).filter(|edge| {
            edge.kind == EdgeKind::Property && graph.name_bytes(edge.to) == b"Array"
        });
        let pile = |event: crate::heap::graph::Edge| {
            let elements = graph.edges(event.to).filter(|edge| {
                edge.kind == EdgeKind::Element && graph.kind(edge.to) == NodeKind::Closure
            });
            let listeners: Vec<Node> = elements.map(|edge| edge.to).collect();
            (listeners.len() >= MANY).then(|| Pile {
                emitter: graph.edge_source(edge),
                event: graph.strings().get(event.name).into_owned(),
                list: event.to,
                listeners,
            })
        };
        arrays.filter_map(pile).collect()
    }

    /// `target[kEvents]` maps names to lists: `{ size, next: Listener { next: … } }`.
    fn target_piles(&self, edge: u32) -> Vec<Pile> {
        let graph = &self.graph;
        let map = graph.edge(edge as usize).to;
        let Some(table) = graph.follow(map, EdgeKind::Internal, "table") else { return Vec::new() };
        let mut event = String::new();
        let mut piles = Vec::new();
        for entry in graph.edges(table) {
            match graph.kind(entry.to) {
                NodeKind::String => {
                    event = graph.strings().get(graph.name_index(entry.to)).into_owned()
                }
                NodeKind::Object => {
                    let listeners = self.listener_chain(entry.to);
                    if listeners.len() >= MANY {
                        piles.push(Pile {
                            emitter: graph.edge_source(edge),
                            event: event.clone(),
                            list: entry.to,
                            listeners,
                        });
                    }
                }
                _ => {}
            }
        }
        piles
    }

    fn listener_chain(&self, list: Node) -> Vec<Node> {
        let graph = &self.graph;
        let mut found = Vec::new();
        let mut at = list;
        while let Some(next) = graph.follow(at, EdgeKind::Property, "next") {
            // A ring of a made-up file ends at the number of nodes.
            if graph.name_bytes(next) != b"Listener" || found.len() > graph.len() {
                break;
            }
            found.push(next);
            at = next;
        }
        let function = |node: Node| {
            let callback = graph.follow(node, EdgeKind::Property, "callback");
            callback
                .or_else(|| graph.follow(node, EdgeKind::Property, "listener"))
                .filter(|node| graph.kind(*node) == NodeKind::Closure)
                .unwrap_or(node)
        };
        found.into_iter().map(function).collect()
    }

    fn listener_hit(&self, pile: Pile) -> Option<Hit> {
        let Pile { emitter, event, list, listeners } = pile;
        let retained = self.tree.retained_size(list).max(self.union(&listeners));
        let count = listeners.len();
        if !(self.is_much(retained, 0.1) || count >= VERY_MANY && retained >= 1 << 20) {
            return None;
        }
        let function = self.most_frequent_function(&listeners)?;
        let sentence = format!(
            "{} listeners for \"{event}\" on one {} hold {} of the heap ({}): {function}.",
            words::count(count as u64),
            self.title(emitter),
            words::percent(self.share_of(retained)),
            words::bytes(retained),
        );
        let diagnosis = Diagnosis {
            rule: "listeners",
            sentence: Some(sentence),
            explanation: format!(
                "A listener for \"{event}\" is added again and again and never removed; each keeps alive what its function refers to."
            ),
            advice: format!(
                "Add the \"{event}\" listener once, outside of what repeats, or remove it: off(), once(), {{ signal }}."
            ),
        };
        let candidate = Candidate {
            object: Some(emitter),
            point: Some(list),
            class: listeners.first().map(|node| self.classes.class(*node)),
            count: count as u64,
            retained,
            chain: false,
        };
        let mut covers = listeners;
        covers.push(list);
        Some(Hit { candidate, diagnosis, covers })
    }
}
