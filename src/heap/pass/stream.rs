//! The document around the arrays: which section comes, and what becomes of its bytes.

use std::io::Write;

use super::census::ClassFigure;
use super::output::{Output, WRITING};
use super::redact::Redactor;
use super::rows::{self, Redacted, References, Unchanged};
use super::skip::{Inside, Skipper};
use super::strings::StringTable;
use super::tables::{Table, Tables};
use super::{invalid, rows::Progress as Scanned};
use crate::error::{Error, Result};
use crate::heap::header;
use crate::heap::marks::HeapMarks;
use crate::heap::numbers::{is_space, skip_space};

/// The longest header, in bytes. V8's has 1.5 KiB.
const HEADER_BYTES: usize = 1 << 20;
/// The longest record or section name, in bytes, with the space around it.
const CARRY_BYTES: usize = 4_096;
/// How much is added to a record that a chunk cut, to complete it.
const CARRY_STEP: usize = 256;

/// What to do on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamOptions {
    /// Replaces the program's strings by their length and a hash keyed with this.
    pub redact: Option<[u8; 16]>,
    /// How many classes [`SnapshotFigures::top_classes`] has at most.
    pub top_classes: usize,
}

/// How far a stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Nodes and edges read.
    pub done: u64,
    /// Nodes and edges announced by the header; 0 before it was read.
    pub total: u64,
    /// Bytes pushed.
    pub raw_bytes: u64,
}

/// What a whole snapshot holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotFigures {
    /// Length as V8 wrote it, in bytes.
    pub raw_bytes: u64,
    /// Nodes of the graph.
    pub node_count: u64,
    /// Edges of the graph.
    pub edge_count: u64,
    /// The largest classes by shallow size, then count, then name.
    pub top_classes: Vec<ClassFigure>,
}

/// Checks, counts and passes on a heap snapshot while V8 writes it; see the [module](super).
///
/// After an error a stream is of no more use.
pub struct SnapshotStream {
    parser: Parser,
    /// The beginning of a record or a section's name that the last chunk cut.
    carry: Vec<u8>,
    raw_bytes: u64,
}

impl SnapshotStream {
    /// Before the first byte.
    #[must_use]
    pub fn new(options: StreamOptions) -> Self {
        let parser = Parser {
            phase: Phase::Start,
            offset: 0,
            seen: Vec::new(),
            header: Vec::new(),
            top_classes: options.top_classes,
            marking: false,
            tables: None,
            references: References::default(),
            strings: StringTable::default(),
            redactor: options.redact.map(Redactor::new),
            gathered: Vec::new(),
        };
        Self { parser, carry: Vec::new(), raw_bytes: 0 }
    }

    /// As [`Self::new`]; notes each object, for [`Self::finish_marks`].
    #[must_use]
    pub fn marking(options: StreamOptions) -> Self {
        let mut stream = Self::new(options);
        stream.parser.marking = true;
        stream
    }

    /// Takes the next bytes, of any number, and writes what can go out: the same bytes at once, or
    /// the redacted ones with some delay.
    ///
    /// # Errors
    /// [`Error::InvalidSnapshot`] when the bytes are no heap snapshot, or one that disagrees with
    /// its header; [`Error::Io`] when `out` fails.
    pub fn push(&mut self, chunk: &[u8], out: &mut dyn Write) -> Result<()> {
        self.raw_bytes += chunk.len() as u64;
        if self.parser.redactor.is_none() {
            out.write_all(chunk).map_err(Error::io(WRITING))?;
        }
        let rest = self.complete_carry(chunk, out)?;
        let used = self.parser.run(rest, out)?;
        self.carry.extend_from_slice(&rest[used..]);
        self.check_carry()
    }

