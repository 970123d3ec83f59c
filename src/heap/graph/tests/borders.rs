//! A document that is cut into chunks at every place.

use proptest::prelude::*;

use super::snapshot::{SECTIONS, Snapshot, Style, small};
use super::{Graph, Measured, file, read};
use crate::heap::graph::source::CHUNK;

fn assert_same(found: &Measured, expected: &Measured) {
    let columns = |graph: &Graph| (graph.kinds.clone(), graph.names.clone(), graph.ids.clone());
    assert_eq!(found.sizes, expected.sizes);
    assert_eq!(columns(found), columns(expected));
    let edges =
        |graph: &Graph| (graph.first_edges.clone(), graph.words.clone(), graph.edge_names.clone());
    assert_eq!(edges(found), edges(expected));
    assert_eq!(found.locations, expected.locations);
    assert_eq!(texts(found), texts(expected));
}

fn texts(graph: &Graph) -> Vec<String> {
    (0..graph.strings().len() as u32).map(|at| graph.strings().get(at).into_owned()).collect()
}

fn assert_every_border(text: &[u8]) {
    let file = file(text);
    let whole = read(file.path(), CHUNK).unwrap();
    for chunk in 1..=text.len() {
        assert_same(&read(file.path(), chunk).unwrap(), &whole);
    }
}

#[test]
fn every_border() {
    let mut made = small();
    made.nodes[3].size = 1 << 40;
    made.edge(2, "property", "\u{e9}\u{1F600}\n\"", 3);
    assert_every_border(made.text(&Style::v8()).as_bytes());
}

#[test]
fn every_border_of_another_style() {
    let style = Style {
        record: " ,\r\n",
        number: "\t, ",
        space: "\n ",
        raw: true,
        sections: ["snapshot", "trace_tree", "edges", "strings", "locations", "nodes"].to_vec(),
        ..Style::v8()
    };
    let mut made = small();
    made.edge(2, "property", "\u{e9}\u{1F600}\n\"", 3);
    assert_every_border(made.text(&style).as_bytes());
}

#[test]
fn many_pieces_for_several_workers() {
    let mut made = small();
    for number in 0..5_000 {
        let node = made.node("object", "Room", number);
        made.edge(node, "element", &number.to_string(), node / 2);
    }
    let text = made.text(&Style { record: "\n,", ..Style::v8() });
    let file = file(text.as_bytes());
    let whole = read(file.path(), CHUNK).unwrap();
    for chunk in [300, 1_000, 10_000, 50_000] {
        assert_same(&read(file.path(), chunk).unwrap(), &whole);
    }
    assert_eq!(whole.self_size(5_003), 4_999);
    assert_eq!(whole.edges(5_003).next().unwrap().to, 2_501);
}

#[test]
fn a_record_may_not_fill_chunks_alone() {
    let text = small().text(&Style::v8());
    let text = text.replacen("2,5,12", &format!("2,5,{}12", " ".repeat(5_000)), 1);
    let file = file(text.as_bytes());
    assert!(read(file.path(), CHUNK).is_ok());
    let error = read(file.path(), 64).unwrap_err().to_string();
    assert!(error.contains("a record is far too long"), "{error}");
}

fn with_strings(quoted: &[String]) -> Vec<u8> {
    let mut made = Snapshot::default();
    for (number, _) in quoted.iter().enumerate() {
        made.node("string", &number.to_string(), 8);
    }
    let style = Style { sections: SECTIONS[..7].to_vec(), ..Style::v8() };
    let text = made.text(&style);
    let strings = format!(",\"strings\":[{}]}}", quoted.join(","));
    [&text.as_bytes()[..text.len() - 1], strings.as_bytes()].concat()
}

fn units() -> impl Strategy<Value = u16> {
    prop_oneof![
        0xD7FF_u16..0xE001,
        Just(0xD83D),
        Just(0xDE00),
        0_u16..128,
        any::<u16>(),
        Just(u16::from(b'\\')),
    ]
}

