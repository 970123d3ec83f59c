//! The labels of samples.

use serde_json::{Value, json};

use super::made::{Shape, chat};
use super::*;

/// Functions f and g, with what follows their nodes.
fn with(rest: Value) -> Value {
    let node = |id: u32, name: &str, children: Value| json!({ "id": id, "callFrame": { "functionName": name }, "hitCount": 1, "children": children });
    let mut profile = json!({
        "nodes": [node(1, "(root)", json!([2, 3, 4])), node(2, "f", json!([])), node(3, "g", json!([])),
            node(4, "(idle)", json!([]))],
        "samples": [2, 3, 2, 4, 3],
        "timeDeltas": [100, 10, 20, 30, 40],
    });
    profile.as_object_mut().unwrap().append(&mut rest.as_object().unwrap().clone());
    profile
}

fn labelled(label_samples: &[i64]) -> Value {
    let labels = json!([{ "route": "GET /a" }, { "route": "GET /b", "tenant": "é" }]);
    with(json!({ "rsprof": { "version": 1, "labels": labels, "labelSamples": label_samples } }))
}

fn read_value(value: &Value) -> Profile {
    read(&value.to_string()).unwrap()
}

#[test]
fn samples_have_labels() {
    let profile = read_value(&labelled(&[0, 1, 1, -1, -1]));
    assert_eq!(profile.labels()[1]["tenant"], "é");
    let of_sample = |sample| profile.label_of_sample(sample);
    assert_eq!([0, 1, 2, 3, 4, 5].map(of_sample), [Some(0), Some(1), Some(1), None, None, None]);
    // f 10 and g 20 and f 30, idle 40, g as long as the average, 25.
    assert_eq!(profile.label_weights(), [(Some(1), 50), (None, 25), (Some(0), 10)]);
    let sum: u64 = profile.label_weights().iter().map(|(_, weight)| weight).sum();
    assert_eq!(sum, profile.busy_weight());
    let (f, g) = (named(&profile, "f"), named(&profile, "g"));
    assert_eq!(profile.label_functions(1), [(f, 30), (g, 20)]);
    assert_eq!(profile.label_functions(0), [(f, 10)]);
    assert_eq!(profile.label_functions(7), []);
}

#[test]
fn labels_move_with_their_samples() {
    let mut value = labelled(&[0, 1, 1, -1, 0]);
    // At 100 f 0, at 60 g 1, at 80 f 1, at 110 idle, at 150 g 0.
    value["timeDeltas"] = json!([100, -40, 20, 30, 40]);
    let profile = read_value(&value);
    let of_sample = |sample| profile.label_of_sample(sample);
    assert_eq!([0, 1, 2, 3, 4].map(of_sample), [Some(1), Some(1), Some(0), None, Some(0)]);
}

#[test]
fn labels_move_with_shuffled_samples_too() {
    let count = 400;
    let samples: Vec<u32> = (0..count).map(|at| 2 + at % 2).collect();
    let labels: Vec<u32> = (0..count).map(|at| at % 2).collect();
    let value = with(json!({
        "startTime": 90_000, "samples": samples, "timeDeltas": vec![-10; count as usize],
        "rsprof": { "version": 1, "labels": [{ "of": "f" }, { "of": "g" }], "labelSamples": labels },
    }));
    let profile = read_value(&value);
    for (sample, node) in profile.samples().nodes().iter().enumerate() {
        let label = profile.label_of_sample(sample).unwrap();
        let name = &profile.function(profile.tree().function(*node)).name;
        assert_eq!(&profile.labels()[label as usize]["of"], name);
    }
}

#[test]
fn without_labels_there_are_none() {
    let silent = [
        with(json!({})),
        with(json!({ "rsprof": null })),
        with(json!({ "rsprof": {} })),
        with(json!({ "rsprof": { "version": 1, "labels": [{ "a": "b" }] } })),
    ];
    for value in silent {
        let profile = read_value(&value);
        assert_eq!((profile.labels().len(), profile.label_of_sample(0)), (0, None));
        assert_eq!(profile.label_weights(), []);
    }
    // Whatever a later version may have.
    let later = "{\"rsprof\":{\"version\":2,\"labels\":7,\"labelSamples\":\"x\"},";
    let profile = read(&with(json!({})).to_string().replacen('{', later, 1)).unwrap();
    assert_eq!(profile.label_weights(), []);
    let profile = read(&chat().text(Shape::Allocation)).unwrap();
    assert_eq!(profile.label_weights(), []);
}

#[test]
fn damaged_labels_are_told() {
    let of = |key: &str, value: Value| {
        let mut profile = labelled(&[0, 1, 1, -1, -1]);
        profile["rsprof"][key] = value;
        profile.to_string()
    };
    let good = labelled(&[0, 1, 1, -1, -1]).to_string();
    let doubled = |key: &str| good.replacen("\"version\":1", &format!("\"version\":1,{key}"), 1);
    for (text, detail) in [
        (of("labelSamples", json!([0, 1])), "expected 5 labelSamples"),
        (of("labelSamples", json!([0, 1, 2, -1, -1])), "label 2, there are 2"),
        (of("labelSamples", json!([0, 1, -2, -1, -1])), "-2 cannot be a label"),
        (of("labelSamples", json!([0, 1, 4_294_967_295_i64, -1, -1])), "cannot be a label"),
        (of("labelSamples", json!({})), "before labels of samples"),
        (of("labelSamples", json!(["0"])), "expected"),
        (of("labels", json!({})), "before labels"),
        (of("labels", json!([7])), "before a set of labels"),
        (of("labels", json!([{ "a": 7 }])), "before a string"),
        (of("labels", json!([{ "a": { "b": "c" } }])), "before a string"),
        (of("labels", json!([])), "label 0, there are 0"),
        (of("version", json!("1")), "expected"),
        (with(json!({ "rsprof": [] })).to_string(), "before labels"),
        (doubled("\"labels\":[]"), "labels that the profile has already"),
        (doubled("\"labelSamples\":[]"), "labels that the profile has already"),
        (good.replacen('{', "{\"rsprof\":{},", 1), "labels that the profile has already"),
    ] {
        let (found, offset) = fault(&text);
        assert!(found.contains(detail), "{found} in {text}");
        assert!(offset > 0, "{text}");
    }
}

#[test]
fn labels_without_samples() {
    let mut value = labelled(&[]);
    value["samples"] = json!([]);
    value["timeDeltas"] = json!([]);
    assert_eq!(read_value(&value).label_weights(), []);
    value["rsprof"]["labelSamples"] = json!([0]);
    assert!(fault(&value.to_string()).0.contains("expected 0 labelSamples"));
}