    /// Finishes what the last chunk cut; gives the rest of this one.
    fn complete_carry<'a>(&mut self, mut chunk: &'a [u8], out: &mut dyn Write) -> Result<&'a [u8]> {
        while !self.carry.is_empty() && !chunk.is_empty() {
            let cut = self.carry.len();
            let (step, rest) = chunk.split_at(chunk.len().min(CARRY_STEP));
            self.carry.extend_from_slice(step);
            let used = self.parser.run(&self.carry, out)?;
            if used >= cut {
                self.carry.clear();
                chunk = &chunk[used - cut..];
            } else {
                self.carry.drain(..used);
                chunk = rest;
            }
            self.check_carry()?;
        }
        Ok(chunk)
    }

    fn check_carry(&self) -> Result<()> {
        if self.carry.len() <= CARRY_BYTES {
            return Ok(());
        }
        Err(invalid("a record or a section's name is too long", self.parser.offset))
    }

    /// Takes the end of the stream and writes what is left.
    ///
    /// # Errors
    /// As [`SnapshotStream::push`]; a document that is not complete is invalid.
    pub fn finish(mut self, out: &mut dyn Write) -> Result<SnapshotFigures> {
        Output::new(&mut self.parser.gathered, out).drain()?;
        self.parser.finish(self.raw_bytes)
    }

    /// Takes the end of a stream that was [`Self::marking`]; what it was passed on to has all of it.
    ///
    /// # Errors
    /// [`Error::InvalidSnapshot`] where the document is not complete, or the stream made no marks.
    pub fn finish_marks(mut self) -> Result<HeapMarks> {
        let nodes = self.parser.tables.as_mut().map(|tables| &mut tables.nodes);
        let draft = nodes.and_then(|nodes| Some((nodes.marks.take()?, nodes.census.take_names())));
        let figures = self.parser.finish(self.raw_bytes)?;
        let (draft, names) =
            draft.ok_or_else(|| invalid("no object was noted", figures.raw_bytes))?;
        Ok(draft.finish(&names))
    }

    /// How far it is; a few loads.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let raw_bytes = self.raw_bytes;
        let Some(Tables { nodes, edges, .. }) = &self.parser.tables else {
            return Progress { raw_bytes, ..Progress::default() };
        };
        Progress {
            done: nodes.count + edges.count,
            total: nodes.announced().saturating_add(edges.announced()),
            raw_bytes,
        }
    }
}

/// Sections that are read. The others are passed on as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Header,
    Nodes,
    Edges,
    Functions,
    Strings,
}

/// What the next byte belongs to.
enum Phase {
    /// The document's opening brace, or space before it.
    Start,
    /// A section's name; the closing brace only if none came before.
    Name {
        first: bool,
    },
    /// The value of `snapshot`.
    Header(Skipper),
    /// The value of a section of no interest.
    Other(Skipper),
    /// The first record of a table, or its end.
    FirstRow(Section),
    Rows(Section),
    Strings,
    /// The comma or closing brace behind a section.
    Behind,
    /// Space behind the document.
    End,
}

/// How much of the input was used, and whether the rest has to wait for more.
struct Step {
    used: usize,
    stuck: bool,
}

impl Step {
    fn on(used: usize) -> Self {
        Self { used, stuck: false }
    }

    const STUCK: Self = Self { used: 0, stuck: true };
}

struct Parser {
    phase: Phase,
    /// Bytes used so far.
    offset: u64,
    seen: Vec<Section>,
    header: Vec<u8>,
    top_classes: usize,
    marking: bool,
    /// None before the header's end.
    tables: Option<Tables>,
    references: References,
    strings: StringTable,
    redactor: Option<Redactor>,
    /// Redacted bytes that wait to be written.
    gathered: Vec<u8>,
}

impl Parser {
    /// Reads as much of `input` as can be understood; how many bytes that was.
    fn run(&mut self, input: &[u8], out: &mut dyn Write) -> Result<usize> {
        let mut at = 0;
        while at < input.len() {
            let step = self.step(&input[at..], out)?;
            at += step.used;
            self.offset += step.used as u64;
            if step.stuck {
                break;
            }
        }
        Ok(at)
    }

