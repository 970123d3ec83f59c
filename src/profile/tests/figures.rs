//! The story that a profile tells.

use super::made::{Made, MadeNode, Shape, chat};
use super::*;

#[test]
fn pack_and_who_calls_it() {
    let mut made = chat();
    made.samples.clear();
    let mut value = made.value(Shape::Flat);
    value.as_object_mut().unwrap().remove("samples");
    let profile = read(&value.to_string()).unwrap();
    let hit = profile.samples().interval();
    let pack = named(&profile, "pack");
    assert_eq!(profile.by_self()[0], pack);
    let figures = profile.figures(pack);
    assert_eq!((figures.self_weight, figures.total_weight), (11 * hit, 16 * hit));
    assert_eq!(figures.hits, 11);
    let callers = profile.callers(pack);
    let names: Vec<_> =
        callers.iter().map(|caller| profile.function(caller.function).title()).collect();
    assert_eq!(names, ["sendChatroomMsg", "(anonymous)"]);
    assert_eq!(callers[0].weight, 14 * hit);
    assert!((callers[0].share - 14.0 / 16.0).abs() < 1e-9);
    assert_eq!(profile.figures(named(&profile, "emit")).total_weight, 20 * hit);
}

#[test]
fn a_recursion_counts_once() {
    // a > b > a > b > a: each with one sample.
    let node = |at: usize| MadeNode {
        function: if at == 0 { 0 } else { 2 - at % 2 },
        weight: 1,
        parent: at.saturating_sub(1),
    };
    let made = Made { nodes: (0..6).map(node).collect(), samples: vec![] };
    let mut value = made.value(Shape::Flat);
    value.as_object_mut().unwrap().remove("endTime");
    let profile = read(&value.to_string()).unwrap();
    let of = |name| profile.figures(named(&profile, name));
    assert_eq!((of("pack").self_weight, of("pack").total_weight), (3_000, 5_000));
    assert_eq!(
        (of("sendChatroomMsg").self_weight, of("sendChatroomMsg").total_weight),
        (2_000, 4_000)
    );
    let callers = profile.callers(named(&profile, "pack"));
    assert_eq!(callers.len(), 1);
    assert_eq!(profile.function(callers[0].function).name, "(root)");
}

#[test]
fn hot_lines() {
    let profile = read(&chat().text(Shape::Flat)).unwrap();
    let lines = profile.hot_lines(named(&profile, "pack"));
    let told: Vec<_> = lines.iter().map(|line| (line.line, line.hits)).collect();
    assert_eq!(told, [(5, 9), (3, 2)]);
    assert!((lines[0].share - 9.0 / 11.0).abs() < 1e-9);
}

#[test]
fn a_script_loaded_twice_has_one_set_of_functions() {
    let text = chat().text(Shape::Flat);
    let at = text.rfind("\"scriptId\":\"1\"").unwrap();
    let other = format!("{}\"scriptId\":\"77\"{}", &text[..at], &text[at + 14..]);
    let (one, two) = (read(&text).unwrap(), read(&other).unwrap());
    assert_eq!(one.functions().len(), two.functions().len());
}

#[test]
fn allocations() {
    let profile = read(&chat().text(Shape::Allocation)).unwrap();
    assert_eq!(profile.kind(), ProfileKind::Allocation);
    let pack = named(&profile, "pack");
    assert_eq!(profile.figures(pack).self_weight, 11_000);
    // All samples are of one size here.
    assert!((profile.effective_samples() - 67.0).abs() < 1e-9);
    assert!(profile.samples().nodes().is_empty());
}
