use super::*;

#[test]
fn a_line_for_each_stack() {
    let text = String::from_utf8(exported(&read(&chat()), ExportFormat::Folded)).unwrap();
    let message = "send:Msg  (/srv/chat room.js:20:1)";
    let pack = "pack (/srv/chat room.js:3:14)";
    let expected = [
        format!("{message} 1000"),
        format!("{message};{pack} 3000"),
        format!("{message};{pack};{pack} 1000"),
        "(anonymous) (node:events:6:2) 1500".to_owned(),
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn names_cannot_break_the_lines() {
    let hostile = "a;b\nc\r\u{85}\u{2028}\u{1b}[31m\u{0}d 7";
    let row = Row { function: hostile, url: "x;\n.js", line: 0, column: 0 };
    let text = String::from_utf8(exported(&read(&row.profile()), ExportFormat::Folded)).unwrap();
    assert_eq!(text, "a:b c    [31m d 7 (x: .js:1:1) 3000\n");
}

#[test]
fn nothing_is_no_line() {
    let root = json!({ "nodes": [{ "id": 1, "callFrame": frame("(root)", "", -1, -1),
                                   "hitCount": 9 }] });
    assert_eq!(exported(&read(&root), ExportFormat::Folded), b"");
}

#[test]
fn stacks_without_end_are_refused() {
    let nodes = (1..=50_000).map(|id| {
        let children = if id < 50_000 { vec![id + 1] } else { vec![] };
        json!({ "id": id, "callFrame": frame("deep", "a.js", 1, 1), "hitCount": 1,
                "children": children })
    });
    let profile = read(&json!({ "nodes": nodes.collect::<Vec<_>>() }));
    for format in [ExportFormat::Pprof, ExportFormat::Folded, ExportFormat::Speedscope] {
        let options = ExportOptions { format, title: String::new(), started_at: None };
        let error = export(&profile, &options, &mut std::io::sink()).unwrap_err();
        assert_eq!(error.code(), "ERR_RSPROF_BUDGET");
    }
    let again = read_bytes(&exported(&profile, ExportFormat::Chrome));
    assert_eq!(again.tree().len(), 50_000);
    assert!(!exported(&profile, ExportFormat::Flame).is_empty());
}
