//! The whole report.

use serde::Serialize;

use super::finding::Finding;
use super::hot;
use super::labelled::{self, LabelRow};
use super::overview::Overview;
use super::owners::Owners;
use super::rows::FunctionRow;
use super::rules;
use super::words::{percent, plural};
use crate::profile::figures::share;
use crate::profile::{Profile, ProfileKind};

/// What is told of a profile.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileReport {
    /// `cpuProfile` or `heapProfile`.
    pub kind: &'static str,
    /// The headline.
    pub verdict: String,
    /// The whole in a few numbers.
    pub overview: Overview,
    /// Most expensive first; none in a process with nothing to do.
    pub findings: Vec<Finding>,
    /// By the labels that samples were taken under, heaviest first; empty where there are none.
    pub labels: Vec<LabelRow>,
    /// Functions by own weight.
    pub by_self: Vec<FunctionRow>,
    /// Functions by weight with callees.
    pub by_total: Vec<FunctionRow>,
}

/// Findings that are told at most.
const MOST_FINDINGS: usize = 10;

/// A finding with this share of a hot function's weight says of it what there is to say.
const EXPLAINS: f64 = 0.8;

/// A finding below this share of all time, idle time included, is none.
const LEAST_OF_ALL: f64 = 0.01;

/// Less busy than this, the CPU is not the trouble.
const LEAST_BUSY: f64 = 0.10;

/// Puts everything together; at most `top` rows a table.
#[must_use]
pub fn report(profile: &Profile, top: usize) -> ProfileReport {
    let owners = Owners::of(profile);
    let findings = findings(profile, &owners);
    let rows = |ids: Vec<u32>| ids.into_iter().take(top).map(|id| profile.function_row(id));
    ProfileReport {
        kind: match profile.kind() {
            ProfileKind::Cpu => "cpuProfile",
            ProfileKind::Allocation => "heapProfile",
        },
        verdict: verdict(profile, &findings),
        overview: profile.overview(),
        labels: labelled::rows(profile, top),
        by_self: rows(profile.by_self()).collect(),
        by_total: rows(profile.by_total()).collect(),
        findings,
    }
}

/// Those with a known reason, and the hot functions that none of them explains.
fn findings(profile: &Profile, owners: &Owners) -> Vec<Finding> {
    let mut found = rules::findings(profile, owners);
    let explained = |hot: &Finding| {
        let id = hot.function.as_ref().map(|function| function.id);
        found.iter().any(|finding| {
            id.is_some_and(|id| finding.is_about(id))
                && share(finding.weight, hot.weight) >= EXPLAINS
        })
    };
    let hot = hot::findings(profile, owners);
    // Who packs once per listener is told that first, whatever the packing does.
    let hot: Vec<Finding> =
        hot.into_iter().filter(|one| one.rule == "per-listener" || !explained(one)).collect();
    found.extend(hot);
    found.extend(labelled::findings(profile, owners));
    // Where little is done, a large part of it is little, too.
    found.retain(|finding| share(finding.weight, profile.total_weight()) >= LEAST_OF_ALL);
    found.sort_by_key(|finding| (std::cmp::Reverse(finding.weight), finding.rule));
    found.truncate(MOST_FINDINGS);
    found
}

fn verdict(profile: &Profile, findings: &[Finding]) -> String {
    let (total, busy) = (profile.total_weight(), profile.busy_weight());
    if profile.kind() == ProfileKind::Allocation {
        let amount = profile.weight_text(total);
        return match findings.first() {
            Some(first) => format!("{} {amount} in all.", first.sentence),
            None => format!(
                "Nothing stands out in the {amount} that were allocated and are still alive."
            ),
        };
    }
    let length = profile.weight_text(total);
    if share(busy, total) < LEAST_BUSY {
        return format!(
            "Nothing to do: the event loop was idle for {} of {length}.{}",
            percent(1.0 - share(busy, total)),
            few_samples(profile)
        );
    }
    let garbage = profile.share_text(profile.garbage_weight());
    let load = format!(
        "The thread was busy for {} of {length}, {garbage} of that with garbage collection.{}",
        percent(share(busy, total)),
        few_samples(profile)
    );
    let label = findings.iter().find(|finding| finding.rule == "label");
    let behalf = label.map_or_else(String::new, |label| format!("{} ", label.sentence));
    match findings.iter().find(|finding| finding.rule != "label") {
        Some(first) => format!("{} {behalf}{load}", first.sentence),
        None if label.is_some() => format!("{behalf}{load}"),
        None => format!("Nothing stands out. {load}"),
    }
}

/// Shares of few samples are guesses.
fn few_samples(profile: &Profile) -> String {
    let samples = profile.effective_samples();
    if samples >= 100.0 || samples <= 0.0 {
        return String::new();
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 100")]
    let samples = plural(samples.ceil() as usize, "sample");
    format!(" That tells no more than {samples} of equal weight would: record longer to be sure.")
}
