//! The findings in the shape that crosses to JavaScript.

use super::compare::Comparison;
use super::growth::Growing;
use super::ids::Kept;
use super::sentence::{sentence, verdict};
use super::table::{Delta, FileTable, delta};
use super::{ClassChange, DiffFile, GrowingClass, HeapDiff, HeapGrowth, MatchedBy};
use crate::heap::graph::ClassId;

/// Puts everything together; at most `top` rows a table.
pub(super) fn told(comparison: Comparison, top: usize) -> HeapDiff {
    let Comparison { tables, growing, matched_by, .. } = &comparison;
    let classes = comparison.classes(top);
    let told: Vec<GrowingClass> = growing.iter().map(|one| comparison.growing_class(one)).collect();
    let file = |table: &FileTable| DiffFile {
        path: table.path.clone(),
        total_size: table.total_size,
        objects: table.objects,
    };
    let growth = match (tables.first(), tables.last()) {
        (Some(first), Some(last)) => HeapGrowth {
            total_size: delta(first.total_size, last.total_size),
            objects: delta(first.objects, last.objects),
        },
        _ => HeapGrowth { total_size: 0, objects: 0 },
    };
    HeapDiff {
        kind: "heapDiff",
        files: tables.iter().map(file).collect(),
        matched_by: *matched_by,
        verdict: verdict(growing, told.first().map(|one| &one.sentence[..]), tables),
        growth,
        classes,
        growing: told.into_iter().take(top).collect(),
        collections: comparison.collections,
    }
}

impl Comparison {
    fn classes(&self, top: usize) -> Vec<ClassChange> {
        let is_there = |class: &ClassId| self.counts(*class).any(|count| count > 0);
        let classes = (0..self.names.len() as ClassId).filter(is_there);
        let mut found: Vec<ClassChange> = classes.map(|class| self.change(class)).collect();
        found.sort_by(|a, b| {
            let rank = |one: &ClassChange| {
                let replaced = one.added_size + one.removed_size;
                (one.size_delta.unsigned_abs(), one.count_delta.unsigned_abs(), replaced)
            };
            rank(b)
                .cmp(&rank(a))
                .then_with(|| b.sizes.last().cmp(&a.sizes.last()))
                .then_with(|| a.name.cmp(&b.name))
        });
        found.truncate(top);
        found
    }

    fn counts(&self, class: ClassId) -> impl Iterator<Item = u64> + '_ {
        self.tables.iter().map(move |table| table.sizes(class).count)
    }

    fn sizes(&self, class: ClassId) -> impl Iterator<Item = u64> + '_ {
        self.tables.iter().map(move |table| table.sizes(class).self_size)
    }

    fn change(&self, class: ClassId) -> ClassChange {
        let (from, to) = match &self.tables[..] {
            [first, .., last] => (first.sizes(class), last.sizes(class)),
            _ => Default::default(),
        };
        let kept = match self.matched_by {
            MatchedBy::Id => self.kept.get(class as usize).copied().unwrap_or_default(),
            // As if as many as possible were the same.
            MatchedBy::Class => Kept {
                count: from.count.min(to.count),
                older_size: from.self_size.min(to.self_size),
                newer_size: from.self_size.min(to.self_size),
            },
        };
        let added = to.count.saturating_sub(kept.count);
        let removed = from.count.saturating_sub(kept.count);
        let added_size = to.self_size.saturating_sub(kept.newer_size);
        let removed_size = from.self_size.saturating_sub(kept.older_size);
        ClassChange {
            name: self.names.name(class).to_owned(),
            added,
            removed,
            count_delta: delta(removed, added),
            added_size,
            removed_size,
            size_delta: delta(removed_size, added_size),
            retained_delta: Delta::of(&self.tables, class).retained_size,
            counts: self.counts(class).collect(),
            sizes: self.sizes(class).collect(),
        }
    }

    fn growing_class(&self, one: &Growing) -> GrowingClass {
        let counts: Vec<u64> = self.counts(one.class).collect();
        let sizes: Vec<u64> = self.sizes(one.class).collect();
        GrowingClass {
            class_name: self.names.name(one.class).to_owned(),
            sentence: sentence(one, &self.names, &counts),
            count_delta: one.delta.count,
            size_delta: one.delta.self_size,
            retained_delta: one.delta.retained_size,
            monotonic: sizes.is_sorted_by(|a, b| a < b),
            holder: one.held.holder.clone(),
            path: one.held.path.clone(),
            path_text: one.held.path_text.clone(),
        }
    }
}
