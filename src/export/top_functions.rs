//! Which functions weigh most by themselves.

use rustc_hash::FxHashMap;

use super::call_frame::{CallFrame, url};

/// Functions named in a report.
const TOP: usize = 20;

/// A function and its own weight: hits of a CPU profile, bytes of an allocation profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopFunction {
    /// Name; `(anonymous)` for none.
    pub function_name: String,
    /// URL of the script; empty for V8's own entries.
    pub url: String,
    /// 1-based, 0 for none.
    pub line_number: i32,
    /// Own weight, without callees.
    pub weight: u64,
}

/// Sums weights by function, whatever called it.
#[derive(Default)]
pub(super) struct Weights(FxHashMap<(String, String, i32, i32), u64>);

impl Weights {
    pub(super) fn add(&mut self, frame: &CallFrame<'_>, weight: u64) {
        if weight == 0 {
            return;
        }
        let name = if frame.function.is_empty() { "(anonymous)" } else { frame.function };
        let key = (name.to_owned(), url(frame.script).into_owned(), frame.line, frame.column);
        *self.0.entry(key).or_default() += weight;
    }

    /// The heaviest functions, heaviest first; equal weights by name, so that the order is stable.
    pub(super) fn top(self) -> Vec<TopFunction> {
        let mut all: Vec<_> = self.0.into_iter().collect();
        all.sort_unstable_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
        all.truncate(TOP);
        let function = |((function_name, url, line_number, _), weight)| TopFunction {
            function_name,
            url,
            line_number,
            weight,
        };
        all.into_iter().map(function).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_by_function_and_sorts() {
        let frame =
            |function, line| CallFrame { function, script: "/a.js", script_id: 1, line, column: 1 };
        let mut weights = Weights::default();
        weights.add(&frame("slow", 1), 5);
        weights.add(&frame("", 9), 7);
        weights.add(&frame("slow", 1), 6);
        weights.add(&frame("never", 3), 0);
        let top = weights.top();
        let seen: Vec<_> =
            top.iter().map(|f| (f.function_name.as_str(), f.line_number, f.weight)).collect();
        assert_eq!(seen, [("slow", 1, 11), ("(anonymous)", 9, 7)]);
        assert_eq!(top[0].url, "file:///a.js");
    }
}
