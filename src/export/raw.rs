//! Profiles just as V8 has them, in rows: what the replacements of v8-profiler read.
//!
//! Lines and columns start at 1, 0 is none; script names are no URLs.

use std::io::{self, Write};

use super::call_frame::string;
use super::json::{list, numbers};
use crate::v8::{AllocationNode, AllocationTree, CpuProfileNode, CpuProfileReader};

/// Writes `{ startTime, endTime, nodes, samples, timestamps }`, times in microseconds. A node is
/// `[id, hits, function, script, line, column, script id, bailout reason, [line, hits, ...], [child id, ...]]`,
/// callers before callees, in V8's order.
///
/// # Errors
///
/// Those of `out`.
pub fn write_raw_cpu_profile(profile: &CpuProfileReader, out: &mut dyn Write) -> io::Result<()> {
    let (start, end) = profile.times();
    write!(out, "{{\"startTime\":{start},\"endTime\":{end},\"nodes\":")?;
    list(out, Descent::from(profile.root()), cpu_node)?;
    out.write_all(b",\"samples\":")?;
    numbers(out, profile.samples().map(|(node, _)| i64::from(node)))?;
    out.write_all(b",\"timestamps\":")?;
    numbers(out, profile.samples().map(|(_, time)| time))?;
    out.write_all(b"}")
}

/// The nodes of a call tree, callers before callees.
struct Descent<'p>(Vec<CpuProfileNode<'p>>);

impl<'p> From<Option<CpuProfileNode<'p>>> for Descent<'p> {
    fn from(root: Option<CpuProfileNode<'p>>) -> Self {
        Self(root.into_iter().collect())
    }
}

impl<'p> Iterator for Descent<'p> {
    type Item = CpuProfileNode<'p>;

    fn next(&mut self) -> Option<Self::Item> {
        let node = self.0.pop()?;
        let callees = self.0.len();
        self.0.extend(node.children());
        // A stack gives them back in reverse; V8's order is kept.
        self.0[callees..].reverse();
        Some(node)
    }
}

fn cpu_node(out: &mut dyn Write, node: CpuProfileNode<'_>) -> io::Result<()> {
    write!(out, "[{},{},", node.id(), node.hits())?;
    string(out, &node.function_name())?;
    out.write_all(b",")?;
    string(out, &node.script_name())?;
    write!(out, ",{},{},{},", node.line(), node.column(), node.script_id())?;
    string(out, &node.bailout_reason())?;
    out.write_all(b",")?;
    let ticks = node.line_ticks();
    let ticks = ticks.iter().flat_map(|tick| [i64::from(tick.line), i64::from(tick.ticks)]);
    numbers(out, ticks)?;
    out.write_all(b",")?;
    numbers(out, node.children().map(|child| i64::from(child.id())))?;
    out.write_all(b"]")
}

/// Writes `{ names, nodes }`. A node is
/// `[place of the function's name, place of the script's, script id, line, column, own bytes, [place of a child, ...]]`;
/// the first one is the root.
///
/// # Errors
///
/// Those of `out`.
pub fn write_raw_allocation_profile(tree: &AllocationTree, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{\"names\":")?;
    list(out, tree.names.iter(), |out, name| string(out, name))?;
    out.write_all(b",\"nodes\":")?;
    list(out, tree.nodes.iter(), allocation_node)?;
    out.write_all(b"}")
}

fn allocation_node(out: &mut dyn Write, node: &AllocationNode) -> io::Result<()> {
    let AllocationNode { function, script, script_id, line, column, self_bytes, .. } = node;
    write!(out, "[{function},{script},{script_id},{line},{column},{self_bytes},")?;
    numbers(out, node.children.iter().map(|child| i64::from(*child)))?;
    out.write_all(b"]")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_allocation_profile_in_rows() {
        let node = |function, self_bytes, children| AllocationNode {
            function,
            self_bytes,
            children,
            line: 7,
            ..AllocationNode::default()
        };
        let names = vec!["(root)".to_owned(), "a\"b".to_owned()];
        let tree =
            AllocationTree { nodes: vec![node(0, 0, vec![1]), node(1, 5 << 32, vec![])], names };
        let mut out = Vec::new();
        write_raw_allocation_profile(&tree, &mut out).unwrap();
        let text =
            r#"{"names":["(root)","a\"b"],"nodes":[[0,0,0,7,0,0,[1]],[1,0,0,7,0,21474836480,[]]]}"#;
        assert_eq!(String::from_utf8(out).unwrap(), text);
    }
}
