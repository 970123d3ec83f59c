//! Something that a report points at.

use serde::Serialize;

use super::rows::FunctionRef;
use crate::profile::{FunctionId, Profile};

/// Something that costs, and what to do about it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What found it; see `index.d.ts` for the names.
    pub rule: &'static str,
    /// What it is.
    pub sentence: String,
    /// Why that is so, or how it is known.
    pub explanation: String,
    /// What helps.
    pub advice: String,
    /// What it costs: microseconds, or bytes.
    pub weight: u64,
    /// Of the busy weight, 0 to 1.
    pub share: f64,
    /// Where it is, where that is one place.
    pub function: Option<FunctionRef>,
    /// Functions that lead there, nearest first.
    pub callers: Vec<FunctionRef>,
}

/// The texts of a finding.
pub(super) struct Texts {
    pub(super) sentence: String,
    pub(super) explanation: String,
    pub(super) advice: String,
}

impl Finding {
    pub(super) fn new(
        profile: &Profile,
        rule: &'static str,
        weight: u64,
        function: Option<FunctionId>,
        texts: Texts,
    ) -> Self {
        Self {
            rule,
            sentence: texts.sentence,
            explanation: texts.explanation,
            advice: texts.advice,
            weight,
            share: profile.busy_share(weight),
            function: function.map(|function| profile.function_ref(function)),
            callers: Vec::new(),
        }
    }

    /// Whether it tells of this function.
    pub(super) fn is_about(&self, function: FunctionId) -> bool {
        self.function.as_ref().is_some_and(|about| about.id == function)
    }
}
