//! Small files that become very much text: refused early, or read in little memory.
//!
//! One test, as it looks at the memory of the whole process. `RSPROF_BOMB_MIB` makes the text longer.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use rsprof::error::Error;
use rsprof::heap::graph::{Control, Graph};

const HEADER: &str = r#"{"snapshot":{"meta":{
    "node_fields":["type","name","id","self_size","edge_count"],
    "node_types":[["synthetic"],"string","number","number","number"],
    "edge_fields":["type","name_or_index","to_node"],
    "edge_types":[["property"],"string_or_number","node"],
    "location_fields":["object_index","script_id","line","column"]},
    "node_count":1,"edge_count":0},"#;
const NODES: &str = r#""nodes":[0,0,1,8,0],"edges":[],"#;
const STRINGS: &str = r#""strings":[""]}"#;

/// Bytes of text between a file's beginning and its end: many where each may be kept once, fewer where
/// it takes many times its size, or nothing is to be kept at all.
fn bomb_size(unit: &str) -> usize {
    let mebibytes = std::env::var("RSPROF_BOMB_MIB").ok().and_then(|text| text.parse().ok());
    mebibytes.unwrap_or(if ["x", "y", "key"].contains(&unit) { 16 } else { 6 }) << 20
}

/// The reader's chunks, and what Zstandard and the allocator keep.
const FEW: u64 = 12 << 20;

/// Resident memory in bytes: the most since [`forget_peak`].
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// Frames or members: the one with `unit` over and over is made once.
fn write(path: &Path, zstd: bool, [before, unit, behind]: [&str; 3]) {
    let compress = |text: &[u8]| {
        if zstd {
            return zstd::encode_all(text, 1).unwrap();
        }
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(text).unwrap();
        out.finish().unwrap()
    };
    let block = unit.repeat((1 << 20) / unit.len());
    let (frame, mut file) = (compress(block.as_bytes()), File::create(path).unwrap());
    file.write_all(&compress(before.as_bytes())).unwrap();
    for _ in 0..bomb_size(unit) / block.len() {
        file.write_all(&frame).unwrap();
    }
    file.write_all(&compress(behind.as_bytes())).unwrap();
}

/// `None` where the file is read to its end and is a snapshot.
type Bomb<'a> = (&'a str, &'a str, String, Option<&'a str>);

fn assert_harmless(path: &Path, zstd: bool, (before, unit, behind, refusal): &Bomb<'_>) {
    write(path, zstd, [before, unit, behind]);
    forget_peak();
    let start = peak();
    let read = Graph::read(path, &Control::default());
    let grown = peak().saturating_sub(start);
    let is_expected = match (&read, refusal) {
        (Err(Error::InvalidFile { detail, .. }), Some(refusal)) => detail.contains(refusal),
        (read, refusal) => read.is_ok() && refusal.is_none(),
    };
    assert!(is_expected, "{before:.20} {unit}: {:?}", read.err());
    assert!(grown < FEW, "{before} {unit}: {grown} bytes");
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "memory is read from /proc")]
fn bombs() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bomb");
    let nodes = |rest: &str| format!("{HEADER}{NODES}{rest}");
    let nothing = String::new();
    let cases: Vec<(String, &str, String, Option<&str>)> = vec![
        ("{".into(), " ", format!("{}{NODES}{STRINGS}", &HEADER[1..]), None),
        ("{\"x\":".into(), "[", nothing.clone(), Some("nested too deep")),
        ("{\"x\":[".into(), "[],", nothing.clone(), Some("the text ends too early")),
        ("{\"x\":\"".into(), "y", format!("\",{}{NODES}{STRINGS}", &HEADER[1..]), None),
        ("{\"".into(), "key", format!("\":1,{}{NODES}{STRINGS}", &HEADER[1..]), None),
        ("{\"snapshot\":{\"".into(), "x", nothing.clone(), Some("the header is far too long")),
        (format!("{HEADER}\"nodes\":["), "7", nothing.clone(), Some("far too long")),
        (format!("{HEADER}\"nodes\":["), " ", nothing.clone(), Some("")),
        (format!("{HEADER}\"nodes\":["), "0,", nothing.clone(), Some("more records than")),
        (format!("{HEADER}\"nodes\":["), "x,", nothing.clone(), Some("more records than")),
        (nodes("\"locations\":["), "0,", nothing.clone(), Some("more locations than nodes")),
        (nodes("\"locations\":["), "0", nothing.clone(), Some("the text ends too early")),
        (nodes("\"strings\":[\""), "x", "\"]}".into(), None),
        (nodes("\"strings\":[\"\""), ",\"\"", "]}".into(), None),
        (
            format!("{HEADER}\"strings\":[\"\""),
            ",\"\"",
            format!("],{}}}", &NODES[..NODES.len() - 1]),
            None,
        ),
        (nodes(STRINGS), "\n", nothing.clone(), None),
        (nodes(STRINGS), "{", nothing, Some("something follows")),
    ];
    for (number, case) in cases.iter().enumerate() {
        let bomb = (&case.0[..], case.1, case.2.clone(), case.3);
        assert_harmless(&path, number > 0, &bomb);
    }
    absurd_counts(&path);
}

/// A file that is large enough for its counts to be possible, were it honest.
fn absurd_counts(path: &Path) {
    for (count, absurd) in
        [("\"node_count\":1", 500_000_000_u64), ("\"edge_count\":0", 4_000_000_000)]
    {
        let absurd = format!("{}:{absurd}", count.split_once(':').unwrap().0);
        let text = format!("{}{NODES}{STRINGS}", HEADER.replace(count, &absurd));
        write(path, true, [&text, " ", ""]);
        File::options().write(true).open(path).unwrap().set_len(40 << 20).unwrap();
        forget_peak();
        let start = peak();
        let error = Graph::read(path, &Control::default()).unwrap_err();
        assert!(matches!(error, Error::InvalidFile { .. } | Error::Budget(_)), "{error}");
        assert!(peak().saturating_sub(start) < FEW, "{absurd}");
    }
}
