//! Verdicts on profiles of which every sample is known.

use std::fs;

use serde_json::{Value, json};

use super::{SourceFrame, diff, report, scripts};
use crate::profile::{Control, Profile};

/// A function: name and `url:line`.
type Frame = (&'static str, &'static str);

const PACK: Frame = ("pack", "file:///srv/pack.js:9");
const LISTENER: Frame = ("onMessage", "file:///srv/chat.js:23");
const EMIT: Frame = ("emit", "node:events:471");
const SEND: Frame = ("sendChatroomMsg", "file:///srv/chat.js:34");
const SEND_ONE: Frame = ("sendPrivateMsg", "file:///srv/chat.js:40");
const WRITE: Frame = ("writeBuffer", "");
const IDLE: Frame = ("(idle)", "");
const COLLECTOR: Frame = ("(garbage collector)", "");

/// Frame, parent, line ticks, deopt reasons.
type Node = (Frame, usize, Vec<(u32, u32)>, Vec<&'static str>);

/// A tree that grows with the stacks that are sampled.
#[derive(Default)]
struct Recording {
    nodes: Vec<Node>,
    samples: Vec<usize>,
}

impl Recording {
    fn new() -> Self {
        let root = (("(root)", ""), 0, vec![], vec![]);
        Self { nodes: vec![root], samples: vec![] }
    }

    fn node(&mut self, stack: &[Frame]) -> usize {
        stack.iter().fold(0, |parent, frame| {
            let known = (1..self.nodes.len())
                .find(|at| self.nodes[*at].0 == *frame && self.nodes[*at].1 == parent);
            known.unwrap_or_else(|| {
                self.nodes.push((*frame, parent, vec![], vec![]));
                self.nodes.len() - 1
            })
        })
    }

    /// `count` samples of a millisecond each; the outermost frame comes first.
    fn samples(mut self, stack: &[Frame], count: usize) -> Self {
        let node = self.node(stack);
        self.samples.extend(std::iter::repeat_n(node, count));
        self
    }

    fn line(mut self, stack: &[Frame], line: u32, ticks: u32) -> Self {
        let node = self.node(stack);
        self.nodes[node].2.push((line, ticks));
        self
    }

    fn deopts(mut self, stack: &[Frame], reason: &'static str, count: usize) -> Self {
        let node = self.node(stack);
        self.nodes[node].3.extend(std::iter::repeat_n(reason, count));
        self
    }

    fn json(&self) -> Value {
        let children = |at: usize| -> Vec<usize> {
            (1..self.nodes.len())
                .filter(|child| self.nodes[*child].1 == at)
                .map(|at| at + 1)
                .collect()
        };
        let node = |at: usize| {
            let ((name, place), _, lines, reasons) = &self.nodes[at];
            let (url, line) = place
                .rsplit_once(':')
                .map_or(("", 0), |(url, line)| (url, line.parse::<i64>().unwrap()));
            json!({
                "id": at + 1, "hitCount": self.samples.iter().filter(|one| **one == at).count(),
                "callFrame": { "functionName": name, "scriptId": "7", "url": url,
                    "lineNumber": line - 1, "columnNumber": 4 },
                "children": children(at),
                "positionTicks": lines.iter()
                    .map(|(line, ticks)| json!({ "line": line, "ticks": ticks })).collect::<Vec<_>>(),
                "deopts": reasons.iter()
                    .map(|reason| json!({ "reason": reason, "stack": [] })).collect::<Vec<_>>(),
            })
        };
        json!({
            "nodes": (0..self.nodes.len()).map(node).collect::<Vec<_>>(),
            "startTime": 0, "endTime": self.samples.len() * 1000,
            "samples": self.samples.iter().map(|at| at + 1).collect::<Vec<_>>(),
            "timeDeltas": vec![1000; self.samples.len()],
        })
    }

    fn profile(&self) -> Profile {
        read(&self.json())
    }
}

fn read(document: &Value) -> Profile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), document.to_string()).unwrap();
    Profile::read(file.path(), &Control::default()).unwrap()
}

/// Rules that found something.
fn rules(profile: &Profile) -> Vec<&'static str> {
    report(profile, 5).findings.iter().map(|finding| finding.rule).collect()
}

fn chat() -> Recording {
    Recording::new()
        .samples(&[SEND, EMIT, LISTENER, PACK], 600)
        .samples(&[SEND_ONE, PACK], 100)
        .samples(&[SEND, EMIT, LISTENER, ("write", "node:net:7"), WRITE], 250)
        .samples(&[COLLECTOR], 50)
        .samples(&[IDLE], 1000)
}

