//! Replaces functions in the child by writing the global offset tables of the loaded objects.
//!
//! The child has one thread. A call that would wait for, or wake, another one must become harmless
//! or end the child at once; see `lonely` for what takes their place. The tables are looked through in the
//! parent, ahead of the fork: the dynamic loader's lock may be held by another thread at the fork,
//! and the child must not wait for it.

use std::ffi::{CStr, c_char, c_int, c_void};

use super::mappings::Span;

/// A function to replace, by the name it is imported under.
#[derive(Clone, Copy)]
pub(super) struct Replacement {
    pub(super) name: &'static CStr,
    pub(super) with: *const c_void,
}

/// A word of some object's offset table, and what to put there.
#[derive(Clone, Copy)]
struct Slot {
    address: usize,
    value: usize,
}

/// Every word to overwrite.
pub(super) struct Patch {
    slots: Vec<Slot>,
}

#[cfg(target_arch = "x86_64")]
mod relocation {
    pub(super) const JUMP_SLOT: u64 = 7;
    pub(super) const GLOB_DAT: u64 = 6;
    pub(super) const ABSOLUTE: u64 = 1;
}
#[cfg(target_arch = "aarch64")]
mod relocation {
    pub(super) const JUMP_SLOT: u64 = 1026;
    pub(super) const GLOB_DAT: u64 = 1025;
    pub(super) const ABSOLUTE: u64 = 257;
}

const DT_PLTRELSZ: i64 = 2;
const DT_STRTAB: i64 = 5;
const DT_SYMTAB: i64 = 6;
const DT_RELA: i64 = 7;
const DT_RELASZ: i64 = 8;
const DT_JMPREL: i64 = 23;

/// `Elf64_Dyn`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Dynamic {
    tag: i64,
    value: usize,
}

/// `Elf64_Rela`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Rela {
    offset: usize,
    info: u64,
    addend: i64,
}

/// `Elf64_Sym`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Symbol {
    name: u32,
    info: u8,
    other: u8,
    section: u16,
    value: usize,
    size: usize,
}

impl Patch {
    /// Finds the words to overwrite in every loaded object but libc, the loader and this one.
    /// Must run on a thread that may take the dynamic loader's lock: in the parent.
    pub(super) fn find(replacements: &[Replacement]) -> Self {
        let mut search = Search { replacements, slots: Vec::new() };
        // SAFETY: `visit` gets back the pointer to `search`, which outlives the call; the loader
        // holds its lock meanwhile, so no object that is being visited can go.
        unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut search).cast()) };
        Self { slots: search.slots }
    }

    /// Number of words.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Overwrites them. In the child only. An object that was unloaded since is passed over:
    /// its pages cannot be made writable.
    pub(super) fn apply(&self) {
        let mut writable: Option<Span> = None;
        for slot in &self.slots {
            if !writable.as_ref().is_some_and(|page| page.contains(&slot.address)) {
                writable = unprotect(slot.address);
            }
            if writable.is_some() {
                // SAFETY: the word was found as the target of a relocation of a loaded object, is
                // aligned as the ABI demands of those, and its page was just made writable; no
                // other thread exists that could read it meanwhile.
                unsafe { (slot.address as *mut usize).write(slot.value) };
            }
        }
    }
}

/// Makes the page of `address` writable (the loader made it read-only: RELRO).
fn unprotect(address: usize) -> Option<Span> {
    // SAFETY: sysconf reads a constant.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
    let start = address & !(page - 1);
    // SAFETY: the page holds an offset table of a loaded object: data, never code. It stays
    // readable, and this process has no other thread.
    let refused =
        unsafe { libc::mprotect(start as *mut c_void, page, libc::PROT_READ | libc::PROT_WRITE) };
    (refused == 0).then(|| start..start + page)
}

struct Search<'r> {
    replacements: &'r [Replacement],
    slots: Vec<Slot>,
}

/// What an object's dynamic section says.
struct Tables {
    strings: *const c_char,
    symbols: *const Symbol,
    relocations: [(*const Rela, usize); 2],
}

