//! Growth between files of different processes: by retaining path in class terms.
//!
//! Both files' dominator trees have siblings of a class put together. From the root on, the newer one is
//! gone down where it retains more than the older one does, to the first groups with more objects: those
//! are what grows, and the group above holds it. A few new objects with many in them, however deep, are not
//! what grows but where: the manager and its list of rooms.

use rustc_hash::FxHashMap;

use super::super::analysis::Analysis;
use super::super::signature::{Groups, Signature};
use super::contents::Contents;
use super::growth::{Growing, GrowthKind, class_threshold, threshold};
use super::holder::{GLOBAL, Held, held, shown};
use super::table::{ClassNames, Delta, FileTable, delta};
use crate::heap::graph::{ClassId, Node};

/// V8's name for the variables of a function.
const SCOPE: &str = "system / Context";

/// Objects of a class that are held in the same way.
struct Way {
    parent: Option<u32>,
    class: ClassId,
    /// As in [`super::super::signature::SignedGroup`].
    edge: Option<String>,
    amount: Amount,
    /// Some of the objects, in a snapshot.
    samples: Vec<Node>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Amount {
    count: u64,
    self_size: u64,
    retained_size: u64,
}

/// The dominator tree of a file in class terms: the root first, each after its parent.
pub(super) struct Ways {
    list: Vec<Way>,
    children: Vec<Vec<u32>>,
}

impl Ways {
    pub(super) fn of_groups(groups: Groups, numbers: &[ClassId]) -> Self {
        let way = |group: super::super::signature::Group| Way {
            parent: group.parent,
            class: numbers[group.class as usize],
            edge: group.edge,
            amount: Amount {
                count: group.count,
                self_size: group.self_size,
                retained_size: group.retained_size,
            },
            samples: group.samples,
        };
        Self::new(groups.list.into_iter().map(way).collect())
    }

    pub(super) fn of_signature(signature: &Signature, names: &mut ClassNames) -> Self {
        let groups = signature.groups.iter();
        let way = |group: &super::super::signature::SignedGroup| Way {
            parent: group.parent,
            class: names.number(&group.class_name),
            edge: group.edge.clone(),
            amount: Amount {
                count: group.count,
                self_size: group.self_size,
                retained_size: group.retained_size,
            },
            samples: Vec::new(),
        };
        Self::new(groups.map(way).collect())
    }

    fn new(list: Vec<Way>) -> Self {
        let mut children = vec![Vec::new(); list.len()];
        for (place, way) in (0..).zip(&list) {
            if let Some(parent) = way.parent {
                children[parent as usize].push(place);
            }
        }
        Self { list, children }
    }

    fn way(&self, place: u32) -> &Way {
        &self.list[place as usize]
    }

    /// By class, what is below a group.
    fn below(&self, place: Option<u32>) -> FxHashMap<ClassId, u32> {
        let children = place.map_or(&[][..], |place| &self.children[place as usize]);
        children.iter().map(|child| (self.way(*child).class, *child)).collect()
    }

    /// `global.manager.rooms[]`, with `→` where no single name leads on.
    fn text(&self, place: u32, names: &ClassNames) -> String {
        let mut above = Vec::new();
        let mut at = Some(place);
        // The root stays out of it.
        while let Some(place) = at.filter(|place| *place != 0) {
            above.push(place);
            at = self.way(place).parent;
        }
        let mut text = String::new();
        for place in above.into_iter().rev() {
            let way = self.way(place);
            let class = Self::class(way, names);
            match way.edge.as_deref().filter(|_| !text.is_empty()) {
                Some("[]") => text.push_str("[]"),
                Some(name) if self.is_variable(way, names) => {
                    text.push_str(&format!(" → variable {name}"));
                }
                Some(name) => text.push_str(&format!(".{name}")),
                None if text.is_empty() => text.push_str(class),
                // The main context leads to the global object.
                None if class == GLOBAL => class.clone_into(&mut text),
                None => text.push_str(&format!(" → {class}")),
            }
        }
        text
    }

    fn class<'a>(way: &Way, names: &'a ClassNames) -> &'a str {
        match names.name(way.class) {
            SCOPE => "function scope",
            other => shown(other),
        }
    }

    /// Whether a group is held by a function's variables: a reference of a scope to another one has no name.
    fn is_variable(&self, way: &Way, names: &ClassNames) -> bool {
        let above = way.parent.map(|above| names.name(self.way(above).class));
        above == Some(SCOPE)
    }

    /// `Manager.rooms` for the list of rooms of a manager.
    fn name(&self, place: u32, names: &ClassNames) -> String {
        let way = self.way(place);
        let above = way.parent.filter(|above| *above != 0).map(|above| self.way(above));
        let class = |way: &Way| Self::class(way, names).to_owned();
        match (above.map(class), way.edge.as_deref()) {
            (Some(_), Some(name)) if self.is_variable(way, names) => format!("variable {name}"),
            (Some(above), Some("[]")) => above + "[]",
            (Some(above), Some(name)) => format!("{above}.{name}"),
            _ => class(way),
        }
    }
}

/// Fewer new objects than this, with many more in them, are lists and not what grows.
const FEW: i64 = 10;

/// Finds what grew by more than the threshold, most first. `analysis` is that of the newer file, where it
/// is a snapshot.
pub(super) fn growing(
    older: &Ways,
    newer: &Ways,
    tables: &[FileTable],
    names: &ClassNames,
    analysis: Option<&Analysis>,
) -> Vec<Growing> {
    let total = tables.last().map_or(0, |table| table.total_size);
    let search = Search { older, newer, tables, names, analysis, threshold: threshold(total) };
    let mut found = search.run();
    found.retain(|one| one.score > class_threshold(total, names.name(one.class)));
    found.sort_by_key(|one| (std::cmp::Reverse(one.score), one.class));
    found
}

