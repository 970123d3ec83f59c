//! Regular expressions: V8 tells their time by their pattern.

use std::collections::BTreeMap;

use super::super::finding::{Finding, Texts};
use super::super::owners::Owners;
use super::{by_owner, callers_text, is_worth_telling};
use crate::profile::category::Category;
use crate::profile::{FunctionId, Profile};

/// What V8 puts before the pattern.
const PREFIX: &str = "RegExp: ";

/// Characters of a pattern that are shown.
const SHOWN: usize = 80;

/// What helps against an expression that takes long.
pub(super) const ADVICE: &str = "Write it so that one text has one way to match (no repeated group whose \
                                 inside repeats too), check the length of the text before, or use RE2.";

/// Why an expression with such a part takes long.
pub(super) fn explanation(part: &str) -> String {
    format!(
        "A repetition inside a repetition, `{part}`: where a text almost matches, V8 tries every way to \
         divide it between the two, twice as many for each character more."
    )
}

pub(super) fn find(profile: &Profile, owners: &Owners) -> Vec<Finding> {
    let mut patterns: BTreeMap<&str, Vec<FunctionId>> = BTreeMap::new();
    for (id, function) in (0..).zip(profile.functions()) {
        let pattern = function.name.strip_prefix(PREFIX);
        if let Some(pattern) = pattern.filter(|_| function.category == Category::Native) {
            patterns.entry(pattern).or_default().push(id);
        }
    }
    let finding = |(pattern, ids): (&str, Vec<FunctionId>)| {
        let weight = ids.iter().map(|id| profile.figures(*id).self_weight).sum();
        is_worth_telling(profile, weight).then(|| tell(profile, owners, pattern, &ids, weight))
    };
    patterns.into_iter().filter_map(finding).collect()
}

fn tell(
    profile: &Profile,
    owners: &Owners,
    pattern: &str,
    ids: &[FunctionId],
    weight: u64,
) -> Finding {
    let nodes = ids.iter().flat_map(|id| profile.nodes_of(*id)).copied();
    let weights = nodes.map(|node| (node, profile.tree().self_weight(node)));
    let callers = by_owner(profile, owners, weights);
    let (explanation, advice) = match backtracks(pattern) {
        Some(part) => (explanation(part), ADVICE),
        None => (
            "V8 compiles it and runs it on the event loop; nothing else runs meanwhile.".into(),
            "Match less text or less often, anchor the pattern, or search with indexOf() first.",
        ),
    };
    let texts = Texts {
        sentence: format!(
            "The regular expression /{}/ takes {} of the CPU time ({}){}.",
            shown(pattern),
            profile.share_text(weight),
            profile.weight_text(weight),
            callers_text(profile, &callers)
        ),
        explanation,
        advice: advice.into(),
    };
    let caller = callers.first().and_then(|(owner, _)| *owner);
    Finding::new(profile, "regexp", weight, caller, texts)
}

fn shown(pattern: &str) -> String {
    if pattern.chars().count() <= SHOWN {
        return pattern.to_owned();
    }
    pattern.chars().take(SHOWN).chain(['…']).collect()
}

/// The first group that is repeated without a bound and has such a repetition inside, `(\w+\s?)*`.
///
/// A rule of thumb (star height above one), as safe-regex has it: there are such patterns that do not
/// backtrack, and others that do. It is asked of expressions only that were seen to take time.
pub(super) fn backtracks(pattern: &str) -> Option<&str> {
    let mut open: Vec<(usize, bool)> = Vec::new();
    let (mut in_class, mut escaped) = (false, false);
    let mut closed: Option<(usize, bool)> = None;
    for (at, symbol) in pattern.char_indices() {
        let group = closed.take();
        if std::mem::take(&mut escaped) {
            continue;
        }
        match symbol {
            '\\' => escaped = true,
            ']' => in_class = false,
            _ if in_class => {}
            '[' => in_class = true,
            '(' => open.push((at, false)),
            ')' => {
                closed = open.pop();
                if let (Some((_, true)), Some(outer)) = (closed, open.last_mut()) {
                    outer.1 = true;
                }
            }
            '*' | '+' | '{' if symbol != '{' || is_unbounded(&pattern[at..]) => match group {
                Some((from, true)) => return Some(&pattern[from..=at]),
                _ => open.last_mut().into_iter().for_each(|group| group.1 = true),
            },
            _ => {}
        }
    }
    None
}

/// `{2,}`.
fn is_unbounded(pattern: &str) -> bool {
    let inside = pattern[1..].split_once('}').map(|(inside, _)| inside);
    inside
        .and_then(|inside| inside.strip_suffix(','))
        .is_some_and(|least| !least.is_empty() && least.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_inside_repetitions() {
        for (pattern, part) in [
            (r"^(\w+\s?)*$", Some(r"(\w+\s?)*")),
            ("(a+)+b", Some("(a+)+")),
            ("((ab*)c)+", Some("((ab*)c)+")),
            ("(?:x{2,})*", Some("(?:x{2,})*")),
            ("(a+){3,}", Some("(a+){")),
            ("(a+)b+", None),
            ("(ab)+c*", None),
            (r"(a\+)+", None),
            ("([+*])+", None),
            ("(a{2,3})+", None),
            (r"(\(a+\))", None),
            ("", None),
            (")+(", None),
            ("(é+)*", Some("(é+)*")),
        ] {
            assert_eq!(backtracks(pattern), part, "{pattern}");
        }
    }

    #[test]
    fn long_patterns_are_cut() {
        assert_eq!(shown(&"é".repeat(80)), "é".repeat(80));
        assert_eq!(shown(&"é".repeat(81)), format!("{}…", "é".repeat(80)));
    }
}