unsafe extern "C" fn visit(
    info: *mut libc::dl_phdr_info,
    _size: usize,
    search: *mut c_void,
) -> c_int {
    // SAFETY: the loader passes a valid info for the time of the call, and `search` is the pointer
    // that `find` gave, to a `Search` nobody else uses meanwhile.
    let (info, search) = unsafe { (&*info, &mut *search.cast::<Search<'_>>()) };
    // SAFETY: the headers and the dynamic section of a loaded object are mapped and complete.
    if let Some(tables) = unsafe { tables(info) } {
        search.object(info.dlpi_addr as usize, &tables);
    }
    0
}

/// # Safety
///
/// `info` must describe an object that is loaded and stays so during the call.
unsafe fn tables(info: &libc::dl_phdr_info) -> Option<Tables> {
    let base = info.dlpi_addr as usize;
    // SAFETY: the loader gives `dlpi_phnum` program headers.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
    if is_exempt(info, base, headers) {
        return None;
    }
    let dynamic = headers.iter().find(|header| header.p_type == libc::PT_DYNAMIC)?;
    let mut entry = (base + dynamic.p_vaddr as usize) as *const Dynamic;
    let (mut strings, mut symbols) = (0, 0);
    let (mut plt, mut plt_bytes, mut rela, mut rela_bytes) = (0, 0, 0, 0);
    loop {
        // SAFETY: the dynamic section is an array that ends with a zero tag.
        let Dynamic { tag, value } = unsafe { *entry };
        match tag {
            0 => break,
            DT_STRTAB => strings = absolute(base, value),
            DT_SYMTAB => symbols = absolute(base, value),
            DT_JMPREL => plt = absolute(base, value),
            DT_PLTRELSZ => plt_bytes = value,
            DT_RELA => rela = absolute(base, value),
            DT_RELASZ => rela_bytes = value,
            _ => {}
        }
        // SAFETY: not the last entry yet.
        entry = unsafe { entry.add(1) };
    }
    if strings == 0 || symbols == 0 {
        return None;
    }
    let count = |bytes: usize| bytes / size_of::<Rela>();
    Some(Tables {
        strings: strings as *const c_char,
        symbols: symbols as *const Symbol,
        relocations: [
            (plt as *const Rela, count(plt_bytes)),
            (rela as *const Rela, count(rela_bytes)),
        ],
    })
}

/// glibc relocates the addresses in the dynamic section, musl does not.
fn absolute(base: usize, value: usize) -> usize {
    if value < base { base + value } else { value }
}

/// libc, the loader, the kernel's page and this library are left alone.
fn is_exempt(info: &libc::dl_phdr_info, base: usize, headers: &[libc::Elf64_Phdr]) -> bool {
    const LEFT_ALONE: [&str; 5] = ["libc.so", "libpthread", "ld-linux", "ld-musl", "linux-vdso"];
    let own = visit as *const () as usize;
    let holds_us = headers.iter().filter(|header| header.p_type == libc::PT_LOAD).any(|header| {
        let start = base + header.p_vaddr as usize;
        (start..start + header.p_memsz as usize).contains(&own)
    });
    if holds_us || info.dlpi_name.is_null() {
        return holds_us;
    }
    // SAFETY: the loader's name of an object is NUL-terminated.
    let name = unsafe { CStr::from_ptr(info.dlpi_name) }.to_string_lossy();
    let file = name.rsplit('/').next().unwrap_or("");
    LEFT_ALONE.iter().any(|prefix| file.starts_with(prefix))
}

impl Search<'_> {
    fn object(&mut self, base: usize, tables: &Tables) {
        for (first, count) in tables.relocations {
            for index in 0..if first.is_null() { 0 } else { count } {
                // SAFETY: inside the object's relocation table.
                let relocation = unsafe { *first.add(index) };
                if let Some(value) = self.replacement(tables, relocation) {
                    self.slots.push(Slot { address: base + relocation.offset, value });
                }
            }
        }
    }

    fn replacement(&self, tables: &Tables, relocation: Rela) -> Option<usize> {
        let kind = relocation.info & 0xffff_ffff;
        let symbol = usize::try_from(relocation.info >> 32).ok().filter(|symbol| *symbol != 0)?;
        let absolute = kind == relocation::ABSOLUTE && relocation.addend == 0;
        if !absolute && kind != relocation::JUMP_SLOT && kind != relocation::GLOB_DAT {
            return None;
        }
        // SAFETY: relocations name symbols of the same object's table, and symbols their names by
        // an offset into its string table.
        let name = unsafe {
            CStr::from_ptr(tables.strings.add((*tables.symbols.add(symbol)).name as usize))
        };
        let found = self.replacements.iter().find(|replacement| replacement.name == name)?;
        Some(found.with as usize)
    }
}
