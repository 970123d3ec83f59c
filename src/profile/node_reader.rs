//! Nodes of the tree, flat or nested, in every shape.
//!
//! One reader for all: a child is an id where nodes are flat and an object where they are nested; a
//! function is named in `callFrame` or, in old files, by the node itself.

use super::draft::{Deopt, Draft, NONE, Tick, push_row};
use super::frame::RawFrame;
use crate::error::Result;
use crate::text::input::invalid;
use crate::text::json::Json;

/// Reads nodes into a draft.
pub(super) struct NodeReader {
    /// The nodes that are open, outermost first: one where nodes are flat.
    open: Vec<OpenNode>,
}

/// A node whose end has not come yet.
struct OpenNode {
    node: u32,
    frame: RawFrame,
    /// Keys that have come, a bit each.
    seen: u16,
    is_first_key: bool,
    children: Children,
}

/// Where in a node's children the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Children {
    Outside,
    Before,
    Between,
}

/// What [`NodeReader::step`] came to.
enum Step {
    /// A nested child begins.
    Child,
    /// The node has ended.
    Done,
}

/// A key of a node or of its `callFrame`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Id,
    Parent,
    CallFrame,
    Name,
    Script,
    Url,
    Line,
    Column,
    Hits,
    Size,
    Children,
    Ticks,
    Reason,
    Deopts,
    Other,
}

impl Key {
    fn of(text: &[u8]) -> Self {
        match text {
            b"id" => Self::Id,
            b"parent" => Self::Parent,
            b"callFrame" => Self::CallFrame,
            b"functionName" => Self::Name,
            b"scriptId" => Self::Script,
            b"url" => Self::Url,
            b"lineNumber" => Self::Line,
            b"columnNumber" => Self::Column,
            b"hitCount" => Self::Hits,
            b"selfSize" => Self::Size,
            b"children" => Self::Children,
            b"positionTicks" | b"lineTicks" => Self::Ticks,
            b"deoptReason" | b"bailoutReason" => Self::Reason,
            b"deopts" => Self::Deopts,
            _ => Self::Other,
        }
    }

    /// Whether it tells which function it is.
    fn is_of_frame(self) -> bool {
        matches!(self, Self::Name | Self::Script | Self::Url | Self::Line | Self::Column)
    }

    /// Notes that it has come, once at the most.
    fn see(self, seen: &mut u16, json: &Json<'_>) -> Result<()> {
        let bit = if self == Self::Other { 0 } else { 1 << self as u16 };
        if *seen & bit != 0 {
            return json.bad("a key that the node has already");
        }
        *seen |= bit;
        Ok(())
    }
}

impl NodeReader {
    pub(super) fn new() -> Self {
        Self { open: Vec::new() }
    }

    /// Reads an array of nodes.
    pub(super) fn read_list(&mut self, json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
        json.expect(b'[', "before nodes")?;
        let mut first = true;
        while json.more(&mut first, b']')? {
            self.read(json, draft)?;
        }
        Ok(())
    }

    /// Reads a node with everything that is nested in it.
    pub(super) fn read(&mut self, json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
        self.open(NONE, json, draft)?;
        while let Some(top) = self.open.last_mut() {
            match top.step(json, draft)? {
                Step::Child => {
                    let parent = top.node;
                    self.open(parent, json, draft)?;
                }
                Step::Done => {
                    draft.nodes.frames[top.node as usize] = draft.frames.number(top.frame);
                    self.open.pop();
                }
            }
        }
        Ok(())
    }

    fn open(&mut self, parent: u32, json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
        json.expect(b'{', "before a node")?;
        let node = draft.nodes.add(parent, json.offset() - 1)?;
        let frame = RawFrame::default();
        let children = Children::Outside;
        self.open.push(OpenNode { node, frame, seen: 0, is_first_key: true, children });
        Ok(())
    }
}

