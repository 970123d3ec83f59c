//! What functions come to: own and total weight, callers, lines, packages.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::Profile;
use super::category::Category;
use super::tree::{CallTree, FunctionId, Node};

/// What a function comes to, wherever it was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionFigures {
    /// Own weight: microseconds, or bytes.
    pub self_weight: u64,
    /// With callees; every sample counts once, however often the function is on its stack.
    pub total_weight: u64,
    /// Samples in the function itself.
    pub hits: u64,
}

/// A caller of a function.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// Who calls.
    pub function: FunctionId,
    /// What the function weighs, callees included, where this one called it from outside: of a recursion
    /// the first call counts. All callers' weights make up the function's total.
    pub weight: u64,
    /// Share of the function's total, 0 to 1.
    pub share: f64,
}

/// A line that samples hit.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HotLine {
    /// 1-based; of the source where the function's place is of its source.
    pub line: u32,
    /// Samples.
    pub hits: u64,
    /// Share of all hits that have a line in the function, 0 to 1.
    pub share: f64,
    /// What stands there, where the script is at hand.
    pub text: Option<String>,
}

/// The nodes of each function.
#[derive(Debug, Default)]
pub(super) struct NodesByFunction {
    starts: Vec<u32>,
    nodes: Vec<Node>,
}

impl NodesByFunction {
    pub(super) fn of(tree: &CallTree, function_count: usize) -> Self {
        let mut starts = vec![0_u32; function_count + 1];
        tree.functions.iter().for_each(|function| starts[*function as usize + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let (mut next, mut nodes) = (starts.clone(), vec![0; tree.len()]);
        for (node, function) in tree.functions.iter().enumerate() {
            let place = &mut next[*function as usize];
            nodes[*place as usize] = node as Node;
            *place += 1;
        }
        Self { starts, nodes }
    }

    pub(super) fn get(&self, function: FunctionId) -> &[Node] {
        let function = function as usize;
        &self.nodes[self.starts[function] as usize..self.starts[function + 1] as usize]
    }
}

/// The figures of all functions.
pub(super) fn sum(tree: &CallTree, function_count: usize) -> Vec<FunctionFigures> {
    let mut figures = vec![FunctionFigures::default(); function_count];
    for (node, function) in tree.functions.iter().enumerate() {
        let figures = &mut figures[*function as usize];
        figures.self_weight += tree.own[node];
        figures.hits += tree.hits[node];
        if tree.outermost[node] {
            figures.total_weight += tree.total[node];
        }
    }
    figures
}

/// A share, of nothing 0.
#[allow(clippy::cast_precision_loss, reason = "a share")]
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl Profile {
    /// What a function comes to.
    #[must_use]
    pub fn figures(&self, function: FunctionId) -> FunctionFigures {
        self.figures[function as usize]
    }

    /// Functions that do something, most own weight first.
    #[must_use]
    pub fn by_self(&self) -> Vec<FunctionId> {
        self.ranked(|figures| figures.self_weight)
    }

    /// Functions that do something, most total weight first.
    #[must_use]
    pub fn by_total(&self) -> Vec<FunctionId> {
        self.ranked(|figures| figures.total_weight)
    }

    /// Equal ones in the file's order, so that the order is stable.
    fn ranked(&self, weight: impl Fn(&FunctionFigures) -> u64) -> Vec<FunctionId> {
        let is_told = |function: &FunctionId| {
            let category = self.functions[*function as usize].category;
            !category.is_idle() && weight(&self.figures[*function as usize]) > 0
        };
        let all = 0..self.functions.len() as FunctionId;
        let mut ranked: Vec<FunctionId> = all.filter(is_told).collect();
        let key = |function: &FunctionId| weight(&self.figures[*function as usize]);
        ranked.sort_by_key(|function| std::cmp::Reverse(key(function)));
        ranked
    }

    /// The nodes of a function, in the tree's order.
    #[must_use]
    pub fn nodes_of(&self, function: FunctionId) -> &[Node] {
        self.nodes.get(function)
    }

    /// Who calls a function, the one that costs most first.
    #[must_use]
    pub fn callers(&self, function: FunctionId) -> Vec<Caller> {
        let mut weights: FxHashMap<FunctionId, u64> = FxHashMap::default();
        let nodes = self.nodes_of(function).iter().copied();
        for node in nodes.filter(|node| self.tree.is_outermost(*node)) {
            if let Some(caller) = self.tree.parent(node) {
                let caller = self.tree.function(caller);
                *weights.entry(caller).or_default() += self.tree.total_weight(node);
            }
        }
        let total = self.figures(function).total_weight;
        let caller = |(function, weight)| Caller { function, weight, share: share(weight, total) };
        let mut callers: Vec<Caller> = weights.into_iter().map(caller).collect();
        callers.sort_by_key(|caller| (std::cmp::Reverse(caller.weight), caller.function));
        callers
    }

    /// The lines of a function that samples hit, hottest first; none where V8 kept no lines. Those of a
    /// mapped function of which the source map tells no line are left out.
    #[must_use]
    pub fn hot_lines(&self, function: FunctionId) -> Vec<HotLine> {
        let compiled = self.script_lines(function);
        let all = compiled.values().sum();
        let is_mapped = self.function(function).is_mapped;
        let mut lines: BTreeMap<u32, (u64, Option<&str>)> = BTreeMap::new();
        for (line, hits) in compiled {
            let source = self.lines.source(function, line);
            let Some(place) = source.or((!is_mapped).then_some(line)) else { continue };
            let entry = lines.entry(place).or_default();
            entry.0 += hits;
            entry.1 = entry.1.or(self.lines.text(function, line));
        }
        let line = |(line, (hits, text)): (u32, (u64, Option<&str>))| {
            let text = text.map(str::to_owned);
            HotLine { line, hits, share: share(hits, all), text }
        };
        let mut lines: Vec<HotLine> = lines.into_iter().map(line).collect();
        lines.sort_by_key(|line| (std::cmp::Reverse(line.hits), line.line));
        lines
    }

    /// Hits by line of the script.
    pub(super) fn script_lines(&self, function: FunctionId) -> BTreeMap<u32, u64> {
        let mut lines: BTreeMap<u32, u64> = BTreeMap::new();
        for node in self.nodes_of(function) {
            let first = self.ticks.partition_point(|tick| tick.node < *node);
            let ticks = self.ticks[first..].iter().take_while(|tick| tick.node == *node);
            ticks.for_each(|tick| *lines.entry(tick.line).or_default() += u64::from(tick.hits));
        }
        lines
    }

    /// Own weight by whose code it is; the weights make up the whole profile.
    #[must_use]
    pub fn categories(&self) -> BTreeMap<Category, u64> {
        let mut weights = BTreeMap::new();
        for (function, figures) in self.functions.iter().zip(&self.figures) {
            *weights.entry(function.category).or_default() += figures.self_weight;
        }
        weights
    }
}
