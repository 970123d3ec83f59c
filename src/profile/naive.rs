//! The slow, obvious way: a tree of JSON values, and a walk up the stack for every sample.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Name, URL, line and column, script where there is no URL.
pub(super) type Key = (String, String, i64, i64, u64);

#[derive(Debug, Default)]
struct NaiveNode {
    key: Key,
    id: Option<u64>,
    parent: Option<usize>,
    /// Hits, or bytes.
    weight: u64,
    ticks: Vec<(u64, u64)>,
}

/// A profile.
#[derive(Debug, Default)]
pub(super) struct Naive {
    nodes: Vec<NaiveNode>,
    /// Node and weight.
    samples: Vec<(usize, u64)>,
    is_old: bool,
    counts_from_one: bool,
    pub(super) is_allocation: bool,
}

/// What a function comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NaiveFigures {
    pub(super) own: u64,
    pub(super) total: u64,
    pub(super) callers: BTreeMap<Key, u64>,
    pub(super) lines: BTreeMap<u64, u64>,
}

impl Naive {
    /// None where it is no JSON or no whole profile.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(text).ok()?;
        let mut naive = Self::default();
        if let Some(head) = value.get("head") {
            naive.nested(head, None)?;
        } else {
            naive.flat(value.get("nodes")?.as_array()?)?;
        }
        let first = value.get("head").or_else(|| value["nodes"].get(0))?;
        naive.is_allocation = first.get("selfSize").is_some();
        if naive.is_allocation {
            naive.samples = naive.nodes.iter().map(|node| node.weight).enumerate().collect();
        } else {
            naive.weigh(&value)?;
        }
        naive.number_lines();
        Some(naive)
    }

    fn nested(&mut self, value: &Value, parent: Option<usize>) -> Option<()> {
        let node = self.nodes.len();
        let read = self.node(value, parent)?;
        self.nodes.push(read);
        for child in value.get("children").and_then(Value::as_array).into_iter().flatten() {
            self.nested(child, Some(node))?;
        }
        Some(())
    }

    fn flat(&mut self, values: &[Value]) -> Option<()> {
        for value in values {
            let node = self.node(value, None)?;
            self.nodes.push(node);
        }
        for (node, value) in values.iter().enumerate() {
            for child in value.get("children").and_then(Value::as_array).into_iter().flatten() {
                let child = self.find(child.as_u64()?)?;
                self.nodes[child].parent = Some(node);
            }
            if let Some(parent) = value.get("parent").filter(|parent| !parent.is_null()) {
                self.nodes[node].parent = Some(self.find(parent.as_u64()?)?);
            }
        }
        // Nobody may be below himself.
        let ends = |node: usize| self.stack(node).len() <= self.nodes.len();
        (0..self.nodes.len()).all(ends).then_some(())
    }

    fn find(&self, id: u64) -> Option<usize> {
        self.nodes.iter().position(|node| node.id == Some(id))
    }

    fn node(&mut self, value: &Value, parent: Option<usize>) -> Option<NaiveNode> {
        value.as_object()?;
        let frame = value.get("callFrame").unwrap_or(value);
        self.is_old |= value.get("functionName").is_some() && value.get("callFrame").is_none();
        self.counts_from_one |= frame.get("scriptId").is_some_and(Value::is_number);
        let text = |key| frame.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        let number = |key| frame.get(key).and_then(integer).unwrap_or(0);
        let script = frame.get("scriptId").map_or(0, script);
        let url = text("url");
        let script = if url.is_empty() { script } else { 0 };
        let ticks = ["positionTicks", "lineTicks"].into_iter();
        let ticks = ticks.filter_map(|key| value.get(key).or(frame.get(key))?.as_array()).flatten();
        let hits = |tick: &Value| tick.get("ticks").or(tick.get("hitCount")).and_then(integer);
        let ticks = ticks.map(|tick| {
            let line = tick.get("line").and_then(integer).unwrap_or(0);
            (line as u64, hits(tick).unwrap_or(0) as u64)
        });
        Some(NaiveNode {
            key: (text("functionName"), url, number("lineNumber"), number("columnNumber"), script),
            id: value.get("id").and_then(integer).map(|id| id as u64),
            parent,
            weight: ["selfSize", "hitCount"]
                .iter()
                .find_map(|key| integer(value.get(key)?))
                .unwrap_or(0) as u64,
            ticks: ticks.collect(),
        })
    }

    fn weigh(&mut self, value: &Value) -> Option<()> {
        let list = |key: &str| -> Option<Vec<i64>> {
            value.get(key)?.as_array()?.iter().map(integer).collect()
        };
        let time = |key: &str| value.get(key).and_then(Value::as_f64);
        let unit = if self.is_old { 1e6 } else { 1.0 };
        let duration =
            time("endTime").zip(time("startTime")).map(|(end, start)| (end - start) * unit);
        let duration = duration.filter(|time| *time >= 1.0).map(|time| time as u64);
        let evenly = |count: u64| duration.map_or(1_000, |time| (time / count.max(1)).max(1));
        let samples = list("samples").unwrap_or_default();
        if samples.is_empty() {
            let each = evenly(self.nodes.iter().map(|node| node.weight).sum());
            let weights = self.nodes.iter().map(|node| node.weight * each);
            self.samples = weights.enumerate().collect();
            return Some(());
        }
        let nodes: Option<Vec<usize>> =
            samples.iter().map(|id| self.find(u64::try_from(*id).ok()?)).collect();
        let mut rows: Vec<(i64, usize)> = match (list("timestamps"), list("timeDeltas")) {
            (Some(times), _) => times.into_iter().zip(nodes?).collect(),
            (None, Some(deltas)) => {
                let start = time("startTime").unwrap_or(0.0).round() as i64;
                let sum = |time: &mut i64, delta: &i64| {
                    *time += delta;
                    Some(*time)
                };
                deltas.iter().scan(start, sum).zip(nodes?).collect()
            }
            (None, None) => nodes?.into_iter().map(|node| (0, node)).collect(),
        };
        rows.sort_by_key(|(time, _)| *time);
        let (first, last) = (rows.first()?.0, rows.last()?.0);
        let span = (last - first) as u64;
        for (at, (time, node)) in rows.iter().enumerate() {
            let weight = match rows.get(at + 1) {
                _ if span == 0 => evenly(rows.len() as u64),
                Some((next, _)) => (next - time) as u64,
                None => span / (rows.len() as u64 - 1).max(1),
            };
            self.samples.push((*node, weight));
        }
        Some(())
    }

    /// 1-based, 0 is none.
    fn number_lines(&mut self) {
        let base = i64::from(!(self.is_old || self.counts_from_one));
        for node in &mut self.nodes {
            node.key.2 = (node.key.2 + base).max(0);
            node.key.3 = (node.key.3 + base).max(0);
        }
    }

    /// A node and all above it, itself first; too long where there is a cycle.
    fn stack(&self, node: usize) -> Vec<usize> {
        let mut stack = vec![node];
        while let Some(parent) = self.nodes[stack[stack.len() - 1]].parent
            && stack.len() <= self.nodes.len()
        {
            stack.push(parent);
        }
        stack
    }

    /// All functions.
    pub(super) fn figures(&self) -> BTreeMap<Key, NaiveFigures> {
        let mut figures: BTreeMap<Key, NaiveFigures> = BTreeMap::new();
        for node in &self.nodes {
            let figures = figures.entry(node.key.clone()).or_default();
            for (line, hits) in &node.ticks {
                *figures.lines.entry(*line).or_default() += hits;
            }
        }
        for (node, weight) in &self.samples {
            let stack: Vec<usize> = self.stack(*node).into_iter().rev().collect();
            let key = |node: usize| &self.nodes[node].key;
            figures.get_mut(key(*node)).unwrap().own += weight;
            let functions: BTreeSet<&Key> = stack.iter().map(|node| key(*node)).collect();
            for function in functions {
                let figures = figures.get_mut(function).unwrap();
                figures.total += weight;
                let outermost = stack.iter().position(|node| key(*node) == function).unwrap();
                if outermost > 0 {
                    let caller = key(stack[outermost - 1]).clone();
                    *figures.callers.entry(caller).or_default() += weight;
                }
            }
        }
        figures
    }

    /// All of it.
    pub(super) fn total(&self) -> u64 {
        self.samples.iter().map(|(_, weight)| weight).sum()
    }
}

fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().map(|value| value.round() as i64))
}

fn script(value: &Value) -> u64 {
    let number = value.as_str().map_or_else(|| integer(value), |text| text.parse().ok());
    number.and_then(|number| u32::try_from(number).ok()).map_or(0, u64::from)
}
