//! Calls of async functions that wait for a promise which is never settled.

use super::Hit;
use super::finds::Finds;
use crate::heap::graph::{EdgeKind, Node};
use crate::heap::verdict::analysis::Analysis;
use crate::heap::verdict::suspect::Diagnosis;
use crate::heap::verdict::suspects::Candidate;
use crate::heap::verdict::words;

const MANY: usize = 1000;

impl Analysis {
    pub(super) fn pending_calls(&self, finds: &Finds) -> Option<Hit> {
        let calls = self.async_calls(finds);
        if calls.len() < MANY {
            return None;
        }
        let holder = self.common_holder(&calls);
        let retained =
            holder.map_or(0, |node| self.tree.retained_size(node)).max(self.union(&calls));
        if !self.is_much(retained, 0.1) {
            return None;
        }
        let function = self.functions_of_calls(&calls)?;
        let held = holder
            .map_or_else(String::new, |node| format!(" They hang on {}.", self.titled_way(node)));
        let sentence = format!(
            "{} calls of async functions wait for promises that are not settled, and hold {} of the heap ({}): {function}.{held}",
            words::count(calls.len() as u64),
            words::percent(self.share_of(retained)),
            words::bytes(retained),
        );
        let diagnosis = Diagnosis {
            rule: "promises",
            sentence: Some(sentence),
            explanation: "An async function that waits at an await keeps its local variables until the promise is resolved or rejected; here nobody does.".to_owned(),
            advice: "Settle each promise in every case: reject on error and on close, and race long waits against a timeout (AbortSignal.timeout).".to_owned(),
        };
        let candidate = Candidate {
            object: holder,
            point: holder,
            class: calls.first().map(|node| self.classes.class(*node)),
            count: calls.len() as u64,
            retained,
            chain: false,
        };
        let mut covers = calls;
        covers.extend(holder);
        Some(Hit { candidate, diagnosis, covers })
    }

    /// Calls of async functions that have not come to their end.
    pub(super) fn async_calls(&self, finds: &Finds) -> Vec<Node> {
        let graph = &self.graph;
        // A generator that is no async function's has no promise.
        let is_async = |node: &Node| {
            graph.follow(*node, EdgeKind::Internal, "function").is_some()
                && graph.edges(*node).any(|edge| graph.name_bytes(edge.to) == b"Promise")
        };
        finds.instances("Generator").iter().copied().filter(is_async).collect()
    }

    /// Which function most of some calls are of.
    pub(super) fn functions_of_calls(&self, calls: &[Node]) -> Option<String> {
        let function = |node: &Node| self.graph.follow(*node, EdgeKind::Internal, "function");
        let functions: Vec<Node> = calls.iter().filter_map(function).collect();
        self.most_frequent_function(&functions)
    }
}
