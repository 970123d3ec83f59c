//! The document of a profile: its sections, in any order.

use std::path::Path;

use super::draft::{Draft, NONE, Section};
use super::labels::RawLabels;
use super::limit::{MOST_SAMPLES, grow};
use super::node_reader::{NodeReader, checked_id, id, size};
use crate::error::{Error, Result};
use crate::text::input::invalid;
use crate::text::json::Json;
use crate::text::{self, Control, Encoding};

/// Keys of a file that is something else that are told.
const TOLD_KEYS: usize = 5;

/// Reads a file, `chunk` bytes at a time, and hands it to `finish` with the text's length.
pub(super) fn read<T>(
    path: &Path,
    control: &Control,
    chunk: usize,
    finish: impl FnOnce(Draft, Encoding, u64) -> Result<T>,
) -> Result<T> {
    text::read(path, control, chunk, |input, head| {
        let mut reader = Reader { json: Json::new(input), draft: Draft::default(), others: vec![] };
        reader.document()?;
        let length = reader.json.offset();
        finish(reader.draft, head.encoding, length)
    })
    .map_err(as_profile)
}

/// The text's errors, as those of a profile.
fn as_profile(error: Error) -> Error {
    match error {
        Error::InvalidFile { detail, offset } => Error::InvalidProfile { detail, offset },
        other => other,
    }
}

struct Reader<'a> {
    json: Json<'a>,
    draft: Draft,
    /// Keys that mean nothing here.
    others: Vec<String>,
}

/// A key of the document.
enum Key {
    Nodes,
    Head,
    Samples,
    Deltas,
    Timestamps,
    Start,
    End,
    /// What rsprof adds.
    Labels,
    /// A file of another kind.
    Foreign(&'static str),
    Other(Option<String>),
}

impl Key {
    fn of(text: &[u8], tells: bool) -> Self {
        match text {
            b"nodes" => Self::Nodes,
            b"head" => Self::Head,
            b"samples" => Self::Samples,
            b"timeDeltas" => Self::Deltas,
            b"timestamps" => Self::Timestamps,
            b"startTime" => Self::Start,
            b"endTime" => Self::End,
            b"rsprof" => Self::Labels,
            b"snapshot" => Self::Foreign("a heap snapshot"),
            b"traceEvents" => Self::Foreign("a Chrome trace"),
            b"$schema" => Self::Foreign("a speedscope file or another one with a schema"),
            _ => Self::Other(tells.then(|| String::from_utf8_lossy(text).into_owned())),
        }
    }
}

impl Reader<'_> {
    fn document(&mut self) -> Result<()> {
        if self.json.is_empty()? {
            return self.json.bad("the file is empty");
        }
        if self.json.peek()? == b'[' {
            return self.json.bad("expected a profile's object, found an array");
        }
        self.json.expect(b'{', "at the beginning of a profile")?;
        let mut first = true;
        loop {
            let tells = self.others.len() < TOLD_KEYS;
            let start = self.json.offset();
            let Some(key) = self.json.key(&mut first, |text| Key::of(text, tells))? else {
                break;
            };
            self.section(key, start)?;
        }
        self.json.end()?;
        if self.draft.nodes.len() > 0 {
            return Ok(());
        }
        self.json.bad(format!(
            "expected a CPU profile (nodes, samples, timeDeltas) or an allocation profile (head); \
             found an object with {}",
            if self.others.is_empty() { "no nodes".into() } else { self.others.join(", ") }
        ))
    }

    fn section(&mut self, key: Key, start: u64) -> Result<()> {
        let Self { json, draft, others } = self;
        match key {
            Key::Foreign(what) => {
                let detail = format!("expected a CPU or allocation profile, found {what}");
                return Err(invalid(detail, start));
            }
            Key::Other(name) => {
                others.extend(name);
                return json.skip();
            }
            _ if json.null()? => return Ok(()),
            Key::Nodes | Key::Head if draft.nodes.len() > 0 => {
                return Err(invalid("the profile has two trees", start));
            }
            Key::Nodes => NodeReader::new().read_list(json, draft)?,
            Key::Head => NodeReader::new().read(json, draft)?,
            Key::Samples => samples(json, draft)?,
            Key::Deltas => numbers(json, &mut draft.deltas)?,
            Key::Timestamps => numbers(json, &mut draft.timestamps)?,
            Key::Start => draft.start = Some(json.real()?),
            Key::End => draft.end = Some(json.real()?),
            Key::Labels if draft.labels.is_some() => {
                return Err(invalid("labels that the profile has already", start));
            }
            Key::Labels => draft.labels = RawLabels::read(json)?,
        }
        Ok(())
    }
}

fn numbers(json: &mut Json<'_>, column: &mut Option<Section<Vec<i64>>>) -> Result<()> {
    json.peek()?;
    let offset = json.offset();
    if column.is_some() {
        return json.bad("a column of times that the profile has already");
    }
    json.expect(b'[', "before times")?;
    let mut rows = Vec::new();
    if json.more(&mut true, b']')? {
        json.integers(|number, _| {
            grow(rows.len(), MOST_SAMPLES, "samples")?;
            rows.push(number);
            Ok(())
        })?;
    }
    rows.shrink_to_fit();
    *column = Some(Section { rows, offset });
    Ok(())
}

/// Ids of nodes, or objects in an allocation profile.
fn samples(json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
    json.peek()?;
    let offset = json.offset();
    if draft.samples.is_some() || draft.allocations.is_some() {
        return json.bad("samples that the profile has already");
    }
    json.expect(b'[', "before samples")?;
    let mut first = true;
    if !json.more(&mut first, b']')? {
        // An empty list fits both.
        draft.samples = Some(Section { rows: Vec::new(), offset });
    } else if json.peek()? == b'{' {
        draft.allocations = Some(allocations(json)?);
    } else {
        draft.samples = Some(Section { rows: sample_ids(json)?, offset });
    }
    Ok(())
}

/// From the first one on.
fn sample_ids(json: &mut Json<'_>) -> Result<Vec<u32>> {
    let mut ids = Vec::new();
    json.integers(|id, offset| {
        grow(ids.len(), MOST_SAMPLES, "samples")?;
        ids.push(checked_id(id, "the node of a sample", offset)?);
        Ok(())
    })?;
    ids.shrink_to_fit();
    Ok(ids)
}

/// From the first one on.
fn allocations(json: &mut Json<'_>) -> Result<Vec<(u32, u64)>> {
    let mut allocations = Vec::new();
    loop {
        grow(allocations.len(), MOST_SAMPLES, "samples")?;
        allocations.push(allocation(json)?);
        if !json.more(&mut false, b']')? {
            return Ok(allocations);
        }
    }
}

fn allocation(json: &mut Json<'_>) -> Result<(u32, u64)> {
    json.expect(b'{', "before a sample")?;
    let (mut node, mut bytes, mut first) = (NONE, 0, true);
    let key = |text: &[u8]| match text {
        b"nodeId" => Some(true),
        b"size" => Some(false),
        _ => None,
    };
    while let Some(key) = json.key(&mut first, key)? {
        match key {
            Some(true) => node = id(json, "the node of a sample")?,
            Some(false) => bytes = size(json)?,
            None => json.skip()?,
        }
    }
    if node == NONE { json.bad("a sample without a node") } else { Ok((node, bytes)) }
}
