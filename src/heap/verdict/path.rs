//! The way from a root to an object.

use serde::Serialize;

use super::analysis::Analysis;
use super::names::cut;
use super::object::ObjectRef;
use crate::heap::graph::{Edge, EdgeKind, Node, NodeKind};

/// An edge and where it leads.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PathStep {
    /// What the reference is called.
    pub edge: EdgeRef,
    /// Where it leads; of a retainer, where it comes from.
    pub object: ObjectRef,
}

/// What a reference is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EdgeRef {
    /// V8's type of edge.
    pub kind: &'static str,
    /// Name of the property or variable, or an index.
    pub name: String,
}

/// A path longer than this is cut in its middle.
const LONGEST: usize = 40;

impl Analysis {
    /// What an edge is called.
    #[must_use]
    pub fn edge_ref(&self, edge: Edge) -> EdgeRef {
        let name = if edge.kind.is_indexed() {
            edge.name.to_string()
        } else {
            cut(&self.graph.strings().get(edge.name), 200)
        };
        EdgeRef { kind: edge.kind.name(), name }
    }

    /// An edge by its number, with the object that it leads to.
    #[must_use]
    pub fn step(&self, number: u32) -> PathStep {
        let edge = self.graph.edge(number as usize);
        PathStep { edge: self.edge_ref(edge), object: self.object(edge.to) }
    }

    /// A shortest way from a root of the program, or from V8's where there is none.
    ///
    /// It begins with the edge to that root. Of a very long one the middle is left out.
    #[must_use]
    pub fn path(&self, node: Node) -> Vec<PathStep> {
        let edges = self.distances.path(&self.graph, node);
        let half = LONGEST / 2;
        let is_shown = |at: usize| edges.len() <= LONGEST || at < half || at + half >= edges.len();
        let shown = edges.iter().enumerate().filter(|(at, _)| is_shown(*at));
        shown.map(|(_, number)| self.step(*number)).collect()
    }
}

impl Analysis {
    /// A shortest way in one line: `global.rooms[3]`, with `→` where no property leads on.
    ///
    /// A part that repeats, as in a list, is written once.
    #[must_use]
    pub fn way(&self, node: Node) -> String {
        self.way_of(node, true)
    }

    /// The same without the numbers of elements, for comparing.
    pub(super) fn way_without_indices(&self, node: Node) -> String {
        self.way_of(node, false)
    }

    fn way_of(&self, node: Node, indices: bool) -> String {
        let edges = self.distances.path(&self.graph, node);
        let Some((first, rest)) = edges.split_first() else { return self.name(node) };
        let root = self.graph.edge(*first as usize).to;
        let mut parts: Vec<String> = Vec::new();
        let mut skipped = rest.iter().take_while(|edge| self.is_of_roots(**edge)).count();
        parts.push(match skipped {
            0 if rest.is_empty() || !self.is_synthetic(root) => self.name(root),
            _ => self.roots_name(edges[skipped.saturating_sub(1)], root),
        });
        // From Node 26 on the context is the root, and the global object its first step.
        if let Some(edge) = rest.first().filter(|_| self.is_global_context(root)) {
            let to = self.graph.edge(*edge as usize).to;
            let is_global = self.graph.name_bytes(to).starts_with(b"global");
            parts[0] = if is_global { "global".to_owned() } else { "(V8's context)".to_owned() };
            skipped = usize::from(is_global);
        }
        if let Some((at, name)) = self.last_registry(rest) {
            (skipped, parts[0]) = (at + 1, name.to_owned());
        }
        let last = rest.len().saturating_sub(1);
        for (at, edge) in rest.iter().enumerate().skip(skipped) {
            parts.push(self.part(*edge, indices, at == last));
        }
        let parts = fold(parts);
        if parts.len() <= LONGEST {
            return parts.concat();
        }
        let half = LONGEST / 2;
        let left_out = parts.len() - LONGEST;
        let (head, tail) = (parts[..half].concat(), parts[parts.len() - half..].concat());
        format!("{head} … {left_out} more steps …{tail}")
    }

    fn is_global_context(&self, node: Node) -> bool {
        self.graph.name_bytes(node) == b"system / NativeContext"
    }

    /// Where the way leaves a list of Node's own: how it came there says nothing.
    fn last_registry(&self, edges: &[u32]) -> Option<(usize, &'static str)> {
        let known = |number: u32| {
            let edge = self.graph.edge(number as usize);
            match self.graph.strings().bytes(edge.name) {
                _ if edge.kind != EdgeKind::Context => None,
                b"timerListMap" | b"timerListQueue" => Some("(Node's timers)"),
                b"execution_async_resources" => Some("(running callback)"),
                b"immediateQueue" | b"outstandingQueue" => Some("(Node's immediates)"),
                _ => None,
            }
        };
        let found = edges.iter().enumerate().rev();
        found.filter_map(|(at, number)| Some((at, known(*number)?))).next()
    }

