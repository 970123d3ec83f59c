use super::*;

fn again(profile: &Profile) -> Value {
    exported_json(profile, ExportFormat::Chrome)
}

#[test]
fn a_normal_profile_stays_as_it_is() {
    let value = again(&read(&chat()));
    let mut expected = chat();
    // The recording's start is not kept; the first sample is at zero.
    expected["startTime"] = 1_001_000.into();
    expected["timeDeltas"][0] = 0.into();
    expected["endTime"] = (1_001_000 + 8571).into();
    for node in expected["nodes"].as_array_mut().unwrap() {
        node["callFrame"]["scriptId"] = "7".into();
    }
    assert_eq!(value, expected);
}

#[test]
fn samples_out_of_order_are_sorted() {
    let mut document = chat();
    document["timeDeltas"][4] = (-1500).into();
    document["samples"][4] = 6.into();
    let value = again(&read(&document));
    assert_eq!(value["samples"], json!([2, 3, 6, 4, 5, 4, 6, 2]));
    let deltas: Vec<i64> = serde_json::from_value(value["timeDeltas"].clone()).unwrap();
    assert_eq!(deltas, [0, 1000, 500, 500, 400, 600, 400, 1500]);
}

#[test]
fn the_last_sample_keeps_its_weight() {
    let mut document = chat();
    document["timeDeltas"].as_array_mut().unwrap().push(77.into());
    let profile = read(&document);
    assert_eq!(profile.samples().interval(), 77);
    assert_eq!(again(&profile)["timeDeltas"][8], 77);
}

#[test]
fn old_files_get_the_names_of_now() {
    let node = json!({ "functionName": "emit", "url": "events.js", "lineNumber": 5, "columnNumber": 1,
                       "scriptId": 3, "hitCount": 4, "id": 2, "children": [] });
    let value = again(&read(&json!({ "head": {
        "functionName": "(root)", "url": "", "lineNumber": 0, "columnNumber": 0, "scriptId": 0,
        "hitCount": 0, "id": 1, "children": [node],
    }, "startTime": 7, "endTime": 9 })));
    let frame = &value["nodes"][1]["callFrame"];
    assert_eq!(frame["url"], "node:events");
    assert_eq!((&frame["lineNumber"], &frame["scriptId"]), (&json!(4), &json!("3")));
    assert_eq!((&value["samples"], &value["endTime"]), (&Value::Null, &json!(2_000_000)));
}
