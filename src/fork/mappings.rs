//! The process's memory mappings: which of them a child must inherit, and must not write.
//!
//! V8 in Node marks its heap `MADV_DONTFORK`, which makes `child_process.spawn` fast and a forked
//! snapshot impossible. The mark is taken off for the fork and put back after it.

use std::fs;
use std::io;
use std::ops::Range;

use crate::error::{Error, Result};

/// A stretch of addresses.
pub(super) type Span = Range<usize>;

const READING: &str = "reading the process's memory map";

/// One line of `/proc/self/maps`.
struct Mapping<'m> {
    span: Span,
    permissions: &'m str,
    inode: &'m str,
    name: &'m str,
}

impl<'m> Mapping<'m> {
    /// Reads `start-end perms offset dev inode name`.
    fn parse(line: &'m str) -> Option<Self> {
        let mut fields = line.splitn(6, ' ');
        let (start, end) = fields.next()?.split_once('-')?;
        let start = usize::from_str_radix(start, 16).ok()?;
        let end = usize::from_str_radix(end, 16).ok()?;
        let permissions = fields.next()?;
        let inode = fields.nth(2)?;
        let name = fields.next().unwrap_or("").trim_start();
        Some(Self { span: start..end, permissions, inode, name })
    }

    fn is_private_anonymous(&self) -> bool {
        self.inode == "0"
            && self.permissions.ends_with('p')
            && (self.name.is_empty() || self.name == "[heap]" || self.name.starts_with("[anon"))
    }

    fn is_shared(&self) -> bool {
        self.permissions.ends_with('s')
    }

    fn is_writable(&self) -> bool {
        self.permissions.as_bytes().get(1) == Some(&b'w')
    }
}

/// The private anonymous mappings at one time.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// All of them.
    pub(super) all: Vec<Span>,
    /// Those that `/proc/self/smaps` says are not inherited (`dc`).
    pub(super) not_inherited: Vec<Span>,
}

/// Reads the marks. Slow: some 50 ms for a heap of 1 GB, during which other threads go on.
///
/// # Errors
///
/// [`Error::Io`] where `/proc` is not readable.
pub(super) fn marks() -> Result<Marks> {
    let smaps = fs::read_to_string("/proc/self/smaps").map_err(Error::io(READING))?;
    Ok(marks_in(&smaps))
}

fn marks_in(smaps: &str) -> Marks {
    let mut marks = Marks::default();
    for (mapping, flags) in with_flags(smaps) {
        if !mapping.is_private_anonymous() {
            continue;
        }
        push_joined(&mut marks.all, mapping.span.clone());
        if flags.split(' ').any(|flag| flag == "dc") {
            push_joined(&mut marks.not_inherited, mapping.span);
        }
    }
    marks
}

