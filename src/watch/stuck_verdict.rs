//! Which code is stuck, by its profile and by the stacks that were seen meanwhile.
//!
//! V8 tells a profiler that starts late neither of a loop that it optimised while it ran ("on-stack
//! replacement"), nor of functions that it had compiled into their callers: their time is charged to the
//! caller, at the line of the call. A stack tells both. But a stack is seen where V8 answers interrupts, at
//! the beginning of a function and at the end of a loop's turn, so it says little about how the time is
//! shared out: it is believed only about functions that the profile does not know, or not from the beginning.
//! Where a script has all its code in one line nobody can tell the two apart, and the profile is believed.

use std::path::Path;

use serde::Serialize;

use crate::error::Result;
use crate::export::url;
use crate::profile::verdict::{self, FunctionRef, ProfileReport};
use crate::profile::{FunctionId, Profile};
use crate::text::Control;
use crate::v8::StackFrame;

/// Rows of the report that are looked at.
const ROWS: usize = 20;

/// Categories of code that can be changed.
const OWN_CODE: [&str; 3] = ["app", "package", "wasm"];

/// Share of the stacks that the function must be on top of.
const LEAST_SEEN: f64 = 0.5;

/// A function with less than this of the time may be one that the profile does not know.
const LEAST_PROFILED: f64 = 0.05;

/// One with more may be known from some moment on, when it was entered again. Then this share of its samples
/// comes after as great a share of the caller's.
const IN_ORDER: f64 = 0.9;

/// The name of a function that has none, as reports have it.
const ANONYMOUS: &str = "(anonymous)";

/// What is known of the stuck code.
pub(super) struct StuckVerdict {
    /// Everything in words.
    pub(super) verdict: String,
    /// The first sentence of it: who burns the time.
    pub(super) sentence: String,
    /// The function that the time is charged to.
    pub(super) spot: Option<Spot>,
    /// Its hottest line, 1-based.
    pub(super) hot_line: Option<u32>,
    /// The last stack that was seen, innermost first.
    pub(super) stack: Vec<Spot>,
}

/// A function and a line of it: where it begins, or where it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Spot {
    /// `(anonymous)` where it has no name.
    pub(super) function: String,
    pub(super) url: String,
    /// 1-based; 0 is unknown.
    pub(super) line: u32,
}

/// Reads the profile in a file.
pub(super) fn read(
    path: &Path,
    stacks: &[Vec<StackFrame>],
    control: &Control,
) -> Result<StuckVerdict> {
    let profile = Profile::read(path, control)?;
    let stacks: Vec<Vec<Spot>> = stacks.iter().map(|stack| spots(stack)).collect();
    let mut told = by_profile(&profile);
    if let Some(lost) = Lost::find(&profile, &stacks, told.spot.as_ref()) {
        lost.correct(&mut told);
    }
    told.stack = stacks.into_iter().next_back().unwrap_or_default();
    Ok(told)
}

fn spots(stack: &[StackFrame]) -> Vec<Spot> {
    let spot = |frame: &StackFrame| Spot {
        function: title(&frame.function),
        url: url(&frame.script).into_owned(),
        line: frame.line,
    };
    stack.iter().map(spot).collect()
}

fn title(name: &str) -> String {
    if name.is_empty() { ANONYMOUS.into() } else { name.into() }
}

fn by_profile(profile: &Profile) -> StuckVerdict {
    let report = verdict::report(profile, ROWS);
    let function = function(&report);
    let lines = function.as_ref().map(|function| profile.hot_lines(function.id));
    let spot = function.map(|one| Spot { function: one.name, url: one.url, line: one.line });
    let first = report.findings.iter().find(|finding| finding.rule != "label");
    let sentence = match (first, &spot) {
        (Some(first), _) => first.sentence.clone(),
        (None, Some(spot)) => format!("It was in {}.", spot.named()),
        (None, None) => "No function stands out.".into(),
    };
    StuckVerdict {
        verdict: report.verdict,
        sentence,
        spot,
        hot_line: lines.and_then(|lines| lines.first().map(|line| line.line)),
        stack: Vec::new(),
    }
}

/// That of the first finding which has one; else the heaviest one that can be changed.
fn function(report: &ProfileReport) -> Option<FunctionRef> {
    let found = report.findings.iter().find_map(|finding| finding.function.as_ref());
    let mut rows = report.by_self.iter().chain(&report.by_total).map(|row| &row.function);
    found.or_else(|| rows.find(|one| OWN_CODE.contains(&one.category))).cloned()
}

/// A function that the profile does not know.
struct Lost<'a> {
    spot: &'a Spot,
    /// Stacks on top of which it was.
    seen: usize,
    of: usize,
    caller: Option<&'a Spot>,
}

