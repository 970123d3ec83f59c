//! `.cpuprofile`: `Profiler.Profile` of the Chrome DevTools Protocol.
//!
//! Beyond the protocol every node with deoptimisations has `deopts`: all of them, each with its
//! reason and inlining stack, and a profile with labels has `rsprof`: the sets of labels, and the place of
//! its set for each sample. Readers that do not know the fields ignore them.

use std::io::{self, Write};

use super::call_frame::{CallFrame, string};
use super::sample_labels::{Quiet, write_labels};
use super::top_functions::{TopFunction, Weights};
use crate::labels::LabelRecord;
use crate::v8::{CpuProfileNode, CpuProfileReader, Deopt, LineTick};

/// What a profile holds.
#[derive(Clone, Debug)]
pub struct CpuFigures {
    /// Nodes of the call tree.
    pub node_count: u64,
    /// Samples kept.
    pub sample_count: u64,
    /// Samples counted by the tree.
    pub hits: u64,
    /// Those of them that were not idle.
    pub busy_hits: u64,
    /// Microseconds on V8's clock.
    pub start_time: i64,
    /// Microseconds on V8's clock.
    pub end_time: i64,
    /// By own hits, without V8's `(root)` and `(idle)`.
    pub top_functions: Vec<TopFunction>,
}

/// Writes the whole profile.
///
/// # Errors
///
/// Those of `out`.
pub fn write_cpu_profile(
    profile: &CpuProfileReader,
    labels: Option<&LabelRecord>,
    out: &mut dyn Write,
) -> io::Result<CpuFigures> {
    let (start_time, end_time) = profile.times();
    let mut tree = Tree {
        out,
        node_count: 0,
        hits: 0,
        busy_hits: 0,
        weights: Weights::default(),
        quiet: Quiet::default(),
    };
    tree.write(profile.root())?;
    let Tree { out, node_count, hits, busy_hits, weights, quiet } = tree;
    write!(out, ",\"startTime\":{start_time},\"endTime\":{end_time},\"samples\":[")?;
    let sample_count = write_list(out, profile.samples().map(|(node, _)| i64::from(node)))?;
    out.write_all(b"],\"timeDeltas\":[")?;
    let mut last = start_time;
    let deltas = profile.samples().map(|(_, time)| time - std::mem::replace(&mut last, time));
    write_list(out, deltas)?;
    out.write_all(b"]")?;
    if let Some(record) = labels {
        write_labels(out, record, || profile.samples().map(|(node, time)| (quiet.of(node), time)))?;
    }
    out.write_all(b"}")?;
    let top_functions = weights.top();
    Ok(CpuFigures {
        node_count,
        sample_count,
        hits,
        busy_hits,
        start_time,
        end_time,
        top_functions,
    })
}

struct Tree<'o> {
    out: &'o mut dyn Write,
    node_count: u64,
    hits: u64,
    busy_hits: u64,
    weights: Weights,
    quiet: Quiet,
}

impl Tree<'_> {
    fn write(&mut self, root: Option<CpuProfileNode<'_>>) -> io::Result<()> {
        self.out.write_all(b"{\"nodes\":[")?;
        let mut pending: Vec<_> = root.into_iter().collect();
        while let Some(node) = pending.pop() {
            if self.node_count > 0 {
                self.out.write_all(b",")?;
            }
            self.node(node)?;
            let callees = pending.len();
            pending.extend(node.children());
            // A stack gives them back in reverse; the file keeps V8's order.
            pending[callees..].reverse();
        }
        self.out.write_all(b"]")
    }

    fn node(&mut self, node: CpuProfileNode<'_>) -> io::Result<()> {
        let (function, script) = (node.function_name(), node.script_name());
        let frame = CallFrame {
            function: &function,
            script: &script,
            script_id: node.script_id(),
            line: node.line(),
            column: node.column(),
        };
        if node.script_id() == 0 {
            self.quiet.note(&function, node.id());
        }
        let hits = node.hits();
        self.node_count += 1;
        self.hits += u64::from(hits);
        if !matches!(&*function, "(root)" | "(idle)") {
            self.busy_hits += u64::from(hits);
            self.weights.add(&frame, u64::from(hits));
        }
        write!(self.out, "{{\"id\":{},\"callFrame\":", node.id())?;
        frame.write(self.out)?;
        write!(self.out, ",\"hitCount\":{hits},\"children\":[")?;
        write_list(self.out, node.children().map(|child| i64::from(child.id())))?;
        self.out.write_all(b"]")?;
        let reason = node.bailout_reason();
        if !matches!(&*reason, "" | "no reason") {
            self.out.write_all(b",\"deoptReason\":")?;
            string(self.out, &reason)?;
        }
        write_ticks(self.out, &node.line_ticks())?;
        write_deopts(self.out, &node.deopts())?;
        self.out.write_all(b"}")
    }
}

fn write_ticks(out: &mut dyn Write, ticks: &[LineTick]) -> io::Result<()> {
    if ticks.is_empty() {
        return Ok(());
    }
    out.write_all(b",\"positionTicks\":[")?;
    for (index, tick) in ticks.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        write!(out, "{comma}{{\"line\":{},\"ticks\":{}}}", tick.line, tick.ticks)?;
    }
    out.write_all(b"]")
}

fn write_deopts(out: &mut dyn Write, deopts: &[Deopt]) -> io::Result<()> {
    if deopts.is_empty() {
        return Ok(());
    }
    out.write_all(b",\"deopts\":[")?;
    for (index, deopt) in deopts.iter().enumerate() {
        out.write_all(if index > 0 { b",{\"reason\":" } else { b"{\"reason\":" })?;
        string(out, &deopt.reason)?;
        out.write_all(b",\"stack\":[")?;
        for (index, (script, position)) in deopt.stack.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(out, "{comma}{{\"scriptId\":\"{script}\",\"position\":{position}}}")?;
        }
        out.write_all(b"]}")?;
    }
    out.write_all(b"]")
}

/// Writes numbers between commas; answers how many.
pub(super) fn write_list(
    out: &mut dyn Write,
    numbers: impl Iterator<Item = i64>,
) -> io::Result<u64> {
    let mut count = 0;
    for number in numbers {
        if count > 0 {
            out.write_all(b",")?;
        }
        write!(out, "{number}")?;
        count += 1;
    }
    Ok(count)
}