impl OpenNode {
    /// Reads on, up to a nested child or the node's end.
    fn step(&mut self, json: &mut Json<'_>, draft: &mut Draft) -> Result<Step> {
        loop {
            if self.children != Children::Outside {
                if self.child(json, draft)? {
                    return Ok(Step::Child);
                }
                continue;
            }
            let Some(key) = json.key(&mut self.is_first_key, Key::of)? else {
                return Ok(Step::Done);
            };
            key.see(&mut self.seen, json)?;
            if !json.null()? {
                self.field(key, json, draft)?;
            }
        }
    }

    /// Whether the next child is nested; takes it where it is an id.
    fn child(&mut self, json: &mut Json<'_>, draft: &mut Draft) -> Result<bool> {
        let mut first = self.children == Children::Before;
        self.children = Children::Between;
        if !json.more(&mut first, b']')? {
            self.children = Children::Outside;
            return Ok(false);
        }
        if json.peek()? == b'{' {
            return Ok(true);
        }
        let child = id(json, "the id of a child")?;
        push_row(&mut draft.children, (self.node, child))?;
        Ok(false)
    }

    fn field(&mut self, key: Key, json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
        let node = self.node as usize;
        match key {
            Key::Id => draft.nodes.ids[node] = id(json, "an id")?,
            Key::Parent => {
                let parent = id(json, "the id of a parent")?;
                push_row(&mut draft.parents, (self.node, parent))?;
            }
            Key::CallFrame => self.call_frame(json, draft)?,
            Key::Hits => {
                draft.marks.hits = true;
                draft.nodes.weights[node] = u64::from(number::<u32>(json, "a count")?);
            }
            Key::Size => {
                draft.marks.sizes = true;
                draft.nodes.weights[node] = size(json)?;
            }
            Key::Children => {
                json.expect(b'[', "before children")?;
                self.children = Children::Before;
            }
            Key::Ticks => ticks(self.node, json, draft)?,
            Key::Reason => reason(self.node, json, draft)?,
            Key::Deopts => deopts(self.node, json, draft)?,
            // The frame says it better.
            _ if self.seen & 1 << Key::CallFrame as u16 != 0 => json.skip()?,
            _ => {
                draft.marks.is_old |= key == Key::Name;
                self.frame_field(key, json, draft)?;
            }
        }
        Ok(())
    }

    fn call_frame(&mut self, json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
        json.expect(b'{', "before a call frame")?;
        self.frame = RawFrame::default();
        let (mut first, mut seen) = (true, 0);
        while let Some(key) = json.key(&mut first, Key::of)? {
            key.see(&mut seen, json)?;
            match key {
                _ if json.null()? => {}
                // v8-profiler-next's flat shape has them here.
                Key::Ticks => ticks(self.node, json, draft)?,
                Key::Reason => reason(self.node, json, draft)?,
                _ => self.frame_field(key, json, draft)?,
            }
        }
        Ok(())
    }

    fn frame_field(&mut self, key: Key, json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
        if !key.is_of_frame() {
            return json.skip();
        }
        let frame = &mut self.frame;
        match key {
            Key::Name => frame.name = Some(draft.names.number(json.string()?)?),
            Key::Url => frame.url = Some(draft.names.number(json.string()?)?),
            Key::Line => frame.line = number(json, "a line")?,
            Key::Column => frame.column = number(json, "a column")?,
            _ => {
                draft.marks.has_numeric_scripts |= json.peek()? != b'"';
                frame.script = script(json)?;
            }
        }
        Ok(())
    }
}

/// A number that fits.
pub(super) fn number<T: TryFrom<i64>>(json: &mut Json<'_>, what: &str) -> Result<T> {
    json.peek()?;
    let start = json.offset();
    let number = json.integer()?;
    T::try_from(number).map_err(|_| invalid(format!("{number} cannot be {what}"), start))
}