    /// Reads until the phase changes or the input, never empty, ends.
    fn step(&mut self, input: &[u8], out: &mut dyn Write) -> Result<Step> {
        match self.phase {
            Phase::Rows(section) => self.rows(section, input, out),
            Phase::Strings => self.string_table(input, out),
            _ => {
                let step = self.structure(input)?;
                if self.redactor.is_some() {
                    Output::new(&mut self.gathered, out).put(&input[..step.used])?;
                }
                Ok(step)
            }
        }
    }

    /// Everything that goes out as it is.
    fn structure(&mut self, input: &[u8]) -> Result<Step> {
        match &mut self.phase {
            Phase::Header(skipper) => {
                let (used, done) = skipper.skip(input);
                return self.header(&input[..used], done);
            }
            Phase::Other(skipper) => {
                let (used, done) = skipper.skip(input);
                if done {
                    self.phase = Phase::Behind;
                }
                return Ok(Step::on(used));
            }
            _ => {}
        }
        if is_space(input[0]) {
            return Ok(Step::on(skip_space(input, 0)));
        }
        match (&self.phase, input[0]) {
            (Phase::Start, b'{') => self.phase = Phase::Name { first: true },
            (Phase::Name { .. }, b'"') => return self.name(input),
            (Phase::Name { first: true } | Phase::Behind, b'}') => self.phase = Phase::End,
            (Phase::Behind, b',') => self.phase = Phase::Name { first: false },
            (Phase::FirstRow(section), b']') => {
                let section = *section;
                self.end_table(section)?;
            }
            (Phase::FirstRow(section), _) => {
                self.phase = Phase::Rows(*section);
                return Ok(Step::on(0));
            }
            (Phase::Start, _) => return Err(self.invalid("this is no JSON object")),
            (Phase::End, _) => return Err(self.invalid("something follows the document")),
            _ => return Err(self.invalid("the document is damaged between two sections")),
        }
        Ok(Step::on(1))
    }

    /// A section's name, the colon, and the first byte of the value, which stays for the next phase
    /// unless it opens an array that is read.
    fn name(&mut self, input: &[u8]) -> Result<Step> {
        let Some(end) = Inside::default().find_end(input, 1) else {
            return Ok(Step::STUCK);
        };
        let colon = skip_space(input, end + 1);
        let value = skip_space(input, colon + 1);
        match (input.get(colon), input.get(value)) {
            (Some(b':'), Some(first)) => {
                let section = self.enter(&input[1..end], *first)?;
                let is_array = matches!(section, Phase::FirstRow(_) | Phase::Strings);
                self.phase = section;
                Ok(Step::on(value + usize::from(is_array)))
            }
            (Some(b':') | None, _) => Ok(Step::STUCK),
            _ => Err(self.invalid("a section's name has no value")),
        }
    }

    /// The phase that reads the section of this name, if it may come now.
    fn enter(&mut self, name: &[u8], first: u8) -> Result<Phase> {
        let (section, opening) = match name {
            b"snapshot" => (Section::Header, b'{'),
            b"nodes" => (Section::Nodes, b'['),
            b"edges" => (Section::Edges, b'['),
            b"trace_function_infos" => (Section::Functions, b'['),
            b"strings" => (Section::Strings, b'['),
            _ => return Ok(Phase::Other(Skipper::default())),
        };
        if first != opening {
            return Err(self.invalid("a section has the wrong type"));
        }
        if self.seen.contains(&section) {
            return Err(self.invalid("a section comes twice"));
        }
        if self.seen.contains(&Section::Strings) {
            return Err(self.invalid("a section comes behind the strings it needs"));
        }
        self.seen.push(section);
        match section {
            Section::Header => Ok(Phase::Header(Skipper::default())),
            Section::Strings => self.enter_strings(),
            _ if self.tables.is_none() => Err(self.invalid("a section comes before the header")),
            _ => Ok(Phase::FirstRow(section)),
        }
    }

    /// Nodes and edges are complete now, and can be compared.
    fn enter_strings(&mut self) -> Result<Phase> {
        let whole = [Section::Nodes, Section::Edges].iter().all(|part| self.seen.contains(part));
        let Some(tables) = self.tables.as_mut().filter(|_| whole) else {
            return Err(self.invalid("the strings come before nodes and edges"));
        };
        tables.nodes.census.begin_names();
        if tables.nodes.edges != tables.edges.announced() {
            return Err(self.invalid("the nodes' edge counts do not add up to edge_count"));
        }
        Ok(Phase::Strings)
    }

