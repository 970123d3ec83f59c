//! Whole stacks, for formats that write one for every sample.

use super::groups::groups;
use super::runs::runs;
use crate::error::{Error, Result};
use crate::profile::{CallTree, Node, Profile};

/// Frames that are written out, at the most. V8 keeps 255 frames of a stack, of an hour's 3.6 million
/// samples that is less; a file with stacks without end would become one that fills the disk.
const MOST_FRAMES: u64 = 1 << 30;

/// Goes up the tree, again and again.
pub(super) struct Stacks<'a> {
    profile: &'a Profile,
    frames: Vec<Node>,
}

impl<'a> Stacks<'a> {
    pub(super) fn new(profile: &'a Profile) -> Self {
        Self { profile, frames: Vec::new() }
    }

    /// The nodes of a stack, innermost first, without `(root)` and `(idle)`.
    pub(super) fn of(&mut self, node: Node) -> &mut [Node] {
        let Self { profile, frames } = self;
        let tree = profile.tree();
        let nodes = std::iter::successors(Some(node), |node| tree.parent(*node));
        let is_shown = |node: &Node| !profile.function(tree.function(*node)).category.is_idle();
        frames.clear();
        frames.extend(nodes.filter(is_shown));
        frames
    }
}

/// Refuses what would be too much where a stack is written for each group.
pub(super) fn check_groups(profile: &Profile) -> Result<()> {
    check(profile.tree(), groups(profile).iter().map(|group| group.node))
}

/// The same for each run.
pub(super) fn check_runs(profile: &Profile) -> Result<()> {
    check(profile.tree(), runs(profile).map(|run| run.node))
}

fn check(tree: &CallTree, stacks: impl Iterator<Item = Node>) -> Result<()> {
    let mut depths: Vec<u32> = Vec::with_capacity(tree.len());
    for node in 0..tree.len() as Node {
        let depth = tree.parent(node).map_or(0, |parent| depths[parent as usize] + 1);
        depths.push(depth);
    }
    let frames: u64 = stacks.map(|node| u64::from(depths[node as usize])).sum();
    if frames <= MOST_FRAMES {
        return Ok(());
    }
    Err(Error::Budget(format!(
        "the stacks of this profile have {frames} frames, which is more than {MOST_FRAMES}; \
         the formats chrome and html write the tree instead of stacks"
    )))
}
