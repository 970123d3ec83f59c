//! The JSON document of a snapshot: its sections, in any order that has the header first.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::thread::{self, Scope, ScopedJoinHandle};

use super::columns::{
    EdgeColumns, Location, MOST_EDGES, MOST_NODES, NodeColumns, edge_kinds, location, node_kinds,
};
use super::edge_names::EdgeNames;
use super::input::{Input, invalid};
use super::rows::read_rows;
use super::source::{Control, Encoding};
use super::strings::{Strings, read_string, read_strings};
use crate::error::{Error, Result};
use crate::heap::header::{self, Layout, LocationLayout, NodeLayout};
use crate::heap::numbers::{Read, Record};
use crate::heap::parallel::no_thread;
use crate::text::{self, Head};

/// The `snapshot` object is at most this long, in bytes.
const LONGEST_HEADER: usize = 1 << 20;

/// How deep unknown sections may nest.
const DEEPEST: usize = 1 << 16;

/// Sums of self sizes stay below 2^63: the small ones are less than 2^61 together.
const MOST_HUGE: u128 = 1 << 62;

/// V8 writes at most one string for each node and edge, a redacted file two; few files have so few of
/// these that the others show.
const STRINGS_PER_RECORD: usize = 4;
const FEW_STRINGS: usize = 1 << 16;

/// Parser threads, beside the one that reads and the one that cuts.
const WORKERS: usize = 2;

/// What a file says, checked but not yet a graph.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) layout: Layout,
    pub(super) nodes: NodeColumns,
    pub(super) edges: Edges,
    pub(super) locations: Vec<Location>,
    pub(super) strings: Strings,
    pub(super) encoding: Encoding,
}

/// All edges, their names packed.
#[derive(Debug)]
pub(super) struct Edges {
    pub(super) words: Vec<u32>,
    pub(super) names: EdgeNames,
}

/// Reads a file, `chunk` bytes at a time.
pub(super) fn read(path: &Path, control: &Control, chunk: usize) -> Result<Document> {
    text::read(path, control, chunk, |input, Head { encoding, most_text }| {
        thread::scope(|scope| Parser { input, most_text, encoding, scope }.parse())
    })
}

struct Parser<'a, 'scope, 'env> {
    input: Input<'a>,
    most_text: u64,
    encoding: Encoding,
    scope: &'scope Scope<'scope, 'env>,
}

#[derive(Default)]
struct Sections<'scope> {
    layout: Option<Layout>,
    nodes: Option<NodeColumns>,
    edges: Option<Packing<'scope>>,
    locations: Option<Vec<Location>>,
    strings: Option<Strings>,
}

/// Edges whose names are being packed by a thread of its own while the text behind them is read.
struct Packing<'scope> {
    highest_name: u32,
    thread: ScopedJoinHandle<'scope, Edges>,
}

impl Sections<'_> {
    fn has(&self, key: &[u8]) -> bool {
        match key {
            b"snapshot" => self.layout.is_some(),
            b"nodes" => self.nodes.is_some(),
            b"edges" => self.edges.is_some(),
            b"locations" => self.locations.is_some(),
            b"strings" => self.strings.is_some(),
            _ => false,
        }
    }
}

impl<'scope> Parser<'_, 'scope, '_> {
    fn parse(mut self) -> Result<Document> {
        let mut found = Sections::default();
        if self.input.rest()?.is_empty() {
            return self.input.bad("the file is empty");
        }
        self.input.expect(b'{', "at the beginning")?;
        if !self.input.accept(b'}')? {
            loop {
                self.input.peek()?;
                let start = self.input.offset();
                let key = read_string(&mut self.input)?;
                self.input.expect(b':', "after a key")?;
                if found.has(&key) {
                    let detail = format!("{} comes twice", String::from_utf8_lossy(&key));
                    return Err(invalid(detail, start));
                }
                self.section(&key, &mut found)?;
                if !self.input.accept(b',')? {
                    break;
                }
            }
            self.input.expect(b'}', "at the end")?;
        }
        let document = self.finish(found)?;
        self.input.end()?;
        Ok(document)
    }

    fn section(&mut self, key: &[u8], found: &mut Sections<'scope>) -> Result<()> {
        match key {
            b"snapshot" => found.layout = Some(self.header()?),
            b"nodes" => found.nodes = Some(self.nodes(found.layout.as_ref())?),
            b"edges" => found.edges = Some(self.edges(found)?),
            b"locations" => found.locations = Some(self.locations(found)?),
            b"strings" => {
                let used = used_strings(found);
                found.strings = Some(read_strings(&mut self.input, used)?);
            }
            _ => self.skip_value(None)?,
        }
        Ok(())
    }

