//! Memory outside V8's heap that Buffers and ArrayBuffers keep.

use super::Hit;
use super::finds::Finds;
use crate::heap::graph::Node;
use crate::heap::verdict::analysis::Analysis;
use crate::heap::verdict::overview::Overview;
use crate::heap::verdict::suspect::Diagnosis;
use crate::heap::verdict::suspects::Candidate;
use crate::heap::verdict::words;

const MUCH: u64 = 20 << 20;
const MUCH_SHARE: f64 = 0.4;

impl Analysis {
    pub(super) fn buffers(&self, finds: &Finds, overview: &Overview) -> Option<Hit> {
        let outside = overview.array_buffer_bytes;
        if outside < MUCH || self.share_of(outside) < MUCH_SHARE {
            return None;
        }
        let mut data: Vec<Node> = finds.instances("system / JSArrayBufferData").to_vec();
        data.retain(|node| self.tree.self_size(*node) > 0);
        data.sort_by_key(|node| std::cmp::Reverse(self.tree.self_size(*node)));
        let all = data.len();
        let holder = self.common_holder(self.most_of(&data, outside));
        match holder {
            Some(holder) => data.retain(|node| self.tree.is_dominated(*node, holder)),
            None => data.truncate(self.most_of(&data, outside).len()),
        }
        let told: u64 = data.iter().map(|node| self.tree.self_size(*node)).sum();
        let count = words::count(data.len() as u64);
        let which = match holder {
            Some(node) => format!(
                "{count} of them ({}) {} held by {}",
                words::bytes(told),
                if data.len() == 1 { "is" } else { "are" },
                self.titled_way(node)
            ),
            None => format!(
                "the {count} largest of {} have {} of it",
                words::count(all as u64),
                words::bytes(told)
            ),
        };
        let sentence = format!(
            "{} lie outside V8's heap, in Buffers and ArrayBuffers; {which}. V8's heap itself has {}.",
            words::bytes(outside),
            words::bytes(self.total_size() - outside),
        );
        let diagnosis = Diagnosis {
            rule: "external-memory",
            sentence: Some(sentence),
            explanation: "The contents of Buffers, ArrayBuffers and typed arrays are not in V8's heap: --max-old-space-size does not limit them, and heapUsed does not show them; `external` and `arrayBuffers` of process.memoryUsage() do.".to_owned(),
            advice: "Let go of the Buffers when they are written or parsed; copy a small part out of a large one (Buffer.from(part)) instead of keeping a view of it.".to_owned(),
        };
        let retained = holder.map_or(0, |node| self.tree.retained_size(node)).max(outside);
        let candidate = Candidate {
            object: holder,
            point: holder,
            class: holder.and_then(|node| self.accumulated(node)).map(|(class, _)| class),
            count: data.len() as u64,
            retained,
            chain: false,
        };
        let mut covers = data;
        covers.extend(holder);
        Some(Hit { candidate, diagnosis, covers })
    }

    /// Of the memory of all buffers, the largest first, what makes up nine tenths: small ones share pools.
    fn most_of<'a>(&self, data: &'a [Node], outside: u64) -> &'a [Node] {
        let mut sum = 0;
        let last = data.iter().position(|node| {
            sum += self.tree.self_size(*node);
            sum * 10 >= outside * 9
        });
        &data[..last.map_or(data.len(), |last| last + 1)]
    }
}