impl<'a> Lost<'a> {
    /// `hottest`: the function that the profile charges most to.
    fn find(profile: &Profile, stacks: &'a [Vec<Spot>], hottest: Option<&Spot>) -> Option<Self> {
        let tops: Vec<&[Spot]> = stacks.iter().filter_map(|stack| own_part(stack)).collect();
        let count = |spot: &Spot| tops.iter().filter(|top| top[0].is_in_function_of(spot)).count();
        // Of the functions that were seen as often the last one: it was still there at the end.
        let counted = tops.iter().map(|top| (*top, count(&top[0])));
        let (top, seen) = counted.max_by_key(|(_, seen)| *seen)?;
        let callers = &top[1..];
        let share = profiled_share(profile, &top[0]);
        let caller =
            hottest.filter(|one| callers.iter().any(|caller| caller.is_in_function_of(one)));
        let is_known_late = |caller| comes_after(profile, &top[0], caller);
        let is_unknown = share < LEAST_PROFILED || caller.is_some_and(is_known_late);
        let is_heavy = seen as f64 >= LEAST_SEEN * stacks.len() as f64;
        let lost = Self { spot: &top[0], seen, of: stacks.len(), caller: top.get(1) };
        // It may have been called from several lines meanwhile.
        let mut alike = tops.iter().filter(|other| other[0].is_in_function_of(&top[0]));
        let is_charged = alike.any(|one| is_charged_to_callers(profile, &one[1..]));
        (is_heavy && is_unknown && is_charged).then_some(lost)
    }

    fn correct(&self, told: &mut StuckVerdict) {
        let Self { seen, of, .. } = self;
        let from = self
            .caller
            .map_or_else(String::new, |caller| format!(", called from {}", caller.named()));
        let name = self.spot.named();
        let sentence = format!("{name} was running in {seen} of {of} looks at the stack{from}.");
        told.sentence = match sentence.strip_prefix("an ") {
            Some(rest) => format!("An {rest}"),
            None => sentence,
        };
        told.verdict = format!(
            "{} V8 does not tell the profiler of it, since it was optimised before: the profile \
             charges its time to its caller.",
            told.sentence
        );
        told.hot_line = Some(self.spot.line).filter(|line| *line > 0);
        told.spot = Some(self.spot.clone());
    }
}

/// From the innermost function that can be changed on.
fn own_part(stack: &[Spot]) -> Option<&[Spot]> {
    let first = stack.iter().position(|spot| !spot.url.starts_with("node:"))?;
    stack.get(first..)
}

/// Whether the nearest caller that the profile knows has its time where it calls.
fn is_charged_to_callers(profile: &Profile, callers: &[Spot]) -> bool {
    let mut callers = callers.iter().map(|caller| (caller, functions_of(profile, caller)));
    let Some((caller, ids)) = callers.find(|(_, ids)| !ids.is_empty()) else { return true };
    let is_at_call = |id: &FunctionId| {
        let lines = profile.hot_lines(*id);
        let begins_elsewhere = profile.function(*id).line != caller.line;
        begins_elsewhere && lines.first().is_some_and(|line| line.line == caller.line)
    };
    ids.iter().any(is_at_call)
}

fn functions_of(profile: &Profile, spot: &Spot) -> Vec<FunctionId> {
    let functions = (0..).zip(profile.functions());
    let own = functions.filter(|(_, one)| one.title() == spot.function && one.url == spot.url);
    own.map(|(id, _)| id).collect()
}

/// What the profile gives the function and what it calls.
fn profiled_share(profile: &Profile, spot: &Spot) -> f64 {
    let own = functions_of(profile, spot).into_iter();
    let weight: u64 = own.map(|id| profile.figures(id).total_weight).sum();
    weight as f64 / profile.busy_weight().max(1) as f64
}

/// Whether a function's samples come when those of another are over.
fn comes_after(profile: &Profile, later: &Spot, earlier: &Spot) -> bool {
    let [own, others] = [later, earlier].map(|spot| sample_numbers(profile, spot));
    let at = |numbers: &[usize], share: f64| {
        numbers.get((share * numbers.len() as f64) as usize).copied()
    };
    let (Some(begins), Some(ends)) = (at(&own, 1.0 - IN_ORDER), at(&others, IN_ORDER)) else {
        return false;
    };
    begins > ends
}

/// The samples in the function itself, ascending.
fn sample_numbers(profile: &Profile, spot: &Spot) -> Vec<usize> {
    let ids = functions_of(profile, spot);
    let samples = profile.samples().nodes().iter().enumerate();
    let own = samples.filter(|(_, node)| ids.contains(&profile.tree().function(**node)));
    own.map(|(number, _)| number).collect()
}

impl Spot {
    fn is_in_function_of(&self, other: &Self) -> bool {
        self.function == other.function && self.url == other.url
    }