    fn header(&mut self) -> Result<Layout> {
        let start = self.input.offset();
        let mut text = Vec::new();
        self.skip_value(Some(&mut text))?;
        let mut layout = header::parse(&text).map_err(|fault| invalid(fault, start))?;
        // The file tells where the root's record is among the numbers, as edges do.
        layout.root /= layout.nodes.width as u64;
        // A digit and a comma are the least that a number takes.
        let fits =
            |count: u64, width: usize| count.saturating_mul(2 * width as u64) <= self.most_text;
        let (nodes, edges) = (&layout.nodes, &layout.edges);
        if nodes.count >= MOST_NODES || !fits(nodes.count, nodes.width) {
            return Err(invalid(format!("node_count {} cannot be right", nodes.count), start));
        }
        if edges.count >= MOST_EDGES || !fits(edges.count, edges.width) {
            return Err(invalid(format!("edge_count {} cannot be right", edges.count), start));
        }
        Ok(layout)
    }

    fn nodes(&mut self, layout: Option<&Layout>) -> Result<NodeColumns> {
        let Some(Layout { nodes: layout, .. }) = layout else {
            return self.input.bad("nodes before the snapshot's header");
        };
        reserve(layout.count, NodeColumns::BYTES)?;
        let mut columns = NodeColumns::new(layout.count as usize);
        let kinds = node_kinds(layout);
        read_rows(&mut self.input, "nodes", WORKERS, columns.rows(layout, &kinds))?;
        Ok(columns)
    }

    fn edges(&mut self, found: &Sections<'_>) -> Result<Packing<'scope>> {
        let Some(layout) = &found.layout else {
            return self.input.bad("edges before the snapshot's header");
        };
        reserve(layout.edges.count, EdgeColumns::BYTES)?;
        let mut columns = EdgeColumns::new(layout.edges.count as usize);
        let kinds = edge_kinds(&layout.edges);
        let nodes = layout.nodes.count as usize;
        let rows = columns.rows(&layout.edges, &kinds, nodes, layout.nodes.width);
        read_rows(&mut self.input, "edges", WORKERS, rows)?;
        self.pack(columns)
    }

    fn pack(&self, columns: EdgeColumns) -> Result<Packing<'scope>> {
        let highest_name = columns.highest_name.load(Ordering::Relaxed);
        let pack = move || {
            let EdgeColumns { words, names, .. } = columns;
            Edges { names: EdgeNames::pack(&names, &words), words }
        };
        let builder = thread::Builder::new().name("rsprof-names".into());
        let thread = builder.spawn_scoped(self.scope, pack).map_err(no_thread)?;
        Ok(Packing { highest_name, thread })
    }

    /// On this thread: there is one for each function and class, which is few beside the edges.
    fn locations(&mut self, found: &Sections<'_>) -> Result<Vec<Location>> {
        let Some(layout) = &found.layout else {
            return self.input.bad("locations before the snapshot's header");
        };
        match &layout.locations {
            Some(rows) => self.location_rows(rows, &layout.nodes),
            None => self.skip_value(None).map(|()| Vec::new()),
        }
    }

    fn location_rows(
        &mut self,
        layout: &LocationLayout,
        nodes: &NodeLayout,
    ) -> Result<Vec<Location>> {
        let mut locations = Vec::new();
        self.input.expect(b'[', "before locations")?;
        if self.input.accept(b']')? {
            return Ok(locations);
        }
        loop {
            self.whole_locations(layout, nodes, &mut locations)?;
            // The one that the chunk ends in, or the last one, number by number.
            let mut record = Record::default();
            for field in 0..layout.width {
                if field > 0 {
                    self.input.expect(b',', "between numbers")?;
                }
                record.values[field] = self.number()?;
                if field + 1 < layout.width && self.input.peek()? == b']' {
                    return self.input.bad("locations ends in the middle of a record");
                }
            }
            self.add_location(layout, nodes, &record, &mut locations)?;
            if self.input.accept(b']')? {
                break;
            }
            self.input.expect(b',', "between numbers")?;
        }
        locations.sort_unstable_by_key(|location| location.node);
        Ok(locations)
    }

    /// Takes the records that are whole in this chunk and have a comma behind them.
    fn whole_locations(
        &mut self,
        layout: &LocationLayout,
        nodes: &NodeLayout,
        locations: &mut Vec<Location>,
    ) -> Result<()> {
        let mut record = Record::default();
        let mut at = 0;
        while (locations.len() as u64) < nodes.count
            && let Read::Record { next, last: false } =
                record.read(layout.width, self.input.rest()?, at)
        {
            at = next;
            self.add_location(layout, nodes, &record, locations)?;
        }
        self.input.skip(at);
        Ok(())
    }

    fn add_location(
        &self,
        layout: &LocationLayout,
        nodes: &NodeLayout,
        record: &Record,
        locations: &mut Vec<Location>,
    ) -> Result<()> {
        if locations.len() as u64 == nodes.count {
            return self.input.bad("there are more locations than nodes");
        }
        locations.extend(location(layout, &record.values, nodes.width, nodes.count as usize));
        Ok(())
    }

