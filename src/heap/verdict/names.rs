//! What an object is called where people read it.

use crate::heap::graph::{EdgeKind, Graph, Node, NodeKind};

use super::analysis::Analysis;

/// Characters of a string that are shown.
const SHOWN: usize = 100;

/// Text of a rope that is put together for showing, in bytes.
const ROPE: usize = 4 * SHOWN;

impl Analysis {
    /// `Room`, `{id, name}`, `onRequest()`, `"text"`, `(object elements)`.
    #[must_use]
    pub fn name(&self, node: Node) -> String {
        let graph = &self.graph;
        match graph.kind(node) {
            NodeKind::Object | NodeKind::Native | NodeKind::Regexp => self.object_name(node),
            NodeKind::Closure => function_name(&graph.strings().get(graph.name_index(node))),
            kind if kind.is_string() => format!("\"{}\"", cut(&text(graph, node), SHOWN)),
            _ => {
                let name = graph.strings().get(graph.name_index(node));
                let name = cut(&name, SHOWN);
                if name.is_empty() { self.classes.name_of(node).to_owned() } else { name }
            }
        }
    }

    fn object_name(&self, node: Node) -> String {
        match self.graph.kind(node) {
            NodeKind::Regexp => {
                format!("/{}/", cut(&self.graph.strings().get(self.graph.name_index(node)), SHOWN))
            }
            _ => cut(self.classes.name_of(node), 2 * SHOWN),
        }
    }
}

fn function_name(name: &str) -> String {
    if name.is_empty() { "(anonymous)()".to_owned() } else { format!("{}()", cut(name, SHOWN)) }
}

/// The first `most` characters, with an ellipsis where there are more.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A string's text; that of a rope is put together as far as it is shown.
pub(super) fn text(graph: &Graph, node: Node) -> String {
    let mut text = String::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        if text.len() > ROPE || open.len() > ROPE {
            break;
        }
        if graph.kind(node) != NodeKind::ConsString {
            text.push_str(&graph.strings().get(graph.name_index(node)));
            continue;
        }
        open.extend(graph.follow(node, EdgeKind::Internal, "second"));
        open.extend(graph.follow(node, EdgeKind::Internal, "first"));
    }
    text
}
