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

/// The groups of a profile, in the tree's order, those of one node by their labels.
pub(super) fn groups(profile: &Profile) -> Vec<Group<'_>> {
    let tree = profile.tree();
    let is_busy = |node: Node| !profile.function(tree.function(node)).category.is_idle();
    let nodes = (0..tree.len() as Node).filter(|node| is_busy(*node));
    let mut labelled = labelled(profile);
    let mut groups = Vec::new();
    for node in nodes {
        let (mut count, mut weight) = (tree.hits(node), tree.self_weight(node));
        while let Some(entry) = labelled.first_entry().filter(|entry| entry.key().0 <= node) {
            let ((of, label), (own_count, own_weight)) = entry.remove_entry();
            if of != node {
                continue;
            }
            let labels = profile.labels().get(label as usize);
            groups.push(Group { node, labels, count: own_count, weight: own_weight });
            (count, weight) = (count - own_count, weight - own_weight);
        }
        if count > 0 || weight > 0 {
            groups.push(Group { node, labels: None, count, weight });
        }
    }
    groups
}

/// Count and weight of the samples that have labels, by node and labels.
fn labelled(profile: &Profile) -> BTreeMap<(Node, u32), (u64, u64)> {
    let samples = profile.samples();
    let mut sums: BTreeMap<(Node, u32), (u64, u64)> = BTreeMap::new();
    if profile.labels().is_empty() {
        return sums;
    }
    for (sample, node) in samples.nodes().iter().enumerate() {
        if let Some(label) = profile.label_of_sample(sample) {
            let sum = sums.entry((*node, label)).or_default();
            (sum.0, sum.1) = (sum.0 + 1, sum.1 + samples.weight(sample));
        }
    }
    sums
}
