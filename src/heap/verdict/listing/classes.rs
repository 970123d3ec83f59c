//! The table of classes, searched and sorted.

use std::cmp::Reverse;

use super::window::{Window, page};
use super::{Listed, OpenHeap};
use crate::error::{Error, Result};
use crate::heap::graph::ClassId;
use crate::heap::verdict::names::cut;
use crate::heap::verdict::tables::{CLASS_NAME, ClassRow};

/// What the table is sorted by; numbers from the largest down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassOrder {
    /// What would be freed with all objects of a class.
    Retained,
    /// Their own sizes.
    SelfSize,
    /// How many there are.
    Count,
    /// From A to Z.
    Name,
}

impl ClassOrder {
    /// As JavaScript has it.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for any other name.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "retained" => Ok(Self::Retained),
            "self" => Ok(Self::SelfSize),
            "count" => Ok(Self::Count),
            "name" => Ok(Self::Name),
            _ => Err(Error::InvalidArgument(format!(
                "classes are sorted by retained, self, count or name; got {:?}",
                cut(name, 40)
            ))),
        }
    }
}

/// Which classes are wanted.
#[derive(Clone, Debug)]
pub struct ClassQuery {
    /// A part of the name, in any case; all classes where it is empty.
    pub search: String,
    /// How they are sorted.
    pub order: ClassOrder,
    /// Which of them.
    pub window: Window,
}

impl OpenHeap {
    /// Classes with objects that have a size, as the report tells of them.
    #[must_use]
    pub fn classes(&self, query: &ClassQuery) -> Listed<ClassRow> {
        let wanted = query.search.to_lowercase();
        let found: Vec<ClassId> = (0..self.sizes.len() as ClassId)
            .filter(|class| self.sizes[*class as usize].count > 0)
            .filter(|class| wanted.is_empty() || self.lower_name(*class).contains(&wanted))
            .collect();
        let total = found.len();
        let rows = page(found, query.window, |class| self.sort_key(*class, query.order));
        let row = |class: ClassId| {
            self.analysis.class_row(self.analysis.classes.name(class), &self.sizes[class as usize])
        };
        Listed { total, rows: rows.into_iter().map(row).collect() }
    }

    fn sort_key(&self, class: ClassId, order: ClassOrder) -> (Reverse<u64>, String, ClassId) {
        let sizes = &self.sizes[class as usize];
        let number = match order {
            ClassOrder::Retained => sizes.retained_size,
            ClassOrder::SelfSize => sizes.self_size,
            ClassOrder::Count => sizes.count,
            ClassOrder::Name => return (Reverse(0), self.lower_name(class), class),
        };
        (Reverse(number), String::new(), class)
    }

    /// The class that a row of the table tells of: a very long name is cut there.
    pub(super) fn class_called(&self, name: &str) -> Option<ClassId> {
        let classes = &self.analysis.classes;
        classes.find(name).or_else(|| {
            let is_cut = |class: &ClassId| {
                let whole = classes.name(*class);
                whole.len() > name.len() && cut(whole, CLASS_NAME) == name
            };
            (0..classes.len() as ClassId)
                .filter(is_cut)
                .max_by_key(|class| (self.sizes[*class as usize].retained_size, Reverse(*class)))
        })
    }

    fn lower_name(&self, class: ClassId) -> String {
        self.analysis.classes.name(class).to_lowercase()
    }
}
