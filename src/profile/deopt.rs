//! Functions that V8 compiled in vain.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Profile;
use super::tree::FunctionId;

/// A reason for which a function's optimised code was thrown away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionDeopt {
    /// V8's words, such as `wrong map`.
    pub reason: String,
    /// Times that it is told, over all of the function's nodes.
    pub count: u64,
    /// Script of the place, 0 where it is not told.
    pub script: u32,
    /// Place in the script's text, in characters, where it is told.
    pub position: Option<u32>,
}

impl Profile {
    /// Why a function was deoptimised, the most frequent reason first.
    ///
    /// rsprof's own profiles have every deoptimisation with its place, others the last reason of a node.
    #[must_use]
    pub fn deopts(&self, function: FunctionId) -> Vec<FunctionDeopt> {
        let mut counts: BTreeMap<_, u64> = BTreeMap::new();
        for node in self.nodes_of(function) {
            let first = self.deopts.partition_point(|deopt| deopt.node < *node);
            let deopts = self.deopts[first..].iter().take_while(|deopt| deopt.node == *node);
            for deopt in deopts {
                *counts.entry((deopt.reason, deopt.script, deopt.position)).or_default() += 1;
            }
        }
        let told = |((reason, script, position), count): ((u32, u32, Option<u32>), u64)| {
            let reason = self.names.get(reason as usize).cloned().unwrap_or_default();
            FunctionDeopt { reason, count, script, position }
        };
        let mut deopts: Vec<FunctionDeopt> = counts.into_iter().map(told).collect();
        deopts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
        deopts
    }
}
