//! The three arrays of records that refer to strings: nodes, edges, functions of allocation traces.

use super::census::Census;
use crate::heap::header::{EdgeLayout, FunctionLayout, Layout, NodeLayout};
use crate::heap::marks::MarkDraft;
use crate::heap::numbers::MAX_FIELDS;

/// A field that holds a string index.
#[derive(Clone, Copy)]
pub(super) struct Reference {
    /// Position in the record.
    pub(super) field: usize,
    /// The string is what the program stored, not what it called something.
    pub(super) value: bool,
}

/// What is wrong with a record or an array.
pub(super) type Fault = &'static str;

/// One of the arrays.
pub(super) trait Table {
    /// Numbers in a record.
    fn width(&self) -> usize;

    /// Takes the next record in.
    fn add(&mut self, record: &[u64; MAX_FIELDS]) -> Result<(), Fault>;

    /// The fields of a record, taken in before, that are string indices; in their order.
    fn references(&self, record: &[u64; MAX_FIELDS]) -> [Option<Reference>; 2];

    /// The array's end was reached.
    fn end(&self) -> Result<(), Fault>;
}

/// All of them, as a header describes them.
pub(super) struct Tables {
    pub(super) nodes: Nodes,
    pub(super) edges: Edges,
    pub(super) functions: Option<Functions>,
}

impl Tables {
    /// Before the first record.
    pub(super) fn new(layout: Layout, top_classes: usize, marking: bool) -> Self {
        Self {
            edges: Edges::new(layout.edges, &layout.nodes),
            nodes: Nodes::new(layout.nodes, top_classes, marking),
            functions: layout.functions.map(|layout| Functions { layout }),
        }
    }
}

/// `nodes`.
pub(super) struct Nodes {
    layout: NodeLayout,
    /// For each type: are its nodes' names values, and then even those of nodes without a size?
    values: Vec<(bool, bool)>,
    pub(super) census: Census,
    pub(super) count: u64,
    /// Sum of the nodes' edge counts.
    pub(super) edges: u64,
    pub(super) marks: Option<MarkDraft>,
}

impl Nodes {
    fn new(layout: NodeLayout, top_classes: usize, marking: bool) -> Self {
        let values = layout.kinds.iter().map(|kind| match kind.as_str() {
            // V8 writes the values of numbers as strings of no size.
            "string" => (true, false),
            "regexp" => (true, true),
            _ => (false, false),
        });
        let values = values.collect();
        let mut census = Census::new(&layout.kinds, top_classes);
        if marking {
            census.keep_names();
        }
        let marks = marking.then(|| MarkDraft::new(&layout.kinds));
        Self { layout, values, census, count: 0, edges: 0, marks }
    }

    fn mark(&mut self, kind: usize, record: &[u64; MAX_FIELDS]) -> Result<(), Fault> {
        let (Some(marks), Some(id)) = (&mut self.marks, self.layout.id) else {
            return Err("the nodes have no ids");
        };
        let name = record[self.layout.name] as u32;
        if marks.add(kind, name, record[id], record[self.layout.self_size]) {
            Ok(())
        } else {
            Err("a node's id is out of range")
        }
    }

    /// `snapshot.node_count`.
    pub(super) fn announced(&self) -> u64 {
        self.layout.count
    }
}

impl Table for Nodes {
    #[inline(always)]
    fn width(&self) -> usize {
        self.layout.width
    }

    #[inline(always)]
    fn add(&mut self, record: &[u64; MAX_FIELDS]) -> Result<(), Fault> {
        let kind = record[self.layout.kind] as usize;
        if kind >= self.layout.kinds.len() {
            return Err("a node has a type that the header does not name");
        }
        if self.count == self.layout.count {
            return Err("there are more nodes than node_count");
        }
        self.count += 1;
        self.edges = self.edges.saturating_add(record[self.layout.edge_count]);
        // An index that does not fit is found by the check of references.
        self.census.add(kind, record[self.layout.name] as u32, record[self.layout.self_size]);
        if self.marks.is_some() {
            self.mark(kind, record)?;
        }
        Ok(())
    }

    #[inline(always)]
    fn references(&self, record: &[u64; MAX_FIELDS]) -> [Option<Reference>; 2] {
        let (value, sizeless) = self.values[record[self.layout.kind] as usize];
        let value = value && (sizeless || record[self.layout.self_size] > 0);
        [Some(Reference { field: self.layout.name, value }), None]
    }

    fn end(&self) -> Result<(), Fault> {
        if self.count == self.layout.count {
            Ok(())
        } else {
            Err("there are fewer nodes than node_count")
        }
    }
}

/// `edges`.
pub(super) struct Edges {
    layout: EdgeLayout,
    /// For each type: is `name_or_index` a string index?
    named: Vec<bool>,
    node_width: u64,
    node_count: u64,
    pub(super) count: u64,
}

impl Edges {
    fn new(layout: EdgeLayout, nodes: &NodeLayout) -> Self {
        let named = layout.kinds.iter().map(|kind| !matches!(kind.as_str(), "element" | "hidden"));
        let named = named.collect();
        let (node_width, node_count) = (nodes.width as u64, nodes.count);
        Self { layout, named, node_width, node_count, count: 0 }
    }

    /// `snapshot.edge_count`.
    pub(super) fn announced(&self) -> u64 {
        self.layout.count
    }
}

impl Table for Edges {
    #[inline(always)]
    fn width(&self) -> usize {
        self.layout.width
    }

    #[inline(always)]
    fn add(&mut self, record: &[u64; MAX_FIELDS]) -> Result<(), Fault> {
        if record[self.layout.kind] as usize >= self.named.len() {
            return Err("an edge has a type that the header does not name");
        }
        let to_node = record[self.layout.to_node];
        if !to_node.is_multiple_of(self.node_width) || to_node / self.node_width >= self.node_count
        {
            return Err("an edge leads to no node");
        }
        if self.count == self.layout.count {
            return Err("there are more edges than edge_count");
        }
        self.count += 1;
        Ok(())
    }

    #[inline(always)]
    fn references(&self, record: &[u64; MAX_FIELDS]) -> [Option<Reference>; 2] {
        let named = self.named[record[self.layout.kind] as usize];
        [named.then_some(Reference { field: self.layout.name, value: false }), None]
    }

    fn end(&self) -> Result<(), Fault> {
        if self.count == self.layout.count {
            Ok(())
        } else {
            Err("there are fewer edges than edge_count")
        }
    }
}

/// `trace_function_infos`. The header's count of them is too small in files of real life, so it is
/// not looked at.
pub(super) struct Functions {
    layout: FunctionLayout,
}

impl Table for Functions {
    fn width(&self) -> usize {
        self.layout.width
    }

    fn add(&mut self, _: &[u64; MAX_FIELDS]) -> Result<(), Fault> {
        Ok(())
    }

    fn references(&self, _: &[u64; MAX_FIELDS]) -> [Option<Reference>; 2] {
        let (name, script) = (self.layout.name, self.layout.script_name);
        [name.min(script), name.max(script)].map(|field| Some(Reference { field, value: false }))
    }

    fn end(&self) -> Result<(), Fault> {
        Ok(())
    }
}
