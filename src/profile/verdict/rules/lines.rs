//! Calls that V8 charges to the line that makes them: what its builtins do has no function of its own, and
//! a regular expression that was compiled before the recording has none either.

use super::super::finding::{Finding, Texts};
use super::super::owners::{Owners, is_user};
use super::{is_worth_telling, regexp};
use crate::profile::{FunctionId, HotLine, Profile};

/// Calls of one kind, as they are written.
struct Kind {
    rule: &'static str,
    what: &'static str,
    calls: &'static [&'static str],
    advice: &'static str,
    explain: fn(&str) -> String,
}

const KINDS: [Kind; 2] = [
    Kind {
        rule: "json",
        what: "on the event loop",
        calls: &["JSON.stringify(", "JSON.parse("],
        advice: "Do it once instead of every time, make the value smaller, or move big ones to a worker \
                 thread.",
        explain: |_| String::new(),
    },
    Kind {
        rule: "regexp",
        what: "of a regular expression",
        calls: &[".test(", ".exec(", ".match(", ".matchAll(", ".replace(/", ".split(/", ".search("],
        advice: regexp::ADVICE,
        explain: |line| regexp::backtracks(line).map_or_else(String::new, regexp::explanation),
    },
];

pub(super) fn find(profile: &Profile, _: &Owners) -> Vec<Finding> {
    let all = (0..).zip(profile.functions());
    let own = all.filter(|(_, function)| is_user(function.category)).map(|(id, _)| id);
    own.flat_map(|id| KINDS.iter().filter_map(move |kind| tell(profile, kind, id))).collect()
}

/// The call that a line makes.
fn call_in(kind: &Kind, line: &HotLine) -> Option<&'static str> {
    let text = line.text.as_deref()?;
    kind.calls.iter().find(|call| text.contains(**call)).copied()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn tell(profile: &Profile, kind: &Kind, id: FunctionId) -> Option<Finding> {
    let own = profile.figures(id).self_weight;
    if !is_worth_telling(profile, own) {
        return None;
    }
    let lines = profile.hot_lines(id).into_iter();
    let lines: Vec<_> =
        lines.filter_map(|line| call_in(kind, &line).map(|call| (line, call))).collect();
    // Where a call shares its line with other work, that is counted too: the sentence says so.
    let weight = (lines.iter().map(|(line, _)| line.share).sum::<f64>() * own as f64) as u64;
    let (line, call) = lines.first().filter(|_| is_worth_telling(profile, weight))?;
    let text = line.text.as_deref().unwrap_or_default();
    let name = call.trim_end_matches('/').trim_end_matches('(');
    let texts = Texts {
        sentence: format!(
            "{name}() {}: line {} of {}, which calls it, takes {} of the CPU time ({}).",
            kind.what,
            line.line,
            profile.named(id),
            profile.share_text(weight),
            profile.weight_text(weight)
        ),
        explanation: format!(
            "The line reads `{}`. {}",
            text.replace('`', "'"),
            (kind.explain)(text)
        )
        .trim_end()
        .to_owned(),
        advice: kind.advice.into(),
    };
    Some(Finding::new(profile, kind.rule, weight, Some(id), texts))
}
