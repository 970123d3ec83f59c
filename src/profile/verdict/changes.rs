//! What got slower or faster, in words.

use serde::Serialize;

use super::rows::FunctionRef;
use super::words::{file_name, percent};
use crate::error::Result;
use crate::profile::diff::{self as differences, FunctionChange, ShareChange};
use crate::profile::{Profile, ProfileKind};

/// Two profiles compared.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileChanges {
    /// `cpuProfileDiff` or `heapProfileDiff`.
    pub kind: &'static str,
    /// The headline.
    pub verdict: String,
    /// Busy weight of each: microseconds, or bytes.
    pub busy_weights: [u64; 2],
    /// Effective samples of each; 0 where that is not known, and then no change is significant.
    pub samples: [f64; 2],
    /// Functions, the greatest change of the own share first.
    pub functions: Vec<ChangeRow>,
}

/// A function in both profiles.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeRow {
    /// As the later profile has it, or the earlier one where it is gone.
    #[serde(flatten)]
    pub function: FunctionRef,
    /// Shares of busy weight, without callees.
    pub own: ShareChange,
    /// Shares of busy weight, with callees.
    pub total: ShareChange,
}

/// Compares two profiles of one kind; at most `top` rows.
///
/// # Errors
///
/// [`crate::error::Error::InvalidArgument`] where one is a CPU profile and the other one is not.
pub fn diff(before: &Profile, after: &Profile, top: usize) -> Result<ProfileChanges> {
    let found = differences::diff(before, after)?;
    let row = |change: &FunctionChange| {
        let function = match change.ids {
            [_, Some(id)] => after.function_ref(id),
            [Some(id), None] => before.function_ref(id),
            [None, None] => return None,
        };
        Some(ChangeRow { function, own: change.own, total: change.total })
    };
    let rows: Vec<ChangeRow> = found.functions.iter().filter_map(row).collect();
    Ok(ProfileChanges {
        kind: match found.profile {
            ProfileKind::Cpu => "cpuProfileDiff",
            ProfileKind::Allocation => "heapProfileDiff",
        },
        verdict: verdict(found.profile, &rows, found.samples),
        busy_weights: found.busy_weights,
        samples: found.samples,
        functions: rows.into_iter().take(top).collect(),
    })
}

fn verdict(kind: ProfileKind, rows: &[ChangeRow], samples: [f64; 2]) -> String {
    let of = match kind {
        ProfileKind::Cpu => "of the CPU time",
        ProfileKind::Allocation => "of what is alive",
    };
    if samples.iter().any(|samples| *samples <= 0.0) {
        return "How many samples they were made of is not told: what is noise cannot be said."
            .into();
    }
    let mut told = rows.iter().filter(|row| row.own.significant);
    let Some(first) = told.next() else {
        let most =
            rows.iter().map(|row| (row.own.after - row.own.before).abs()).fold(0.0, f64::max);
        return format!(
            "Nothing changed beyond the noise of sampling (the greatest change of a function is {}).",
            points(most)
        );
    };
    let others = told.count();
    let more = match others {
        0 => String::new(),
        1 => " One more function changed beyond the noise.".into(),
        _ => format!(" {others} more functions changed beyond the noise."),
    };
    let noise = first
        .own
        .noise
        .map_or_else(String::new, |noise| format!("; chance alone makes up to {}", points(noise)));
    format!(
        "{} went from {} to {} {of}{noise}.{more}",
        named(&first.function),
        percent(first.own.before),
        percent(first.own.after)
    )
}

/// A difference of two shares.
fn points(difference: f64) -> String {
    format!("{:.1} points", difference * 100.0)
}

fn named(function: &FunctionRef) -> String {
    match (function.url.as_str(), function.line) {
        ("", _) => function.name.clone(),
        (url, 0) => format!("{} ({})", function.name, file_name(url)),
        (url, line) => format!("{} ({}:{line})", function.name, file_name(url)),
    }
}
