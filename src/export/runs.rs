//! Samples in the order of time, those that follow each other in one node as one.

use crate::profile::{Node, Profile, ProfileKind};

/// A stretch of time in one node; of an allocation profile, what a node allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) node: Node,
    /// Microseconds, or bytes; never 0.
    pub(super) weight: u64,
}

/// Whether a profile tells what followed what.
pub(super) fn has_order(profile: &Profile) -> bool {
    profile.kind() == ProfileKind::Cpu && !profile.samples().nodes().is_empty()
}

/// The runs of a profile, oldest first; in the tree's order where it has only sums. Their weights are the
/// whole profile.
pub(super) fn runs(profile: &Profile) -> impl Iterator<Item = Run> + '_ {
    let count =
        if has_order(profile) { profile.samples().nodes().len() } else { profile.tree().len() };
    let mut rows =
        (0..count).map(|row| row_of(profile, row)).filter(|run| run.weight > 0).peekable();
    std::iter::from_fn(move || {
        let mut run = rows.next()?;
        while let Some(next) = rows.next_if(|next| next.node == run.node) {
            run.weight += next.weight;
        }
        Some(run)
    })
}

fn row_of(profile: &Profile, row: usize) -> Run {
    if !has_order(profile) {
        let node = row as Node;
        return Run { node, weight: profile.tree().self_weight(node) };
    }
    let samples = profile.samples();
    let weight = match samples.times().get(row..) {
        Some([now, next, ..]) => now.abs_diff(*next),
        _ => samples.interval(),
    };
    Run { node: samples.nodes()[row], weight }
}
