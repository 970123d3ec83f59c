//! Sockets that stay: half open ones, and those of reconnect loops.

use super::Hit;
use super::finds::Finds;
use crate::heap::graph::{EdgeKind, Node, NodeKind};
use crate::heap::verdict::analysis::Analysis;
use crate::heap::verdict::suspect::Diagnosis;
use crate::heap::verdict::suspects::Candidate;
use crate::heap::verdict::words;

/// A busy server may have that many; they are a suspect only if they hold much as well.
const MANY: usize = 200;

impl Analysis {
    pub(super) fn sockets(&self, finds: &Finds) -> Option<Hit> {
        let graph = &self.graph;
        let is_socket =
            |node: &Node| graph.follow(*node, EdgeKind::Property, "_readableState").is_some();
        let all = finds.instances("Socket").iter().chain(finds.instances("TLSSocket"));
        let sockets: Vec<Node> = all.copied().filter(is_socket).collect();
        if sockets.len() < MANY {
            return None;
        }
        // An open socket hangs on its handle, which is a root of its own.
        let covers: Vec<Node> = sockets.iter().map(|node| self.with_handle(*node)).collect();
        let retained = self.union(&covers);
        if !self.is_much(retained, 0.1) {
            return None;
        }
        let count_of =
            |has: &dyn Fn(Node) -> bool| sockets.iter().filter(|node| has(**node)).count();
        let accepted = count_of(&|node| self.leads_to_object(node, "server"));
        let open = count_of(&|node| self.leads_to_object(node, "<symbol kHandle>"));
        let closed = sockets.len() - open;
        let told = [(open, "open"), (closed, "closed, yet still referred to")];
        let states: Vec<String> = told
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, state)| format!("{} {state}", words::count(count as u64)))
            .collect();
        let sentence = format!(
            "{} sockets hold {} of the heap ({}): {}; {} accepted by a server, {} made as client.",
            words::count(sockets.len() as u64),
            words::percent(self.share_of(retained)),
            words::bytes(retained),
            states.join(", "),
            words::count(accepted as u64),
            words::count((sockets.len() - accepted) as u64),
        );
        let diagnosis = Diagnosis {
            rule: "sockets",
            sentence: Some(sentence),
            explanation: "A socket lives until both sides have ended it, or it is destroyed; each keeps its buffers and what its listeners refer to.".to_owned(),
            advice: "Set a timeout (socket.setTimeout, server.keepAliveTimeout), destroy() a socket on error and before a reconnect, and watch server.getConnections().".to_owned(),
        };
        let candidate = Candidate {
            object: None,
            point: None,
            class: sockets.first().map(|node| self.classes.class(*node)),
            count: sockets.len() as u64,
            retained,
            chain: false,
        };
        Some(Hit { candidate, diagnosis, covers })
    }

    fn with_handle(&self, socket: Node) -> Node {
        let above = self.tree.dominator(socket);
        let is_handle = matches!(self.graph.name_bytes(above), b"TCP" | b"Pipe" | b"TLSWrap");
        if is_handle { above } else { socket }
    }

    fn leads_to_object(&self, node: Node, property: &str) -> bool {
        let to = self.graph.follow(node, EdgeKind::Property, property);
        to.is_some_and(|to| matches!(self.graph.kind(to), NodeKind::Object | NodeKind::Native))
    }
}
