//! Functions in words: name, file and line.

use rustc_hash::FxHashMap;

use super::analysis::Analysis;
use super::words;
use crate::heap::graph::{ClassId, Node, NodeKind};

impl Analysis {
    /// ` (server.js:12)`, or nothing where it is not known.
    pub(super) fn place_text(&self, node: Node) -> String {
        let Some(place) = self.place(node) else { return String::new() };
        match place.file {
            Some(file) => {
                let base = file.rsplit(['/', '\\']).next().unwrap_or_default();
                format!(" ({base}:{})", place.line)
            }
            None => format!(" (line {})", place.line),
        }
    }

    /// `onRequest() (server.js:12)`.
    pub(super) fn function_text(&self, node: Node) -> String {
        format!("{}{}", self.name(node), self.place_text(node))
    }

    /// Whether a function is the program's, not Node's own.
    pub(super) fn is_user_function(&self, node: Node) -> bool {
        let file = self.place(node).and_then(|place| place.file);
        file.is_some_and(|file| !file.starts_with("node:"))
    }

    /// `400 of onConnect() (client.js:7)`: what most of some functions are.
    pub(super) fn most_frequent_function(&self, functions: &[Node]) -> Option<String> {
        let every = functions.len().div_ceil(5000).max(1);
        let mut counts: FxHashMap<String, usize> = FxHashMap::default();
        for node in functions.iter().step_by(every) {
            if self.graph.kind(*node) == NodeKind::Closure {
                *counts.entry(self.function_text(*node)).or_default() += 1;
            }
        }
        let (text, count) = counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)))?;
        let count = (count * every).min(functions.len());
        let copies = if count == 1 { "one function" } else { "copies of one function" };
        Some(match count {
            1 => format!("{copies}, {text}"),
            _ => format!("{} {copies}, {text}", words::count(count as u64)),
        })
    }

    /// The class that most of some objects have.
    pub(super) fn most_frequent_class(&self, nodes: &[Node]) -> Option<ClassId> {
        let mut counts: FxHashMap<ClassId, usize> = FxHashMap::default();
        for node in nodes {
            *counts.entry(self.classes.class(*node)).or_default() += 1;
        }
        let most =
            counts.into_iter().max_by_key(|(class, count)| (*count, std::cmp::Reverse(*class)));
        most.map(|(class, _)| class)
    }
}
