//! `v8::CpuProfile` and its call tree.

use std::borrow::Cow;
use std::ffi::{CStr, c_char, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::abi::{DeoptFrame, DeoptInfo};
use super::symbols::Symbols;

/// The owner's half of a stopped profile: stays on the isolate's thread, and deletes.
pub struct CpuProfile {
    raw: NonNull<c_void>,
    symbols: &'static Symbols,
    reader_taken: bool,
    thread_bound: PhantomData<*const ()>,
}

/// The reader's half: at most one exists for a profile, and it may move to another thread.
pub struct CpuProfileReader {
    raw: NonNull<c_void>,
    symbols: &'static Symbols,
}

// SAFETY: a stopped profile is immutable, and the getters used below touch no thread-local, no
// handle and no JS heap (ABI map, section 8). Deleting it wants the reader back
// (`CpuProfile::delete`), and the environment's cleanup hook joins the reading thread before the
// isolate goes.
unsafe impl Send for CpuProfileReader {}

/// How often one line of a function was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineTick {
    /// 1-based line.
    pub line: u32,
    /// Samples on it.
    pub ticks: u32,
}

/// One deoptimisation of a function while it was profiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deopt {
    /// V8's reason, such as `wrong map`.
    pub reason: String,
    /// Inlining stack, innermost first: script id and offset in the source, in characters.
    pub stack: Vec<(i32, u64)>,
}

impl CpuProfile {
    pub(super) fn new(raw: NonNull<c_void>, symbols: &'static Symbols) -> Self {
        Self { raw, symbols, reader_taken: false, thread_bound: PhantomData }
    }

    /// Hands out the reader, once.
    pub fn reader(&mut self) -> Option<CpuProfileReader> {
        if std::mem::replace(&mut self.reader_taken, true) {
            return None;
        }
        Some(CpuProfileReader { raw: self.raw, symbols: self.symbols })
    }

    /// Frees the profile. The reader comes back as the proof that nobody reads it any more.
    pub fn delete(self, reader: CpuProfileReader) {
        if self.raw != reader.raw {
            return;
        }
        // SAFETY: this is the isolate's thread (`!Send`); the profiler that owns the profile is
        // alive (the pool disposes of a profiler only when it `is_idle`); the one reader was just
        // consumed, and so is `self`.
        unsafe { (self.symbols.profile_delete)(self.raw.as_ptr()) };
    }
}

impl CpuProfileReader {
    /// The call tree's root, `(root)`.
    #[must_use]
    pub fn root(&self) -> Option<CpuProfileNode<'_>> {
        // SAFETY: the profile is alive while its reader is (see `CpuProfile::delete`).
        let raw = unsafe { (self.symbols.profile_root)(self.raw.as_ptr()) };
        CpuProfileNode::new(raw, self.symbols)
    }

    /// Start and end in microseconds of V8's clock.
    #[must_use]
    pub fn times(&self) -> (i64, i64) {
        let (profile, v8) = (self.raw.as_ptr(), self.symbols);
        // SAFETY: the profile is alive, as above.
        unsafe { ((v8.profile_start_time)(profile), (v8.profile_end_time)(profile)) }
    }

    /// Number of samples kept.
    #[must_use]
    pub fn sample_count(&self) -> usize {
        // SAFETY: the profile is alive, as above.
        let count = unsafe { (self.symbols.profile_samples)(self.raw.as_ptr()) };
        usize::try_from(count).unwrap_or(0)
    }

    /// The samples in the order they were taken: node id, and time in microseconds.
    pub fn samples(&self) -> impl Iterator<Item = (u32, i64)> + '_ {
        let (profile, v8) = (self.raw.as_ptr(), self.symbols);
        let count = i32::try_from(self.sample_count()).unwrap_or(i32::MAX);
        (0..count).filter_map(move |index| {
            // SAFETY: the profile is alive, as above; V8 does not check the index, `index` is
            // below the count that the immutable profile gave.
            let (node, time) = unsafe {
                ((v8.profile_sample)(profile, index), (v8.profile_timestamp)(profile, index))
            };
            CpuProfileNode::new(node, v8).map(|node| (node.id(), time))
        })
    }
}

/// A node of the call tree.
#[derive(Clone, Copy)]
pub struct CpuProfileNode<'p> {
    raw: NonNull<c_void>,
    symbols: &'static Symbols,
    profile: PhantomData<&'p CpuProfileReader>,
}

impl<'p> CpuProfileNode<'p> {
    fn new(raw: *mut c_void, symbols: &'static Symbols) -> Option<Self> {
        Some(Self { raw: NonNull::new(raw)?, symbols, profile: PhantomData })
    }

    /// Calls an integer getter.
    fn get<T>(&self, getter: unsafe extern "C" fn(*mut c_void) -> T) -> T {
        // SAFETY: only the getters of the symbol table that take a node are passed here; the node
        // is part of a profile that the lifetime `'p` keeps alive and that does not change.
        unsafe { getter(self.raw.as_ptr()) }
    }

