//! The whole in a few numbers.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::profile::category::Category;
use crate::profile::figures::share;
use crate::profile::{Profile, ProfileKind, Timing};

/// A profile in a few numbers. Weights are microseconds, or bytes.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// `microseconds` or `bytes`.
    pub unit: &'static str,
    /// All of it.
    pub total_weight: u64,
    /// Without idle time: what shares are of.
    pub busy_weight: u64,
    /// Of all, 0 to 1.
    pub idle_share: f64,
    /// Samples; 0 where the file has only sums.
    pub samples: u64,
    /// How many equally heavy samples would tell as much as the busy ones do.
    pub effective_samples: f64,
    /// Mean time between two samples in microseconds; 0 where that is not known.
    pub interval: u64,
    /// Where the weights come from.
    pub timing: Timing,
    /// Functions.
    pub functions: usize,
    /// Nodes of the call tree.
    pub nodes: usize,
    /// Own weight by whose code it is, heaviest first; idle time is not among them.
    pub categories: Vec<PartRow>,
    /// Own weight by package, heaviest first.
    pub packages: Vec<PartRow>,
}

/// A part of the whole.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartRow {
    /// Its name.
    pub name: String,
    /// Microseconds, or bytes.
    pub weight: u64,
    /// Of the busy weight, 0 to 1.
    pub share: f64,
}

impl Profile {
    pub(super) fn overview(&self) -> Overview {
        let samples = self.samples();
        let count = samples.nodes().len() as u64;
        let total = self.total_weight();
        Overview {
            unit: match self.kind() {
                ProfileKind::Cpu => "microseconds",
                ProfileKind::Allocation => "bytes",
            },
            total_weight: total,
            busy_weight: self.busy_weight(),
            idle_share: share(total - self.busy_weight(), total),
            samples: count,
            effective_samples: self.effective_samples(),
            interval: total.checked_div(count).unwrap_or(0),
            timing: samples.timing(),
            functions: self.functions().len(),
            nodes: self.tree().len(),
            categories: self.category_rows(),
            packages: self.package_rows(),
        }
    }

    /// What garbage collection took.
    pub(super) fn garbage_weight(&self) -> u64 {
        self.categories().get(&Category::GarbageCollector).copied().unwrap_or(0)
    }

    fn category_rows(&self) -> Vec<PartRow> {
        let mut weights: BTreeMap<&str, u64> = BTreeMap::new();
        for (category, weight) in self.categories() {
            if !category.is_idle() {
                *weights.entry(category.name()).or_default() += weight;
            }
        }
        self.parts(weights.into_iter().map(|(name, weight)| (name.to_owned(), weight)))
    }

    fn package_rows(&self) -> Vec<PartRow> {
        self.parts(self.categories().into_iter().filter_map(|(category, weight)| match category {
            Category::Package(package) => Some((self.packages()[package as usize].clone(), weight)),
            _ => None,
        }))
    }

    fn parts(&self, weights: impl Iterator<Item = (String, u64)>) -> Vec<PartRow> {
        let row = |(name, weight)| PartRow { name, weight, share: self.busy_share(weight) };
        let mut rows: Vec<PartRow> = weights.filter(|(_, weight)| *weight > 0).map(row).collect();
        rows.sort_by(|a, b| b.weight.cmp(&a.weight).then_with(|| a.name.cmp(&b.name)));
        rows
    }
}
