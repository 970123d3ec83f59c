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
    /// In a child that spills its memory only; then this library itself is to call what this says.
    pub(super) spill: Option<Original>,
}

/// The address of a function in libc itself; null where libc has none.
pub(super) type Original = *const c_void;

/// A word of some object's offset table, and what to put there.
#[derive(Clone, Copy)]
struct Slot {
    address: usize,
    value: usize,
    spill: bool,
}

/// Every word to overwrite.
pub(super) struct Patch {
    slots: Vec<Slot>,
    can_spill: bool,
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
        let mut search = Search { replacements, slots: Vec::new(), originals: 0 };
        // SAFETY: `visit` gets back the pointer to `search`, which outlives the call; the loader
        // holds its lock meanwhile, so no object that is being visited can go.
        unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut search).cast()) };
        Self { slots: search.slots, can_spill: search.originals > 0 }
    }

    /// Number of words.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether the calls for memory go to libc, as far as is seen: not to an allocator that
    /// somebody put in its place, which would not know our blocks, nor we its own.
    pub(super) fn can_spill(&self) -> bool {
        self.can_spill
    }

    /// Overwrites them, those for a child that spills where `spill` says so. In the child only. An
    /// object that was unloaded since is passed over: its pages cannot be made writable.
    pub(super) fn apply(&self, spill: bool) {
        let mut writable: Option<Span> = None;
        for slot in self.slots.iter().filter(|slot| spill || !slot.spill) {
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
    /// Words that held the address of the function in libc that a spilling child replaces.
    originals: usize,
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
    if let Some((tables, owner)) = unsafe { tables(info) } {
        search.object(info.dlpi_addr as usize, &tables, owner);
    }
    0
}

/// # Safety
///
/// `info` must describe an object that is loaded and stays so during the call.
unsafe fn tables(info: &libc::dl_phdr_info) -> Option<(Tables, Owner)> {
    let base = info.dlpi_addr as usize;
    // SAFETY: the loader gives `dlpi_phnum` program headers.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
    let owner = owner(info, base, headers)?;
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
    let tables = Tables {
        strings: strings as *const c_char,
        symbols: symbols as *const Symbol,
        relocations: [
            (plt as *const Rela, count(plt_bytes)),
            (rela as *const Rela, count(rela_bytes)),
        ],
    };
    Some((tables, owner))
}

/// glibc relocates the addresses in the dynamic section, musl does not.
fn absolute(base: usize, value: usize) -> usize {
    if value < base { base + value } else { value }
}

/// Whose calls an object makes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Program,
    /// This library.
    Ours,
}

/// libc, the loader and the kernel's page are left alone.
fn owner(info: &libc::dl_phdr_info, base: usize, headers: &[libc::Elf64_Phdr]) -> Option<Owner> {
    const LEFT_ALONE: [&str; 5] = ["libc.so", "libpthread", "ld-linux", "ld-musl", "linux-vdso"];
    let own = visit as *const () as usize;
    let holds_us = headers.iter().filter(|header| header.p_type == libc::PT_LOAD).any(|header| {
        let start = base + header.p_vaddr as usize;
        (start..start + header.p_memsz as usize).contains(&own)
    });
    if holds_us {
        return Some(Owner::Ours);
    }
    if info.dlpi_name.is_null() {
        return Some(Owner::Program);
    }
    // SAFETY: the loader's name of an object is NUL-terminated.
    let name = unsafe { CStr::from_ptr(info.dlpi_name) }.to_string_lossy();
    let file = name.rsplit('/').next().unwrap_or("");
    let left_alone = LEFT_ALONE.iter().any(|prefix| file.starts_with(prefix));
    (!left_alone).then_some(Owner::Program)
}

impl Search<'_> {
    fn object(&mut self, base: usize, tables: &Tables, owner: Owner) {
        for (first, count) in tables.relocations {
            for index in 0..if first.is_null() { 0 } else { count } {
                // SAFETY: inside the object's relocation table.
                let relocation = unsafe { *first.add(index) };
                if let Some(found) = self.replacement(tables, relocation) {
                    self.slot(base + relocation.offset, found, owner);
                }
            }
        }
    }

    /// An executable at a fixed address lends its own jump to every object that names a function it
    /// has the address of: a call of ours for memory would go through its table, and come back
    /// to us. So those get libc's own address.
    fn slot(&mut self, address: usize, found: Replacement, owner: Owner) {
        let value = match (owner, found.spill) {
            (Owner::Program, _) => found.with,
            (Owner::Ours, Some(original)) if !original.is_null() => original,
            (Owner::Ours, _) => return,
        };
        // SAFETY: the target of a relocation of an object that is loaded and stays so during the
        // visit: a mapped word, aligned as the ABI demands.
        let held = unsafe { (address as *const usize).read() };
        if found.spill.is_some_and(|original| !original.is_null() && held == original as usize) {
            self.originals += 1;
        }
        self.slots.push(Slot { address, value: value as usize, spill: found.spill.is_some() });
    }

    fn replacement(&self, tables: &Tables, relocation: Rela) -> Option<Replacement> {
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
        self.replacements.iter().find(|replacement| replacement.name == name).copied()
    }
}
