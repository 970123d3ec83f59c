//! Garbage collection.

use super::super::finding::{Finding, Texts};
use super::super::owners::Owners;
use super::super::words::percent;
use crate::profile::figures::share;
use crate::profile::{FunctionId, Profile};

/// A share of the busy time that is more than usual.
const LEAST_SHARE: f64 = 0.10;

pub(super) fn find(profile: &Profile, owners: &Owners) -> Vec<Finding> {
    let weight = profile.garbage_weight();
    if profile.busy_share(weight) < LEAST_SHARE {
        return Vec::new();
    }
    let all = 0..profile.functions().len() as FunctionId;
    let most = all.max_by_key(|id| (owners.garbage_of(*id), std::cmp::Reverse(*id)));
    let culprit = most.filter(|id| owners.garbage_of(*id) > 0);
    let during = culprit.map_or_else(String::new, |id| {
        let part = percent(share(owners.garbage_of(id), weight));
        format!(", {part} of it while {} ran", profile.named(id))
    });
    let texts = Texts {
        sentence: format!(
            "Garbage collection takes {} of the CPU time ({}){during}.",
            profile.share_text(weight),
            profile.weight_text(weight)
        ),
        explanation: "V8 collects when there is no room for what is being made: who ran before a \
                      collection is, as a rule, who allocates."
            .into(),
        advice: "`rsprof.heapProfile()` tells who allocates, `rsprof.gcProfile()` which collections they \
                 are and whether a larger young generation helps."
            .into(),
    };
    vec![Finding::new(profile, "garbage-collection", weight, culprit, texts)]
}
