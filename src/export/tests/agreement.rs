//! Random profiles with hostile names: every format has the figures of the profile.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::decode::decode;
use super::*;

/// Name, URL, line and column as in the protocol.
const FUNCTIONS: [(&str, &str, i32, i32); 14] = [
    ("(root)", "", -1, -1),
    ("(idle)", "", -1, -1),
    ("(garbage collector)", "", -1, -1),
    ("(program)", "", -1, -1),
    ("pack", "file:///srv/a.js", 2, 13),
    ("pack", "file:///srv/a.js", 2, 14),
    ("pack", "file:///srv/b.js", 2, 13),
    ("", "file:///srv/a.js", 9, 0),
    ("", "file:///srv/node_modules/@a/b/c.js", 9, -1),
    ("a;b\n\"\\</script>\u{1b}\u{0}\u{2028}", "x y;\n.js", 0, 0),
    ("\u{fffd}\u{1f600}", "file:///srv/%ff.js", 2_147_483_646, 0),
    ("stringify", "", -1, -1),
    ("emit", "node:events", 4, 5),
    ("(deleted)", "wasm://wasm/1", -1, -1),
];

/// Function, hits, parent, lines.
type MadeNode = (usize, u32, usize, Vec<(u32, u32)>);

#[derive(Clone, Debug)]
struct Made {
    nodes: Vec<MadeNode>,
    /// Node and delta; none: hits only.
    samples: Option<Vec<(usize, i64)>>,
    has_times: bool,
}

prop_compose! {
    fn made()(
        nodes in vec((
            0..FUNCTIONS.len(), 0_u32..5, any::<Index>(), vec((0_u32..9, 0_u32..4), 0..3),
        ), 1..30),
        samples in prop_oneof![
            4 => vec((any::<Index>(), prop_oneof![8 => 0_i64..3_000, 1 => -2_000_i64..0]), 0..50)
                .prop_map(Some),
            1 => Just(None),
        ],
        has_times in prop::bool::weighted(0.8),
    ) -> Made {
        let count = nodes.len();
        let mut made: Vec<MadeNode> = Vec::new();
        for (at, (function, hits, parent, lines)) in nodes.into_iter().enumerate() {
            // V8 has one root, and nothing below idle.
            let function = if at == 0 { 0 } else { function.max(1) };
            let parent = if at == 0 || function == 1 { 0 } else { parent.index(at) };
            let parent = if at > 0 && made[parent].0 == 1 { 0 } else { parent };
            made.push((function, hits, parent, lines));
        }
        let place = |(node, delta): (Index, i64)| (node.index(count), delta);
        Made { nodes: made, samples: samples.map(|rows| rows.into_iter().map(place).collect()), has_times }
    }
}

impl Made {
    fn children(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        (1..self.nodes.len()).filter(move |child| self.nodes[*child].2 == node)
    }

    fn cpu(&self) -> Value {
        let node = |node: usize| {
            let (function, hits, _, lines) = &self.nodes[node];
            let (name, url, line, column) = FUNCTIONS[*function];
            let ticks = lines.iter().map(|(line, hits)| json!({ "line": line, "ticks": hits }));
            json!({ "id": node + 1, "callFrame": frame(name, url, line, column), "hitCount": hits,
                    "children": self.children(node).map(|child| child + 1).collect::<Vec<_>>(),
                    "positionTicks": ticks.collect::<Vec<_>>() })
        };
        let mut value = json!({ "nodes": (0..self.nodes.len()).map(node).collect::<Vec<_>>(),
                                "startTime": 7_000_000, "endTime": 9_000_000 });
        if let Some(samples) = &self.samples {
            value["samples"] = samples.iter().map(|(node, _)| node + 1).collect();
            if self.has_times {
                value["timeDeltas"] = samples.iter().map(|(_, delta)| *delta).collect();
            }
        }
        value
    }

    fn allocation(&self, node: usize) -> Value {
        let (function, hits, ..) = &self.nodes[node];
        let (name, url, line, column) = FUNCTIONS[*function];
        let children = self.children(node).map(|child| self.allocation(child));
        json!({ "callFrame": frame(name, url, line, column), "selfSize": hits, "id": node + 1,
                "children": children.collect::<Vec<_>>() })
    }
}

fn check_folded(profile: &Profile) {
    let text = String::from_utf8(exported(profile, ExportFormat::Folded)).unwrap();
    let rows = text.lines().map(|line| {
        let (stack, weight) = line.rsplit_once(' ').unwrap();
        (stack.split(';').collect::<Vec<_>>(), weight.parse().unwrap())
    });
    let found = sums(rows);
    let own: u64 = found.values().map(|(own, _)| own).sum();
    assert_eq!(own, profile.busy_weight());
    // Names say all about a function but control characters, which no two of these differ in.
    let mut figures: Vec<_> = found.into_values().collect();
    let mut expected: Vec<_> = expected(profile, |id| id.to_string()).into_values().collect();
    figures.sort_unstable();
    expected.sort_unstable();
    assert_eq!(figures, expected);
}