#[test]
fn work_for_each_listener() {
    let told = report(&chat().profile(), 5);
    let wanted = "pack (pack.js:9) burns 70.0 % of the CPU time (700 ms), called from 2 places, most of it \
                  (85.7 %) from sendChatroomMsg (chat.js:34), once for each listener of an event, by way of \
                  onMessage (chat.js:23). The thread was busy for 50.0 % of 2.0 s, 5.0 % of that with \
                  garbage collection.";
    assert_eq!(told.verdict, wanted);
    let first = &told.findings[0];
    assert_eq!(first.rule, "per-listener");
    assert_eq!(first.weight, 700_000);
    let callers: Vec<&str> = first.callers.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(callers, ["sendChatroomMsg", "sendPrivateMsg"]);
    assert!(first.advice.contains("once in sendChatroomMsg"), "{}", first.advice);
    // What Node does for each listener cannot be done once.
    let second = &told.findings[1];
    assert_eq!(
        (second.rule, second.function.as_ref().unwrap().name.as_str()),
        ("hot-function", "onMessage")
    );
    assert!(second.explanation.contains("100.0 %") && second.explanation.contains("writeBuffer"));
    assert_eq!(second.weight, 250_000);
}

#[test]
fn an_event_from_outside_has_no_emitter() {
    let request: Frame = ("onRequest", "file:///srv/app.js:3");
    let profile = Recording::new()
        .samples(&[("parserOnIncoming", "node:_http_server:99"), EMIT, request, PACK], 500)
        .profile();
    let told = report(&profile, 5);
    assert_eq!(told.findings[0].rule, "hot-function");
    assert!(told.verdict.contains("called from onRequest (app.js:3)."), "{}", told.verdict);
}

#[test]
fn callbacks_without_a_name_stand_for_who_wrote_them() {
    let callback: Frame = ("", "file:///srv/chat.js:36");
    let profile = Recording::new().samples(&[SEND, callback, PACK], 500).profile();
    assert!(report(&profile, 5).verdict.contains("called from sendChatroomMsg (chat.js:34)."));
    let alone = Recording::new().samples(&[callback, PACK], 500).profile();
    let told = report(&alone, 5).verdict;
    assert!(told.contains("called from an anonymous function (chat.js:36)."), "{told}");
    let hot = Recording::new().samples(&[callback], 500).profile();
    assert!(
        report(&hot, 5).verdict.starts_with("An anonymous function (chat.js:36) burns 100.0 %")
    );
}

#[test]
fn recursion_is_no_caller() {
    let profile = Recording::new().samples(&[SEND, PACK, PACK, PACK], 500).profile();
    let told = report(&profile, 5);
    assert!(told.verdict.contains("called from sendChatroomMsg (chat.js:34)."), "{}", told.verdict);
    assert_eq!(told.findings[0].callers.len(), 1);
}

#[test]
fn a_process_with_nothing_to_do_has_no_verdict_on_it() {
    let profile = Recording::new().samples(&[IDLE], 950).samples(&[PACK], 50).profile();
    let told = report(&profile, 5).verdict;
    assert!(
        told.starts_with("Nothing to do: the event loop was idle for 95.0 % of 1.0 s."),
        "{told}"
    );
    assert!(told.contains("no more than 50 samples of equal weight"), "{told}");
}

#[test]
fn many_small_functions_do_not_stand_out() {
    const MANY: [&str; 40] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r",
        "s", "t", "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P",
        "Q", "R", "S", "T",
    ];
    let profile = MANY.into_iter().fold(Recording::new(), |recording, name| {
        recording.samples(&[(name, "file:///srv/many.js:1")], 10)
    });
    let told = report(&profile.profile(), 5);
    assert!(told.findings.is_empty(), "{:?}", told.findings);
    assert!(told.verdict.starts_with("Nothing stands out. The thread was busy for 100.0 %"));
}

#[test]
fn blocking_calls_and_what_modules_do_themselves() {
    let load: Frame = ("Module._load", "node:internal/modules/cjs/loader:900");
    let read: Frame = ("readFileSync", "node:fs:450");
    let exists: Frame = ("existsSync", "node:fs:250");
    let job: Frame = ("job", "file:///srv/job.js:4");
    let profile = Recording::new()
        .samples(&[job, read, ("open", "")], 90)
        .samples(&[job, exists], 30)
        // Reading a module's text is part of loading it; what the module does is not.
        .samples(&[load, read], 40)
        .samples(&[load, PACK], 500)
        .samples(&[load, PACK, read], 60)
        .profile();
    let told = report(&profile, 5);
    let find = |rule| told.findings.iter().find(|finding| finding.rule == rule).unwrap();
    let files = find("sync-fs");
    assert_eq!(files.weight, 180_000);
    let wanted = "Synchronous access to files takes 25.0 % of the CPU time (180 ms), 83.3 % of it in \
                  readFileSync, called most of all from job (job.js:4) and 1 function more.";
    assert_eq!(files.sentence, wanted);
    assert_eq!(find("module-loading").weight, 40_000);
    assert_eq!(find("hot-function").weight, 560_000);
}

