//! What samples weigh.

use super::made::{Shape, chat};
use super::*;
use crate::profile::Timing;

/// A profile of functions f and g, with what follows its nodes.
fn with(rest: &str) -> Result<Profile> {
    let node = |id, name, children| {
        format!(
            "{{\"id\":{id},\"callFrame\":{{\"functionName\":\"{name}\"}},\"hitCount\":{id},\
             \"children\":[{children}]}}"
        )
    };
    let nodes = [node(1, "(root)", "2,3"), node(2, "f", ""), node(3, "g", "")].join(",");
    read(&format!("{{\"nodes\":[{nodes}]{rest}}}"))
}

/// Own weights of f and g, and where they come from.
fn weights(rest: &str) -> (u64, u64, Timing) {
    let profile = with(rest).unwrap();
    let of = |name| profile.figures(named(&profile, name)).self_weight;
    (of("f"), of("g"), profile.samples().timing())
}

#[test]
fn a_sample_lasts_until_the_next_one() {
    let rest = ",\"startTime\":5,\"samples\":[2,3,2],\"timeDeltas\":[100,10,30]";
    // The last one as long as the average.
    assert_eq!(weights(rest), (10 + 20, 30, Timing::Timed));
    let times = with(rest).unwrap();
    assert_eq!(times.samples().times(), [105, 115, 145]);
}

#[test]
fn one_delta_more_ends_the_last_sample() {
    let rest = ",\"samples\":[2,3],\"timeDeltas\":[100,10,7]";
    assert_eq!(weights(rest), (10, 7, Timing::Timed));
}

#[test]
fn negative_deltas_are_sorted() {
    let rest = ",\"samples\":[2,3,2],\"timeDeltas\":[100,-40,90]";
    // At 60 g, at 100 f, at 150 f.
    assert_eq!(weights(rest), (50 + 45, 40, Timing::Timed));
    assert_eq!(with(rest).unwrap().samples().out_of_order(), 1);
}

#[test]
fn fractions_are_rounded() {
    let rest = ",\"startTime\":1.0e2,\"samples\":[2,3],\"timeDeltas\":[0.4,10.5]";
    assert_eq!(weights(rest), (11, 11, Timing::Timed));
}

#[test]
fn without_times_samples_are_even() {
    let rest = ",\"startTime\":0,\"endTime\":90,\"samples\":[2,3,2]";
    assert_eq!(weights(rest), (60, 30, Timing::Even));
    let rest = ",\"samples\":[2,3,2],\"timeDeltas\":[0,0,0]";
    assert_eq!(weights(rest), (2_000, 1_000, Timing::Assumed));
}

#[test]
fn without_samples_there_are_hits() {
    let rest = ",\"startTime\":0,\"endTime\":600";
    assert_eq!(weights(rest), (200, 300, Timing::Hits));
    assert_eq!(weights(""), (2_000, 3_000, Timing::Assumed));
    assert_eq!(weights(",\"samples\":[],\"timeDeltas\":[]"), (2_000, 3_000, Timing::Assumed));
    assert_eq!(weights(",\"samples\":null"), (2_000, 3_000, Timing::Assumed));
}

#[test]
fn the_old_shape_has_timestamps() {
    let profile = read(&chat().text(Shape::Old)).unwrap();
    assert_eq!(profile.samples().timing(), Timing::Timed);
    assert_eq!(profile.samples().times()[0], 7_000_900);
}

#[test]
fn counts_must_agree() {
    for (rest, detail) in [
        (",\"samples\":[2,3],\"timeDeltas\":[1]", "expected 2 timeDeltas"),
        (",\"samples\":[2],\"timeDeltas\":[1,2,3]", "expected 1 timeDeltas"),
        (",\"samples\":[],\"timeDeltas\":[1,2]", "expected 0 timeDeltas"),
        (",\"samples\":[2],\"timestamps\":[1,2]", "expected 1 timestamps"),
        (",\"samples\":[2,9],\"timeDeltas\":[1,2]", "sample 1 is of node 9"),
        (",\"samples\":[2],\"timeDeltas\":[4611686018427387904]", "leave all bounds at sample 0"),
        (",\"samples\":[2],\"timestamps\":[-4611686018427387904]", "cannot be a timestamp"),
    ] {
        let Err(Error::InvalidProfile { detail: found, offset }) = with(rest) else {
            panic!("{rest}");
        };
        assert!(found.contains(detail), "{found}");
        assert!(offset > 200, "{offset}");
    }
}

#[test]
fn ten_million_samples() {
    let count = 10_000_000;
    let samples = "2,3,".repeat(count / 2);
    let deltas = "1000,-3,".repeat(count / 2);
    let (samples, deltas) = (&samples[..samples.len() - 1], &deltas[..deltas.len() - 1]);
    let profile = with(&format!(",\"samples\":[{samples}],\"timeDeltas\":[{deltas}]")).unwrap();
    assert_eq!(profile.samples().nodes().len(), count);
    assert_eq!(profile.samples().out_of_order(), count as u64 / 2);
}

#[test]
fn shuffled_samples_are_sorted() {
    // Backwards: every sample belongs before all others.
    let samples = ["2,3,"; 200].concat();
    let rest = format!(
        ",\"startTime\":90000,\"samples\":[{}],\"timeDeltas\":[{}]",
        &samples[..samples.len() - 1],
        ["-10"; 400].join(",")
    );
    let profile = with(&rest).unwrap();
    assert!(profile.samples().times().is_sorted());
    let nodes = profile.samples().nodes();
    assert_eq!((nodes[0], nodes[1], nodes.len()), (2, 1, 400));
}
