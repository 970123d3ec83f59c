//! Functions as a report tells them.

use serde::Serialize;

use crate::profile::category::Category;
use crate::profile::figures::share;
use crate::profile::{FunctionDeopt, FunctionId, HotLine, Profile};

/// Rows of a list inside a row.
const MOST: usize = 5;

/// A function.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionRef {
    /// Its number in this profile.
    pub id: FunctionId,
    /// `(anonymous)` where it has none.
    pub name: String,
    /// Path or URL of its script; empty for what V8 and C++ do.
    pub url: String,
    /// 1-based; 0 is unknown.
    pub line: u32,
    /// 1-based; 0 is unknown.
    pub column: u32,
    /// `app`, `package`, `node`, `native`, `wasm`, `program`, `garbageCollector`, `idle` or `root`.
    pub category: &'static str,
    /// Name of the package.
    pub package: Option<String>,
    /// Whether a source map has told its place.
    pub mapped: bool,
}

/// A function and what it comes to. Weights are microseconds, or bytes; shares are of the busy weight.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionRow {
    /// Which.
    #[serde(flatten)]
    pub function: FunctionRef,
    /// Without callees.
    pub self_weight: u64,
    /// 0 to 1.
    pub self_share: f64,
    /// With callees.
    pub total_weight: u64,
    /// 0 to 1.
    pub total_share: f64,
    /// Samples in the function itself.
    pub hits: u64,
    /// Who calls it, the one that costs most first.
    pub callers: Vec<CallerRow>,
    /// Its hottest lines.
    pub hot_lines: Vec<HotLine>,
    /// Why V8 threw its optimised code away, the most frequent reason first.
    pub deopts: Vec<FunctionDeopt>,
}

/// A caller of a function.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallerRow {
    /// Which.
    #[serde(flatten)]
    pub function: FunctionRef,
    /// What of the callee's total weight this caller brings about.
    pub weight: u64,
    /// Share of the callee's total, 0 to 1.
    pub share: f64,
}

impl Profile {
    pub(super) fn function_ref(&self, id: FunctionId) -> FunctionRef {
        let function = self.function(id);
        let package = match function.category {
            Category::Package(package) => self.packages().get(package as usize).cloned(),
            _ => None,
        };
        FunctionRef {
            id,
            name: function.title().to_owned(),
            url: function.url.clone(),
            line: function.line,
            column: function.column,
            category: function.category.name(),
            package,
            mapped: function.is_mapped,
        }
    }

    /// A share of the busy weight.
    pub(super) fn busy_share(&self, weight: u64) -> f64 {
        share(weight, self.busy_weight())
    }

    pub(super) fn function_row(&self, id: FunctionId) -> FunctionRow {
        let figures = self.figures(id);
        let mut hot_lines = self.hot_lines(id);
        hot_lines.truncate(MOST);
        let mut deopts = self.deopts(id);
        deopts.truncate(MOST);
        let caller = |caller: super::super::Caller| CallerRow {
            function: self.function_ref(caller.function),
            weight: caller.weight,
            share: caller.share,
        };
        FunctionRow {
            function: self.function_ref(id),
            self_weight: figures.self_weight,
            self_share: self.busy_share(figures.self_weight),
            total_weight: figures.total_weight,
            total_share: self.busy_share(figures.total_weight),
            hits: figures.hits,
            callers: self.callers(id).into_iter().take(MOST).map(caller).collect(),
            hot_lines,
            deopts,
        }
    }
}