#[test]
fn regular_expressions() {
    let check: Frame = ("check", "file:///srv/check.js:4");
    let evil: Frame = (r"RegExp: ^(\w+\s?)*$", "");
    let tame: Frame = ("RegExp: ^[a-z]+$", "");
    let profile = Recording::new()
        .samples(&[check, evil], 800)
        .samples(&[check, tame], 150)
        .samples(&[PACK], 50);
    let told = report(&profile.profile(), 5);
    let wanted = r"The regular expression /^(\w+\s?)*$/ takes 80.0 % of the CPU time (800 ms), called from check (check.js:4).";
    assert!(told.verdict.starts_with(wanted), "{}", told.verdict);
    assert!(told.findings[0].explanation.contains(r"`(\w+\s?)*`"));
    assert!(!told.findings[1].explanation.contains("inside a repetition"));
    // A program may call a function so; only V8's own entry is an expression.
    let own = Recording::new().samples(&[("RegExp: a", "file:///srv/a.js:1")], 500).profile();
    assert_eq!(rules(&own), ["hot-function"]);
}

#[test]
fn deoptimisations_in_vain() {
    let profile = |reason, count| {
        Recording::new().samples(&[PACK], 500).deopts(&[PACK], reason, count).profile()
    };
    assert_eq!(rules(&profile("wrong map", 5)), ["deoptimised"]);
    assert_eq!(rules(&profile("wrong map", 4)), ["hot-function"]);
    // V8's way from one piece of optimised code to another one.
    assert_eq!(rules(&profile("prepare for on stack replacement (OSR)", 50)), ["hot-function"]);
    let told = report(&profile("wrong map", 12), 5);
    assert!(told.findings[0].sentence.contains("threw the code away 12 times"));
    assert!(told.findings[0].explanation.contains("“wrong map” (12 times)"));
    assert!(told.findings[0].explanation.contains("megamorphic"));
}

#[test]
fn garbage_is_charged_to_who_ran_before_it() {
    let maker: Frame = ("make", "file:///srv/make.js:2");
    let one = |recording: Recording| {
        recording.samples(&[maker], 1).samples(&[COLLECTOR], 2).samples(&[PACK], 7)
    };
    let recording = (0..50).fold(Recording::new(), |recording, _| one(recording));
    let told = report(&recording.profile(), 5);
    let found = told.findings.iter().find(|finding| finding.rule == "garbage-collection").unwrap();
    let wanted = "Garbage collection takes 20.0 % of the CPU time (100 ms), 100.0 % of it while make \
                  (make.js:2) ran.";
    assert_eq!(found.sentence, wanted);
}

/// What JavaScript says of `pack`.
fn mapped(text: &str) -> SourceFrame {
    serde_json::from_value(json!({
        "id": 0,
        "place": { "name": null, "url": "file:///srv/src/pack.ts", "line": 20, "column": 3 },
        "lines": [[11, 22], [12, 23]],
        "texts": [[11, text], [12, "other();"]],
    }))
    .unwrap()
}

#[test]
fn sources_and_texts_of_lines() {
    let mut profile = Recording::new()
        .samples(&[PACK], 500)
        .line(&[PACK], 11, 80)
        .line(&[PACK], 12, 15)
        .line(&[PACK], 13, 5)
        .profile();
    let asked = scripts(&profile);
    let frame = &asked.frames[0];
    assert_eq!((frame.url.as_str(), frame.line, frame.column), ("file:///srv/pack.js", 9, 5));
    assert_eq!(frame.lines, [11, 12, 13]);
    let id = frame.id;
    profile.map(vec![
        SourceFrame { id, ..mapped("return JSON.stringify(message);") },
        SourceFrame { id: 999, ..mapped("nobody") },
    ]);
    let told = report(&profile, 5);
    let row = &told.by_self[0];
    assert_eq!((row.function.url.as_str(), row.function.line), ("file:///srv/src/pack.ts", 20));
    assert!(row.function.mapped);
    let lines: Vec<(u32, u64)> = row.hot_lines.iter().map(|line| (line.line, line.hits)).collect();
    // Of line 13 the map says nothing: its number would be one of another file.
    assert_eq!(lines, [(22, 80), (23, 15)]);
    let json = told.findings.iter().find(|finding| finding.rule == "json").unwrap();
    assert_eq!(json.weight, 400_000);
    assert!(
        json.sentence
            .starts_with("JSON.stringify() on the event loop: line 22 of pack (pack.ts:20)")
    );
}

