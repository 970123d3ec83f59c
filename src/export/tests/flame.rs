use super::*;

#[test]
fn the_tree_in_columns() {
    let text = exported(&read(&chat()), ExportFormat::Flame);
    assert!(!text.contains(&b'<'));
    let value: Value = serde_json::from_slice(&text).unwrap();
    let expected = json!({
        "version": 1, "kind": "cpu", "title": "a<b>\".cpuprofile", "unit": "microseconds",
        "total": 8571, "busy": 6500, "packages": [],
        "functions": {
            "name": ["(root)", "(idle)", "send;Msg\n", "pack", "(anonymous)"],
            "url": ["", "", "/srv/chat room.js", "/srv/chat room.js", "node:events"],
            "line": [0, 0, 20, 3, 6], "column": [0, 0, 1, 14, 2],
            "category": ["root", "idle", "app", "app", "node"], "package": [-1, -1, -1, -1, -1],
        },
        "nodes": { "function": [0, 1, 2, 3, 3, 4], "parent": [-1, 0, 0, 2, 3, 0],
                   "self": [0, 2071, 1000, 3000, 1000, 1500] },
        "samples": { "node": [1, 2, 3, 4, 5, 1], "delta": [1000, 1000, 3000, 1000, 1500, 1071] },
    });
    assert_eq!(value, expected);
}

#[test]
fn packages_are_numbered_and_hits_have_no_order() {
    let row = Row { function: "f", url: "/srv/node_modules/@a/b/c.js", line: 0, column: 0 };
    let value = exported_json(&read(&row.profile()), ExportFormat::Flame);
    assert_eq!(value["packages"], json!(["@a/b"]));
    assert_eq!(value["functions"]["package"], json!([-1, 0]));
    assert_eq!(value["functions"]["category"][1], "package");
    assert_eq!(value["samples"], Value::Null);
}

#[test]
fn in_memory_it_is_the_same_or_too_large() {
    let profile = read(&chat());
    let options =
        ExportOptions { format: ExportFormat::Flame, title: "é".to_owned(), started_at: None };
    let text = crate::export::text(&profile, &options, 1 << 20).unwrap();
    let mut expected = Vec::new();
    crate::export::export(&profile, &options, &mut expected).unwrap();
    assert_eq!(text.as_bytes(), expected);
    assert_eq!(crate::export::text(&profile, &options, text.len()).unwrap(), text);
    for most in [0, 1, text.len() / 2, text.len() - 1] {
        let error = crate::export::text(&profile, &options, most).unwrap_err();
        assert_eq!(error.code(), "ERR_RSPROF_BUDGET");
    }
}
