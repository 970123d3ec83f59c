//! Made-up profiles, in every shape that there is.

use serde_json::{Map, Value, json};

/// A node: function, hits and parent.
#[derive(Clone, Debug, Default)]
pub(super) struct MadeNode {
    pub(super) function: usize,
    pub(super) weight: u32,
    pub(super) parent: usize,
}

/// A profile: node 0 is the root, parents come before children.
#[derive(Clone, Debug, Default)]
pub(super) struct Made {
    pub(super) nodes: Vec<MadeNode>,
    /// Node and delta.
    pub(super) samples: Vec<(usize, i64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Node's, Chrome's and ours.
    Flat,
    /// Flat, children before parents.
    Reversed,
    /// Flat, with `parent` in place of `children`.
    Parents,
    /// v8-profiler's and v8-profiler-next's `head`.
    Old,
    /// v8-profiler-next's flat shape.
    Next,
    /// An allocation profile.
    Allocation,
}

impl Shape {
    pub(super) const ALL: [Self; 6] =
        [Self::Flat, Self::Reversed, Self::Parents, Self::Old, Self::Next, Self::Allocation];
}

/// Name, URL, line and column as V8 counts them, from 1.
pub(super) const FUNCTIONS: [(&str, &str, i64, i64); 10] = [
    ("(root)", "", 0, 0),
    ("pack", "file:///srv/chat/message.js", 3, 14),
    ("sendChatroomMsg", "file:///srv/chat/room.js", 20, 1),
    ("", "file:///srv/chat/room.js", 30, 9),
    ("encode", "file:///srv/node_modules/@msg/pack/lib/encode.js", 7, 3),
    ("emit", "node:events", 500, 44),
    ("(garbage collector)", "", 0, 0),
    ("(idle)", "", 0, 0),
    ("(program)", "", 0, 0),
    ("stringify", "", 0, 0),
];

impl Made {
    pub(super) fn text(&self, shape: Shape) -> String {
        self.value(shape).to_string()
    }

    pub(super) fn value(&self, shape: Shape) -> Value {
        let mut top = Map::new();
        match shape {
            Shape::Old | Shape::Allocation => {
                top.insert("head".into(), self.nested(0, shape));
            }
            _ => {
                let mut nodes: Vec<Value> =
                    (0..self.nodes.len()).map(|node| self.node(node, shape)).collect();
                if shape == Shape::Reversed {
                    nodes.reverse();
                }
                top.insert("nodes".into(), nodes.into());
            }
        }
        self.add_samples(&mut top, shape);
        Value::Object(top)
    }

    fn add_samples(&self, top: &mut Map<String, Value>, shape: Shape) {
        let ids: Vec<usize> = self.samples.iter().map(|(node, _)| id(*node)).collect();
        let deltas: Vec<i64> = self.samples.iter().map(|(_, delta)| *delta).collect();
        if shape == Shape::Allocation {
            let samples = ids.iter().map(|id| json!({ "size": 64, "nodeId": id, "ordinal": 3 }));
            top.insert("samples".into(), samples.collect());
            return;
        }
        let (start, end) = if shape == Shape::Old { (7, 9) } else { (7_000_000, 9_000_000) };
        top.insert("startTime".into(), start.into());
        top.insert("endTime".into(), end.into());
        top.insert("samples".into(), ids.into());
        if shape == Shape::Old {
            let sum = |time: &mut i64, delta: &i64| {
                *time += delta;
                Some(*time)
            };
            let times: Vec<i64> = deltas.iter().scan(7_000_000, sum).collect();
            top.insert("timestamps".into(), times.into());
        } else {
            top.insert("timeDeltas".into(), deltas.into());
        }
    }

    fn nested(&self, node: usize, shape: Shape) -> Value {
        let mut value = self.node(node, shape);
        let children = self.children(node).map(|child| self.nested(child, shape));
        value["children"] = children.collect();
        value
    }

    fn children(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        (1..self.nodes.len()).filter(move |child| self.nodes[*child].parent == node)
    }

    fn node(&self, node: usize, shape: Shape) -> Value {
        let made = &self.nodes[node];
        let mut value = json!({ "id": id(node) });
        let frame = frame(made.function, shape);
        if shape == Shape::Old {
            value.as_object_mut().unwrap().append(&mut frame.as_object().unwrap().clone());
        } else {
            value["callFrame"] = frame;
        }
        match shape {
            Shape::Parents if node > 0 => value["parent"] = id(made.parent).into(),
            Shape::Parents => {}
            _ => value["children"] = self.children(node).map(id).collect(),
        }
        if shape == Shape::Allocation {
            value["selfSize"] = (u64::from(made.weight) * 1_000).into();
            return value;
        }
        value["hitCount"] = made.weight.into();
        if made.weight > 0 {
            let line = 3 + node % 4;
            let old = json!([{ "line": line, "hitCount": made.weight }]);
            match shape {
                Shape::Old => value["lineTicks"] = old,
                Shape::Next => value["callFrame"]["lineTicks"] = old,
                _ => value["positionTicks"] = json!([{ "line": line, "ticks": made.weight }]),
            }
        }
        if node % 3 == 1 && shape == Shape::Flat {
            value["deoptReason"] = "wrong map".into();
            let places = json!([{ "scriptId": "7", "position": 40 }]);
            value["deopts"] = json!([{ "reason": "not a Smi", "stack": places.clone() },
                { "reason": "wrong map", "stack": places }]);
        }
        value
    }
}

/// V8 counts from 1; something else shows who counts places instead.
pub(super) fn id(node: usize) -> usize {
    2 * node + 1
}

fn frame(function: usize, shape: Shape) -> Value {
    let (name, url, line, column) = FUNCTIONS[function];
    let base = i64::from(!matches!(shape, Shape::Old | Shape::Next));
    let script = if url.is_empty() { 0 } else { function };
    let script = if base == 0 { json!(script) } else { json!(script.to_string()) };
    let mut frame = json!({
        "functionName": name, "scriptId": script, "url": url,
        "lineNumber": line - base, "columnNumber": column - base,
    });
    if base == 0 {
        frame["bailoutReason"] = "no reason".into();
    }
    frame
}

/// The story of a chat server: every message packed once for each listener.
pub(super) fn chat() -> Made {
    let rows = [
        (0, 0, 0),  // (root)
        (7, 40, 0), // (idle)
        (6, 5, 0),  // (garbage collector)
        (8, 2, 0),  // (program)
        (5, 1, 0),  // emit
        (2, 3, 4),  // emit > sendChatroomMsg
        (1, 8, 5),  // > pack
        (4, 4, 6),  // > encode
        (1, 2, 7),  // > pack, again
        (3, 0, 4),  // emit > (anonymous)
        (1, 1, 9),  // > pack
        (9, 1, 10), // > stringify
    ];
    let node = |(function, weight, parent)| MadeNode { function, weight, parent };
    let nodes: Vec<MadeNode> = rows.map(node).into();
    let mut samples = Vec::new();
    for (number, node) in nodes.iter().enumerate() {
        samples.extend((0..node.weight).map(|at| (number, 900 + i64::from(at) * 7)));
    }
    Made { nodes, samples }
}