    fn is_synthetic(&self, node: Node) -> bool {
        self.graph.kind(node) == NodeKind::Synthetic
    }

    /// An edge between V8's groups of roots, or out of one.
    fn is_of_roots(&self, edge: u32) -> bool {
        self.is_synthetic(self.graph.edge_source(edge))
    }

    /// What holds a thing that no global leads to: the stack of a running function, a handle.
    fn roots_name(&self, edge: u32, root: Node) -> String {
        let group = self.graph.edge(edge as usize).to;
        let group = if self.is_synthetic(group) { group } else { root };
        match self.graph.name_bytes(group) {
            b"(Stack roots)" => "(running function)".to_owned(),
            b"(Handle scope)" | b"(Global handles)" | b"(Eternal handles)" => {
                "(native handle)".to_owned()
            }
            _ => self.name(group),
        }
    }

    fn part(&self, number: u32, indices: bool, is_last: bool) -> String {
        let edge = self.graph.edge(number as usize);
        let name = self.edge_ref(edge).name;
        match edge.kind {
            EdgeKind::Property if is_identifier(&name) => format!(".{name}"),
            EdgeKind::Property => format!("[{name:?}]"),
            EdgeKind::Element if indices => format!("[{name}]"),
            EdgeKind::Element => "[]".to_owned(),
            // The scope of a function: its variables say more than it does.
            EdgeKind::Context => format!(" → variable {name}"),
            _ if name.contains(" pair in WeakMap ") => " → value in a WeakMap".to_owned(),
            EdgeKind::Internal
                if matches!(&name[..], "context" | "table" | "elements" | "properties") =>
            {
                String::new()
            }
            _ if self.graph.kind(edge.to) == NodeKind::Closure => {
                format!(" → {}", self.name(edge.to))
            }
            // Steps through V8's own objects say nothing.
            _ if !is_last && self.is_internal(edge.to) => String::new(),
            _ if self.is_internal(edge.to) => format!(" → {}", self.classes.name_of(edge.to)),
            _ => format!(" → {}", self.name(edge.to)),
        }
    }

    fn is_internal(&self, node: Node) -> bool {
        matches!(self.graph.kind(node), NodeKind::Hidden | NodeKind::Array | NodeKind::Code)
            || self.graph.name_bytes(node) == b"system / Context"
    }
}

/// Periods that are looked for: a list's link, or a few steps from one link to the next.
const PERIODS: usize = 4;

/// Writes a part that repeats once, with how often it is there.
fn fold(parts: Vec<String>) -> Vec<String> {
    let mut parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    for period in 1..=PERIODS {
        let mut folded = Vec::with_capacity(parts.len());
        let mut at = 0;
        while at < parts.len() {
            let times = repetitions(&parts[at..], period);
            if times >= 3 {
                let part = parts[at..at + period].concat();
                folded.push(format!("{part} (×{})", super::words::count(times as u64)));
                at += times * period;
            } else {
                folded.push(parts[at].clone());
                at += 1;
            }
        }
        parts = folded;
    }
    parts
}

/// How often the first `period` parts come in a row.
fn repetitions(parts: &[String], period: usize) -> usize {
    if parts.len() < period {
        return 0;
    }
    parts.chunks_exact(period).take_while(|chunk| *chunk == &parts[..period]).count()
}

pub(super) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|char| char.is_alphabetic() || char == '_' || char == '$');
    first && chars.all(|char| char.is_alphanumeric() || char == '_' || char == '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(parts: &[&str]) -> String {
        fold(parts.iter().map(|part| (*part).to_owned()).collect()).concat()
    }

    #[test]
    fn lists_are_written_once() {
        assert_eq!(folded(&["a", ".next", ".next", ".next", ".end"]), "a.next (×3).end");
        assert_eq!(folded(&["a", ".b", ".c", ".b", ".c", ".b", ".c", ".b"]), "a.b.c (×3).b");
        assert_eq!(folded(&["a", ".b", "", ".b"]), "a.b.b");
        assert_eq!(folded(&[]), "");
    }

    #[test]
    fn names_that_need_no_quotes() {
        assert!(is_identifier("$rooms_1"));
        assert!(!is_identifier("1st") && !is_identifier("a-b") && !is_identifier(""));
    }
}
