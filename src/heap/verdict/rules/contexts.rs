//! Contexts of `node:vm` that are kept.

use super::Hit;
use super::finds::Finds;
use crate::heap::graph::Node;
use crate::heap::verdict::analysis::Analysis;
use crate::heap::verdict::suspect::Diagnosis;
use crate::heap::verdict::suspects::Candidate;
use crate::heap::verdict::words;

/// Test runners and template engines keep a few.
const MANY: usize = 10;

impl Analysis {
    pub(super) fn contexts(&self, finds: &Finds) -> Option<Hit> {
        let contexts: Vec<Node> = finds
            .instances("system / NativeContext")
            .iter()
            .copied()
            .filter(|node| self.is_vm_context(*node))
            .collect();
        if contexts.len() < MANY {
            return None;
        }
        let holder = self.common_holder(&contexts);
        let retained =
            holder.map_or(0, |node| self.tree.retained_size(node)).max(self.union(&contexts));
        if !self.is_much(retained, 0.05) {
            return None;
        }
        let held = holder
            .map_or_else(String::new, |node| format!(" They hang on {}.", self.titled_way(node)));
        let sentence = format!(
            "{} contexts of node:vm are kept and hold {} of the heap ({}).{held}",
            words::count(contexts.len() as u64),
            words::percent(self.share_of(retained)),
            words::bytes(retained),
        );
        let diagnosis = Diagnosis {
            rule: "detached-context",
            sentence: Some(sentence),
            explanation: "vm.createContext() makes a whole set of built-in objects; one function or object from inside that is kept keeps all of it.".to_owned(),
            advice: "Use one context again, or let nothing from inside out: copy results as plain data, and drop functions made there.".to_owned(),
        };
        let candidate = Candidate {
            object: holder,
            point: holder,
            class: contexts.first().map(|node| self.classes.class(*node)),
            count: contexts.len() as u64,
            retained,
            chain: false,
        };
        let mut covers = contexts;
        covers.extend(holder);
        Some(Hit { candidate, diagnosis, covers })
    }
}
