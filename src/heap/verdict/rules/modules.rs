//! Modules that are loaded again after `delete require.cache[…]`: the parent's `children` keeps all.

use rustc_hash::FxHashMap;

use super::Hit;
use super::finds::Finds;
use crate::heap::graph::{EdgeKind, Node};
use crate::heap::verdict::analysis::Analysis;
use crate::heap::verdict::names::text;
use crate::heap::verdict::suspect::Diagnosis;
use crate::heap::verdict::suspects::Candidate;
use crate::heap::verdict::words;

/// Loaded twice or three times is a test runner's way; this often is a loop.
const MANY: usize = 10;

impl Analysis {
    pub(super) fn reloaded_modules(&self, finds: &Finds) -> Option<Hit> {
        let graph = &self.graph;
        // The same file's name is the same string object: names of different ones may look alike.
        let mut by_file: FxHashMap<Node, Vec<Node>> = FxHashMap::default();
        for module in finds.instances("Module") {
            let is_instance = graph.follow(*module, EdgeKind::Property, "children").is_some();
            let file = graph.follow(*module, EdgeKind::Property, "filename");
            if let Some(file) = file.filter(|_| is_instance) {
                by_file.entry(file).or_default().push(*module);
            }
        }
        let (file, modules) = by_file.into_iter().max_by_key(|(file, all)| (all.len(), *file))?;
        if modules.len() < MANY {
            return None;
        }
        let children = self.common_holder(&modules);
        let retained = self.union(&modules);
        if !self.is_much(retained, 0.05) && modules.len() < 100 {
            return None;
        }
        let name = text(graph, file);
        let base = name.rsplit('/').next().unwrap_or_default();
        let sentence = format!(
            "{} modules of one file, {base}, are loaded and hold {} of the heap ({}), in module.children of the one that requires it.",
            words::count(modules.len() as u64),
            words::percent(self.share_of(retained)),
            words::bytes(retained),
        );
        let diagnosis = Diagnosis {
            rule: "module-children",
            sentence: Some(sentence),
            explanation: format!(
                "delete require.cache[…] makes {base} load anew, but the parent's module.children, and what the old copy has registered, still refer to every copy."
            ),
            advice: "Do not delete from require.cache in a running service: read data with fs and JSON.parse, or remove the old module from module.parent.children as well.".to_owned(),
        };
        let candidate = Candidate {
            object: children,
            point: children,
            class: modules.first().map(|node| self.classes.class(*node)),
            count: modules.len() as u64,
            retained,
            chain: false,
        };
        Some(Hit { candidate, diagnosis, covers: modules })
    }
}