#[test]
fn a_source_may_be_of_a_package() {
    let mut profile = Recording::new().samples(&[PACK], 500).profile();
    let id = scripts(&profile).frames[0].id;
    let mut frame = mapped("");
    frame.id = id;
    frame.place.as_mut().unwrap().url = "webpack://app/./node_modules/@msg/pack/lib.js".into();
    profile.map(vec![frame]);
    let told = report(&profile, 5);
    assert_eq!(told.by_self[0].function.package.as_deref(), Some("@msg/pack"));
    assert_eq!(told.overview.packages[0].name, "@msg/pack");
}

#[test]
fn on_whose_behalf() {
    let mut document = Recording::new()
        .samples(&[SEND, PACK], 610)
        .samples(&[SEND_ONE, PACK], 200)
        .samples(&[SEND_ONE, WRITE], 190)
        .samples(&[IDLE], 100)
        .json();
    let label_of = |at: usize| match at {
        0..610 => 0,
        610..800 => 1,
        _ => -1,
    };
    document["rsprof"] = json!({
        "version": 1,
        "labels": [{ "route": "GET /search" }, { "route": "GET /", "tenant": "a" }, { "route": "never" }],
        "labelSamples": (0..1100).map(label_of).collect::<Vec<i64>>(),
    });
    let profile = read(&document);
    let told = report(&profile, 5);
    let wanted = " GET /search: 61.0 % of the CPU time (610 ms), 100.0 % of it in pack (pack.js:9). The thread";
    assert!(told.verdict.contains(wanted), "{}", told.verdict);
    assert!(told.verdict.starts_with("pack (pack.js:9) burns 81.0 %"), "{}", told.verdict);
    let rows: Vec<_> = told
        .labels
        .iter()
        .map(|row| (row.labels.as_ref().map(|set| set["route"].as_str()), row.weight))
        .collect();
    assert_eq!(rows, [(Some("GET /search"), 610_000), (None, 200_000), (Some("GET /"), 190_000)]);
    let second: Vec<_> = told.findings.iter().filter(|finding| finding.rule == "label").collect();
    assert!(
        second[1].sentence.starts_with("route=GET /, tenant=a: 19.0 %"),
        "{}",
        second[1].sentence
    );
    assert!(report(&chat().profile(), 5).labels.is_empty());
}

#[test]
fn changes_and_their_noise() {
    let before = chat().profile();
    let after = Recording::new()
        .samples(&[SEND, PACK], 7)
        .samples(&[SEND, EMIT, LISTENER, ("write", "node:net:7"), WRITE], 993)
        .profile();
    let told = diff(&before, &after, 10).unwrap();
    assert_eq!(told.kind, "cpuProfileDiff");
    let pack = told.functions.iter().find(|row| row.function.name == "pack").unwrap();
    assert!(pack.own.significant && pack.own.before > 0.69 && pack.own.after < 0.01);
    assert!(told.verdict.contains("writeBuffer went from 25.0 % to 99.3 % of the CPU time"));
    let same = diff(&before, &chat().profile(), 10).unwrap().verdict;
    assert!(same.starts_with("Nothing changed beyond the noise of sampling"), "{same}");
}

#[test]
fn who_allocates() {
    let frame = |name, line| {
        json!({ "functionName": name, "scriptId": "7", "url": if line > 0 { "file:///srv/db.js" } else { "" },
            "lineNumber": line - 1, "columnNumber": 2 })
    };
    let profile = read(
        &json!({ "head": { "callFrame": frame("(root)", 0), "selfSize": 0, "id": 1, "children": [
        { "callFrame": frame("query", 30), "selfSize": 0, "id": 2, "children": [
            { "callFrame": frame("readRows", 10), "selfSize": 3 << 20, "id": 3, "children": [] }] },
        { "callFrame": frame("other", 50), "selfSize": 1 << 20, "id": 4, "children": [] }] } }),
    );
    let told = report(&profile, 5);
    assert_eq!(told.kind, "heapProfile");
    let wanted = "readRows (db.js:10) allocated 75.0 % (3.0 MB) of what is still alive, called from query \
                  (db.js:30). 4.0 MB in all.";
    assert_eq!(told.verdict, wanted);
    assert_eq!(rules(&profile), ["hot-allocation", "hot-allocation"]);
    assert!(diff(&profile, &chat().profile(), 5).is_err());
}
