//! The way from a root to an object.

use serde::Serialize;

use super::analysis::Analysis;
use super::names::cut;
use super::object::ObjectRef;
use super::words;
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

/// How a way in one line begins.
struct Start {
    parts: Vec<String>,
    /// Steps that are told with it.
    skipped: usize,
}

/// Lists of Node's own, that ways lead through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Registry {
    Timers,
    Immediates,
    /// What is being called, and what called it.
    Callback,
    /// The object `process`, which all of Node's functions know.
    Process,
}

fn is_timer(part: &str) -> bool {
    matches!(part, " → Timeout" | " → Immediate" | " → Array")
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
        let Some((_, rest)) = edges.split_first() else { return self.name(node) };
        let Start { mut parts, skipped } = self.start(&edges, indices);
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

    /// How a way begins, and how many of the steps behind its root are told with that.
    fn start(&self, edges: &[u32], indices: bool) -> Start {
        let (first, rest) = (edges[0], &edges[1..]);
        let root = self.graph.edge(first as usize).to;
        if let Some(start) = self.registry_start(rest, indices) {
            return start;
        }
        if self.is_synthetic(root) && !rest.is_empty() {
            let skipped = rest.iter().take_while(|edge| self.is_of_roots(**edge)).count();
            let mut parts = vec![self.roots_name(edges[skipped.saturating_sub(1)], root)];
            parts.extend(self.landed(edges[skipped]));
            return Start { parts, skipped };
        }
        // From Node 26 on the context is the root, and the global object its first step.
        if let Some(edge) = rest.first().filter(|_| self.is_global_context(root)) {
            let to = self.graph.edge(*edge as usize).to;
            let is_global = self.graph.name_bytes(to).starts_with(b"global");
            let name = if is_global { "global" } else { "(V8's context)" };
            return Start { parts: vec![name.to_owned()], skipped: usize::from(is_global) };
        }
        Start { parts: vec![self.name(root)], skipped: 0 }
    }

    /// The object that an edge from where nobody knows leads to: ` → Manager`. A scope says nothing, and a
    /// function is told by the step that comes next or by nothing.
    fn landed(&self, edge: u32) -> Option<String> {
        let to = self.graph.edge(edge as usize).to;
        let is_nameless = self.is_internal(to) || self.is_synthetic(to);
        (!is_nameless).then(|| format!(" → {}", self.name(to)))
    }

    /// Where the way goes through a list of Node's own: how it came there, and the links within it, say
    /// nothing.
    fn registry_start(&self, rest: &[u32], indices: bool) -> Option<Start> {
        let found = rest.iter().enumerate().rev();
        let (at, registry) =
            found.filter_map(|(at, number)| Some((at, self.registry(*number)?))).next()?;
        let behind = &rest[at + 1..];
        let links = behind.iter().take_while(|edge| self.is_link(**edge)).count();
        let name = match registry {
            Registry::Process => "process".to_owned(),
            Registry::Callback => "(running callback)".to_owned(),
            Registry::Immediates => "(pending immediate)".to_owned(),
            Registry::Timers => {
                let first = behind.first().map(|edge| self.graph.edge(*edge as usize));
                let delay = first.filter(|edge| edge.kind == EdgeKind::Element && indices);
                let delay = delay.map_or_else(String::new, |edge| {
                    format!(" of {} ms", words::count(u64::from(edge.name)))
                });
                format!("(timer{delay})")
            }
        };
        let mut parts = vec![name];
        let mut skipped = at + 1;
        if registry != Registry::Process {
            skipped += links;
            // What a timer calls is the program's; a bound function is told by what it is bound to.
            let called = behind.get(links).filter(|edge| self.is_call(**edge));
            if let Some(edge) = called {
                skipped += 1;
                parts.extend(self.landed(*edge).filter(|name| !name.contains("native_bind")));
            } else if registry == Registry::Callback {
                parts.extend(self.landed(rest[skipped - 1]).filter(|name| !is_timer(name)));
            }
        }
        Some(Start { parts, skipped })
    }

    fn registry(&self, number: u32) -> Option<Registry> {
        let edge = self.graph.edge(number as usize);
        match self.graph.strings().bytes(edge.name) {
            _ if edge.kind != EdgeKind::Context => None,
            b"timerListMap" | b"timerListQueue" => Some(Registry::Timers),
            b"execution_async_resources" => Some(Registry::Callback),
            b"immediateQueue" | b"outstandingQueue" => Some(Registry::Immediates),
            b"process" if self.graph.name_bytes(edge.to) == b"process" => Some(Registry::Process),
            _ => None,
        }
    }

    /// Within Node's lists of timers and callbacks.
    fn is_link(&self, number: u32) -> bool {
        let edge = self.graph.edge(number as usize);
        let name = || self.graph.strings().bytes(edge.name);
        match edge.kind {
            EdgeKind::Element => true,
            EdgeKind::Property => matches!(
                name(),
                b"_idleNext" | b"_idlePrev" | b"head" | b"tail" | b"<symbol kHeap>"
            ),
            EdgeKind::Internal => matches!(name(), b"elements" | b"properties"),
            _ => false,
        }
    }

    fn is_call(&self, number: u32) -> bool {
        let edge = self.graph.edge(number as usize);
        edge.kind == EdgeKind::Property
            && matches!(self.graph.strings().bytes(edge.name), b"_onTimeout" | b"_onImmediate")
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
                folded.push(format!("{part} (×{})", words::count(times as u64)));
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
