//! Every shape and compression tells the same.

use super::made::{MadeNode, Shape, chat};
use super::*;
use crate::profile::Category;

#[test]
fn all_shapes_tell_the_same() {
    let flat = read(&chat().text(Shape::Flat)).unwrap();
    for shape in Shape::ALL {
        let text = chat().text(shape);
        let profile = read(&text).unwrap();
        assert_agree(&profile, &Naive::parse(text.as_bytes()).unwrap());
        if shape != Shape::Allocation {
            assert_eq!(figures(&profile), figures(&flat), "{shape:?}");
        }
    }
}

#[test]
fn lines_count_from_one() {
    for shape in Shape::ALL {
        let profile = read(&chat().text(shape)).unwrap();
        let pack = profile.function(named(&profile, "pack"));
        assert_eq!((pack.line, pack.column, pack.script), (3, 14, 1), "{shape:?}");
        assert_eq!(profile.function(named(&profile, "(idle)")).line, 0, "{shape:?}");
    }
}

#[test]
fn compressed_ones_are_told_by_their_first_bytes() {
    let text = chat().text(Shape::Flat);
    let plain = read(&text).unwrap();
    for encoding in [Encoding::Plain, Encoding::Gzip, Encoding::Zstd] {
        let file = file(&compress(text.as_bytes(), encoding));
        let profile = read_path(file.path(), CHUNK).unwrap();
        assert_eq!(profile.encoding(), encoding);
        assert_eq!(figures(&profile), figures(&plain));
    }
}

#[test]
fn any_chunk_will_do() {
    let text = chat().text(Shape::Flat);
    let expected = figures(&read(&text).unwrap());
    let file = file(text.as_bytes());
    for chunk in (1..40).chain([100, 1_000]) {
        assert_eq!(figures(&read_path(file.path(), chunk).unwrap()), expected, "{chunk}");
    }
}

#[test]
fn white_space_and_unknown_keys_do_not_matter() {
    let mut value = chat().value(Shape::Flat);
    value["$vscode"] = serde_json::json!({ "rootPath": ["a", { "b": [1, null] }] });
    value["nodes"][1]["locationId"] = 3.into();
    value["title"] = "Profile \"1\"".into();
    let profile = read(&serde_json::to_string_pretty(&value).unwrap()).unwrap();
    let plain = read(&chat().text(Shape::Flat)).unwrap();
    assert_eq!(figures(&profile), figures(&plain));
}

#[test]
fn categories() {
    let profile = read(&chat().text(Shape::Flat)).unwrap();
    let of = |name| profile.function(named(&profile, name)).category;
    assert_eq!(of("pack"), Category::App);
    assert_eq!(of("encode"), Category::Package(0));
    assert_eq!(profile.packages(), ["@msg/pack"]);
    assert_eq!(of("emit"), Category::Node);
    assert_eq!(of("stringify"), Category::Native);
    let idle = profile.categories()[&Category::Idle];
    assert_eq!(profile.busy_weight(), profile.total_weight() - idle);
}

#[test]
fn deoptimisations() {
    let profile = read(&chat().text(Shape::Flat)).unwrap();
    // Nodes 4 and 10 of the made-up profile, of which 4 is emit, 10 pack.
    let deopts = profile.deopts(named(&profile, "pack"));
    let told: Vec<_> = deopts.iter().map(|deopt| (&deopt.reason[..], deopt.count)).collect();
    assert_eq!(told, [("not a Smi", 1), ("wrong map", 1)]);
    assert_eq!((deopts[0].script, deopts[0].position), (7, Some(40)));
    // Others have only the last reason.
    let text = chat().text(Shape::Flat).replace("\"deopts\"", "\"x\"");
    let profile = read(&text).unwrap();
    let deopts = profile.deopts(named(&profile, "pack"));
    assert_eq!((deopts.len(), &deopts[0].reason[..], deopts[0].position), (1, "wrong map", None));
}

/// Text by hand: nested values would be dropped recursively.
#[test]
fn deep_trees() {
    let depth = 1_000_000;
    let open = "{\"functionName\":\"f\",\"id\":1,\"hitCount\":1,\"children\":[";
    let mut text = String::from("{\"head\":");
    for id in 0..depth {
        text.push_str(&open.replace(":1,\"h", &format!(":{id},\"h")));
    }
    text.push_str(&"]}".repeat(depth));
    text.push('}');
    let profile = read(&text).unwrap();
    assert_eq!(profile.tree().len(), depth);
    let function = named(&profile, "f");
    let figures = profile.figures(function);
    assert_eq!(figures.total_weight, figures.self_weight);
    assert_eq!(profile.tree().total_weight(0), 1_000 * depth as u64);
}

#[test]
fn deep_flat_trees_in_any_order() {
    let mut made = chat();
    for number in 0..20_000 {
        let parent = made.nodes.len() - 1;
        made.nodes.push(MadeNode { function: 1 + number % 5, weight: 0, parent });
    }
    let node = |(at, made): (usize, &MadeNode)| {
        let parent = if at == 0 { String::new() } else { format!(",\"parent\":{}", made.parent) };
        format!("{{\"id\":{at},\"hitCount\":1{parent},\"callFrame\":{{\"functionName\":\"f\"}}}}")
    };
    let mut nodes: Vec<String> = made.nodes.iter().enumerate().map(node).collect();
    nodes.reverse();
    let profile = read(&format!("{{\"nodes\":[{}]}}", nodes.join(","))).unwrap();
    assert_eq!(profile.tree().len(), made.nodes.len());
    assert_holds(&profile);
}