proptest! {
    #[test]
    fn any_text(
        texts in proptest::collection::vec(proptest::collection::vec(units(), 0..12), 1..8),
        escapes in any::<u64>(),
        chunk in prop_oneof![1_usize..40, Just(CHUNK)],
    ) {
        let quote = |text: &Vec<u16>| {
            let unit = |(at, unit): (usize, &u16)| match u8::try_from(*unit) {
                Ok(byte @ (b'"' | b'\\')) if escapes >> at & 1 == 0 => format!("\\{}", char::from(byte)),
                Ok(byte @ b' '..=b'~') if escapes >> at & 1 == 0 => char::from(byte).to_string(),
                _ => format!("\\u{unit:04x}"),
            };
            format!("\"{}\"", text.iter().enumerate().map(unit).collect::<String>())
        };
        let file = file(&with_strings(&texts.iter().map(quote).collect::<Vec<_>>()));
        let graph = read(file.path(), chunk).unwrap();
        for (found, text) in self::texts(&graph).iter().zip(&texts) {
            prop_assert_eq!(found, &String::from_utf16_lossy(text));
        }
    }
}

#[test]
fn halves_of_pairs_and_bytes_that_are_no_text() {
    let cases: [(&[u8], &str); 12] = [
        (br"\uD83D\uDE00", "\u{1F600}"),
        (br"\ud83d", "\u{FFFD}"),
        (br"\uD812 \uD800", "\u{FFFD} \u{FFFD}"),
        (br"\uDE00\uD83D", "\u{FFFD}\u{FFFD}"),
        (br"\uD83D\uD83D\uDE00", "\u{FFFD}\u{1F600}"),
        (br"\uD83D\\uDE00", "\u{FFFD}\\uDE00"),
        (br"\uD83D\n", "\u{FFFD}\n"),
        (br"\uD83D\u0041", "\u{FFFD}A"),
        (br#"\/\b\f\n\r\t\"\\"#, "/\u{8}\u{c}\n\r\t\"\\"),
        ("\u{e9}\u{1F600}\u{7f}".as_bytes(), "\u{e9}\u{1F600}\u{7f}"),
        (b"a\xFFb\xC3", "a\u{FFFD}b\u{FFFD}"),
        (b"\n\0", "\n\0"),
    ];
    let marks: Vec<String> = (0..cases.len()).map(|at| format!("\"<{at:02}>\"")).collect();
    let mut text = with_strings(&marks);
    for (at, (bytes, _)) in cases.iter().enumerate() {
        let mark = format!("<{at:02}>");
        let start = text.windows(4).position(|four| four == mark.as_bytes()).unwrap();
        text.splice(start..start + 4, bytes.iter().copied());
    }
    let file = file(&text);
    for chunk in (1..60).chain([CHUNK]) {
        let graph = read(file.path(), chunk).unwrap();
        let expected: Vec<&str> = cases.iter().map(|(_, text)| *text).collect();
        assert_eq!(texts(&graph), expected);
    }
}

#[test]
fn long_texts_are_cut() {
    let long = "0123456789".repeat(500);
    let odd = format!("{}\u{1F600}", "x".repeat(4_094));
    let quoted = ["short", &long, &odd, "last"].map(|text| format!("\"{text}\""));
    let file = file(&with_strings(&quoted));
    for chunk in [5, 100, 4_000, CHUNK] {
        let found = texts(&read(file.path(), chunk).unwrap());
        assert_eq!(
            (&found[0][..], &found[1][..], &found[3][..]),
            ("short", &long[..4_096], "last")
        );
        assert_eq!(found[2], format!("{}\u{FFFD}", "x".repeat(4_094)));
    }
}

#[test]
fn strings_that_nobody_uses_are_not_kept() {
    let mut made = small();
    made.strings.extend((0..100).map(|number| format!("unused {number}")));
    let before = read(file(small().text(&Style::v8()).as_bytes()).path(), CHUNK).unwrap();
    let after = read(file(made.text(&Style::v8()).as_bytes()).path(), CHUNK).unwrap();
    assert_eq!(texts(&before), texts(&after));
}