    fn header(&mut self, bytes: &[u8], done: bool) -> Result<Step> {
        let start = self.offset - self.header.len() as u64;
        if self.header.len() + bytes.len() > HEADER_BYTES {
            return Err(invalid("the header is too long", start));
        }
        self.header.extend_from_slice(bytes);
        if done {
            let layout = header::parse(&self.header).map_err(|fault| invalid(&fault, start))?;
            self.tables = Some(Tables::new(layout, self.top_classes, self.marking));
            self.header = Vec::new();
            self.phase = Phase::Behind;
        }
        Ok(Step::on(bytes.len()))
    }

    fn end_table(&mut self, section: Section) -> Result<()> {
        let Some(tables) = &self.tables else {
            return Err(self.no_table());
        };
        let ended = match section {
            Section::Nodes => tables.nodes.end(),
            Section::Edges => tables.edges.end(),
            _ => Ok(()),
        };
        ended.map_err(|fault| self.invalid(fault))?;
        self.phase = Phase::Behind;
        Ok(())
    }

    fn rows(&mut self, section: Section, input: &[u8], out: &mut dyn Write) -> Result<Step> {
        let Some(mut tables) = self.tables.take() else {
            return Err(self.no_table());
        };
        let scanned = match (section, &mut tables.functions) {
            (Section::Nodes, _) => self.scan(&mut tables.nodes, input, out),
            (Section::Edges, _) => self.scan(&mut tables.edges, input, out),
            (_, Some(functions)) => self.scan(functions, input, out),
            (_, None) => Err(self.no_table()),
        };
        self.tables = Some(tables);
        let scanned = scanned?;
        if scanned.ended {
            self.phase = Phase::Behind;
        }
        Ok(Step { used: scanned.used, stuck: !scanned.ended })
    }

    fn scan<T: Table>(
        &mut self,
        table: &mut T,
        input: &[u8],
        out: &mut dyn Write,
    ) -> Result<Scanned> {
        let Some(redactor) = &mut self.redactor else {
            return rows::scan(table, &mut self.references, input, self.offset, Unchanged);
        };
        let mut output = Output::new(&mut self.gathered, out);
        let pass = Redacted::new(redactor, &mut output, input);
        rows::scan(table, &mut self.references, input, self.offset, pass)
    }

    fn string_table(&mut self, input: &[u8], out: &mut dyn Write) -> Result<Step> {
        let Some(tables) = &mut self.tables else {
            return Err(self.no_table());
        };
        let mut output = Output::new(&mut self.gathered, out);
        let redaction = self.redactor.as_ref().map(|redactor| (redactor, &mut output));
        let census = &mut tables.nodes.census;
        let scanned = self.strings.scan(census, redaction, input, self.offset)?;
        if scanned.ended {
            self.phase = Phase::Behind;
            if self.references.needed > self.strings.count {
                return Err(invalid("a string index is out of range", self.references.at));
            }
        }
        Ok(Step::on(scanned.used))
    }

    fn finish(self, raw_bytes: u64) -> Result<SnapshotFigures> {
        if !matches!(self.phase, Phase::End) {
            return Err(invalid("the document ends too early", raw_bytes));
        }
        let whole = self.seen.contains(&Section::Strings);
        let Some(tables) = self.tables.filter(|_| whole) else {
            return Err(invalid("a section is missing", raw_bytes));
        };
        Ok(SnapshotFigures {
            raw_bytes,
            node_count: tables.nodes.count,
            edge_count: tables.edges.count,
            top_classes: tables.nodes.census.finish(),
        })
    }

    fn invalid(&self, detail: &str) -> Error {
        invalid(detail, self.offset)
    }

    fn no_table(&self) -> Error {
        self.invalid("the header does not describe a section")
    }
}
