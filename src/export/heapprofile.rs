//! `.heapprofile`: `HeapProfiler.SamplingHeapProfile` of the Chrome DevTools Protocol.

use std::io::{self, Write};

use super::call_frame::CallFrame;
use super::top_functions::{TopFunction, Weights};
use crate::v8::{AllocationNode, AllocationTree};

/// What a profile holds.
#[derive(Clone, Debug)]
pub struct AllocationFigures {
    /// Nodes of the call tree.
    pub node_count: u64,
    /// V8's estimate of all that was allocated, in bytes.
    pub total_bytes: u64,
    /// By own bytes.
    pub top_functions: Vec<TopFunction>,
}

/// Writes the whole profile.
///
/// # Errors
///
/// Those of `out`.
pub fn write_allocation_profile(
    tree: &AllocationTree,
    out: &mut dyn Write,
) -> io::Result<AllocationFigures> {
    let mut weights = Weights::default();
    let mut total_bytes = 0;
    for node in &tree.nodes {
        total_bytes += node.self_bytes;
        weights.add(&frame(tree, node), node.self_bytes);
    }
    out.write_all(b"{\"head\":")?;
    write_tree(tree, out)?;
    // V8 gives single samples in a layout that differs between versions; the tree has their sums.
    out.write_all(b",\"samples\":[]}")?;
    let node_count = tree.nodes.len() as u64;
    Ok(AllocationFigures { node_count, total_bytes, top_functions: weights.top() })
}

/// Writes the nodes nested in each other, without recursion: stacks may be deep.
fn write_tree(tree: &AllocationTree, out: &mut dyn Write) -> io::Result<()> {
    let Some(root) = tree.nodes.first() else {
        let none = AllocationNode::default();
        open(&none, &frame(tree, &none), out)?;
        return out.write_all(b"]}");
    };
    open(root, &frame(tree, root), out)?;
    let mut path = vec![(root, 0_usize)];
    while let Some((node, next)) = path.last_mut() {
        let Some(child) =
            node.children.get(*next).and_then(|index| tree.nodes.get(*index as usize))
        else {
            out.write_all(b"]}")?;
            path.pop();
            continue;
        };
        if *next > 0 {
            out.write_all(b",")?;
        }
        *next += 1;
        open(child, &frame(tree, child), out)?;
        path.push((child, 0));
    }
    Ok(())
}

fn open(node: &AllocationNode, frame: &CallFrame<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{\"callFrame\":")?;
    frame.write(out)?;
    write!(out, ",\"selfSize\":{},\"id\":{},\"children\":[", node.self_bytes, node.id)
}

fn frame<'a>(tree: &'a AllocationTree, node: &AllocationNode) -> CallFrame<'a> {
    let name = |index: u32| tree.names.get(index as usize).map_or("", String::as_str);
    CallFrame {
        function: name(node.function),
        script: name(node.script),
        script_id: node.script_id,
        line: node.line,
        column: node.column,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn tree(children: &[&[u32]]) -> AllocationTree {
        let nodes = children.iter().enumerate().map(|(id, children)| AllocationNode {
            id: u32::try_from(id).unwrap() + 1,
            function: u32::from(id > 0),
            script: 2,
            line: 4,
            column: 2,
            self_bytes: 10 * id as u64,
            children: children.to_vec(),
            ..AllocationNode::default()
        });
        let names = ["(root)", "grow", "/srv/app.js"].map(String::from);
        AllocationTree { nodes: nodes.collect(), names: names.into() }
    }

    fn written(tree: &AllocationTree) -> (serde_json::Value, AllocationFigures) {
        let mut out = Vec::new();
        let figures = write_allocation_profile(tree, &mut out).unwrap();
        (serde_json::from_slice(&out).unwrap(), figures)
    }

    #[test]
    fn nests_the_tree() {
        let (profile, figures) = written(&tree(&[&[1, 3], &[2], &[], &[]]));
        let head = &profile["head"];
        assert_eq!(head["callFrame"]["functionName"], "(root)");
        assert_eq!(head["children"][0]["children"][0]["selfSize"], 20);
        assert_eq!(head["children"][1]["id"], 4);
        assert_eq!(head["children"][1]["callFrame"]["lineNumber"], 3);
        assert_eq!((figures.node_count, figures.total_bytes), (4, 60));
        assert_eq!(figures.top_functions[0].weight, 60);
    }

    #[test]
    fn an_empty_tree_is_a_profile() {
        let (profile, figures) = written(&AllocationTree::default());
        assert_eq!(profile["head"]["children"], serde_json::json!([]));
        assert_eq!(figures.node_count, 0);
    }

    #[test]
    fn deep_stacks_do_not_overflow() {
        let children: Vec<Vec<u32>> = (1..100_000).map(|next| vec![next]).chain([vec![]]).collect();
        let children: Vec<&[u32]> = children.iter().map(Vec::as_slice).collect();
        let mut out = Vec::new();
        let figures = write_allocation_profile(&tree(&children), &mut out).unwrap();
        assert_eq!(figures.node_count, 100_000);
    }
}
