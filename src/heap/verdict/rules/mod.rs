//! Node's own leaks: patterns that tell what happens, not only what is big.
//!
//! How each of them looks in a snapshot, per Node.js version, and what a busy, healthy process shows of
//! it, was read from files of real programs (`examples/leaks`); the thresholds lie between the two.

mod async_storage;
mod buffers;
mod closures;
mod contexts;
mod duplicates;
mod finds;
mod listeners;
mod modules;
mod promises;
mod sockets;
mod timers;

use super::analysis::Analysis;
use super::overview::Overview;
use super::suspect::{Diagnosis, Suspect};
use super::suspects::Candidate;
use crate::heap::graph::Node;
use finds::Finds;

/// What a rule recognised.
struct Hit {
    candidate: Candidate,
    diagnosis: Diagnosis,
    /// What is explained by it, with all that it retains.
    covers: Vec<Node>,
}

/// A candidate of which this share is explained by a rule is told by the rule alone.
const EXPLAINED: f64 = 0.5;

impl Analysis {
    /// Every suspect, most telling first.
    pub(super) fn suspects(&self, overview: &Overview) -> Vec<Suspect> {
        let mut candidates = self.candidates();
        let mut hits = self.hits(overview, &candidates);
        hits.sort_by_key(|hit| std::cmp::Reverse(hit.candidate.retained));
        let hits = self.without_covered(hits);
        candidates.retain(|one| !hits.iter().any(|hit| self.explains(hit, one)));
        let mut all: Vec<(Candidate, Option<Diagnosis>)> =
            hits.into_iter().map(|hit| (hit.candidate, Some(hit.diagnosis))).collect();
        all.extend(candidates.into_iter().map(|one| (one, None)));
        // Among equals the one that says why comes first.
        all.sort_by_key(|(one, why)| (std::cmp::Reverse(one.retained), why.is_none()));
        let suspects = all.into_iter().map(|(one, why)| {
            let why = why.or_else(|| self.growing(&one));
            self.suspect(&one, why)
        });
        suspects.collect()
    }

    fn hits(&self, overview: &Overview, candidates: &[Candidate]) -> Vec<Hit> {
        let finds = Finds::of(&self.graph);
        let mut hits = Vec::new();
        hits.extend(self.closure_chains(candidates));
        hits.extend(self.listeners(&finds));
        hits.extend(self.reloaded_modules(&finds));
        hits.extend(self.timers(&finds));
        hits.extend(self.sockets(&finds));
        let stores = self.async_stores(&finds);
        let pending = self.pending_calls(&finds);
        // A store that a pending call carries is what costs.
        let carried = stores.as_ref().zip(pending.as_ref()).is_some_and(|(stores, pending)| {
            self.union(&stores.covers) * 2 >= pending.candidate.retained
        });
        hits.extend(stores);
        hits.extend(pending.filter(|_| !carried));
        hits.extend(self.contexts(&finds));
        hits.extend(self.buffers(&finds, overview));
        hits.extend(self.duplicates());
        hits
    }

    /// A hit within what a bigger one covers says nothing new.
    fn without_covered(&self, hits: Vec<Hit>) -> Vec<Hit> {
        let mut kept: Vec<Hit> = Vec::new();
        for hit in hits {
            if !kept.iter().any(|bigger| self.explains(bigger, &hit.candidate)) {
                kept.push(hit);
            }
        }
        kept
    }

    /// Whether most of a candidate is what the hit is about.
    #[allow(clippy::cast_precision_loss, reason = "a share")]
    fn explains(&self, hit: &Hit, candidate: &Candidate) -> bool {
        let Some(point) = candidate.point.or(candidate.object) else {
            return candidate.class.is_some_and(|class| self.explains_class(hit, class));
        };
        if hit.covers.iter().any(|cover| self.tree.is_dominated(point, *cover)) {
            return true;
        }
        let inside: Vec<Node> = hit
            .covers
            .iter()
            .copied()
            .filter(|cover| self.tree.is_dominated(*cover, point))
            .collect();
        self.union(&inside) as f64 >= EXPLAINED * candidate.retained as f64
    }

    /// Whether most objects of a group are within what the hit covers, or hold it.
    fn explains_class(&self, hit: &Hit, class: u32) -> bool {
        let members = self.members(class);
        let every = members.len().div_ceil(500).max(1);
        let sample: Vec<Node> = members.into_iter().step_by(every).collect();
        let covered = sample.iter().filter(|node| {
            let is_related = |cover: &Node| {
                self.tree.is_dominated(**node, *cover) || self.tree.is_dominated(*cover, **node)
            };
            hit.covers.iter().take(5000).any(is_related)
        });
        covered.count() * 2 >= sample.len()
    }

    /// What some nodes retain together, in bytes.
    fn union(&self, nodes: &[Node]) -> u64 {
        let mut places: Vec<(usize, Node)> =
            nodes.iter().map(|node| (self.tree.place(*node), *node)).collect();
        places.sort_unstable();
        let mut counted_to = 0;
        let mut sum = 0;
        for (place, node) in places {
            if place >= counted_to {
                sum += self.tree.retained_size(node);
                counted_to = place + self.tree.count(node);
            }
        }
        sum
    }

    /// The lowest object that dominates most of `nodes`; none where only a root does.
    fn common_holder(&self, nodes: &[Node]) -> Option<Node> {
        let every = nodes.len().div_ceil(2000).max(1);
        let sample: Vec<Node> = nodes.iter().copied().step_by(every).collect();
        let enough = sample.len() - sample.len() / 5;
        // One that hangs on the common holder is among any few of them.
        sample.iter().step_by(sample.len().div_ceil(8).max(1)).find_map(|node| {
            let mut at = self.tree.dominator(*node);
            while !self.is_transparent(at) {
                let inside = sample.iter().filter(|one| self.tree.is_dominated(**one, at)).count();
                if inside >= enough {
                    return Some(self.owner(at));
                }
                at = self.tree.dominator(at);
            }
            None
        })
    }

    /// Whether that many bytes are a good part of the heap.
    fn is_much(&self, bytes: u64, share: f64) -> bool {
        self.share_of(bytes) >= share && bytes >= super::suspects::LEAST_BYTES
    }

    /// Arrays, maps and the like that only grow.
    fn growing(&self, candidate: &Candidate) -> Option<Diagnosis> {
        let point = candidate.point.filter(|_| !candidate.chain)?;
        let (rule, what) = match self.collection(point)? {
            "Array" => ("growing-array", "array"),
            "Set" => ("growing-map", "Set"),
            "Object" => ("growing-map", "object used as a map"),
            _ => ("growing-map", "Map"),
        };
        let explanation = format!(
            "It looks like {} that is added to and never emptied: its oldest entries are still there. One snapshot cannot prove that it grows; two can: npx rsprof diff.",
            if matches!(what, "Map" | "Set") { format!("a {what}") } else { format!("an {what}") },
        );
        let advice = format!(
            "Take out of the {what} what is done with, or give it a limit (an LRU cache, a time to live)."
        );
        Some(Diagnosis { rule, sentence: None, explanation, advice })
    }
}
