//! Functions that V8 optimises again and again in vain.

use std::collections::BTreeMap;

use super::super::finding::{Finding, Texts};
use super::super::owners::{Owners, is_user};
use super::super::words::{count, plural};
use crate::profile::{FunctionDeopt, FunctionId, Profile};

/// Deoptimisations that are too many for one function: V8 learns from each, a few are usual.
const LEAST: u64 = 5;

/// Below this share of the time nobody would feel the difference.
const LEAST_SHARE: f64 = 0.01;

/// Functions that are told.
const MOST: usize = 3;

/// Reasons that are told of each.
const REASONS: usize = 3;

/// V8 leaves a loop's code for that of the whole function, or has no more to say: nothing was in vain.
fn counts(reason: &str) -> bool {
    !reason.contains("OSR") && !matches!(reason, "(unknown)" | "unknown" | "no reason" | "")
}

pub(super) fn find(profile: &Profile, owners: &Owners) -> Vec<Finding> {
    let all = 0..profile.functions().len() as FunctionId;
    let is_own = |id: &FunctionId| is_user(profile.function(*id).category);
    let mut found: Vec<(FunctionId, u64)> = all
        .filter(is_own)
        .filter(|id| profile.busy_share(owners.charged_to(*id)) >= LEAST_SHARE)
        .map(|id| (id, told(profile, id).map(|deopt| deopt.count).sum()))
        .filter(|(_, times)| *times >= LEAST)
        .collect();
    found.sort_by_key(|(id, times)| (std::cmp::Reverse(*times), *id));
    found.truncate(MOST);
    found.into_iter().map(|(id, times)| tell(profile, owners, id, times)).collect()
}

fn told(profile: &Profile, id: FunctionId) -> impl Iterator<Item = FunctionDeopt> {
    profile.deopts(id).into_iter().filter(|deopt| counts(&deopt.reason))
}

fn tell(profile: &Profile, owners: &Owners, id: FunctionId, times: u64) -> Finding {
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    for deopt in told(profile, id) {
        *reasons.entry(deopt.reason).or_default() += deopt.count;
    }
    let mut reasons: Vec<(String, u64)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let listed: Vec<String> = reasons
        .iter()
        .take(REASONS)
        .map(|(reason, times)| {
            format!("\u{201c}{reason}\u{201d} ({})", plural(*times as usize, "time"))
        })
        .collect();
    let weight = owners.charged_to(id);
    let (why, advice) =
        meaning(&reasons.first().map_or("", |(reason, _)| reason.as_str()).to_lowercase());
    let texts = Texts {
        sentence: format!(
            "V8 optimised {} and threw the code away {} times; the function takes {} of the CPU time ({}).",
            profile.named(id),
            count(times),
            profile.share_text(weight),
            profile.weight_text(weight)
        ),
        explanation: format!("V8's reasons: {}. {why}", listed.join(", ")),
        advice: advice.into(),
    };
    Finding::new(profile, "deoptimised", weight, Some(id), texts)
}

/// What a reason of V8's means, and what helps (`src/deoptimizer/deoptimize-reason.h`).
fn meaning(reason: &str) -> (&'static str, &'static str) {
    let has = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if has(&["map"]) {
        return (
            "Objects of ever new shapes come to the same place (it is megamorphic, or on its way there).",
            "Give the objects the same properties in the same order, from one constructor or literal, and \
             do not delete properties.",
        );
    }
    if has(&[
        "smi",
        "overflow",
        "lost precision",
        "nan",
        "minus zero",
        "heap number",
        "not a number",
    ]) {
        return (
            "Numbers change their kind: small integers, then fractions, NaN or something that is no number.",
            "Keep what is counted an integer below 2^31, start with the right kind of number, and check \
             what comes from outside before the loop.",
        );
    }
    if has(&["out of bounds", "hole", "elements", "array"]) {
        return (
            "Arrays are read beyond their end, have holes, or change the kind of their elements.",
            "Check the length before, fill arrays without holes, and keep one kind of element in each.",
        );
    }
    if has(&["insufficient type feedback", "feedback"]) {
        return (
            "Parts of it are reached that were never run before it was optimised.",
            "Split rare cases off into functions of their own.",
        );
    }
    (
        "What it was optimised for did not hold.",
        "Look at what changes between calls: types of the arguments, shapes of objects, kinds of numbers.",
    )
}
