//! JSON on the event loop. V8 charges JSON.parse() and JSON.stringify() to the line that calls them.

use super::super::finding::{Finding, Texts};
use super::super::owners::{Owners, is_user};
use super::is_worth_telling;
use crate::profile::{FunctionId, Profile};

const CALLS: [&str; 2] = ["JSON.stringify(", "JSON.parse("];

pub(super) fn find(profile: &Profile, _: &Owners) -> Vec<Finding> {
    let all = (0..).zip(profile.functions());
    let own = all.filter(|(_, function)| is_user(function.category)).map(|(id, _)| id);
    own.filter_map(|id| tell(profile, id)).collect()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn tell(profile: &Profile, id: FunctionId) -> Option<Finding> {
    let own = profile.figures(id).self_weight;
    if !is_worth_telling(profile, own) {
        return None;
    }
    let lines = profile.hot_lines(id);
    let calls = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        CALLS.iter().find(|call| text.contains(**call))
    };
    let lines: Vec<_> = lines
        .into_iter()
        .filter_map(|line| calls(&line.text).map(|call| (line, call.trim_end_matches('('))))
        .collect();
    // Where a call shares its line with other work, that is counted too: the sentence says so.
    let weight = lines.iter().map(|(line, _)| line.share).sum::<f64>() * own as f64;
    let weight = weight as u64;
    let (line, call) = lines.first().filter(|_| is_worth_telling(profile, weight))?;
    let texts = Texts {
        sentence: format!(
            "{call}() on the event loop: line {} of {}, which calls it, takes {} of the CPU time ({}).",
            line.line,
            profile.named(id),
            profile.share_text(weight),
            profile.weight_text(weight)
        ),
        explanation: format!(
            "The line reads `{}`.",
            line.text.as_deref().unwrap_or_default().replace('`', "'")
        ),
        advice: "Do it once instead of every time, make the value smaller, or move big ones to a worker \
                 thread."
            .into(),
    };
    Some(Finding::new(profile, "json", weight, Some(id), texts))
}
