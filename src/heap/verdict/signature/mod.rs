//! A snapshot in short: classes, retaining paths in class terms, totals. Less than a megabyte, whatever
//! the size of the file, to be kept and compared instead of it.
//!
//! No contents of strings are in it; names of classes, properties and variables are.

mod file;
mod groups;

use serde::{Deserialize, Serialize};

pub use file::{LONGEST, is_signature};
pub(super) use groups::{Group, Groups, is_lifted};

use super::analysis::Analysis;
use super::names::cut;
use crate::heap::graph::{ClassSizes, Classes, DominatorTree, Graph};

/// Name of the format, before the slash and its version.
pub(super) const FORMAT: &str = "rsprof-heap-signature";

/// Version that is written and read.
pub(super) const VERSION: u32 = 1;

/// Classes and groups that are kept at most.
const MOST_CLASSES: usize = 3000;
const MOST_GROUPS: usize = 4000;

/// Characters of a name that are kept: as many as V8 writes, so that classes have the same names in the
/// snapshots that a signature is compared with.
const LONGEST_NAME: usize = 1024;

/// A snapshot in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    /// Name and version of the format: `rsprof-heap-signature/1`.
    pub format: String,
    /// Size of all objects, in bytes.
    pub total_size: u64,
    /// Number of objects.
    pub objects: u64,
    /// Number of references.
    pub edges: u64,
    /// V8's id of the root.
    pub root_id: u32,
    /// Classes, those with the largest sizes first.
    pub classes: Vec<SignedClass>,
    /// What was left out of `classes`; null where nothing was.
    pub other_classes: Option<OtherClasses>,
    /// Retaining paths in class terms: the dominator tree, with siblings of a class put together. The root
    /// comes first, and each one after its parent.
    pub groups: Vec<SignedGroup>,
    /// Groups that retain less than this were left out, in bytes.
    pub least_group: u64,
}

/// A class and what its objects amount to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedClass {
    /// Name of the class.
    pub name: String,
    /// Objects.
    pub count: u64,
    /// Their own sizes, in bytes.
    pub self_size: u64,
    /// What would be freed with all of them, in bytes.
    pub retained_size: u64,
}

/// The remainder of the classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OtherClasses {
    /// How many classes.
    pub classes: u64,
    /// Their objects.
    pub count: u64,
    /// Their own sizes, in bytes.
    pub self_size: u64,
}

/// Objects of a class that are held in the same way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedGroup {
    /// Place in the list of the group that holds them; null for the root.
    pub parent: Option<u32>,
    /// Name of their class.
    pub class_name: String,
    /// Name of the property or variable that leads there; `[]` for indices, null where there are several.
    pub edge: Option<String>,
    /// Objects.
    pub count: u64,
    /// Their own sizes, in bytes.
    pub self_size: u64,
    /// What would be freed with them, in bytes.
    pub retained_size: u64,
}

/// Makes the signature of a snapshot.
#[must_use]
pub fn of(analysis: &Analysis) -> Signature {
    let Analysis { graph, tree, classes, .. } = analysis;
    let mut signature = Signature::whole(graph, tree, classes, &Groups::of(graph, tree, classes));
    signature.shorten();
    signature
}

impl Signature {
    /// With all classes: to be shortened before it is written.
    pub(super) fn whole(
        graph: &Graph,
        tree: &DominatorTree,
        classes: &Classes,
        groups: &Groups,
    ) -> Self {
        let sizes = classes.sizes(tree, tree.order(), 0);
        Self {
            format: format!("{FORMAT}/{VERSION}"),
            total_size: tree.retained_size(graph.root()),
            objects: graph.len() as u64,
            edges: graph.edge_count() as u64,
            root_id: graph.id(graph.root()),
            classes: signed_classes(classes, &sizes),
            other_classes: None,
            groups: groups.list.iter().map(|group| signed_group(classes, group)).collect(),
            least_group: groups.least,
        }
    }
}

fn signed_classes(classes: &Classes, sizes: &[ClassSizes]) -> Vec<SignedClass> {
    let there = (0..).zip(sizes).filter(|(_, sizes)| sizes.count > 0);
    let signed = |(class, sizes): (u32, &ClassSizes)| SignedClass {
        name: cut(classes.name(class), LONGEST_NAME),
        count: sizes.count,
        self_size: sizes.self_size,
        retained_size: sizes.retained_size,
    };
    let mut found: Vec<SignedClass> = there.map(signed).collect();
    found.sort_by(|a, b| {
        let sizes = |one: &SignedClass| (one.self_size, one.retained_size);
        sizes(b).cmp(&sizes(a)).then_with(|| a.name.cmp(&b.name))
    });
    found
}

fn signed_group(classes: &Classes, group: &Group) -> SignedGroup {
    SignedGroup {
        parent: group.parent,
        class_name: cut(classes.name(group.class), LONGEST_NAME),
        edge: group.edge.as_ref().map(|name| cut(name, LONGEST_NAME)),
        count: group.count,
        self_size: group.self_size,
        retained_size: group.retained_size,
    }
}
