//! Functions that share a scope: a chain in which each scope keeps the one before (`theThing` and
//! `originalThing`, as Meteor's article has it).

use rustc_hash::FxHashMap;

use super::Hit;
use crate::heap::graph::{EdgeKind, Node, NodeKind};
use crate::heap::verdict::analysis::Analysis;
use crate::heap::verdict::suspect::Diagnosis;
use crate::heap::verdict::suspects::Candidate;
use crate::heap::verdict::words;

/// No healthy program has a row of more than three scopes of one function, each held by the next.
const MANY: usize = 8;

impl Analysis {
    /// Chains among the candidates whose links are scopes of one function.
    pub(super) fn closure_chains(&self, candidates: &[Candidate]) -> Vec<Hit> {
        let chains = candidates.iter().filter(|one| one.chain);
        chains.filter_map(|one| self.closure_chain(one)).collect()
    }

    fn closure_chain(&self, chain: &Candidate) -> Option<Hit> {
        let first = chain.object?;
        let scopes = self.scopes_down(first);
        let (scope_info, scopes) = scopes.into_iter().max_by_key(|(_, scopes)| scopes.len())?;
        if scopes.len() < MANY {
            return None;
        }
        let variable = self.kept_variable(&scopes)?;
        let function = self.function_of_scope(scope_info);
        let (name, place) = match function {
            Some(closure) => (self.name(closure), self.place_text(closure)),
            None => ("a function".to_owned(), String::new()),
        };
        let inner = self.inner_function(scopes[0]).unwrap_or_default();
        let what = self.big_siblings(first);
        let sentence = format!(
            "A chain of {} scopes of {name}{place} holds {} of the heap ({}): {inner}each keeps the one before alive by its variable {variable}{what}.",
            words::count(scopes.len() as u64),
            words::percent(self.share_of(chain.retained)),
            words::bytes(chain.retained),
        );
        let diagnosis = Diagnosis {
            rule: "closure-context",
            sentence: Some(sentence),
            explanation: format!(
                "Functions made in one call share one scope: a variable that one of them uses, here {variable}, is kept for all of them, so each new object keeps the one before."
            ),
            advice: format!(
                "Set {variable} to null at the end of {name}, or make the inner functions elsewhere."
            ),
        };
        let head = self.head_of_chain(scopes[0]).unwrap_or(first);
        let candidate = Candidate { object: Some(head), point: Some(head), ..chain.clone() };
        Some(Hit { candidate, diagnosis, covers: vec![first] })
    }

    /// The object whose function keeps the first scope.
    fn head_of_chain(&self, scope: Node) -> Option<Node> {
        let mut at = self.tree.dominator(scope);
        while self.graph.kind(at) == NodeKind::Closure || self.graph.kind(at) == NodeKind::Hidden {
            at = self.tree.dominator(at);
        }
        let is_object = self.graph.kind(at) == NodeKind::Object && !self.is_transparent(at);
        is_object.then_some(at)
    }

    /// The scopes below a node, in the order of the tree, by what they are scopes of.
    fn scopes_down(&self, first: Node) -> FxHashMap<Node, Vec<Node>> {
        let graph = &self.graph;
        let mut found: FxHashMap<Node, Vec<Node>> = FxHashMap::default();
        for node in self.tree.subtree(first) {
            let is_scope = graph.name_bytes(*node) == b"system / Context";
            if is_scope && let Some(info) = graph.follow(*node, EdgeKind::Internal, "scope_info") {
                found.entry(info).or_default().push(*node);
            }
        }
        found
    }

    /// The variable of the first scope that the next scope hangs on.
    fn kept_variable(&self, scopes: &[Node]) -> Option<String> {
        let [scope, next, ..] = scopes else { return None };
        let graph = &self.graph;
        let variable = graph.edges(*scope).find(|edge| {
            edge.kind == EdgeKind::Context && self.tree.is_dominated(*next, edge.to)
        })?;
        Some(graph.strings().get(variable.name).into_owned())
    }

    /// A function whose calls make scopes of this kind, by way of its shared function info.
    fn function_of_scope(&self, info: Node) -> Option<Node> {
        let graph = &self.graph;
        let by_name = |name: &str| graph.strings().find(name);
        let scope = by_name("name_or_scope_info")?;
        let shared =
            graph.edges_named(scope).find(|number| graph.edge(*number as usize).to == info);
        let shared = graph.edge_source(shared?);
        let of_closure = by_name("shared")?;
        let closure = graph.edges_named(of_closure).find(|number| {
            graph.edge(*number as usize).to == shared
                && graph.kind(graph.edge_source(*number)) == NodeKind::Closure
        });
        Some(graph.edge_source(closure?))
    }

    /// The function that keeps a scope: `someMethod() `.
    fn inner_function(&self, scope: Node) -> Option<String> {
        let holder = self.tree.dominator(scope);
        (self.graph.kind(holder) == NodeKind::Closure)
            .then(|| format!("{} is kept, and ", self.name(holder)))
    }

    /// `, with longStr (476.8 kB each)`: what lies beside the functions in the objects.
    fn big_siblings(&self, first: Node) -> String {
        let graph = &self.graph;
        let mut sums: FxHashMap<u32, (u64, u64)> = FxHashMap::default();
        for node in self.tree.subtree(first) {
            let own = || graph.edges(*node).filter(|edge| edge.kind == EdgeKind::Property);
            let has_function = || own().any(|edge| graph.kind(edge.to) == NodeKind::Closure);
            if graph.kind(*node) != NodeKind::Object || !has_function() {
                continue;
            }
            for edge in own().filter(|edge| self.tree.dominator(edge.to) == *node) {
                if graph.kind(edge.to) != NodeKind::Closure {
                    let sum = sums.entry(edge.name).or_default();
                    sum.0 += self.tree.retained_size(edge.to);
                    sum.1 += 1;
                }
            }
        }
        let biggest = sums.into_iter().max_by_key(|(name, (size, _))| (*size, *name));
        biggest.filter(|(_, (size, _))| *size > 4096).map_or_else(
            String::new,
            |(name, (size, count))| {
                format!(
                    ", with {} ({} each)",
                    graph.strings().get(name),
                    words::bytes(size / count.max(1))
                )
            },
        )
    }
}