    fn text(&self, getter: unsafe extern "C" fn(*mut c_void) -> *const c_char) -> Cow<'p, str> {
        let text = self.get(getter);
        if text.is_null() {
            return Cow::Borrowed("");
        }
        // SAFETY: V8 keeps the NUL-terminated names of a profile's nodes in its string storage
        // for as long as the profile lives, which `'p` guarantees.
        unsafe { CStr::from_ptr(text) }.to_string_lossy()
    }

    /// The node's number in the profile.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.get(self.symbols.node_id)
    }

    /// Function name; empty for an anonymous one.
    #[must_use]
    pub fn function_name(&self) -> Cow<'p, str> {
        self.text(self.symbols.node_function)
    }

    /// Name or URL of the script; empty for V8's own entries.
    #[must_use]
    pub fn script_name(&self) -> Cow<'p, str> {
        self.text(self.symbols.node_script)
    }

    /// Why V8 gave up optimising the function; empty or `no reason` where it did not.
    #[must_use]
    pub fn bailout_reason(&self) -> Cow<'p, str> {
        self.text(self.symbols.node_bailout)
    }

    /// V8's number for the script.
    #[must_use]
    pub fn script_id(&self) -> i32 {
        self.get(self.symbols.node_script_id)
    }

    /// 1-based line of the function, 0 for none.
    #[must_use]
    pub fn line(&self) -> i32 {
        self.get(self.symbols.node_line)
    }

    /// 1-based column of the function, 0 for none.
    #[must_use]
    pub fn column(&self) -> i32 {
        self.get(self.symbols.node_column)
    }

    /// Samples that ended in this node.
    #[must_use]
    pub fn hits(&self) -> u32 {
        self.get(self.symbols.node_hits)
    }

    /// The node's children.
    pub fn children(&self) -> impl Iterator<Item = CpuProfileNode<'p>> + use<'p> {
        let node = *self;
        (0..self.get(self.symbols.node_children)).filter_map(move |index| {
            // SAFETY: as in `get`; `index` is below the number of children.
            let child = unsafe { (node.symbols.node_child)(node.raw.as_ptr(), index) };
            CpuProfileNode::new(child, node.symbols)
        })
    }

    /// Hits by line.
    #[must_use]
    pub fn line_ticks(&self) -> Vec<LineTick> {
        /// Marks words that V8 did not write; no line number is this large.
        const UNTOUCHED: u32 = u32::MAX;
        let lines = self.get(self.symbols.node_hit_lines);
        let count = lines as usize;
        if count == 0 {
            return Vec::new();
        }
        // An entry is {line, hits}, from V8 14 on {line, column, hits}: room for the larger.
        let mut words = vec![UNTOUCHED; count * 3 + 3];
        // SAFETY: as in `get`; V8 writes `lines` entries of at most 12 bytes, the buffer is larger.
        let filled = unsafe {
            (self.symbols.node_line_ticks)(self.raw.as_ptr(), words.as_mut_ptr().cast(), lines)
        };
        if !filled {
            return Vec::new();
        }
        let written = words.iter().rposition(|word| *word != UNTOUCHED).map_or(0, |last| last + 1);
        let stride = if written == count * 3 { 3 } else { 2 };
        merge_lines(words[..count * stride].chunks_exact(stride))
    }

    /// The deoptimisations V8 saw in this node.
    #[must_use]
    pub fn deopts(&self) -> Vec<Deopt> {
        let infos = self.get(self.symbols.node_deopts);
        if infos.is_null() {
            return Vec::new();
        }
        // SAFETY: the getter answers a reference to the node's own `vector<CpuProfileDeoptInfo>`,
        // unchanged since the profile was stopped, as are the vectors and static texts inside.
        // The mirrors' sizes and offsets are asserted in `abi`; an empty vector has no elements
        // and its pointer, null perhaps, is not read.
        unsafe {
            let (begin, count) = (*infos).span::<DeoptInfo>();
            (0..count).map(|index| read_deopt(&*begin.add(index))).collect()
        }
    }
}

/// Sums the hits of entries on the same line (later V8s tell columns apart).
fn merge_lines<'w>(entries: impl Iterator<Item = &'w [u32]>) -> Vec<LineTick> {
    let mut ticks: Vec<LineTick> = Vec::new();
    for entry in entries {
        let (line, hits) = (entry[0], entry[entry.len() - 1]);
        match ticks.iter_mut().find(|tick| tick.line == line) {
            Some(tick) => tick.ticks += hits,
            None => ticks.push(LineTick { line, ticks: hits }),
        }
    }
    ticks.sort_unstable_by_key(|tick| tick.line);
    ticks
}

/// # Safety
///
/// `info` must be part of a live, stopped profile.
unsafe fn read_deopt(info: &DeoptInfo) -> Deopt {
    let reason = if info.reason.is_null() {
        String::new()
    } else {
        // SAFETY: the reason is one of V8's static, NUL-terminated texts.
        unsafe { CStr::from_ptr(info.reason) }.to_string_lossy().into_owned()
    };
    let (begin, count) = info.stack.span::<DeoptFrame>();
    let stack = (0..count).map(|index| {
        // SAFETY: `index` is inside the vector, which the live profile owns.
        let frame = unsafe { &*begin.add(index) };
        (frame.script_id, frame.position as u64)
    });
    Deopt { reason, stack: stack.collect() }
}