/// The mappings of `smaps`, each with what its line `VmFlags` says.
fn with_flags(smaps: &str) -> Vec<(Mapping<'_>, &str)> {
    let mut found: Vec<(Option<Mapping<'_>>, &str)> = Vec::new();
    for line in smaps.lines() {
        if let Some(flags) = line.strip_prefix("VmFlags:") {
            if let Some(last) = found.last_mut() {
                last.1 = flags;
            }
        } else if line.starts_with(|first| matches!(first, '0'..='9' | 'a'..='f')) {
            // A header line: field lines begin with a capital letter.
            found.push((Mapping::parse(line), ""));
        }
    }
    found.into_iter().filter_map(|(mapping, flags)| Some((mapping?, flags))).collect()
}

/// All private anonymous mappings, neighbours joined. One look costs well under a millisecond for
/// each thousand mappings.
///
/// # Errors
///
/// [`Error::Io`] where `/proc` is not readable.
pub(super) fn private_anonymous() -> Result<Vec<Span>> {
    select(|mapping| mapping.is_private_anonymous())
}

/// Every mapping that others see written, or would once the right to write is asked for.
///
/// # Errors
///
/// [`Error::Io`] where `/proc` is not readable.
pub(super) fn shared_and_writable() -> Result<Vec<Span>> {
    // Which of the read-only ones may become writable only the slower list tells. They are rare.
    if select(|mapping| mapping.is_shared() && !mapping.is_writable())?.is_empty() {
        return select(|mapping| mapping.is_shared());
    }
    let smaps = fs::read_to_string("/proc/self/smaps").map_err(Error::io(READING))?;
    Ok(shared_and_writable_in(&smaps))
}

fn shared_and_writable_in(smaps: &str) -> Vec<Span> {
    let mut found = Vec::new();
    for (mapping, flags) in with_flags(smaps) {
        if mapping.is_shared() && flags.split(' ').any(|flag| flag == "mw") {
            push_joined(&mut found, mapping.span);
        }
    }
    found
}

fn select(wanted: impl Fn(&Mapping<'_>) -> bool) -> Result<Vec<Span>> {
    let maps = fs::read_to_string("/proc/self/maps").map_err(Error::io(READING))?;
    let mut spans = Vec::new();
    for mapping in maps.lines().filter_map(Mapping::parse).filter(|mapping| wanted(mapping)) {
        push_joined(&mut spans, mapping.span);
    }
    Ok(spans)
}

/// The list is no picture of one moment: what another thread joins to a mapping that was listed already
/// comes a second time, as part of a larger one. Ends only grow.
fn push_joined(spans: &mut Vec<Span>, mut next: Span) {
    while let Some(last) = spans.pop_if(|last| last.end >= next.start) {
        next = last.start.min(next.start)..last.end.max(next.end);
    }
    spans.push(next);
}

/// The parts of `marked` that `present` still has. Both are sorted, as the kernel lists them.
pub(super) fn still_there(marked: &[Span], present: &[Span]) -> Vec<Span> {
    let mut common = Vec::new();
    let mut present = present.iter().peekable();
    for mark in marked {
        while present.next_if(|span| span.end <= mark.start).is_some() {}
        let mut ahead = present.clone();
        while let Some(span) = ahead.next_if(|span| span.start < mark.end) {
            common.push(mark.start.max(span.start)..mark.end.min(span.end));
        }
    }
    common
}

/// The parts of `spans` that `known` does not cover. Both are sorted.
pub(super) fn without(spans: &[Span], known: &[Span]) -> Vec<Span> {
    let mut rest = Vec::new();
    for span in spans {
        let mut start = span.start;
        let first = known.partition_point(|other| other.end <= span.start);
        for other in known[first..].iter().take_while(|other| other.start < span.end) {
            if start < other.start {
                rest.push(start..other.start);
            }
            start = start.max(other.end);
        }
        if start < span.end {
            rest.push(start..span.end);
        }
    }
    rest
}

/// Whether a mapping that nothing is known of is V8's heap: V8 aligns its chunks to 256 KiB. So does
/// glibc its arenas, to 64 MiB; those are left out, and with them a chunk of V8's in 256.
pub(super) fn looks_like_heap(span: &Span) -> bool {
    const CHUNK: usize = 256 << 10;
    const ARENA: usize = 64 << 20;
    span.start.is_multiple_of(CHUNK) && !span.start.is_multiple_of(ARENA) && span.len() >= CHUNK
}

/// Whether a child inherits a mapping.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Inheritance {
    /// `MADV_DOFORK`.
    Inherited,
    /// `MADV_DONTFORK`.
    NotInherited,
}

/// Marks spans. A span that is gone by now, or that the kernel keeps for itself, is passed over.
pub(super) fn mark(spans: &[Span], inheritance: Inheritance) {
    let advice = match inheritance {
        Inheritance::Inherited => libc::MADV_DOFORK,
        Inheritance::NotInherited => libc::MADV_DONTFORK,
    };
    for span in spans {
        // SAFETY: madvise with these two advices changes no memory and no access right, only
        // what a later fork does; an address that is not mapped any more is an error, not a fault.
        unsafe { libc::madvise(span.start as *mut libc::c_void, span.len(), advice) };
    }
}

/// Puts empty, private, read-only memory in the place of a mapping.
///
/// Taking the right to write from the mapping itself would not do: the child may change rights.
///
/// # Errors
///
/// The kernel's refusal.
pub(super) fn replace_by_nothing(span: &Span) -> io::Result<()> {
    // SAFETY: called in the child only, on mappings that are shared with other processes. Code in
    // the child that writes to one faults, and the child ends: that is what this is for. None of
    // them is the child's own stack, heap or code, which are private.
    let address = unsafe {
        libc::mmap(
            span.start as *mut libc::c_void,
            span.len(),
            libc::PROT_READ,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    if address == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::single_range_in_vec_init)]
mod tests {
    use super::*;

    const SMAPS: &str = "\
1000-2000 rw-p 00000000 00:00 0
AnonHugePages:         0 kB
VmFlags: rd wr mr mw me dc ac sd
2000-3000 rw-p 00000000 00:00 0
VmFlags: rd wr mr mw me dc ac sd
4000-5000 rw-p 00000000 00:00 0                  [heap]
VmFlags: rd wr mr mw me ac sd
5000-6000 rw-s 00000000 00:01 77                 /memfd:x (deleted)
VmFlags: rd wr sh mr mw me ms dc
6000-7000 rw-p 00000000 00:00 0                  [anon:v8]
VmFlags: rd dc
";

    #[test]
    fn finds_what_is_not_inherited() {
        let marks = marks_in(SMAPS);
        assert_eq!(marks.not_inherited, [0x1000..0x3000, 0x6000..0x7000]);
        assert_eq!(marks.all, [0x1000..0x3000, 0x4000..0x5000, 0x6000..0x7000]);
    }

    #[test]
    fn finds_what_may_be_written_for_others() {
        let read_only = "\
7000-8000 r--s 00000000 00:01 78                 /opened/for/reading
VmFlags: rd mr me ms
8000-9000 r--s 00000000 00:01 79                 /opened/for/writing
VmFlags: rd sh mr mw me ms
";
        assert_eq!(shared_and_writable_in(SMAPS), [0x5000..0x6000]);
        let found = shared_and_writable_in(&format!("{SMAPS}{read_only}"));
        assert_eq!(found, [0x5000..0x6000, 0x8000..0x9000]);
    }

    #[test]
    fn a_shared_mapping_that_lost_the_right_to_write_is_found() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(4096).unwrap();
        // SAFETY: a fresh mapping of a file of its own, unmapped at the end of the test.
        let address = unsafe {
            let descriptor = std::os::fd::AsRawFd::as_raw_fd(&file);
            libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_READ, libc::MAP_SHARED, descriptor, 0)
        } as usize;
        let found = shared_and_writable().unwrap();
        assert!(found.iter().any(|span| span.contains(&address)));
        // SAFETY: the mapping made above; nothing refers to it.
        unsafe { libc::munmap(address as *mut libc::c_void, 4096) };
    }

    #[test]
    fn reads_this_process() {
        let anonymous = private_anonymous().unwrap();
        let local = Box::new([0_u8; 64]);
        let address = local.as_ptr() as usize;
        assert!(anonymous.iter().any(|span| span.contains(&address)));
        assert!(anonymous.windows(2).all(|pair| pair[0].end < pair[1].start));
    }

    #[test]
    fn what_is_listed_twice_counts_once() {
        let mut spans = Vec::new();
        for span in [0..10, 20..30, 40..50, 50..60, 45..70, 15..80, 90..95] {
            push_joined(&mut spans, span);
        }
        assert_eq!(spans, [0..10, 15..80, 90..95]);
    }

    #[test]
    fn keeps_what_is_still_there() {
        let marked = [10..20, 30..40, 50..60];
        let present = [0..12, 15..35, 38..39, 70..80];
        assert_eq!(still_there(&marked, &present), [10..12, 15..20, 30..35, 38..39]);
    }

    #[test]
    fn finds_what_is_new() {
        let present = [0..10, 20..60, 70..80];
        let known = [0..10, 15..25, 30..40, 55..75];
        assert_eq!(without(&present, &known), [25..30, 40..55, 75..80]);
        assert_eq!(without(&present, &[]), present);
    }

    #[test]
    fn tells_heap_from_arenas() {
        let at = |start: usize, length: usize| looks_like_heap(&(start..start + length));
        assert!(at(0x7f00_0004_0000, 256 << 10));
        assert!(!at(0x7f00_0004_1000, 256 << 10), "not aligned");
        assert!(!at(0x7f00_0000_0000, 132 << 10), "an arena");
        assert!(!at(0x7f00_0004_0000, 4096), "too small");
    }

    #[test]
    fn marks_show_in_smaps() {
        let page = 4096;
        // SAFETY: a fresh private mapping, unmapped at the end of the test.
        let address = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                3 * page,
                libc::PROT_READ,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        } as usize;
        let span = address + page..address + 2 * page;
        mark(std::slice::from_ref(&span), Inheritance::NotInherited);
        let covers =
            |spans: &[Span]| spans.iter().any(|s| s.start <= span.start && s.end >= span.end);
        assert!(covers(&marks().unwrap().not_inherited));
        mark(std::slice::from_ref(&span), Inheritance::Inherited);
        assert!(!covers(&marks().unwrap().not_inherited));
        // SAFETY: the mapping made above; nothing refers to it.
        unsafe { libc::munmap(address as *mut libc::c_void, 3 * page) };
    }
}
