//! What each class amounts to in each file.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::super::signature::Signature;
use crate::heap::graph::{ClassId, ClassSizes, Classes, Graph, SelfSizes};

/// What signatures leave out is a class of its own.
pub(super) const OTHERS: &str = "(other classes)";

/// The classes of all files, numbered by name.
#[derive(Debug, Default)]
pub(super) struct ClassNames {
    names: Vec<String>,
    numbers: FxHashMap<String, ClassId>,
}

impl ClassNames {
    /// Number of a name; the next one where it is new.
    pub(super) fn number(&mut self, name: &str) -> ClassId {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as ClassId;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// Numbers of a snapshot's classes.
    pub(super) fn numbers_of(&mut self, classes: &Classes) -> Vec<ClassId> {
        let all = 0..classes.len() as ClassId;
        all.map(|class| self.number(classes.name(class))).collect()
    }

    pub(super) fn name(&self, number: ClassId) -> &str {
        &self.names[number as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }
}

/// One file.
#[derive(Clone, Debug)]
pub(super) struct FileTable {
    pub(super) path: PathBuf,
    pub(super) total_size: u64,
    pub(super) objects: u64,
    /// By number of the class; what is behind the end has none.
    sizes: Vec<ClassSizes>,
    /// Whether there are more classes than these.
    is_cut: bool,
}

impl FileTable {
    /// Of a snapshot, whose classes have these numbers and sizes.
    pub(super) fn new(
        path: &Path,
        graph: &Graph,
        total_size: u64,
        numbers: &[ClassId],
        sizes: &[ClassSizes],
    ) -> Self {
        let mut table = Self {
            path: path.to_owned(),
            total_size,
            objects: graph.len() as u64,
            sizes: Vec::new(),
            is_cut: false,
        };
        for (number, sizes) in numbers.iter().zip(sizes) {
            *table.at(*number) = *sizes;
        }
        table
    }

    /// Of a snapshot whose dominators are not known: without retained sizes.
    pub(super) fn of_graph(
        path: &Path,
        graph: &Graph,
        self_sizes: &SelfSizes,
        classes: &Classes,
        numbers: &[ClassId],
    ) -> Self {
        let mut sizes = vec![ClassSizes::default(); classes.len()];
        for node in graph.nodes() {
            let self_size = self_sizes.get(node);
            if self_size > 0 {
                let row = &mut sizes[classes.class(node) as usize];
                row.count += 1;
                row.self_size += self_size;
            }
        }
        let total_size = sizes.iter().map(|row| row.self_size).sum();
        Self::new(path, graph, total_size, numbers, &sizes)
    }

    pub(super) fn of_signature(path: &Path, signature: &Signature, names: &mut ClassNames) -> Self {
        let mut table = Self {
            path: path.to_owned(),
            total_size: signature.total_size,
            objects: signature.objects,
            sizes: Vec::new(),
            is_cut: signature.other_classes.is_some(),
        };
        for class in &signature.classes {
            let row = table.at(names.number(&class.name));
            row.count += class.count;
            row.self_size += class.self_size;
            row.retained_size += class.retained_size;
        }
        if let Some(others) = signature.other_classes {
            let row = table.at(names.number(OTHERS));
            row.count += others.count;
            row.self_size += others.self_size;
        }
        table
    }

    fn at(&mut self, number: ClassId) -> &mut ClassSizes {
        let number = number as usize;
        if self.sizes.len() <= number {
            self.sizes.resize(number + 1, ClassSizes::default());
        }
        &mut self.sizes[number]
    }

    pub(super) fn sizes(&self, number: ClassId) -> ClassSizes {
        self.sizes.get(number as usize).copied().unwrap_or_default()
    }

    fn has(&self, number: ClassId) -> bool {
        self.sizes(number).count > 0
    }
}

/// Where a signature leaves classes out, the other files' classes that it does not name are taken
/// together as well: nobody knows whether it had them, nor which of them were there before.
pub(super) fn fold(tables: &mut [FileTable], names: &mut ClassNames) {
    if !tables.iter().any(|table| table.is_cut) {
        return;
    }
    let others = names.number(OTHERS);
    let is_lost = |number: &ClassId| {
        *number != others && tables.iter().any(|table| table.is_cut && !table.has(*number))
    };
    let lost: Vec<ClassId> = (0..names.len() as ClassId).filter(is_lost).collect();
    for table in tables {
        for number in &lost {
            let sizes = table.sizes(*number);
            let row = table.at(others);
            row.count += sizes.count;
            row.self_size += sizes.self_size;
            *table.at(*number) = ClassSizes::default();
        }
        // What many classes retain together is not the sum, and was not kept.
        table.at(others).retained_size = 0;
    }
}

/// Of one class, the last file less the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Delta {
    pub(super) count: i64,
    pub(super) self_size: i64,
    pub(super) retained_size: i64,
}

impl Delta {
    pub(super) fn of(tables: &[FileTable], number: ClassId) -> Self {
        let (Some(first), Some(last)) = (tables.first(), tables.last()) else {
            return Self::default();
        };
        let (from, to) = (first.sizes(number), last.sizes(number));
        Self {
            count: delta(from.count, to.count),
            self_size: delta(from.self_size, to.self_size),
            retained_size: delta(from.retained_size, to.retained_size),
        }
    }
}

/// `to - from`.
pub(super) fn delta(from: u64, to: u64) -> i64 {
    let bound = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    if to >= from { bound(to - from) } else { -bound(from - to) }
}
