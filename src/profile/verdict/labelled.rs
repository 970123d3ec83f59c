//! On whose behalf the time went: labels of samples.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::finding::{Finding, Texts};
use super::owners::Owners;
use super::rows::FunctionRef;
use super::words::percent;
use crate::profile::figures::share;
use crate::profile::{FunctionId, Profile};

/// Functions of a row.
const MOST_FUNCTIONS: usize = 5;

/// A set of labels that takes less of the busy time is no finding.
const LEAST_SHARE: f64 = 0.10;

/// Findings about labels.
const MOST: usize = 2;

/// What a set of labels takes.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LabelRow {
    /// The set; none for what has no labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// Microseconds.
    pub weight: u64,
    /// Of the busy weight, 0 to 1.
    pub share: f64,
    /// Functions by their own weight under these labels.
    pub functions: Vec<LabelledFunction>,
}

/// A function under a set of labels.
#[derive(Clone, Debug, Serialize)]
pub struct LabelledFunction {
    /// Which.
    #[serde(flatten)]
    pub function: FunctionRef,
    /// Own weight in microseconds.
    pub weight: u64,
    /// Of the labels' weight, 0 to 1.
    pub share: f64,
}

/// All sets, heaviest first; none where the program has no labels.
pub(super) fn rows(profile: &Profile, top: usize) -> Vec<LabelRow> {
    let weights = profile.label_weights().into_iter().take(top);
    weights.map(|(label, weight)| row(profile, label, weight)).collect()
}

fn row(profile: &Profile, label: Option<u32>, weight: u64) -> LabelRow {
    let functions = label.map(|label| profile.label_functions(label)).unwrap_or_default();
    let function = |(id, own): (FunctionId, u64)| LabelledFunction {
        function: profile.function_ref(id),
        weight: own,
        share: share(own, weight),
    };
    LabelRow {
        labels: label.map(|label| profile.labels()[label as usize].clone()),
        weight,
        share: profile.busy_share(weight),
        functions: functions.into_iter().take(MOST_FUNCTIONS).map(function).collect(),
    }
}

/// The sets that take much.
pub(super) fn findings(profile: &Profile, owners: &Owners) -> Vec<Finding> {
    let labelled = profile.label_weights().into_iter();
    let labelled = labelled.filter_map(|(label, weight)| label.map(|label| (label, weight)));
    let heavy = labelled.filter(|(_, weight)| profile.busy_share(*weight) >= LEAST_SHARE);
    heavy.take(MOST).map(|(label, weight)| finding(profile, owners, label, weight)).collect()
}

fn finding(profile: &Profile, owners: &Owners, label: u32, weight: u64) -> Finding {
    let heaviest = heaviest(profile, owners, label);
    let within = heaviest.map_or_else(String::new, |(id, charged)| {
        format!(", {} of it in {}", percent(share(charged, weight)), profile.named(id))
    });
    let texts = Texts {
        sentence: format!(
            "{}: {} of the CPU time ({}){within}.",
            title(&profile.labels()[label as usize]),
            profile.share_text(weight),
            profile.weight_text(weight)
        ),
        explanation:
            "These samples were taken under this label, across everything asynchronous that \
                      went on from there."
                .into(),
        advice:
            "A flame graph of these samples alone: `npx rsprof export FILE --format pprof`, and \
                 `-tagfocus` of `go tool pprof`."
                .into(),
    };
    Finding::new(profile, "label", weight, heaviest.map(|(id, _)| id), texts)
}

/// The function of the program to which most is charged under a set of labels.
fn heaviest(profile: &Profile, owners: &Owners, label: u32) -> Option<(FunctionId, u64)> {
    let samples = profile.samples();
    let mut weights: FxHashMap<FunctionId, u64> = FxHashMap::default();
    for (sample, node) in samples.nodes().iter().enumerate() {
        let owner = owners.owner(*node).filter(|_| profile.label_of_sample(sample) == Some(label));
        if let Some(owner) = owner {
            *weights.entry(profile.tree().function(owner)).or_default() += samples.weight(sample);
        }
    }
    weights.into_iter().max_by_key(|(id, weight)| (*weight, std::cmp::Reverse(*id)))
}

/// A route alone stands for itself.
fn title(labels: &BTreeMap<String, String>) -> String {
    match labels.get("route") {
        Some(route) if labels.len() == 1 => route.clone(),
        _ => {
            let parts = labels.iter().map(|(name, value)| format!("{name}={value}"));
            parts.collect::<Vec<_>>().join(", ")
        }
    }
}
