//! What got slower or faster.

use super::made::{Made, Shape, chat};
use super::*;
use crate::profile::{FunctionChange, ProfileDiff, diff};

/// The chat's profile, every weight times `factor`, `pack`'s own by `pack` instead.
fn scaled(factor: u32, pack: u32) -> Made {
    let mut made = chat();
    for node in &mut made.nodes {
        node.weight *= if node.function == 1 { pack } else { factor };
    }
    made.samples.clear();
    for (number, node) in made.nodes.iter().enumerate() {
        made.samples.extend((0..node.weight).map(|_| (number, 1_000)));
    }
    made
}

fn profile(made: &Made) -> Profile {
    read(&made.text(Shape::Flat)).unwrap()
}

fn change<'a>(diff: &'a ProfileDiff, name: &str) -> &'a FunctionChange {
    diff.functions.iter().find(|change| change.function.name == name).unwrap()
}

#[test]
fn a_fix_is_seen() {
    let diff = diff(&profile(&scaled(40, 40)), &profile(&scaled(40, 2))).unwrap();
    let pack = change(&diff, "pack");
    assert_eq!(diff.functions[0], *pack);
    assert!(pack.own.significant && pack.own.after < pack.own.before / 5.0);
    assert!(diff.functions.iter().all(|change| change.function.name != "(idle)"));
}

#[test]
fn the_same_load_for_longer_is_no_change() {
    let diff = diff(&profile(&scaled(10, 10)), &profile(&scaled(30, 30))).unwrap();
    for change in &diff.functions {
        assert!((change.own.after - change.own.before).abs() < 0.01, "{change:?}");
        assert!(!change.own.significant && !change.total.significant, "{change:?}");
    }
}

#[test]
fn few_samples_tell_little() {
    let diff = diff(&profile(&scaled(1, 1)), &profile(&scaled(1, 2))).unwrap();
    let pack = change(&diff, "pack");
    assert!(pack.own.noise.unwrap() > 0.2);
    assert!(!pack.own.significant);
}

#[test]
fn functions_that_moved_are_the_same() {
    let before = profile(&scaled(10, 10));
    let text = scaled(10, 10).text(Shape::Flat).replace("\"lineNumber\":2,", "\"lineNumber\":8,");
    let diff = diff(&before, &read(&text).unwrap()).unwrap();
    let pack = change(&diff, "pack");
    assert_eq!(pack.function.line, 9);
    assert!(pack.ids.iter().all(Option::is_some));
}

#[test]
fn urls_and_paths_are_of_one_file() {
    let text = scaled(10, 10).text(Shape::Flat).replace("file:///srv", "/srv");
    let diff = diff(&profile(&scaled(10, 10)), &read(&text).unwrap()).unwrap();
    assert!(diff.functions.iter().all(|change| change.ids.iter().all(Option::is_some)));
}

#[test]
fn functions_that_are_new_or_gone() {
    let text = scaled(10, 10).text(Shape::Flat).replace("\"pack\"", "\"packOnce\"");
    let diff = diff(&profile(&scaled(10, 10)), &read(&text).unwrap()).unwrap();
    assert_eq!(change(&diff, "pack").ids[1], None);
    assert_eq!(change(&diff, "packOnce").ids[0], None);
    assert!(change(&diff, "packOnce").own.significant);
}

#[test]
fn allocations_without_samples_are_never_sure() {
    let mut made = chat();
    made.samples.clear();
    let before = read(&made.text(Shape::Allocation)).unwrap();
    made.nodes[6].weight *= 100;
    let after = read(&made.text(Shape::Allocation)).unwrap();
    let changes = diff(&before, &after).unwrap();
    let pack = change(&changes, "pack");
    assert_eq!((pack.own.noise, pack.own.significant), (None, false));
    assert!(diff(&before, &profile(&chat())).is_err());
}
