//! Damaged snapshots: each fault is found, and located.

use std::io::{self, Write};

use super::model::small;
use super::{feed, options};
use crate::error::Error;
use crate::heap::pass::SnapshotStream;

/// The refusal of `text`, whatever the chunks.
fn refusal(text: &str) -> (String, usize) {
    let refuse = |sizes: &[usize], redact| match feed(text.as_bytes(), sizes, redact) {
        Err(Error::InvalidSnapshot { detail, offset }) => (detail, offset as usize),
        other => panic!("{text}: {other:?}"),
    };
    let told = refuse(&[], false);
    for sizes in [&[1][..], &[7, 300], &[64]] {
        assert_eq!(refuse(sizes, false), told);
        assert_eq!(refuse(sizes, true), told);
    }
    told
}

#[test]
fn every_disagreement_is_found_and_located() {
    const NODES: &str = "[2,1,1000000001,56,2,0,1,2,1000000003,24,1,0]";
    const EDGES: &str = "[2,3,6,1,7,6,0,3,0]";
    let other_header = |text: &'static str| (text, "\"nodes\"");
    for ((from, to), at, shift, detail) in [
        ((NODES, "[2,1,1,56,2,0]"), "[2,1,1,56", 14, "there are fewer nodes than node_count"),
        ((NODES, "[]"), "[],", 1, "there are fewer nodes than node_count"),
        (
            (",24,1,0]", ",24,1,0,1,2,3,4,0,0]"),
            "1,2,3,4",
            0,
            "there are more nodes than node_count",
        ),
        ((EDGES, "[2,3,6,1,7,6]"), "[2,3,6", 13, "there are fewer edges than edge_count"),
        ((EDGES, "[]"), "[],", 1, "there are fewer edges than edge_count"),
        (("0,3,0]", "0,3,0,0,3,0]"), ",0,3,0]", 1, "there are more edges than edge_count"),
        (("1,7,6", "1,7,5"), "1,7,5", 0, "an edge leads to no node"),
        (("1,7,6", "1,7,12"), "1,7,12", 0, "an edge leads to no node"),
        (
            ("56,2,0", "56,1,0"),
            "\"strings\"",
            0,
            "the nodes' edge counts do not add up to edge_count",
        ),
        (("[2,1,1", "[2,4,1"), "2,4,1", 0, "a string index is out of range"),
        (("[2,3,6", "[2,9,6"), "2,9,6", 0, "a string index is out of range"),
        (("[2,3,6", "[2,4294967296,6"), "2,4294967296", 0, "a string index is out of range"),
        (("[0,0,77,3]", "[0,5,77,3]"), "0,5,77", 0, "a string index is out of range"),
        (("[2,1,1", "[10,1,1"), "10,1,1", 0, "a node has a type that the header does not name"),
        (("[2,3,6", "[4,3,6"), "4,3,6", 0, "an edge has a type that the header does not name"),
        (("1,7,6", "1,-7,6"), "-7", 0, "a number is missing or damaged"),
        (("1,7,6", "1,7.5,6"), ".5", 0, "a number is missing or damaged"),
        (("1,7,6", "1,,6"), ",6,0,3,0]", 0, "a number is missing or damaged"),
        (("0,3,0]", "0,3]"), "0,3]", 3, "a number is missing or damaged"),
        (("0,3,0]", "0,3,0,]"), "0,3,0,]", 6, "a number is missing or damaged"),
        (other_header("\"edges\""), "\"nodes\":[2,3", 0, "a section comes twice"),
        (
            ("\"trace_function_infos\"", "\"snapshot\""),
            "\"snapshot\":[0",
            0,
            "a section has the wrong type",
        ),
        (("\"edges\"", "\"edgy\""), "\"strings\"", 0, "the strings come before nodes and edges"),
        (("\"snapshot\":", "\"snap\":"), "\"nodes\":[2", 0, "a section comes before the header"),
        (("\"strings\"", "\"string\""), "", 0, "a section is missing"),
        (("\"name\"]}", "\"name\"]"), "", 0, "the document ends too early"),
        (("\"name\"]}", "\"name"), "", 0, "the document ends too early"),
        (("\"name\"]}", "\"name\"]} x"), "x", 0, "something follows the document"),
        (("\"name\"]}", "\"name\"],}"), "],}", 2, "the document is damaged between two sections"),
        (("\"name\"]}", "\"name\",]}"), ",]}", 1, "the strings are damaged"),
        (("\"Room\"", "Room"), "Room", 0, "the strings are damaged"),
        (
            ("],\n\"edges\":", "]\n\"edges\":"),
            "\"edges\":",
            0,
            "the document is damaged between two sections",
        ),
        (("\"edges\":", "\"edges\" "), "\"edges\" ", 0, "a section's name has no value"),
        (("{\"snapshot\"", "[\"snapshot\""), "[\"snap", 0, "this is no JSON object"),
        (("\"node_count\"", "\"nodes_count\""), "", 0, "the header has no node_count"),
    ] {
        let text = small();
        let (before, behind) = text.rsplit_once(from).unwrap();
        let damaged = [before, to, behind].concat();
        let (told, offset) = refusal(&damaged);
        assert_eq!(told, detail, "{from} -> {to}");
        if detail.contains("header has no") {
            continue;
        }
        let at = if at.is_empty() { damaged.len() } else { damaged.rfind(at).unwrap() };
        assert_eq!(offset, at + shift, "{detail}");
    }
}

#[test]
fn sections_behind_the_strings_they_need() {
    let text = small();
    let functions = "\"trace_function_infos\":[0,0,77,3],\n";
    let moved =
        text.replace(functions, "").replace("\"name\"]}", "\"name\"],\"trace_function_infos\":[]}");
    assert_eq!(refusal(&moved).0, "a section comes behind the strings it needs");
    let undescribed = text.replace("trace_function_info_fields", "x");
    assert_eq!(refusal(&undescribed).0, "the header does not describe a section");
}

#[test]
fn every_cut_is_found() {
    let text = small();
    for end in 0..text.len() {
        let cut = feed(&text.as_bytes()[..end], &[], false);
        assert!(matches!(cut, Err(Error::InvalidSnapshot { .. })), "cut at {end}");
    }
}

#[test]
fn nothing_grows_without_bound() {
    let header = format!("{{\"snapshot\":{{\"x\":\"{}", " ".repeat(1 << 20));
    assert_eq!(refusal(&header).0, "the header is too long");
    let record = small().replacen("1,7,6", &format!("1,7,{}6", " ".repeat(5_000)), 1);
    let (chunked, whole) =
        (feed(record.as_bytes(), &[64], false), feed(record.as_bytes(), &[], false));
    assert!(chunked.unwrap_err().to_string().contains("too long") && whole.is_ok());
}

#[test]
fn a_writer_that_fails_is_told_of() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for redact in [false, true] {
        let mut stream = SnapshotStream::new(options(redact));
        let pushed = stream.push(small().as_bytes(), &mut Full);
        let error = pushed.and_then(|()| stream.finish(&mut Full)).unwrap_err();
        assert_eq!(error.code(), "ERR_RSPROF_DISK_FULL");
        assert!(error.to_string().starts_with("writing the capture failed"), "{error}");
    }
}
