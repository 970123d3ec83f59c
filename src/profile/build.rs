//! From what a file says to a profile.

use std::path::Path;

use super::clock::{Weighed, weigh};
use super::draft::{Deopt, Draft};
use super::figures::{NodesByFunction, sum};
use super::frame::{Functions, Style, functions};
use super::link::{Places, link};
use super::mapping::Lines;
use super::read;
use super::tree::CallTree;
use super::{Control, Encoding, Profile, ProfileKind, Samples};
use crate::error::Result;
use crate::text::input::invalid;

/// Bytes of a file, so few that their sums are safe.
const MOST_BYTES: u128 = 1 << 62;

impl Profile {
    pub(super) fn read_in_chunks(path: &Path, control: &Control, chunk: usize) -> Result<Self> {
        read::read(path, control, chunk, |draft, encoding, end| {
            control.check()?;
            build(draft, encoding, end, control)
        })
    }
}

fn build(mut draft: Draft, encoding: Encoding, end: u64, control: &Control) -> Result<Profile> {
    let kind = kind(&draft, end)?;
    let places = link(&mut draft)?;
    control.check()?;
    let (weighed, allocated) = match kind {
        ProfileKind::Cpu => (weigh(&mut draft, &places, end)?, None),
        ProfileKind::Allocation => {
            let (weighed, count) = allocations(&mut draft, &places, end)?;
            (weighed, Some(count))
        }
    };
    drop(places);
    control.check()?;
    let deopts = deopts(&mut draft);
    let style =
        Style { counts_from_one: draft.marks.counts_from_one(), is_old: draft.marks.is_old };
    let names = draft.names.into_texts();
    let Functions { list, of_frame, packages } =
        functions(&draft.frames.into_keys(), &names, style);
    let of_node = draft.nodes.frames.iter().map(|frame| of_frame[*frame as usize]).collect();
    let mut weighed = weighed;
    let (own, hits) = (std::mem::take(&mut weighed.own), std::mem::take(&mut weighed.hits));
    let tree = CallTree::new(of_node, draft.nodes.parents, own, hits, list.len());
    let figures = sum(&tree, list.len());
    let is_idle = |node: u32| list[tree.function(node) as usize].category.is_idle();
    let effective_samples = allocated.unwrap_or_else(|| effective(&weighed, &tree, is_idle));
    let idle = list.iter().zip(&figures).filter(|(function, _)| function.category.is_idle());
    let idle_weight = idle.map(|(_, figures)| figures.self_weight).sum();
    let mut ticks = draft.ticks;
    ticks.sort_by_key(|tick| tick.node);
    let Weighed { samples, times, labels, label_sets, interval, timing, out_of_order, .. } =
        weighed;
    Ok(Profile {
        kind,
        encoding,
        nodes: NodesByFunction::of(&tree, list.len()),
        functions: list,
        packages: packages.into_names(),
        names,
        tree,
        figures,
        ticks,
        deopts,
        samples: Samples { nodes: samples, times, labels, interval, timing, out_of_order },
        label_sets,
        idle_weight,
        effective_samples,
        lines: Lines::default(),
    })
}

/// By what its nodes have; `hitCount` may be left out of a CPU profile, `selfSize` of no other.
fn kind(draft: &Draft, end: u64) -> Result<ProfileKind> {
    let has_samples = draft.samples.as_ref().is_some_and(|samples| !samples.rows.is_empty());
    match (draft.marks.hits, draft.marks.sizes) {
        (true, true) => Err(invalid("nodes have both hitCount and selfSize", end)),
        (true, false) => Ok(ProfileKind::Cpu),
        (false, true) => Ok(ProfileKind::Allocation),
        (false, false) if has_samples => Ok(ProfileKind::Cpu),
        (false, false) => {
            Err(invalid("expected hitCount or selfSize in the nodes, found neither", end))
        }
    }
}

/// Weighs the nodes of an allocation profile; its samples, where it has any, only tell how sure the
/// sizes are.
///
/// V8 samples its own allocations while it makes the tree, so that the last samples may be of nodes that
/// are not there (seen with Node 18): they are left out.
fn allocations(draft: &mut Draft, places: &Places, end: u64) -> Result<(Weighed, f64)> {
    let own = std::mem::take(&mut draft.nodes.weights);
    if own.iter().map(|bytes| u128::from(*bytes)).sum::<u128>() > MOST_BYTES {
        return Err(invalid("the nodes' sizes add up to more than there is", end));
    }
    let mut hits = vec![0; own.len()];
    let mut count = Effective::default();
    if let Some(samples) = draft.allocations.take() {
        for (id, bytes) in samples {
            if let Some(node) = places.find(id) {
                hits[node as usize] += 1;
                count.add(bytes);
            }
        }
    }
    Ok((Weighed { own, hits, ..Weighed::default() }, count.samples()))
}

/// Every deoptimisation; a node that has none of its own has V8's last reason.
fn deopts(draft: &mut Draft) -> Vec<Deopt> {
    let mut deopts = std::mem::take(&mut draft.deopts);
    let mut bailouts = std::mem::take(&mut draft.bailouts);
    deopts.sort_by_key(|deopt| deopt.node);
    let has_own = |node| deopts.binary_search_by_key(&node, |deopt: &Deopt| deopt.node).is_ok();
    bailouts.retain(|bailout| !has_own(bailout.node));
    deopts.append(&mut bailouts);
    deopts.sort_by_key(|deopt| deopt.node);
    deopts
}

/// Kish's effective sample size.
#[derive(Default)]
struct Effective {
    sum: f64,
    squares: f64,
}

impl Effective {
    #[allow(clippy::cast_precision_loss, reason = "a measure of noise")]
    fn add(&mut self, weight: u64) {
        let weight = weight as f64;
        self.sum += weight;
        self.squares += weight * weight;
    }

    fn samples(&self) -> f64 {
        if self.squares > 0.0 { self.sum * self.sum / self.squares } else { 0.0 }
    }
}

/// Of the busy samples; where there are only hits, these.
#[allow(clippy::cast_precision_loss, reason = "a measure of noise")]
fn effective(weighed: &Weighed, tree: &CallTree, is_idle: impl Fn(u32) -> bool) -> f64 {
    if weighed.samples.is_empty() {
        let busy = (0..tree.len() as u32).filter(|node| !is_idle(*node));
        return busy.map(|node| tree.hits(node)).sum::<u64>() as f64;
    }
    let mut count = Effective::default();
    let busy = weighed.weights().filter(|(node, _)| !is_idle(*node));
    busy.for_each(|(_, weight)| count.add(weight));
    count.samples()
}
