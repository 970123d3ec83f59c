//! Timers that are never cleared.

use rustc_hash::FxHashMap;

use super::Hit;
use super::finds::Finds;
use crate::heap::graph::{EdgeKind, Node, NodeKind};
use crate::heap::verdict::analysis::Analysis;
use crate::heap::verdict::suspect::Diagnosis;
use crate::heap::verdict::suspects::Candidate;
use crate::heap::verdict::words;

const MANY: usize = 1000;
const MANY_IF_BIG: usize = 100;

impl Analysis {
    /// Timers of the program's own functions; those of sockets and servers are Node's.
    pub(super) fn timers(&self, finds: &Finds) -> Option<Hit> {
        let graph = &self.graph;
        let mut by_function: FxHashMap<String, Vec<Node>> = FxHashMap::default();
        for timer in finds.instances("Timeout") {
            let function = graph.follow(*timer, EdgeKind::Property, "_onTimeout");
            let function = function.filter(|node| graph.kind(*node) == NodeKind::Closure);
            if let Some(function) = function.filter(|node| self.is_user_function(*node)) {
                by_function.entry(self.function_text(function)).or_default().push(*timer);
            }
        }
        let (function, timers) =
            by_function.into_iter().max_by(|a, b| a.1.len().cmp(&b.1.len()).then(b.0.cmp(&a.0)))?;
        let retained = self.union(&timers);
        let is_big = timers.len() >= MANY_IF_BIG && self.is_much(retained, 0.1);
        if timers.len() < MANY && !is_big {
            return None;
        }
        let repeats = timers
            .iter()
            .filter(|node| graph.follow(**node, EdgeKind::Property, "_repeat").is_none());
        let made_by = if repeats.count() * 2 > timers.len() { "setInterval" } else { "setTimeout" };
        let clear = if made_by == "setInterval" { "clearInterval" } else { "clearTimeout" };
        let sentence = format!(
            "{} timers of {made_by} are pending and hold {} of the heap ({}): {function}.",
            words::count(timers.len() as u64),
            words::percent(self.share_of(retained)),
            words::bytes(retained),
        );
        let diagnosis = Diagnosis {
            rule: "timers",
            sentence: Some(sentence),
            explanation: format!(
                "A timer of {made_by} lives until it is cleared or has run, and keeps alive what its function refers to."
            ),
            advice: format!("Keep what {made_by} returns, and call {clear} when its owner goes."),
        };
        let holder = self.common_holder(&timers);
        let candidate = Candidate {
            object: holder,
            point: holder,
            class: timers.first().map(|node| self.classes.class(*node)),
            count: timers.len() as u64,
            retained,
            chain: false,
        };
        Some(Hit { candidate, diagnosis, covers: timers })
    }
}
