//! Samples that are alike, added up.

use std::collections::BTreeMap;

use crate::profile::{Node, Profile};

/// All busy samples of one stack with the same labels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group<'a> {
    pub(super) node: Node,
    /// Names and values that the samples were taken under.
    pub(super) labels: Option<&'a BTreeMap<String, String>>,
    pub(super) count: u64,
    /// Microseconds, or bytes.
    pub(super) weight: u64,
}

/// The groups of a profile, in the tree's order. The one place that labels of samples have to come into:
/// what is written for a group has them.
pub(super) fn groups(profile: &Profile) -> impl Iterator<Item = Group<'_>> {
    let tree = profile.tree();
    let group = move |node| Group {
        node,
        labels: None,
        count: tree.hits(node),
        weight: tree.self_weight(node),
    };
    let is_busy = move |node: &Node| {
        let (count, weight) = (tree.hits(*node), tree.self_weight(*node));
        (count > 0 || weight > 0) && !profile.function(tree.function(*node)).category.is_idle()
    };
    (0..tree.len() as Node).filter(is_busy).map(group)
}
