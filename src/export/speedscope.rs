//! speedscope's own format, a profile of type `sampled`.
//!
//! Samples stand in the order of time; those that follow each other in one stack are one with the sum of
//! their weights. Idle time is a sample without a stack, so that the time axis stays true. Without times, and for
//! allocations, there is one sample for each node of the tree.
//!
//! <https://github.com/jlfwong/speedscope/wiki/Importing-from-custom-sources>

use std::io::{self, Write};

use super::call_frame::string;
use super::json::{list, numbers};
use super::place::path;
use super::runs::runs;
use super::stacks::Stacks;
use crate::profile::{Function, Profile, ProfileKind};

const SCHEMA: &str = "https://www.speedscope.app/file-format-schema.json";

/// Writes a profile.
pub(super) fn write(profile: &Profile, title: &str, out: &mut dyn Write) -> io::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    write!(out, "{{\"$schema\":\"{SCHEMA}\",\"exporter\":\"rsprof@{version}\",\"name\":")?;
    string(out, title)?;
    out.write_all(b",\"activeProfileIndex\":0,\"shared\":{\"frames\":")?;
    list(out, profile.functions().iter(), frame)?;
    out.write_all(b"},\"profiles\":[{\"type\":\"sampled\",\"name\":")?;
    string(out, title)?;
    let unit = match profile.kind() {
        ProfileKind::Cpu => "microseconds",
        ProfileKind::Allocation => "bytes",
    };
    let total = profile.total_weight();
    write!(out, ",\"unit\":\"{unit}\",\"startValue\":0,\"endValue\":{total},\"samples\":")?;
    let mut stacks = Stacks::new(profile);
    list(out, runs(profile), |out, run| {
        let stack = stacks.of(run.node).iter().rev();
        numbers(out, stack.map(|node| i64::from(profile.tree().function(*node))))
    })?;
    out.write_all(b",\"weights\":")?;
    numbers(out, runs(profile).map(|run| run.weight as i64))?;
    out.write_all(b"}]}\n")
}

fn frame(out: &mut dyn Write, function: &Function) -> io::Result<()> {
    out.write_all(b"{\"name\":")?;
    string(out, function.title())?;
    if !function.url.is_empty() {
        out.write_all(b",\"file\":")?;
        string(out, &path(&function.url))?;
    }
    for (key, number) in [("line", function.line), ("col", function.column)] {
        if number > 0 {
            write!(out, ",\"{key}\":{number}")?;
        }
    }
    out.write_all(b"}")
}