fn check_speedscope(profile: &Profile) {
    let value = exported_json(profile, ExportFormat::Speedscope);
    let frames = value["shared"]["frames"].as_array().unwrap();
    assert_eq!(frames.len(), profile.functions().len());
    let made = &value["profiles"][0];
    let samples: Vec<Vec<usize>> = serde_json::from_value(made["samples"].clone()).unwrap();
    let weights: Vec<u64> = serde_json::from_value(made["weights"].clone()).unwrap();
    assert_eq!(samples.len(), weights.len());
    assert_eq!(weights.iter().sum::<u64>(), profile.total_weight());
    assert_eq!(made["endValue"], profile.total_weight());
    let names: Vec<String> = (0..frames.len()).map(|id| id.to_string()).collect();
    let rows = samples.iter().zip(weights);
    let rows = rows.map(|(stack, weight)| (stack.iter().map(|id| &*names[*id]).collect(), weight));
    assert_eq!(sums(rows), expected(profile, |id| id.to_string()));
    for (frame, function) in frames.iter().zip(profile.functions()) {
        assert_eq!(frame["name"], function.title());
    }
}

fn check_pprof(profile: &Profile) {
    let decoded = decode(&exported(profile, ExportFormat::Pprof));
    let is_cpu = decoded.types.len() == 2;
    let last = decoded.types.len() - 1;
    let names: BTreeMap<u64, String> =
        decoded.functions.keys().map(|id| (*id, (id - 1).to_string())).collect();
    let unit = if is_cpu { 1000 } else { 1 };
    let rows = decoded.samples.iter().map(|sample| {
        assert_eq!(sample.values[last] % unit, 0);
        let stack = sample.stack.iter().map(|(function, _)| &*names[function]);
        (stack.collect(), sample.values[last] / unit)
    });
    assert_eq!(sums(rows), expected(profile, |id| id.to_string()));
    if !is_cpu {
        return;
    }
    let busy = (0..profile.functions().len() as FunctionId)
        .filter(|id| !profile.function(*id).category.is_idle());
    let hits: u64 = busy.map(|id| profile.figures(id).hits).sum();
    assert_eq!(decoded.samples.iter().map(|sample| sample.values[0]).sum::<u64>(), hits);
}

/// Everything that a report is made of.
fn figures(profile: &Profile) -> Vec<String> {
    let mut told: Vec<String> = (0..profile.functions().len() as FunctionId)
        .map(|id| {
            let lines = profile.hot_lines(id);
            let callers = profile.callers(id);
            let callers: BTreeSet<_> = callers
                .iter()
                .map(|caller| (format!("{:?}", profile.function(caller.function)), caller.weight))
                .collect();
            let mut figures = profile.figures(id);
            if profile.kind() == crate::profile::ProfileKind::Allocation {
                figures.hits = 0;
            }
            format!(
                "{:?} {figures:?} {lines:?} {callers:?} {:?}",
                profile.function(id),
                profile.deopts(id)
            )
        })
        .collect();
    told.sort_unstable();
    told.push(format!("{:?}", profile.kind()));
    told
}

fn check_chrome(profile: &Profile) {
    let again = read_bytes(&exported(profile, ExportFormat::Chrome));
    assert_eq!(figures(&again), figures(profile));
    assert_eq!(again.samples().nodes(), profile.samples().nodes());
    assert_eq!(again.samples().out_of_order(), 0);
    let is_cpu = profile.kind() == crate::profile::ProfileKind::Cpu;
    assert!(!is_cpu || again.effective_samples() == profile.effective_samples());
}

fn check_flame(profile: &Profile) {
    let text = exported(profile, ExportFormat::Flame);
    assert!(!text.contains(&b'<'));
    let value: Value = serde_json::from_slice(&text).unwrap();
    let list = |of: &str, key: &str| -> Vec<i64> {
        serde_json::from_value(value[of][key].clone()).unwrap()
    };
    let (functions, parents, own) =
        (list("nodes", "function"), list("nodes", "parent"), list("nodes", "self"));
    let names: Vec<String> = (0..profile.functions().len()).map(|id| id.to_string()).collect();
    let stack = |leaf: usize| {
        let up = std::iter::successors(Some(leaf), |node| usize::try_from(parents[*node]).ok());
        let mut stack: Vec<usize> = up.map(|node| functions[node] as usize).collect();
        stack.reverse();
        stack
    };
    let name = |function: &usize| (!is_idle(profile, *function)).then(|| &*names[*function]);
    let row = |node: usize, weight: i64| {
        let stack = stack(node);
        let weight = if is_idle(profile, stack[stack.len() - 1]) { 0 } else { weight as u64 };
        (stack.iter().filter_map(name).collect(), weight)
    };
    let by_node = sums((0..own.len()).map(|node| row(node, own[node])));
    assert_eq!(by_node, expected(profile, |id| id.to_string()));
    assert_eq!(value["busy"], profile.busy_weight());
    if value["samples"].is_null() {
        return;
    }
    let (nodes, deltas) = (list("samples", "node"), list("samples", "delta"));
    let rows = nodes.iter().zip(&deltas).map(|(node, delta)| row(*node as usize, *delta));
    assert_eq!(sums(rows), by_node);
    assert_eq!(deltas.iter().sum::<i64>() as u64, profile.total_weight());
}

fn is_idle(profile: &Profile, function: usize) -> bool {
    profile.functions()[function].category.is_idle()
}

fn check(profile: &Profile) {
    check_folded(profile);
    check_speedscope(profile);
    check_pprof(profile);
    check_chrome(profile);
    check_flame(profile);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn every_format_has_the_figures_of_the_profile(made in made()) {
        check(&read(&made.cpu()));
        check(&read(&json!({ "head": made.allocation(0) })));
    }
}

#[test]
fn lone_surrogates_are_replaced() {
    let text = Row { function: "LONE", ..Row::default() }.profile().to_string();
    let profile = read_bytes(text.replace("LONE", "a\\ud800b\\udc00").as_bytes());
    assert_eq!(profile.function(1).name, "a\u{fffd}b\u{fffd}");
    check(&profile);
}
