//! A suspect in words.

use serde::Serialize;

use super::analysis::Analysis;
use super::object::ObjectRef;
use super::path::PathStep;
use super::suspects::Candidate;
use super::tables::ClassRow;
use super::words;
use crate::heap::graph::{EdgeKind, Node};

/// Classes that are told of a suspect's contents.
const CONTENTS: usize = 10;

/// Objects of a group whose ways are compared.
const SAMPLES: usize = 200;

/// Something that may be a leak.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Suspect {
    /// What was recognised; `object` or `group` where it is only big.
    pub rule: &'static str,
    /// Who holds what, and how much.
    pub sentence: String,
    /// What happens, where a rule knows.
    pub explanation: Option<String>,
    /// What to do about it, or how to look on.
    pub advice: String,
    /// In bytes.
    pub retained_size: u64,
    /// The same as a share of the heap.
    pub share: f64,
    /// Objects that accumulate.
    pub count: u64,
    /// Who holds it all; null for a group.
    pub object: Option<ObjectRef>,
    /// What accumulates.
    pub class_name: Option<String>,
    /// Where it accumulates.
    pub accumulation_point: Option<ObjectRef>,
    /// A shortest way from a root to there.
    pub path: Vec<PathStep>,
    /// The same in one line.
    pub path_text: String,
    /// What is inside, by class.
    pub contents: Vec<ClassRow>,
}

/// What a rule makes of a candidate, or of what it found by itself.
pub(super) struct Diagnosis {
    pub(super) rule: &'static str,
    /// Instead of the sentence for things that are only big.
    pub(super) sentence: Option<String>,
    pub(super) explanation: String,
    pub(super) advice: String,
}

impl Analysis {
    /// Puts a candidate in words.
    pub(super) fn suspect(&self, candidate: &Candidate, diagnosis: Option<Diagnosis>) -> Suspect {
        let point = candidate.point.or_else(|| self.sample(candidate));
        let path = point.map(|point| self.path(point)).unwrap_or_default();
        let mut text = point.map(|point| self.way(point)).unwrap_or_default();
        if candidate.object.is_none() {
            text = self.common_way(candidate).unwrap_or(text);
        }
        let plain = Diagnosis {
            rule: if candidate.object.is_some() { "object" } else { "group" },
            sentence: None,
            explanation: String::new(),
            advice: advice(candidate).to_owned(),
        };
        let diagnosis = diagnosis.unwrap_or(plain);
        Suspect {
            rule: diagnosis.rule,
            sentence: diagnosis.sentence.unwrap_or_else(|| self.sentence(candidate, &text)),
            explanation: Some(diagnosis.explanation).filter(|text| !text.is_empty()),
            advice: diagnosis.advice,
            retained_size: candidate.retained,
            share: self.share_of(candidate.retained),
            count: candidate.count,
            object: candidate.object.map(|node| self.object(node)),
            class_name: candidate.class.map(|class| self.classes.name(class).to_owned()),
            accumulation_point: candidate.point.map(|node| self.object(node)),
            path,
            path_text: text,
            contents: self.contents_of(candidate),
        }
    }

    fn contents_of(&self, candidate: &Candidate) -> Vec<ClassRow> {
        match (candidate.point, candidate.class) {
            (Some(point), _) => self.contents(point, CONTENTS),
            (None, Some(class)) => {
                let members = self.members(class);
                members.first().map(|node| self.contents(*node, CONTENTS)).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// `Manager @65893 holds 84.9 % of the heap (104.2 MB), accumulated in Array @72201: 31,356 Room
    /// objects.`
    pub(super) fn sentence(&self, candidate: &Candidate, way: &str) -> String {
        let size = words::bytes(candidate.retained);
        let share = words::percent(self.share_of(candidate.retained));
        let what =
            candidate.class.map(|class| words::objects(candidate.count, self.classes.name(class)));
        let what = what.unwrap_or_default();
        match (candidate.object, candidate.point) {
            (Some(object), _) if candidate.chain => format!(
                "A chain that begins at {} holds {share} of the heap ({size}): {what}, each held by the one before.",
                self.title(object),
            ),
            (Some(object), Some(point)) if object != point => format!(
                "{} holds {share} of the heap ({size}), accumulated in {}: {what}.",
                self.title(object),
                self.named_title(point),
            ),
            (Some(object), _) => {
                format!("{} holds {share} of the heap ({size}): {what}.", self.named_title(object))
            }
            (None, _) => format!(
                "{what} hold {share} of the heap ({size}); no single object holds them all. Most hang on {way}.",
            ),
        }
    }

    /// `Array leakArray @72201`: with the name of the variable or property that holds it.
    pub(super) fn named_title(&self, node: Node) -> String {
        match self.holder_name(node) {
            Some(name) => format!("{} {name} @{}", self.name(node), self.graph.id(node)),
            None => self.title(node),
        }
    }

    /// The same with the way to it.
    pub(super) fn titled_way(&self, node: Node) -> String {
        format!("{} ({})", self.named_title(node), self.way(node))
    }

    /// Name of the variable or property by which a shortest way comes; of a root `global.cache`.
    fn holder_name(&self, node: Node) -> Option<String> {
        let edges = self.distances.path(&self.graph, node);
        let last = self.graph.edge(*edges.last()? as usize);
        if !matches!(last.kind, EdgeKind::Property | EdgeKind::Context) {
            return None;
        }
        let name = self.graph.strings().get(last.name).into_owned();
        Some(if edges.len() == 2 && last.kind == EdgeKind::Property {
            format!("global.{name}")
        } else {
            name
        })
    }

    /// `Manager @65893`.
    pub(super) fn title(&self, node: Node) -> String {
        format!("{} @{}", self.name(node), self.graph.id(node))
    }

    /// All objects of a class that have a size.
    pub(super) fn members(&self, class: u32) -> Vec<Node> {
        let graph = &self.graph;
        graph
            .nodes()
            .filter(|node| self.classes.class(*node) == class && self.tree.self_size(*node) > 0)
            .collect()
    }

    /// One object of a group.
    fn sample(&self, candidate: &Candidate) -> Option<Node> {
        let members = self.members(candidate.class?);
        members.get(members.len() / 2).copied()
    }

    /// The way that most objects of a group hang on, with every index left out.
    fn common_way(&self, candidate: &Candidate) -> Option<String> {
        let members = self.members(candidate.class?);
        let every = members.len().div_ceil(SAMPLES).max(1);
        let mut ways: rustc_hash::FxHashMap<String, usize> = rustc_hash::FxHashMap::default();
        for node in members.iter().step_by(every) {
            *ways.entry(self.way_without_indices(*node)).or_default() += 1;
        }
        let (way, _) = ways.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)))?;
        Some(way)
    }
}

fn advice(candidate: &Candidate) -> &'static str {
    if candidate.chain {
        "Find what adds a link each time, and let the new object not refer to the old one."
    } else if candidate.object.is_some() {
        "Find what adds to it and never removes: give it a limit, or remove what is done with."
    } else {
        "Find what keeps each of them: look at the retainers of one with `npx rsprof inspect`."
    }
}