/// The id of a node.
pub(super) fn id(json: &mut Json<'_>, what: &str) -> Result<u32> {
    json.peek()?;
    let start = json.offset();
    checked_id(json.integer()?, what, start)
}

/// A number as the id of a node.
pub(super) fn checked_id(number: i64, what: &str, offset: u64) -> Result<u32> {
    match u32::try_from(number) {
        Ok(id) if id != NONE => Ok(id),
        _ => Err(invalid(format!("{number} cannot be {what}"), offset)),
    }
}

/// Bytes, few enough that they can be summed.
pub(super) fn size(json: &mut Json<'_>) -> Result<u64> {
    let start = json.offset();
    match number(json, "a size")? {
        size if size >= 1 << 53 => Err(invalid(format!("{size} cannot be a size"), start)),
        size => Ok(size),
    }
}

/// The id of a script: a string in the protocol, a number elsewhere; 0 where it is none of V8's.
fn script(json: &mut Json<'_>) -> Result<u32> {
    if json.peek()? != b'"' {
        return Ok(u32::try_from(json.integer()?).unwrap_or(0));
    }
    let text = json.string()?;
    Ok(std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or(0))
}

fn ticks(node: u32, json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
    json.expect(b'[', "before ticks")?;
    let mut first = true;
    while json.more(&mut first, b']')? {
        json.expect(b'{', "before a tick")?;
        let mut tick = Tick { node, line: 0, hits: 0 };
        let mut first_key = true;
        let key = |text: &[u8]| match text {
            b"line" => Some(true),
            b"ticks" | b"hitCount" => Some(false),
            _ => None,
        };
        while let Some(key) = json.key(&mut first_key, key)? {
            match key {
                Some(true) => tick.line = number(json, "a line")?,
                Some(false) => tick.hits = number(json, "a count")?,
                None => json.skip()?,
            }
        }
        push_row(&mut draft.ticks, tick)?;
    }
    Ok(())
}

fn reason(node: u32, json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
    let text = json.string()?;
    if matches!(text, b"" | b"no reason") {
        return Ok(());
    }
    let reason = draft.names.number(text)?;
    push_row(&mut draft.bailouts, Deopt { node, reason, script: 0, position: None })
}

fn deopts(node: u32, json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
    json.expect(b'[', "before deoptimisations")?;
    let mut first = true;
    while json.more(&mut first, b']')? {
        json.expect(b'{', "before a deoptimisation")?;
        let empty = draft.names.number(b"")?;
        let mut deopt = Deopt { node, reason: empty, script: 0, position: None };
        let mut first_key = true;
        let key = |text: &[u8]| match text {
            b"reason" => Some(true),
            b"stack" => Some(false),
            _ => None,
        };
        while let Some(key) = json.key(&mut first_key, key)? {
            match key {
                Some(true) => deopt.reason = draft.names.number(json.string()?)?,
                Some(false) => deopt_stack(&mut deopt, json)?,
                None => json.skip()?,
            }
        }
        push_row(&mut draft.deopts, deopt)?;
    }
    Ok(())
}

/// Keeps the innermost place: the others are functions that it was inlined into.
fn deopt_stack(deopt: &mut Deopt, json: &mut Json<'_>) -> Result<()> {
    json.expect(b'[', "before places")?;
    let mut first = true;
    while json.more(&mut first, b']')? {
        json.expect(b'{', "before a place")?;
        let (mut place_script, mut position, mut first_key) = (0, None, true);
        let key = |text: &[u8]| match text {
            b"scriptId" => Some(true),
            b"position" => Some(false),
            _ => None,
        };
        while let Some(key) = json.key(&mut first_key, key)? {
            match key {
                Some(true) => place_script = script(json)?,
                Some(false) => position = Some(number(json, "a position")?),
                None => json.skip()?,
            }
        }
        if deopt.position.is_none() {
            (deopt.script, deopt.position) = (place_script, position);
        }
    }
    Ok(())
}
