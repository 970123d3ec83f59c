use super::*;

#[test]
fn samples_in_the_order_of_time() {
    let value = exported_json(&read(&chat()), ExportFormat::Speedscope);
    let frames = &value["shared"]["frames"];
    assert_eq!(
        frames[3],
        json!({ "name": "pack", "file": "/srv/chat room.js", "line": 3, "col": 14 })
    );
    let profile = &value["profiles"][0];
    assert_eq!(profile["samples"], json!([[], [2], [2, 3], [2, 3, 3], [4], []]));
    assert_eq!(profile["weights"], json!([1000, 1000, 3000, 1000, 1500, 1071]));
    assert_eq!(profile["unit"], "microseconds");
    assert_eq!(profile["endValue"], 8571);
    assert_eq!(value["name"], "a<b>\".cpuprofile");
}
