//! `.cpuprofile` and `.heapprofile` as Chrome DevTools opens them, of whatever shape the file had.
//!
//! CPU: flat nodes, samples sorted by time, `timeDeltas` none of which is negative; lines that were hit and
//! deoptimisations stay. Where the file has only hit counts, so has this one. Allocations: nested nodes; single
//! allocations, which only tell how sure the sizes are, are left out.

use std::borrow::Cow;
use std::io::{self, Write};

use super::call_frame::{CallFrame, string};
use super::json::{list, numbers};
use crate::profile::{Category, Function, Node, Profile, ProfileKind};

/// The largest integer that every reader's numbers hold.
const MOST_TIME: i64 = 1 << 53;

/// Writes a profile.
pub(super) fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let tree = Tree::of(profile);
    match profile.kind() {
        ProfileKind::Cpu => {
            out.write_all(b"{\"nodes\":")?;
            list(out, 0..tree.len(), |out, node| tree.flat(node, out))?;
            times(profile, out)?;
            labels(profile, out)?;
        }
        ProfileKind::Allocation => {
            out.write_all(b"{\"head\":")?;
            tree.nested(out)?;
            out.write_all(b",\"samples\":[]")?;
        }
    }
    out.write_all(b"}")
}

fn times(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let samples = profile.samples();
    let (nodes, times) = (samples.nodes(), samples.times());
    let interval = samples.interval() as i64;
    let first = times.first().copied().filter(|time| time.abs() < MOST_TIME).unwrap_or(0);
    let end = first.saturating_add_unsigned(duration(profile));
    write!(out, ",\"startTime\":{first},\"endTime\":{end}")?;
    if nodes.is_empty() {
        return Ok(());
    }
    out.write_all(b",\"samples\":")?;
    numbers(out, nodes.iter().map(|node| id(*node)))?;
    out.write_all(b",\"timeDeltas\":")?;
    let [first, last] = [times.first(), times.last()].map(|time| time.copied().unwrap_or(0));
    let average = last.abs_diff(first) / (nodes.len() as u64 - 1).max(1);
    // A reader takes the last sample for an average one, unless it is told when that one ended.
    let more = (!times.is_empty() && average != samples.interval()).then_some(interval);
    let delta = |number: usize| match (number.checked_sub(1), times.get(number)) {
        (None, _) => 0,
        (Some(before), Some(now)) => now.saturating_sub(times[before]),
        (Some(_), None) => interval,
    };
    numbers(out, (0..nodes.len()).map(delta).chain(more))
}

/// As rsprof writes them, and other readers ignore them.
fn labels(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    if profile.labels().is_empty() {
        return Ok(());
    }
    out.write_all(b",\"rsprof\":{\"version\":1,\"labels\":")?;
    serde_json::to_writer(&mut *out, profile.labels())?;
    out.write_all(b",\"labelSamples\":")?;
    let place = |sample| profile.label_of_sample(sample).map_or(-1, i64::from);
    numbers(out, (0..profile.samples().nodes().len()).map(place))?;
    out.write_all(b"}")
}

/// Of the whole recording, such that a reader makes the same weights of it.
fn duration(profile: &Profile) -> u64 {
    let hits = (0..profile.tree().len() as Node).map(|node| profile.tree().hits(node)).sum::<u64>();
    match profile.samples().nodes().is_empty() {
        true => profile.samples().interval().saturating_mul(hits.max(1)),
        false => profile.total_weight(),
    }
}

/// V8 counts nodes from 1.
fn id(node: Node) -> i64 {
    i64::from(node) + 1
}

/// The nodes with their children.
struct Tree<'a> {
    profile: &'a Profile,
    /// By node: the first one that is not below it.
    ends: Vec<Node>,
}

impl<'a> Tree<'a> {
    fn of(profile: &'a Profile) -> Self {
        let mut ends: Vec<Node> = (1..=profile.tree().len() as Node).collect();
        for node in (0..ends.len()).rev() {
            if let Some(parent) = profile.tree().parent(node as Node) {
                let parent = parent as usize;
                ends[parent] = ends[parent].max(ends[node]);
            }
        }
        Self { profile, ends }
    }

    fn len(&self) -> Node {
        self.ends.len() as Node
    }

    fn children(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        let end = self.ends[node as usize];
        let first = Some(node + 1).filter(|child| *child < end);
        std::iter::successors(first, move |child| {
            Some(self.ends[*child as usize]).filter(|child| *child < end)
        })
    }

    fn frame(&self, node: Node, out: &mut dyn Write) -> io::Result<()> {
        call_frame(self.profile.function(self.profile.tree().function(node)), out)
    }

    fn flat(&self, node: Node, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\"id\":{},\"callFrame\":", id(node))?;
        self.frame(node, out)?;
        write!(out, ",\"hitCount\":{},\"children\":", self.profile.tree().hits(node))?;
        numbers(out, self.children(node).map(id))?;
        self.ticks(node, out)?;
        self.deopts(node, out)?;
        out.write_all(b"}")
    }

    fn ticks(&self, node: Node, out: &mut dyn Write) -> io::Result<()> {
        let lines = self.profile.lines_of(node);
        if lines.clone().next().is_none() {
            return Ok(());
        }
        out.write_all(b",\"positionTicks\":")?;
        list(out, lines, |out, (line, hits)| write!(out, "{{\"line\":{line},\"ticks\":{hits}}}"))
    }

    /// V8's last reason, which DevTools shows, and all of them with their places, as rsprof records them.
    fn deopts(&self, node: Node, out: &mut dyn Write) -> io::Result<()> {
        let deopts = || self.profile.deopts_of(node);
        let Some((last, _)) = deopts().last() else { return Ok(()) };
        out.write_all(b",\"deoptReason\":")?;
        string(out, last)?;
        out.write_all(b",\"deopts\":")?;
        list(out, deopts(), |out, (reason, place)| {
            out.write_all(b"{\"reason\":")?;
            string(out, reason)?;
            out.write_all(b",\"stack\":")?;
            list(out, place.into_iter(), |out, (script, position)| {
                write!(out, "{{\"scriptId\":\"{script}\",\"position\":{position}}}")
            })?;
            out.write_all(b"}")
        })
    }

    /// Without recursion: stacks may be deep.
    fn nested(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut open: Vec<Node> = Vec::new();
        for node in 0..self.len() {
            let mut is_first = true;
            while let Some(end) = open.pop_if(|end| *end <= node) {
                debug_assert!(end <= node);
                out.write_all(b"]}")?;
                is_first = false;
            }
            out.write_all(if is_first { b"" } else { b"," })?;
            open.push(self.ends[node as usize]);
            out.write_all(b"{\"callFrame\":")?;
            self.frame(node, out)?;
            let bytes = self.profile.tree().self_weight(node);
            write!(out, ",\"selfSize\":{bytes},\"id\":{},\"children\":[", id(node))?;
        }
        open.iter().try_for_each(|_| out.write_all(b"]}"))
    }
}

fn call_frame(function: &Function, out: &mut dyn Write) -> io::Result<()> {
    let url = &function.url;
    // Before Node had `node:`, its own scripts had bare names.
    let script = match function.category {
        Category::Node if !url.starts_with("node:") => {
            Cow::Owned(format!("node:{}", url.strip_suffix(".js").unwrap_or(url)))
        }
        _ => Cow::Borrowed(url.as_str()),
    };
    CallFrame {
        function: &function.name,
        script: &script,
        script_id: i32::try_from(function.script).unwrap_or(0),
        line: function.line as i32,
        column: function.column as i32,
    }
    .write(out)
}
