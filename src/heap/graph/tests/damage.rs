//! Damaged files: each fault is found and located, whatever the chunks.

use std::process::Command;

use super::snapshot::{Style, small};
use super::{Encoding, compress, file, read};
use crate::error::Error;
use crate::heap::graph::source::CHUNK;

const NODES: &str = "[9,0,1,0,1,0,3,1,3,16,1,0,3,2,5,56,2,0,2,3,7,24,0,0]";
const EDGES: &str = "[5,4,6,2,5,12,2,6,18,1,7,12]";

fn text() -> String {
    small().text(&Style::v8())
}

/// The refusal of a file, and at which byte of its text.
fn refusal(bytes: &[u8]) -> (String, usize) {
    refusal_in(bytes, &[CHUNK, 1, 2, 3, 7, 64, 1_000])
}

fn refusal_in(bytes: &[u8], chunks: &[usize]) -> (String, usize) {
    let file = file(bytes);
    let refuse = |chunk: usize| match read(file.path(), chunk) {
        Err(Error::InvalidFile { detail, offset }) => (detail, offset as usize),
        other => panic!("{}: {other:?}", String::from_utf8_lossy(bytes)),
    };
    let told = refuse(chunks[0]);
    for chunk in &chunks[1..] {
        assert_eq!(refuse(*chunk), told, "in chunks of {chunk}");
    }
    told
}

/// The last place of `from` becomes `to`.
fn damaged(from: &str, to: &str) -> String {
    let text = text();
    let (before, behind) = text.rsplit_once(from).unwrap();
    [before, to, behind].concat()
}

/// What becomes what, the refusal, and which text it points at.
type Fault<'a> = (&'a str, &'a str, &'a str, &'a str);

