//! What costs time for a reason that is known, each kind with what helps.

mod blocking;
mod deopts;
mod garbage;
mod lines;
mod regexp;

use rustc_hash::FxHashMap;

use super::finding::Finding;
use super::owners::Owners;
use crate::profile::{FunctionId, Node, Profile, ProfileKind};

/// A finding below this share of the busy time is none.
const LEAST_SHARE: f64 = 0.03;

/// All findings of all rules.
pub(super) fn findings(profile: &Profile, owners: &Owners) -> Vec<Finding> {
    if profile.kind() == ProfileKind::Allocation {
        return Vec::new();
    }
    let rules =
        [regexp::find, blocking::find, lines::find, deopts::find, garbage::find].into_iter();
    rules.flat_map(|find| find(profile, owners)).collect()
}

fn is_worth_telling(profile: &Profile, weight: u64) -> bool {
    profile.busy_share(weight) >= LEAST_SHARE
}

/// Weight of some nodes by the function of the program that they are charged to, heaviest first; what
/// nobody of the program has asked for is under `None`.
fn by_owner(
    profile: &Profile,
    owners: &Owners,
    weights: impl Iterator<Item = (Node, u64)>,
) -> Vec<(Option<FunctionId>, u64)> {
    let mut found: FxHashMap<Option<FunctionId>, u64> = FxHashMap::default();
    for (node, weight) in weights {
        let owner = owners.owner(node).map(|owner| profile.tree().function(owner));
        *found.entry(owner).or_default() += weight;
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(owner, weight)| (std::cmp::Reverse(*weight), *owner));
    found
}

/// `, called from f (a.js:1)` and how many others.
fn callers_text(profile: &Profile, callers: &[(Option<FunctionId>, u64)]) -> String {
    let named: Vec<FunctionId> = callers.iter().filter_map(|(owner, _)| *owner).collect();
    match named.as_slice() {
        [] => String::new(),
        [only] => format!(", called from {}", profile.named(*only)),
        [first, others @ ..] => format!(
            ", called most of all from {} and {} more",
            profile.named(*first),
            super::words::plural(others.len(), "function")
        ),
    }
}