    fn number(&mut self) -> Result<u64> {
        self.input.peek()?;
        let mut record = Record::default();
        if let Read::Record { next, last: false } = record.read(1, self.input.rest()?, 0) {
            self.input.skip(next - 1);
            return Ok(record.values[0]);
        }
        let mut value: Option<u64> = None;
        loop {
            match self.input.rest()?.first() {
                Some(digit @ b'0'..=b'9') => {
                    let digit = u64::from(digit - b'0');
                    value = value.unwrap_or(0).checked_mul(10).and_then(|v| v.checked_add(digit));
                    if value.is_none() {
                        return self.input.bad("a number that is out of range");
                    }
                    self.input.skip(1);
                }
                _ => return value.map_or_else(|| self.input.bad("expected a number"), Ok),
            }
        }
    }

    /// Goes over any JSON value, keeping its text where it is wanted.
    fn skip_value(&mut self, mut kept: Option<&mut Vec<u8>>) -> Result<()> {
        let mut depth = 0_usize;
        self.input.peek()?;
        loop {
            let byte = if depth == 0 { self.input.peek()? } else { self.input.byte()? };
            if depth == 0 {
                if matches!(byte, b',' | b'}' | b']') {
                    return Ok(());
                }
                self.input.skip(1);
            }
            if let Some(text) = kept.as_deref_mut() {
                text.push(byte);
                if text.len() > LONGEST_HEADER {
                    return self.input.bad("the header is far too long");
                }
            }
            match byte {
                b'"' => self.skip_string(kept.as_deref_mut())?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            if depth > DEEPEST {
                return self.input.bad("values that are nested too deep");
            }
        }
    }

    /// The rest of a string, escapes as they are.
    fn skip_string(&mut self, mut kept: Option<&mut Vec<u8>>) -> Result<()> {
        loop {
            let byte = self.input.byte()?;
            let escaped = if byte == b'\\' { Some(self.input.byte()?) } else { None };
            if let Some(text) = kept.as_deref_mut() {
                text.push(byte);
                text.extend(escaped);
                if text.len() > LONGEST_HEADER {
                    return self.input.bad("the header is far too long");
                }
            }
            if byte == b'"' {
                return Ok(());
            }
        }
    }

    fn finish(&self, found: Sections<'_>) -> Result<Document> {
        let Sections { layout, nodes, edges, locations, strings } = found;
        let missing = |name: &str| invalid(format!("there is no {name}: not a heap snapshot"), 0);
        let (layout, nodes) =
            (layout.ok_or_else(|| missing("snapshot"))?, nodes.ok_or_else(|| missing("nodes"))?);
        let Packing { highest_name, thread } = edges.ok_or_else(|| missing("edges"))?;
        let strings = strings.ok_or_else(|| missing("strings"))?;
        let edges = thread
            .join()
            .map_err(|_| Error::Internal("packing the names of edges panicked".into()))?;
        let used = highest_of(&nodes, highest_name);
        let document = Document {
            layout,
            nodes,
            edges,
            strings,
            locations: locations.unwrap_or_default(),
            encoding: self.encoding,
        };
        document.check(used, self.input.offset())?;
        Ok(document)
    }
}

/// Behind the last string that is referred to; where that is not known yet, or cannot be true, the most
/// that a file with so many nodes and edges may have.
fn used_strings(found: &Sections<'_>) -> usize {
    let counts = found.layout.as_ref().map_or(0, |layout| layout.nodes.count + layout.edges.count);
    let most = counts as usize * STRINGS_PER_RECORD + FEW_STRINGS;
    let (Some(nodes), Some(edges)) = (&found.nodes, &found.edges) else { return most };
    most.min(highest_of(nodes, edges.highest_name) as usize + 1)
}

/// Fails where so much memory is not to be had: the columns' own allocations would end the process.
fn reserve(count: u64, bytes: usize) -> Result<()> {
    let mut room: Vec<u8> = Vec::new();
    let bytes = (count as usize).saturating_mul(bytes);
    room.try_reserve_exact(bytes)
        .map_err(|_| Error::Budget(format!("reading the file takes more than {bytes} bytes")))?;
    // Otherwise the compiler may leave the allocation out.
    std::hint::black_box(&room);
    Ok(())
}

/// The highest string that is referred to.
fn highest_of(nodes: &NodeColumns, edges: u32) -> u32 {
    nodes.highest_name.load(Ordering::Relaxed).max(edges)
}

impl Document {
    /// What no section can check alone; `used` is the highest string that is referred to.
    fn check(&self, used: u32, end: u64) -> Result<()> {
        let counts = &self.nodes.edge_counts;
        let edges: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        if edges != self.edges.words.len() as u64 {
            let there = self.edges.words.len();
            return Err(invalid(format!("the nodes have {edges} edges, the file {there}"), end));
        }
        let huge: u128 = self.nodes.huge.lock().values().map(|size| u128::from(*size)).sum();
        if huge > MOST_HUGE {
            return Err(invalid("the nodes' sizes add up to more than there is", end));
        }
        if self.nodes.kinds.is_empty() {
            return Err(invalid("the snapshot has no nodes", end));
        }
        if self.layout.root >= self.nodes.kinds.len() as u64 {
            return Err(invalid("root_index is out of range", end));
        }
        let strings = self.strings.len();
        if used as usize >= strings {
            return Err(invalid(format!("string {used} is used, there are {strings}"), end));
        }
        Ok(())
    }
}
