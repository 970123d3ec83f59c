//! Files that are damaged or something else.

use super::made::{Shape, chat};
use super::*;

fn flat(nodes: &[(i64, &str)]) -> String {
    let node = |(id, children): &(i64, &str)| {
        let frame = "\"callFrame\":{\"functionName\":\"f\"}";
        format!("{{\"id\":{id},{frame},\"hitCount\":1,\"children\":[{children}]}}")
    };
    let nodes: Vec<String> = nodes.iter().map(node).collect();
    format!("{{\"nodes\":[{}]}}", nodes.join(","))
}

#[test]
fn trees_that_are_none() {
    for (nodes, detail, broken) in [
        (&[(1, "2"), (2, "1")][..], "every node has a parent", 0),
        (&[(1, "2"), (2, ""), (3, "4"), (4, "3")], "a cycle", 2),
        (&[(1, "1")], "every node has a parent", 0),
        (&[(1, "2,3"), (2, "3"), (3, "")], "node 3 is a child of two", 1),
        (&[(1, "2,2"), (2, "")], "node 2 is a child of two", 0),
        (&[(1, "7")], "node 7 is referred to and not there", 0),
        (&[(1, ""), (2, "")], "expected one root", 1),
        (&[(1, "2"), (2, ""), (2, "")], "two nodes have the id 2", 2),
    ] {
        let text = flat(nodes);
        let (found, offset) = fault(&text);
        assert!(found.contains(detail), "{found}");
        let starts: Vec<usize> = text.match_indices("{\"id\"").map(|(at, _)| at).collect();
        assert_eq!(offset, starts[broken] as u64, "{found}");
    }
}

#[test]
fn ids_may_be_anything_that_fits() {
    let profile = read(&flat(&[(4_000_000_000, "0,17"), (0, ""), (17, "")])).unwrap();
    assert_eq!(profile.tree().len(), 3);
    for id in [-1, 4_294_967_295, 4_294_967_296] {
        let (detail, offset) = fault(&flat(&[(id, "")]));
        assert!(detail.contains("cannot be an id"), "{detail}");
        assert_eq!(offset, 16);
    }
}

#[test]
fn numbers_out_of_range() {
    let text = chat().text(Shape::Flat);
    for (from, to) in [
        ("\"hitCount\":40", "\"hitCount\":-1"),
        ("\"hitCount\":40", "\"hitCount\":1e300"),
        ("\"hitCount\":40", "\"hitCount\":99999999999"),
        ("\"hitCount\":40", "\"hitCount\":\"40\""),
        ("\"hitCount\":40", "\"hitCount\":true"),
        ("\"lineNumber\":2", "\"lineNumber\":99999999999"),
        ("\"functionName\":\"pack\"", "\"functionName\":7"),
        ("\"positionTicks\":[{", "\"positionTicks\":[7,{"),
        ("\"children\":[", "\"children\":[null,"),
        ("\"endTime\":9000000", "\"endTime\":\"x\""),
    ] {
        let bad = text.replacen(from, to, 1);
        assert_ne!(bad, text, "{from}");
        let (detail, offset) = fault(&bad);
        assert!(offset > 0 && offset < bad.len() as u64, "{detail}");
    }
    let (detail, _) =
        fault(&chat().text(Shape::Allocation).replacen("8000", "9007199254740992", 1));
    assert!(detail.contains("cannot be a size"), "{detail}");
}

#[test]
fn other_files() {
    for (text, detail) in [
        ("", "the file is empty"),
        ("  ", "the text ends too early"),
        ("hello", "expected '{'"),
        ("[]", "found an array"),
        ("{}", "expected a CPU profile"),
        ("{\"a\":1,\"b\":[2]}", "found an object with a, b"),
        ("{\"nodes\":[]}", "expected a CPU profile"),
        ("{\"snapshot\":{\"meta\":{}}}", "found a heap snapshot"),
        ("{\"traceEvents\":[]}", "found a Chrome trace"),
        ("{\"$schema\":\"x\"}", "speedscope"),
        ("{\"nodes\":[1,2,3]}", "expected '{' before a node"),
        ("{\"head\":{\"id\":1,\"children\":[]}}", "expected hitCount or selfSize"),
        ("{\"head\":{\"hitCount\":1,\"selfSize\":1}}", "both hitCount and selfSize"),
        ("{\"head\":{\"hitCount\":1},\"nodes\":[]}", "two trees"),
        ("{\"head\":{\"hitCount\":1}} x", "something follows"),
        ("{\"head\":{\"hitCount\":1,\"hitCount\":2}}", "already"),
        ("{\"head\":{\"hitCount\":1},\"samples\":[],\"samples\":[]}", "already"),
    ] {
        let (found, offset) = fault(text);
        assert!(found.contains(detail), "{text}: {found}");
        assert!(offset <= text.len() as u64);
    }
}

#[test]
fn the_code_is_of_profiles() {
    let error = read("{}").unwrap_err();
    assert_eq!(error.code(), "ERR_RSPROF_INVALID_PROFILE");
    assert!(error.to_string().starts_with("not a readable profile: "));
    let missing = read_path(Path::new("/nowhere/at.cpuprofile"), CHUNK).unwrap_err();
    assert_eq!(missing.code(), "ERR_RSPROF_NOT_FOUND");
}

#[test]
fn truncated_anywhere() {
    for shape in [Shape::Flat, Shape::Old, Shape::Next] {
        let text = chat().text(shape);
        for length in 0..text.len() {
            fault(&text[..length]);
        }
    }
}

#[test]
fn truncated_compressed_ones() {
    let text = chat().text(Shape::Flat);
    for encoding in [Encoding::Gzip, Encoding::Zstd] {
        let whole = compress(text.as_bytes(), encoding);
        for length in [10, whole.len() / 2, whole.len() - 1] {
            let outcome = read_path(file(&whole[..length]).path(), CHUNK);
            assert!(matches!(outcome, Err(Error::InvalidProfile { .. })), "{outcome:?}");
        }
    }
}

#[test]
fn it_can_be_cancelled() {
    let control = Control::default();
    control.cancel();
    let file = file(chat().text(Shape::Flat).as_bytes());
    assert!(matches!(Profile::read(file.path(), &control), Err(Error::Aborted)));
}