    /// `backtrack (app.js:12)`.
    fn named(&self) -> String {
        let file = self.url.rsplit('/').next().unwrap_or("");
        let name = match self.function.as_str() {
            ANONYMOUS => "an anonymous function",
            name => name,
        };
        match (file, self.line) {
            ("", _) => name.into(),
            (file, 0) => format!("{name} ({file})"),
            (file, line) => format!("{name} ({file}:{line})"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;

    /// A profile in which `caller`, which begins at a line, has 60 samples at line 12, `helper` (line 30) 10 in
    /// between, and `late` (line 50) the last 30.
    fn profile(begins: i32) -> Profile {
        let frame = |name: &str, line: i32| {
            let url = if name.is_empty() { "" } else { "file:///app.js" };
            let name = if name.is_empty() { "(root)" } else { name };
            json!({ "functionName": name, "scriptId": "1", "url": url, "lineNumber": line - 1, "columnNumber": 0 })
        };
        let samples: Vec<u32> = (0..100)
            .map(|sample| match sample {
                70.. => 4,
                _ if sample % 7 == 0 => 3,
                _ => 2,
            })
            .collect();
        let text = json!({
            "nodes": [
                { "id": 1, "callFrame": frame("", 0), "hitCount": 0, "children": [2] },
                { "id": 2, "callFrame": frame("caller", begins), "hitCount": 60,
                  "children": [3, 4], "positionTicks": [{ "line": 12, "ticks": 60 }] },
                { "id": 3, "callFrame": frame("helper", 30), "hitCount": 10, "children": [] },
                { "id": 4, "callFrame": frame("late", 50), "hitCount": 30, "children": [] },
            ],
            "startTime": 1000, "endTime": 101_000,
            "samples": samples, "timeDeltas": vec![1000; 100],
        });
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text.to_string()).unwrap();
        Profile::read(file.path(), &Control::default()).unwrap()
    }

    fn stack(frames: &[(&str, u32)]) -> Vec<Spot> {
        let spot = |(name, line): &(&str, u32)| Spot {
            function: (*name).into(),
            url: "file:///app.js".into(),
            line: *line,
        };
        frames.iter().map(spot).collect()
    }

    fn lost(stacks: &[Vec<Spot>]) -> Option<String> {
        lost_in(&profile(10), stacks)
    }

    fn lost_in(profile: &Profile, stacks: &[Vec<Spot>]) -> Option<String> {
        let mut told = by_profile(profile);
        let hottest = told.spot.clone();
        Lost::find(profile, stacks, hottest.as_ref())?.correct(&mut told);
        assert_eq!(told.spot.as_ref().map(|spot| spot.line), told.hot_line);
        Some(told.sentence)
    }

    #[test]
    fn a_function_that_the_profile_does_not_know_is_told_by_the_stacks() {
        let there = stack(&[("spin", 21), ("caller", 12)]);
        let sentence = lost(&[there.clone(), stack(&[("helper", 31), ("caller", 13)]), there]);
        assert_eq!(
            sentence.as_deref(),
            Some(
                "spin (app.js:21) was running in 2 of 3 looks at the stack, called from caller \
                 (app.js:12)."
            )
        );
        let alone = lost(&[stack(&[(ANONYMOUS, 21)])]).unwrap();
        assert!(alone.starts_with("An anonymous function (app.js:21) was running"), "{alone}");
        assert!(lost(&[stack(&[("spin", 21), ("inlined", 5), ("caller", 12)])]).is_some());
        assert!(lost(&[stack(&[("late", 51), ("caller", 12)])]).is_some());
    }

    #[test]
    fn it_may_be_called_from_two_lines() {
        let [hot, last] = [12, 13].map(|line| stack(&[("spin", 21), ("caller", line)]));
        assert!(lost(&[hot.clone(), hot, last.clone()]).is_some());
        assert_eq!(lost(&[last.clone(), last]), None, "the time is not where it is called");
    }

    #[test]
    fn a_function_that_is_only_where_interrupts_are_answered_is_not() {
        let after_native_call = stack(&[("isDone", 40), ("caller", 13)]);
        assert_eq!(lost(&vec![after_native_call; 5]), None);
        assert_eq!(lost(&[stack(&[("helper", 31), ("caller", 12)])]), None, "the profile knows it");
        let once = stack(&[("spin", 21), ("caller", 12)]);
        let other = stack(&[("caller", 12)]);
        assert_eq!(lost(&[once, other.clone(), other]), None, "most often it was not there");
        let in_one_line = stack(&[("spin", 12), ("caller", 12)]);
        assert_eq!(lost_in(&profile(12), &[in_one_line]), None, "the lines tell nothing");
        assert_eq!(lost(&[]), None);
    }

    #[test]
    fn a_profile_that_knows_is_believed() {
        let told = by_profile(&profile(10));
        assert_eq!(told.spot.unwrap().function, "caller");
        assert_eq!(told.hot_line, Some(12));
        assert!(told.sentence.starts_with("caller (app.js:10) burns"), "{}", told.sentence);
    }
}
