use super::decode::{Decoded, Sample, decode};
use super::*;

fn written(document: &Value) -> Decoded {
    decode(&exported(&read(document), ExportFormat::Pprof))
}

/// Names of a sample's stack with lines.
fn stack(decoded: &Decoded, sample: &Sample) -> String {
    let frame = |(function, line): &(u64, u64)| format!("{}:{line}", decoded.functions[function].0);
    sample.stack.iter().map(frame).collect::<Vec<_>>().join(" > ")
}

#[test]
fn samples_are_shared_out_over_hot_lines() {
    let decoded = written(&chat());
    let types = [("samples", "count"), ("cpu", "nanoseconds")];
    assert_eq!(decoded.types, types.map(|(kind, unit)| (kind.to_owned(), unit.to_owned())));
    assert_eq!(decoded.default_type, "cpu");
    let samples: Vec<_> = decoded
        .samples
        .iter()
        .map(|sample| (stack(&decoded, sample), &sample.values[..]))
        .collect();
    let expected: [(&str, &[u64]); 5] = [
        ("send;Msg\n:20", &[1, 1_000_000]),
        ("send;Msg\n:20 > pack:4", &[1, 1_000_000]),
        ("send;Msg\n:20 > pack:5", &[2, 2_000_000]),
        ("send;Msg\n:20 > pack:3 > pack:3", &[1, 1_000_000]),
        ("(anonymous) node:events:6:2:6", &[1, 1_500_000]),
    ];
    assert_eq!(samples, expected.map(|(stack, values)| (stack.to_owned(), values)));
    let pack = decoded.functions.values().find(|function| function.0 == "pack");
    assert_eq!(pack, Some(&("pack".to_owned(), "/srv/chat room.js".to_owned(), 3)));
    assert_eq!(decoded.functions.len(), 3);
    // Duration with idle time, period; no clock of this world, so no time.
    let numbers = [9, 10, 12].map(|field| decoded.numbers.get(&field).copied());
    assert_eq!(numbers, [None, Some(8_571_000_000 / 1000), Some(1_071_000)]);
}

#[test]
fn the_start_is_told_where_it_is_known() {
    let started_at = Some(1_795_000_000_123.0);
    let options = ExportOptions { format: ExportFormat::Pprof, title: String::new(), started_at };
    let mut out = Vec::new();
    export(&read(&chat()), &options, &mut out).unwrap();
    assert_eq!(decode(&out).numbers[&9], 1_795_000_000_123_000_000);
}

#[test]
fn samples_of_a_stack_are_told_apart_by_their_labels() {
    let mut document = chat();
    document["rsprof"] = json!({
        "version": 1,
        "labels": [{ "route": "GET /a" }, { "route": "GET /b", "tenant": "x" }],
        "labelSamples": [-1, 0, 0, 1, -1, 1, -1, -1],
    });
    let profile = read(&document);
    let decoded = decode(&exported(&profile, ExportFormat::Pprof));
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for sample in &decoded.samples {
        let set = sample.labels.iter().map(|(name, value)| format!("{name}={value} "));
        *sums.entry(set.collect()).or_default() += sample.values[1];
    }
    let wanted =
        [("", 2_400_000), ("route=GET /a ", 2_000_000), ("route=GET /b tenant=x ", 2_100_000)];
    assert_eq!(sums, wanted.map(|(set, sum)| (set.to_owned(), sum)).into());
    // The way there and back keeps them.
    let again = read(&exported_json(&profile, ExportFormat::Chrome));
    assert_eq!(again.labels(), profile.labels());
    assert_eq!(again.label_weights(), profile.label_weights());
}

#[test]
fn allocations_are_bytes() {
    let decoded = written(&json!({ "head": {
        "callFrame": frame("(root)", "", -1, -1), "selfSize": 0, "id": 1,
        "children": [{ "callFrame": frame("grow", "a.js", 3, 4), "selfSize": 4096, "id": 2,
                       "children": [] }],
    } }));
    assert_eq!(decoded.types, [("inuse_space".to_owned(), "bytes".to_owned())]);
    assert_eq!(decoded.default_type, "inuse_space");
    assert_eq!(decoded.samples.len(), 1);
    assert_eq!(decoded.samples[0].values, [4096]);
    assert_eq!(decoded.numbers.get(&10), None);
}

#[test]
fn nothing_is_a_profile_too() {
    let root = json!({ "nodes": [{ "id": 1, "callFrame": frame("(root)", "", -1, -1),
                                   "hitCount": 0 }] });
    let decoded = written(&root);
    assert_eq!((decoded.samples.len(), decoded.functions.len()), (0, 0));
    assert_eq!(decoded.types.len(), 2);
}
