//! What got slower or faster from one profile to the next, and how sure that is.
//!
//! Recordings differ in length and load: figures are shares of busy time (of bytes, where allocations are
//! compared). A share p of n samples has a standard error of sqrt(p (1 - p) / n); the noise of a change
//! is [`ERRORS`] standard errors of the difference. n is [`Profile::effective_samples`]; samples that
//! follow each other are less independent than that, so that the noise is a lower bound.

use std::hash::Hash;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::figures::share;
use super::tree::FunctionId;
use super::{Function, Profile, ProfileKind};
use crate::error::{Error, Result};

/// Standard errors that a change must exceed. Hundreds of functions are compared at once: with the usual
/// two, one in twenty of them would be told in vain.
const ERRORS: f64 = 3.0;

/// Two profiles compared.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileDiff {
    /// Of both.
    pub profile: ProfileKind,
    /// Busy weight of each: microseconds, or bytes.
    pub busy_weights: [u64; 2],
    /// Effective samples of each; 0 where that is not known, and then no change is significant.
    pub samples: [f64; 2],
    /// Every function that weighs something in one of them, the greatest change of the own share first.
    pub functions: Vec<FunctionChange>,
}

/// A function in both profiles.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionChange {
    /// As the later profile has it, or the earlier one where it is gone.
    pub function: Function,
    /// Its numbers in the two profiles; none where it is not there.
    pub ids: [Option<FunctionId>; 2],
    /// Shares of busy weight, without callees.
    pub own: ShareChange,
    /// Shares of busy weight, with callees.
    pub total: ShareChange,
}

/// A share in both profiles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShareChange {
    /// 0 to 1.
    pub before: f64,
    /// 0 to 1.
    pub after: f64,
    /// The change that chance alone may make, as a share; none where the number of samples is not known.
    pub noise: Option<f64>,
    /// Whether the change exceeds the noise.
    pub significant: bool,
}

impl ShareChange {
    fn new(shares: [f64; 2], samples: [f64; 2]) -> Self {
        let [before, after] = shares;
        let known = samples.iter().all(|samples| *samples > 0.0);
        let variance = variance(before, samples[0]) + variance(after, samples[1]);
        let noise = known.then(|| ERRORS * variance.sqrt());
        let significant = noise.is_some_and(|noise| (after - before).abs() > noise);
        Self { before, after, noise, significant }
    }
}

/// The square of a share's standard error. One sample each way is added (Agresti and Coull): none of a
/// hundred samples does not mean that there is nothing.
fn variance(share: f64, samples: f64) -> f64 {
    let share = (share * samples + 1.0) / (samples + 2.0);
    share * (1.0 - share) / (samples + 2.0)
}

/// Compares two profiles of one kind.
///
/// # Errors
///
/// [`Error::InvalidArgument`] where one is a CPU profile and the other one is not.
pub fn diff(before: &Profile, after: &Profile) -> Result<ProfileDiff> {
    if before.kind() != after.kind() {
        let detail = "a CPU profile and an allocation profile cannot be compared";
        return Err(Error::InvalidArgument(detail.into()));
    }
    let profiles = [before, after];
    let samples = profiles.map(Profile::effective_samples);
    let pairs = pairs(before, after);
    let change = |ids: [Option<FunctionId>; 2]| change(profiles, ids, samples);
    let mut functions: Vec<FunctionChange> = pairs.into_iter().filter_map(change).collect();
    let size = |change: &FunctionChange| {
        (
            (change.own.after - change.own.before).abs(),
            (change.total.after - change.total.before).abs(),
        )
    };
    functions.sort_by(|a, b| {
        let ((own_a, total_a), (own_b, total_b)) = (size(a), size(b));
        own_b.total_cmp(&own_a).then(total_b.total_cmp(&total_a))
    });
    let busy_weights = profiles.map(Profile::busy_weight);
    Ok(ProfileDiff { profile: before.kind(), busy_weights, samples, functions })
}

/// The figures of a function in both; none where it is idle or weighs nothing.
fn change(
    profiles: [&Profile; 2],
    ids: [Option<FunctionId>; 2],
    samples: [f64; 2],
) -> Option<FunctionChange> {
    let [before, after] = profiles;
    let function = match ids {
        [_, Some(id)] => after.function(id),
        [Some(id), None] => before.function(id),
        [None, None] => return None,
    };
    let figures = [0, 1].map(|at| ids[at].map(|id| profiles[at].figures(id)).unwrap_or_default());
    let weighs = figures.iter().any(|figures| figures.total_weight > 0);
    if function.category.is_idle() || !weighs {
        return None;
    }
    let busy = profiles.map(Profile::busy_weight);
    let own = [0, 1].map(|at| share(figures[at].self_weight, busy[at]));
    let total = [0, 1].map(|at| share(figures[at].total_weight, busy[at]));
    Some(FunctionChange {
        function: function.clone(),
        ids,
        own: ShareChange::new(own, samples),
        total: ShareChange::new(total, samples),
    })
}

/// Which function of the one is which of the other: by name, URL and place. Between two versions of a
/// program lines move: what is left is matched by name and URL, where these are unique.
fn pairs(before: &Profile, after: &Profile) -> Vec<[Option<FunctionId>; 2]> {
    let (before, after) = (before.functions(), after.functions());
    let mut partner = vec![None; before.len()];
    let mut left: Vec<FunctionId> = (0..after.len() as FunctionId).collect();
    let exactly = |function: &Function| {
        (function.name.clone(), place(function), function.line, function.column)
    };
    join(before, after, &mut partner, &mut left, exactly);
    let by_name = |function: &Function| (function.name.clone(), place(function));
    join(before, after, &mut partner, &mut left, by_name);
    let known = partner.iter().enumerate().map(|(id, partner)| [Some(id as u32), *partner]);
    known.chain(left.iter().map(|id| [None, Some(*id)])).collect()
}

/// A script's path: Node writes a URL for the same file, or a path.
fn place(function: &Function) -> String {
    function.url.strip_prefix("file://").unwrap_or(&function.url).to_owned()
}

/// Pairs those that have no partner yet and whose key is the key of one function only, on both sides.
fn join<K: Eq + Hash>(
    before: &[Function],
    after: &[Function],
    partner: &mut [Option<FunctionId>],
    left: &mut Vec<FunctionId>,
    key: impl Fn(&Function) -> K,
) {
    let free = (0..before.len() as FunctionId).filter(|id| partner[*id as usize].is_none());
    let olds = unique(before, free, &key);
    let news = unique(after, left.iter().copied(), &key);
    left.retain(|id| {
        let key = key(&after[*id as usize]);
        let (Some(Some(old)), Some(Some(_))) = (olds.get(&key), news.get(&key)) else {
            return true;
        };
        partner[*old as usize] = Some(*id);
        false
    });
}

/// Functions by key; none where a key has several.
fn unique<K: Eq + Hash>(
    functions: &[Function],
    ids: impl Iterator<Item = FunctionId>,
    key: impl Fn(&Function) -> K,
) -> FxHashMap<K, Option<FunctionId>> {
    let mut found: FxHashMap<K, Option<FunctionId>> = FxHashMap::default();
    for id in ids {
        found
            .entry(key(&functions[id as usize]))
            .and_modify(|known| *known = None)
            .or_insert(Some(id));
    }
    found
}
