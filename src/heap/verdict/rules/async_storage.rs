//! Stores of `AsyncLocalStorage` that live as long as something that was begun in them.

use rustc_hash::FxHashSet;

use super::Hit;
use super::finds::Finds;
use crate::heap::graph::{EdgeKind, Node, NodeKind};
use crate::heap::verdict::analysis::Analysis;
use crate::heap::verdict::suspect::Diagnosis;
use crate::heap::verdict::suspects::Candidate;
use crate::heap::verdict::words;

const MANY: usize = 100;

impl Analysis {
    pub(super) fn async_stores(&self, finds: &Finds) -> Option<Hit> {
        let graph = &self.graph;
        let is_store = |node: &Node| {
            matches!(graph.kind(*node), NodeKind::Object | NodeKind::Array)
                && graph.name_bytes(*node) != b"AsyncLocalStorage"
        };
        // Up to Node 22 every async resource has the store as a property.
        let properties = finds.edges("<symbol kResourceStore>").iter();
        let mut stores: FxHashSet<Node> =
            properties.map(|edge| graph.edge(*edge as usize).to).filter(is_store).collect();
        // From 24 on there is a map of storages to stores.
        for frame in finds.instances("AsyncContextFrame") {
            if let Some(table) = graph.follow(*frame, EdgeKind::Internal, "table") {
                let entries = graph.edges(table).filter(|edge| edge.kind != EdgeKind::Weak);
                let objects = entries.map(|edge| edge.to);
                stores.extend(
                    objects.filter(|node| graph.kind(*node) == NodeKind::Object).filter(is_store),
                );
            }
        }
        let mut stores: Vec<Node> = stores.into_iter().collect();
        stores.sort_unstable();
        let retained = self.union(&stores);
        if stores.len() < MANY || !self.is_much(retained, 0.1) {
            return None;
        }
        let class = self.most_frequent_class(&stores)?;
        let calls = self.async_calls(finds);
        let pending = self.functions_of_calls(&calls).filter(|_| calls.len() * 2 >= stores.len());
        let pending = pending
            .map_or_else(String::new, |text| format!(" Calls that do not end keep them: {text}."));
        let sentence = format!(
            "{} stores of AsyncLocalStorage are kept and hold {} of the heap ({}): {}.{pending}",
            words::count(stores.len() as u64),
            words::percent(self.share_of(retained)),
            words::bytes(retained),
            words::objects(stores.len() as u64, self.classes.name(class)),
        );
        let diagnosis = Diagnosis {
            rule: "async-local-storage",
            sentence: Some(sentence),
            explanation: "Whatever is begun inside AsyncLocalStorage.run() (a promise, a timer, a socket) keeps its store; things that never end keep it for ever.".to_owned(),
            advice: "Begin long-lived work outside of the request: AsyncLocalStorage.exit(), or AsyncResource.bind() at start; and end what waits.".to_owned(),
        };
        let holder = self.common_holder(&stores);
        let candidate = Candidate {
            object: holder,
            point: holder,
            class: Some(class),
            count: stores.len() as u64,
            retained,
            chain: false,
        };
        Some(Hit { candidate, diagnosis, covers: stores })
    }
}