fn assert_located(faults: &[Fault<'_>]) {
    for (from, to, detail, at) in faults {
        let text = damaged(from, to);
        let (told, offset) = refusal(text.as_bytes());
        assert_eq!(told, *detail, "{from} -> {to}");
        let at = if at.is_empty() { text.len() } else { text.rfind(at).unwrap() };
        assert_eq!(offset, at, "{from} -> {to}: {detail}");
    }
}

#[test]
fn records() {
    let fewer =
        |section, count| format!("{section} has {count} records fewer than its header says");
    let more = |section| format!("{section} has more records than its header says");
    let middle = |section| format!("{section} ends in the middle of a record");
    let no_number = "expected an unsigned integer";
    assert_located(&[
        (NODES, "[9,0,1,0,1,0]", &fewer("nodes", 3), ",\"edges\":"),
        (NODES, "[ ]", &fewer("nodes", 4), ",\"edges\":"),
        (",24,0,0]", ",24,0,0,1,2,3,4,0,0]", &more("nodes"), "1,2,3,4,0,0]"),
        (",24,0,0]", ",24,0,0,8]", &more("nodes"), "8]"),
        (",24,0,0]", ",24,0]", &middle("nodes"), "],\"edges\""),
        (",24,0,0]", ",24,0,0,]", &more("nodes"), "],\"edges\""),
        (EDGES, "[5,4,6]", &fewer("edges", 3), ",\"trace_function_infos\""),
        (EDGES, "[\n]", &fewer("edges", 4), ",\"trace_function_infos\""),
        ("1,7,12]", "1,7,12,0,3,0]", &more("edges"), "0,3,0]"),
        ("1,7,12]", "1,7]", &middle("edges"), "],\"trace_function"),
        ("[5,4", "[,5,4", no_number, ",5,4"),
        ("1,7,12", "1,-7,12", no_number, "-7,12"),
        ("1,7,12", "1,7.5,12", no_number, ".5,12"),
        ("1,7,12", "1,7e5,12", no_number, "e5,12"),
        ("1,7,12", "1,,12", no_number, ",12],"),
        ("1,7,12", "1,7 7,12", no_number, "7,12"),
        ("1,7,12", "1,[7],12", no_number, "[7],"),
        ("[5,4,6,", "[[5,4,6],", no_number, "[5,4,6],"),
        ("2,5,12", "2,[5,12],12", no_number, "[5,12]"),
        ("1,7,12", "1,\"7\",12", no_number, "\"7\",12"),
        ("1,7,12", "1,null,12", no_number, "null,12"),
        ("1,7,12", "1,7,18446744073709551616", no_number, "18446744073709551616"),
    ]);
}

#[test]
fn values() {
    let no_node = "an edge that leads to no node";
    let name = "a string index that is out of range";
    let unused = |name| format!("string {name} is used, there are 7");
    let node_kind = "a node of a type that the header does not name";
    let edge_kind = "an edge of a type that the header does not name";
    assert_located(&[
        ("1,7,12", "1,7,13", no_node, "13]"),
        ("1,7,12", "1,7,24", no_node, "24]"),
        ("1,7,12", "1,7,4294967308", no_node, "4294967308"),
        ("1,7,12", "1,7,18446744073709551615", no_node, "18446744073709551615"),
        ("[9,0", "[17,0", node_kind, "17,0"),
        ("[9,0", "[18446744073709551615,0", node_kind, "18446744073709551615,0"),
        ("1,7,12", "8,7,12", edge_kind, "8,7,12"),
        ("3,2,5,56", "3,4294967296,5,56", name, "4294967296"),
        ("3,2,5,56", "3,4294967295,5,56", &unused("4294967295"), ""),
        ("3,2,5,56", "3,7,5,56", &unused("7"), ""),
        ("2,6,18", "2,7,18", &unused("7"), ""),
        ("2,6,18", "2,99999999999,18", &unused("4294967295"), ""),
        ("2,5,56", "2,4294967296,56", "an id that is out of range", "4294967296"),
        ("56,2,0", "56,4294967296,0", "an edge count that is out of range", "4294967296"),
        ("56,2,0", "56,1,0", "the nodes have 3 edges, the file 4", ""),
        ("56,2,0", "18446744073709551615,2,0", "the nodes' sizes add up to more than there is", ""),
    ]);
}

#[test]
fn header() {
    let text = text();
    let start = text.find(":{\"edge_count\"").unwrap() + 1;
    let fields = |count: usize| format!("\"node_fields\":[{}\"type\"", "\"x\",".repeat(count - 6));
    let (seventeen, deep) = (fields(17), "[".repeat(500));
    for (from, to, detail) in [
        ("\"node_count\":4", "\"node_count\":18446744073709551615", "node_count is out of range"),
        ("\"node_count\":4", "\"node_count\":536870912", "node_count 536870912 cannot be right"),
        ("\"node_count\":4", "\"node_count\":4000", "node_count 4000 cannot be right"),
        (
            "\"edge_count\":4",
            "\"edge_count\":18446744073709551615",
            "edge_count 18446744073709551615 cannot be right",
        ),
        ("\"edge_count\":4", "\"edge_count\":4294967295", "edge_count 4294967295 cannot be right"),
        ("\"node_count\":4", "\"node_count\":-4", "the header has no node_count"),
        ("\"node_count\":4", "\"node_count\":4.5", "the header has no node_count"),
        ("\"node_count\":4", "\"node_count\":\"4\"", "the header has no node_count"),
        ("\"node_count\":4", "\"nodes\":4", "the header has no node_count"),
        ("\"meta\"", "\"meat\"", "the header has no meta"),
        ("\"node_types\"", "\"types\"", "no type names in meta.node_types"),
        ("\"node_fields\":[\"type\"", &seventeen, "meta.node_fields has 17 fields"),
        ("\"to_node\"", "\"to\"", "meta.edge_fields has no to_node"),
    ] {
        let damaged = text.replacen(from, to, 1);
        assert_ne!(damaged, text, "{from}");
        assert_eq!(refusal(damaged.as_bytes()), (detail.to_owned(), start));
    }
    let damaged = text.replacen("\"node_count\":4", &format!("\"x\":{deep}"), 1);
    assert!(refusal(damaged.as_bytes()).0.starts_with("the text ends too early"));
    let damaged = text.replacen("\"node_count\":4", "\"node_count\":4,,", 1);
    let (detail, offset) = refusal(damaged.as_bytes());
    assert!(detail.starts_with("unreadable header: ") && offset == start, "{detail}");
    for count in ["3", "5"] {
        let damaged = text.replacen("\"node_count\":4", &format!("\"node_count\":{count}"), 1);
        assert!(refusal(damaged.as_bytes()).0.starts_with("nodes has "));
    }
}

#[test]
fn structure() {
    let quote = "expected '\"' before a string";
    assert_located(&[
        ("{\"snapshot\"", "[\"snapshot\"", "expected '{' at the beginning", "[\"snapshot\""),
        ("{\"snapshot\"", "{snapshot\"", quote, "snapshot\""),
        ("\"snapshot\":", "\"snap\":", "nodes before the snapshot's header", NODES),
        ("],\"edges\":", "]\"edges\":", "expected '}' at the end", "\"edges\":"),
        ("\"edges\":", "\"edges\" ", "expected ':' after a key", EDGES),
        ("\"edges\":", "\"edges\":1", "expected '[' before edges", &format!("1{EDGES}")),
        ("\"name\"]}", "\"name\"],}", quote, "}"),
        ("\"name\"]}", "\"name\",]}", quote, "]}"),
        ("\"name\"]}", "\"name\";]}", "expected ']' after strings", ";]}"),
        ("\"name\"]}", "\"name\"]", "the text ends too early", ""),
        ("\"name\"]}", "\"name", "the text ends in the middle of a string", ""),
        ("\"name\"]}", "\"name\"]}\n\n]", "something follows the document", "]"),
        ("\"Room\"", "Room", quote, "Room"),
        ("\"Room\"", "\"Ro\\om\"", "an unknown escape in a string", "m\",\"hunter2\""),
        (
            "\"Room\"",
            "\"Ro\\u00zm\"",
            "four hexadecimal digits are missing in a string",
            "m\",\"hunter2\"",
        ),
        ("\"samples\":", "\"nodes\":", "nodes comes twice", "\"nodes\":[]"),
        ("\"samples\":", "\"edges\":", "edges comes twice", "\"edges\":[]"),
        ("\"samples\":[]", "\"snapshot\":{}", "snapshot comes twice", "\"snapshot\":{}"),
        ("\"samples\":", "\"strings\":", "strings comes twice", "\"strings\":[\"\""),
        ("\"samples\":", "\"locations\":", "locations comes twice", "\"locations\":[12"),
    ]);
    for missing in ["nodes", "edges", "strings"] {
        let (from, to) = (format!("\"{missing}\":"), format!("\"no {missing}\":"));
        let (detail, offset) = refusal(damaged(&from, &to).as_bytes());
        assert_eq!((detail, offset), (format!("there is no {missing}: not a heap snapshot"), 0));
    }
}

#[test]
fn locations() {
    assert_located(&[
        ("[12,5,9,4]", "[12,5,9]", "locations ends in the middle of a record", "],\"strings\""),
        ("[12,5,9,4]", "[12,5,9,4,]", "expected a number", "],\"strings\""),
        ("[12,5,9,4]", "[12,5,-9,4]", "expected a number", "-9,4"),
        ("[12,5,9,4]", "[12,5,9,4 4]", "expected ',' between numbers", "4],\"strings\""),
        ("[12,5,9,4]", "[12,5,9 9,4]", "expected ',' between numbers", "9,4],\"strings\""),
        ("[12,5,9,4]", "[12,5,9.5,4]", "expected ',' between numbers", ".5,4]"),
        ("[12,5,9,4]", "[12,5,[9],4]", "expected a number", "[9],4]"),
        (
            "[12,5,9,4]",
            "[12,5,9,99999999999999999999]",
            "a number that is out of range",
            "9],\"strings\"",
        ),
        (
            "[12,5,9,4]",
            "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,2,3,0,0,0,0]",
            "there are more locations than nodes",
            ",0,0,0,0],\"strings\"",
        ),
    ]);
    // What is about no node is left out.
    let text = damaged("[12,5,9,4]", "[18,1,2,3,24,5,9,4,12,4294967296,1,1]");
    let graph = read(file(text.as_bytes()).path(), CHUNK).unwrap();
    assert_eq!(graph.locations().len(), 1);
    assert_eq!(graph.location(3).unwrap().line, 2);
}

#[test]
fn what_is_no_snapshot() {
    for (bytes, detail, at) in [
        (&b""[..], "the file is empty", 0),
        (b" \n", "the text ends too early", 2),
        (b"null", "expected '{' at the beginning", 0),
        (b"\xEF\xBB\xBF{}", "expected '{' at the beginning", 0),
        (b"\x7FELF\x02\x01", "expected '{' at the beginning", 0),
        (b"{}", "there is no snapshot: not a heap snapshot", 0),
        (
            b"{\"head\":{\"callFrame\":{}},\"samples\":[]}",
            "there is no snapshot: not a heap snapshot",
            0,
        ),
        (b"[1,2,3]", "expected '{' at the beginning", 0),
    ] {
        assert_eq!(refusal(bytes), (detail.to_owned(), at));
    }
    for encoding in [Encoding::Gzip, Encoding::Zstd] {
        assert_eq!(refusal(&compress(b"", encoding)), ("the file is empty".to_owned(), 0));
        assert_eq!(refusal(&compress(b"null", encoding)).0, "expected '{' at the beginning");
    }
}

#[test]
fn every_cut_is_found() {
    let text = text();
    let text = text.as_bytes();
    for end in 1..text.len() {
        let (detail, offset) = refusal_in(&text[..end], &[CHUNK, end % 40 + 1]);
        assert_eq!(offset, end, "{detail}");
    }
}

#[test]
fn every_cut_of_a_compressed_file_is_found() {
    for encoding in [Encoding::Gzip, Encoding::Zstd] {
        let text = text();
        let bytes = compress(text.as_bytes(), encoding);
        for end in 5..bytes.len() {
            // Whole up to a member's end, which is a cut of the text.
            let (detail, offset) = refusal_in(&bytes[..end], &[CHUNK, end % 40 + 1]);
            assert!(
                offset <= text.len() && detail != "the file is empty",
                "{end} of {}: {detail} at {offset}",
                bytes.len()
            );
        }
    }
}

#[test]
fn what_follows_a_compressed_file_is_found() {
    for (encoding, garbage) in [
        (Encoding::Gzip, &b"garbage"[..]),
        (Encoding::Gzip, b"\0"),
        (Encoding::Gzip, b"\x1F\x8B\x08"),
        (Encoding::Zstd, b"garbage"),
    ] {
        let text = text();
        let (detail, offset) = refusal(&[&compress(text.as_bytes(), encoding), garbage].concat());
        assert!(detail.starts_with("the compressed data "), "{detail}");
        assert_eq!(offset, text.len());
    }
}

#[test]
fn a_wrong_checksum_is_found() {
    let text = text();
    let mut bytes = compress(text.as_bytes(), Encoding::Gzip);
    let at = bytes.len() - 6;
    bytes[at] ^= 1;
    let (detail, offset) = refusal(&bytes);
    assert!(detail.starts_with("the compressed data is damaged: "), "{detail}");
    assert_eq!(offset, text.len());
}

#[test]
fn the_first_of_several_faults_is_told() {
    let mut made = small();
    for _ in 0..2_000 {
        made.edge(1, "element", "1", 2);
    }
    let text = made.text(&Style::v8());
    let text = text
        .replace("1,1,12", "1,1,13")
        .replace("],\"trace_function_infos", "4],\"trace_function_infos");
    let (first, file) = (text.find("13,1,1").unwrap(), file(text.as_bytes()));
    for chunk in [64, 500, 5_000, CHUNK] {
        for _ in 0..20 {
            match read(file.path(), chunk) {
                Err(Error::InvalidFile { offset, .. }) => assert_eq!(offset as usize, first),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn only_regular_files() {
    let code = |path: &std::path::Path| read(path, CHUNK).unwrap_err().code().to_owned();
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(code(dir.path()), "ERR_RSPROF_IS_DIRECTORY");
    assert_eq!(code(&dir.path().join("none")), "ERR_RSPROF_NOT_FOUND");
    let pipe = dir.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe.as_path(), "/dev/zero".as_ref()] {
        let error = read(path, CHUNK).unwrap_err();
        assert_eq!(error.code(), "ERR_RSPROF_IO");
        assert!(error.to_string().contains("not a regular file"), "{error}");
    }
}
