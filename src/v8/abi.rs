//! Mirrors of the C++ layouts we read or hand to V8, the same on x86-64 and aarch64.

use std::ffi::{c_char, c_int, c_void};
use std::mem::{offset_of, size_of};

/// `std::vector<T>` of libstdc++ and libc++: three pointers.
#[repr(C)]
pub(super) struct Vector {
    pub(super) begin: *const c_void,
    pub(super) end: *const c_void,
    pub(super) capacity: *const c_void,
}

impl Vector {
    /// Start and number of elements.
    pub(super) fn span<T>(&self) -> (*const T, usize) {
        let bytes = (self.end as usize).saturating_sub(self.begin as usize);
        (self.begin.cast(), bytes / size_of::<T>())
    }
}

/// `v8::CpuProfileDeoptInfo`.
#[repr(C)]
pub(super) struct DeoptInfo {
    pub(super) reason: *const c_char,
    pub(super) stack: Vector,
}

/// `v8::CpuProfileDeoptFrame`.
#[repr(C)]
pub(super) struct DeoptFrame {
    pub(super) script_id: c_int,
    pub(super) position: usize,
}

/// `v8::AllocationProfile::Node`. Both names are `Local<String>`: one handle slot each.
#[repr(C)]
pub(super) struct AllocationNode {
    pub(super) name: *mut c_void,
    pub(super) script_name: *mut c_void,
    pub(super) script_id: c_int,
    pub(super) start_position: c_int,
    pub(super) line: c_int,
    pub(super) column: c_int,
    pub(super) node_id: u32,
    pub(super) children: Vector,
    pub(super) allocations: Vector,
}

/// `v8::AllocationProfile::Allocation`.
#[repr(C)]
pub(super) struct Allocation {
    pub(super) size: usize,
    pub(super) count: u32,
}

/// The vtable of `v8::AllocationProfile`, from slot 0.
#[repr(C)]
pub(super) struct AllocationProfileVtable {
    pub(super) root: unsafe extern "C" fn(*mut c_void) -> *const AllocationNode,
    pub(super) samples: unsafe extern "C" fn(*mut c_void) -> *const Vector,
    pub(super) destroy: unsafe extern "C" fn(*mut c_void),
    pub(super) delete: unsafe extern "C" fn(*mut c_void),
}

/// `v8::HeapStatistics` up to where all versions agree, with room for what later ones append.
#[repr(C)]
#[derive(Default)]
pub(super) struct HeapStatistics {
    pub(super) total: usize,
    pub(super) executable: usize,
    pub(super) physical: usize,
    pub(super) available: usize,
    pub(super) used: usize,
    pub(super) limit: usize,
    pub(super) malloced: usize,
    pub(super) external: usize,
    pub(super) peak_malloced: usize,
    pub(super) zaps_garbage: usize,
    pub(super) native_contexts: usize,
    pub(super) detached_contexts: usize,
    pub(super) later: [usize; 20],
}

/// `v8::HeapSpaceStatistics`.
#[repr(C)]
pub(super) struct HeapSpaceStatistics {
    pub(super) name: *const c_char,
    pub(super) size: usize,
    pub(super) used: usize,
    pub(super) available: usize,
    pub(super) physical: usize,
}

/// `v8::HeapStatsUpdate`: what an interval's objects came to.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct HeapStatsUpdate {
    pub(super) index: u32,
    pub(super) count: u32,
    pub(super) size: u32,
}

const _: () = {
    assert!(size_of::<HeapStatsUpdate>() == 12);
    assert!(size_of::<HeapStatistics>() == 256);
    assert!(offset_of!(HeapStatistics, used) == 32 && offset_of!(HeapStatistics, external) == 56);
    assert!(offset_of!(HeapStatistics, native_contexts) == 80);
    assert!(size_of::<HeapSpaceStatistics>() == 40 && offset_of!(HeapSpaceStatistics, used) == 16);
    assert!(size_of::<Vector>() == 24);
    assert!(size_of::<DeoptInfo>() == 32 && offset_of!(DeoptInfo, stack) == 8);
    assert!(size_of::<DeoptFrame>() == 16 && offset_of!(DeoptFrame, position) == 8);
    assert!(size_of::<AllocationNode>() == 88);
    assert!(offset_of!(AllocationNode, script_id) == 16);
    assert!(offset_of!(AllocationNode, node_id) == 32);
    assert!(offset_of!(AllocationNode, children) == 40);
    assert!(offset_of!(AllocationNode, allocations) == 64);
    assert!(size_of::<Allocation>() == 16);
};

/// `SerializationFormat::kJSON`.
pub(super) const FORMAT_JSON: c_int = 0;
/// `OutputStream::kContinue`.
pub(super) const CONTINUE: c_int = 0;
/// `OutputStream::kAbort`.
pub(super) const ABORT: c_int = 1;
/// `StackTrace::kOverview | kExposeFramesAcrossSecurityOrigins`: function, script, line and column.
pub(super) const STACK_TRACE_OVERVIEW: c_int = 0x10f;
/// `CpuProfilingNamingMode::kDebugNaming`.
pub(super) const DEBUG_NAMING: c_int = 1;