struct Search<'a> {
    older: &'a Ways,
    newer: &'a Ways,
    tables: &'a [FileTable],
    names: &'a ClassNames,
    analysis: Option<&'a Analysis>,
    threshold: u64,
}

/// A group of the newer file, and the same one of the older file if there was one.
#[derive(Clone, Copy)]
struct Step {
    place: u32,
    before: Option<u32>,
    delta: Delta,
}

impl Step {
    /// In bytes, where it is growth.
    fn growth(&self) -> u64 {
        u64::try_from(self.delta.retained_size).unwrap_or(0)
    }
}

impl Search<'_> {
    fn run(&self) -> Vec<Growing> {
        let mut found = Vec::new();
        if self.newer.list.is_empty() {
            return found;
        }
        let root = (!self.older.list.is_empty()).then_some(0);
        let mut open = vec![self.step(0, root)];
        while let Some(step) = open.pop() {
            let below = self.below(step);
            let big: Vec<Step> =
                below.iter().filter(|child| child.growth() > self.threshold).copied().collect();
            let is_root = step.place == 0;
            if !is_root && step.delta.count > 0 && !self.only_holds(step) {
                found.push(self.found(step, GrowthKind::More, step.growth()));
            } else if is_root || !big.is_empty() {
                open.extend(big);
            } else {
                let inside: u64 = below.iter().map(Step::growth).sum();
                let bytes = step.growth().saturating_sub(inside);
                if bytes > self.threshold {
                    let count = self.newer.way(step.place).amount.count;
                    let kind = GrowthKind::Bigger { count, bytes, id: None };
                    found.push(self.found(step, kind, bytes));
                }
            }
        }
        found
    }

    /// Whether a few objects are where something grows: more than half of their growth is in many others,
    /// below no more than a few at each step.
    fn only_holds(&self, step: Step) -> bool {
        let mut at = step;
        while at.delta.count < FEW {
            let most = self.below(at).into_iter().max_by_key(Step::growth);
            match most.filter(|child| 2 * child.growth() > step.growth()) {
                Some(child) => at = child,
                None => return false,
            }
        }
        at.place != step.place
    }

    fn step(&self, place: u32, before: Option<u32>) -> Step {
        let to = self.newer.way(place).amount;
        let from = before.map(|before| self.older.way(before).amount).unwrap_or_default();
        let delta = Delta {
            count: delta(from.count, to.count),
            self_size: delta(from.self_size, to.self_size),
            retained_size: delta(from.retained_size, to.retained_size),
        };
        Step { place, before, delta }
    }

    fn below(&self, step: Step) -> Vec<Step> {
        let before = self.older.below(step.before);
        let children = self.newer.children[step.place as usize].iter();
        let step =
            |child: &u32| self.step(*child, before.get(&self.newer.way(*child).class).copied());
        children.map(step).collect()
    }

    fn found(&self, step: Step, kind: GrowthKind, score: u64) -> Growing {
        let class = self.newer.way(step.place).class;
        let delta = match step.before {
            Some(_) => step.delta,
            // A group that was too small for the older list was there all the same.
            None => self.at_most_all(class, step.delta),
        };
        let score = match u64::try_from(delta.retained_size) {
            Ok(retained) if kind == GrowthKind::More => score.min(retained),
            _ => score,
        };
        let contents = match kind {
            GrowthKind::More => self.contents(step, delta),
            GrowthKind::Bigger { .. } => Contents::default(),
        };
        Growing { class, kind, delta, score, held: self.held(step.place), contents }
    }

    /// No more than the class grew by as a whole, where it grew.
    fn at_most_all(&self, class: ClassId, delta: Delta) -> Delta {
        let all = Delta::of(self.tables, class);
        let bound = |one: i64, all: i64| if all > 0 { one.min(all) } else { one };
        Delta {
            count: bound(delta.count, all.count),
            self_size: bound(delta.self_size, all.self_size),
            retained_size: bound(delta.retained_size, all.retained_size),
        }
    }

    /// What grows in number below a group that grows by `delta`, of other classes.
    fn contents(&self, step: Step, delta: Delta) -> Contents {
        let own = self.newer.way(step.place).class;
        let mut deltas: FxHashMap<ClassId, Delta> = FxHashMap::default();
        let mut open = self.below(step);
        while let Some(inside) = open.pop() {
            let class = self.newer.way(inside.place).class;
            if class != own {
                deltas.entry(class).or_default().count += inside.delta.count;
            }
            open.extend(self.below(inside));
        }
        let count = |(class, delta)| {
            let count = u64::try_from(self.at_most_all(class, delta).count).ok()?;
            Some((class, count)).filter(|_| count > 0)
        };
        let counts = deltas.into_iter().filter_map(count).collect();
        Contents::of(delta.count.unsigned_abs(), counts, |class| self.names.name(class))
    }

    fn held(&self, place: u32) -> Held {
        let way = self.newer.way(place);
        if let Some(analysis) = self.analysis.filter(|_| !way.samples.is_empty()) {
            return held(analysis, &way.samples);
        }
        let parent = way.parent.filter(|parent| *parent != 0);
        Held {
            is_one: true,
            name: parent.map(|parent| self.newer.name(parent, self.names)).unwrap_or_default(),
            path_text: self.newer.text(place, self.names),
            ..Held::default()
        }
    }
}
