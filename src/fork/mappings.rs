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

    fn is_shared_and_writable(&self) -> bool {
        self.permissions.ends_with('s') && self.permissions.as_bytes().get(1) == Some(&b'w')
    }
}

/// The mappings that `/proc/self/smaps` says are not inherited (`dc`). Slow: some 50 ms for a heap
/// of 1 GB, during which other threads go on.
///
/// # Errors
///
/// [`Error::Io`] where `/proc` is not readable.
pub(super) fn not_inherited() -> Result<Vec<Span>> {
    let smaps = fs::read_to_string("/proc/self/smaps").map_err(Error::io(READING))?;
    Ok(not_inherited_in(&smaps))
}

fn not_inherited_in(smaps: &str) -> Vec<Span> {
    let mut current = None;
    let mut found = Vec::new();
    for line in smaps.lines() {
        if let Some(flags) = line.strip_prefix("VmFlags:") {
            if flags.split(' ').any(|flag| flag == "dc") {
                push_joined(&mut found, current.take());
            }
        } else if line.starts_with(|first| matches!(first, '0'..='9' | 'a'..='f')) {
            // A header line: field lines begin with a capital letter.
            current = Mapping::parse(line).filter(Mapping::is_private_anonymous).map(|m| m.span);
        }
    }
    found
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

/// Every mapping that others see written.
///
/// # Errors
///
/// [`Error::Io`] where `/proc` is not readable.
pub(super) fn shared_and_writable() -> Result<Vec<Span>> {
    select(|mapping| mapping.is_shared_and_writable())
}

fn select(wanted: impl Fn(&Mapping<'_>) -> bool) -> Result<Vec<Span>> {
    let maps = fs::read_to_string("/proc/self/maps").map_err(Error::io(READING))?;
    let mut spans = Vec::new();
    for mapping in maps.lines().filter_map(Mapping::parse).filter(|mapping| wanted(mapping)) {
        push_joined(&mut spans, Some(mapping.span));
    }
    Ok(spans)
}

fn push_joined(spans: &mut Vec<Span>, next: Option<Span>) {
    let Some(next) = next else { return };
    match spans.last_mut() {
        Some(last) if last.end == next.start => last.end = next.end,
        _ => spans.push(next),
    }
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

/// Takes the right to write away.
///
/// # Errors
///
/// The kernel's refusal.
pub(super) fn make_read_only(span: &Span) -> io::Result<()> {
    // SAFETY: called in the child only, on mappings the parent shares with others. Code in the
    // child that writes to one faults, and the child ends: that is what this is for. None of them
    // belongs to the child's own stack or heap, which are private.
    let refused =
        unsafe { libc::mprotect(span.start as *mut libc::c_void, span.len(), libc::PROT_READ) };
    if refused == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
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
        assert_eq!(not_inherited_in(SMAPS), [0x1000..0x3000, 0x6000..0x7000]);
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
    fn keeps_what_is_still_there() {
        let marked = [10..20, 30..40, 50..60];
        let present = [0..12, 15..35, 38..39, 70..80];
        assert_eq!(still_there(&marked, &present), [10..12, 15..20, 30..35, 38..39]);
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
        assert!(covers(&not_inherited().unwrap()));
        mark(std::slice::from_ref(&span), Inheritance::Inherited);
        assert!(!covers(&not_inherited().unwrap()));
        // SAFETY: the mapping made above; nothing refers to it.
        unsafe { libc::munmap(address as *mut libc::c_void, 3 * page) };
    }
}
