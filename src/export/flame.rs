//! The data of rsprof's flame graph: the whole tree in columns, and the samples in the order of time.
//!
//! JSON that may stand in a page: no `<` is left in it.

use std::io::{self, Write};

use memchr::memchr;

use super::call_frame::string;
use super::json::{list, numbers};
use super::place::path;
use super::runs::{has_order, runs};
use crate::profile::{Category, Function, Node, Profile, ProfileKind};

/// Samples, counted after those that follow each other in one node are one, that a page is given: with more, the
/// order of time is left out.
const MOST_RUNS: usize = 1 << 20;

/// Writes the data.
pub(super) fn write(profile: &Profile, title: &str, out: &mut dyn Write) -> io::Result<()> {
    let out: &mut dyn Write = &mut WithoutTags { out };
    let (kind, unit) = match profile.kind() {
        ProfileKind::Cpu => ("cpu", "microseconds"),
        ProfileKind::Allocation => ("allocation", "bytes"),
    };
    write!(out, "{{\"version\":1,\"kind\":\"{kind}\",\"title\":")?;
    string(out, title)?;
    let (total, busy) = (profile.total_weight(), profile.busy_weight());
    write!(out, ",\"unit\":\"{unit}\",\"total\":{total},\"busy\":{busy},\"packages\":")?;
    list(out, profile.packages().iter(), |out, name| string(out, name))?;
    functions(profile.functions(), out)?;
    nodes(profile, out)?;
    samples(profile, out)?;
    out.write_all(b"}")
}

fn functions(functions: &[Function], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b",\"functions\":{\"name\":")?;
    list(out, functions.iter(), |out, function| string(out, function.title()))?;
    out.write_all(b",\"url\":")?;
    list(out, functions.iter(), |out, function| string(out, &path(&function.url)))?;
    out.write_all(b",\"line\":")?;
    numbers(out, functions.iter().map(|function| function.line.into()))?;
    out.write_all(b",\"column\":")?;
    numbers(out, functions.iter().map(|function| function.column.into()))?;
    out.write_all(b",\"category\":")?;
    list(out, functions.iter(), |out, function| string(out, function.category.name()))?;
    out.write_all(b",\"package\":")?;
    numbers(out, functions.iter().map(|function| package(function.category)))?;
    out.write_all(b"}")
}

fn package(category: Category) -> i64 {
    match category {
        Category::Package(package) => package.into(),
        _ => -1,
    }
}

fn nodes(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let tree = profile.tree();
    let nodes = || 0..tree.len() as Node;
    out.write_all(b",\"nodes\":{\"function\":")?;
    numbers(out, nodes().map(|node| tree.function(node).into()))?;
    out.write_all(b",\"parent\":")?;
    numbers(out, nodes().map(|node| tree.parent(node).map_or(-1, i64::from)))?;
    out.write_all(b",\"self\":")?;
    numbers(out, nodes().map(|node| tree.self_weight(node) as i64))?;
    out.write_all(b"}")
}

fn samples(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    if !has_order(profile) || runs(profile).nth(MOST_RUNS).is_some() {
        return out.write_all(b",\"samples\":null");
    }
    out.write_all(b",\"samples\":{\"node\":")?;
    numbers(out, runs(profile).map(|run| run.node.into()))?;
    out.write_all(b",\"delta\":")?;
    numbers(out, runs(profile).map(|run| run.weight as i64))?;
    out.write_all(b"}")
}

/// Writes `<` as an escape: in JSON it stands in strings only.
struct WithoutTags<'a> {
    out: &'a mut dyn Write,
}

impl Write for WithoutTags<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match memchr(b'<', bytes) {
            None => self.out.write(bytes),
            Some(0) => self.out.write_all(b"\\u003c").map(|()| 1),
            Some(at) => self.out.write(&bytes[..at]),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
