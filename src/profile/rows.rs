//! What a single node has beside its weight, for those who write it out again.

use super::Profile;
use super::tree::Node;

impl Profile {
    /// The lines of a node that samples hit, and how many did, in the file's order. A line that the
    /// function's source map does not tell is the one that the function begins at.
    pub(crate) fn lines_of(&self, node: Node) -> impl Iterator<Item = (u32, u64)> + Clone + '_ {
        let id = self.tree.function(node);
        let function = self.function(id);
        let first = self.ticks.partition_point(|tick| tick.node < node);
        let ticks = self.ticks[first..].iter().take_while(move |tick| tick.node == node);
        ticks.map(move |tick| {
            let line = if function.is_mapped { function.line } else { tick.line };
            (self.lines.source(id, tick.line).unwrap_or(line), u64::from(tick.hits))
        })
    }

    /// The deoptimisations of a node: reason, and script and position in its text where that is told.
    pub(crate) fn deopts_of(
        &self,
        node: Node,
    ) -> impl Iterator<Item = (&str, Option<(u32, u32)>)> + '_ {
        let first = self.deopts.partition_point(|deopt| deopt.node < node);
        let deopts = self.deopts[first..].iter().take_while(move |deopt| deopt.node == node);
        deopts.map(|deopt| {
            let reason = self.names.get(deopt.reason as usize).map_or("", String::as_str);
            (reason, deopt.position.map(|position| (deopt.script, position)))
        })
    }
}
