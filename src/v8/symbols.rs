//! The V8 functions we call, looked up once in the process that loaded us.

use std::ffi::{c_char, c_int, c_void};
use std::sync::OnceLock;

use libloading::os::unix::Library;

use super::event_loop::RawWalk;
use super::gc_observer::RawObserver;
use super::interrupt::RawInterrupt;
use super::near_heap_limit::RawCallback;

/// An opaque V8 object.
pub(super) type Ptr = *mut c_void;

macro_rules! symbols {
    ($table:ident; $($(#[$doc:meta])* $field:ident: $type:ty = [$($name:literal),+ $(,)?];)+) => {
        /// One pointer for each V8 function, all present.
        pub(super) struct $table {
            $($(#[$doc])* pub(super) $field: $type,)+
        }

        impl $table {
            fn load(process: &Library) -> Result<Self, &'static str> {
                Ok(Self { $($field: {
                    // SAFETY: `lookup` only asks the dynamic loader for an address. The type is
                    // the C++ signature that the mangled name encodes (Itanium mangling spells
                    // out every parameter), in the register-only form that section 1 of the ABI
                    // map derives; where several names are listed they share that form.
                    let found = unsafe { lookup::<$type>(process, &[$($name),+]) };
                    found.ok_or([$($name),+][0])?
                },)+ })
            }
        }
    };
}

symbols! {
    Symbols;
    v8_version: unsafe extern "C" fn() -> *const c_char = ["_ZN2v82V810GetVersionEv"];
    current_isolate: unsafe extern "C" fn() -> Ptr = ["_ZN2v87Isolate13TryGetCurrentEv"];
    heap_profiler: unsafe extern "C" fn(Ptr) -> Ptr = ["_ZN2v87Isolate15GetHeapProfilerEv"];
    heap_statistics: unsafe extern "C" fn(Ptr, Ptr) =
        ["_ZN2v87Isolate17GetHeapStatisticsEPNS_14HeapStatisticsE"];
    add_near_heap_limit: unsafe extern "C" fn(Ptr, RawCallback, Ptr) =
        ["_ZN2v87Isolate24AddNearHeapLimitCallbackEPFmPvmmES1_"];
    /// (this, callback, limit to go back to or 0)
    remove_near_heap_limit: unsafe extern "C" fn(Ptr, RawCallback, usize) =
        ["_ZN2v87Isolate27RemoveNearHeapLimitCallbackEPFmPvmmEm"];

    /// (this, callback, its data): the one function of an isolate that any thread may call.
    request_interrupt: unsafe extern "C" fn(Ptr, RawInterrupt, Ptr) =
        ["_ZN2v87Isolate16RequestInterruptEPFvPS0_PvES2_"];
    is_terminating: unsafe extern "C" fn(Ptr) -> bool =
        ["_ZN2v87Isolate22IsExecutionTerminatingEv"];
    terminate: unsafe extern "C" fn(Ptr) = ["_ZN2v87Isolate18TerminateExecutionEv"];
    cancel_terminate: unsafe extern "C" fn(Ptr) =
        ["_ZN2v87Isolate24CancelTerminateExecutionEv"];

    /// (isolate, most frames, options) -> `Local<StackTrace>`
    current_stack: unsafe extern "C" fn(Ptr, c_int, c_int) -> Ptr = [
        "_ZN2v810StackTrace17CurrentStackTraceEPNS_7IsolateEiNS0_17StackTraceOptionsE",
    ];
    stack_frames: unsafe extern "C" fn(Ptr) -> c_int =
        ["_ZNK2v810StackTrace13GetFrameCountEv"];
    /// (this, isolate, index) -> `Local<StackFrame>`
    stack_frame: unsafe extern "C" fn(Ptr, Ptr, u32) -> Ptr =
        ["_ZNK2v810StackTrace8GetFrameEPNS_7IsolateEj"];
    /// -> line and column, two ints from 0
    frame_location: unsafe extern "C" fn(Ptr) -> u64 =
        ["_ZNK2v810StackFrame11GetLocationEv"];
    frame_function: unsafe extern "C" fn(Ptr) -> Ptr =
        ["_ZNK2v810StackFrame15GetFunctionNameEv"];
    frame_script: unsafe extern "C" fn(Ptr) -> Ptr =
        ["_ZNK2v810StackFrame13GetScriptNameEv"];

    /// (this, control, resolver, hide internals | global objects are roots, numeric values).
    /// The resolver's class changed its name in Node 26; ours is always null.
    take_snapshot: unsafe extern "C" fn(Ptr, Ptr, Ptr, bool, bool) -> Ptr = [
        "_ZN2v812HeapProfiler16TakeHeapSnapshotEPNS_15ActivityControlEPNS0_19ContextNameResolverEbb",
        "_ZN2v812HeapProfiler16TakeHeapSnapshotEPNS_15ActivityControlEPNS0_18ObjectNameResolverEbb",
    ];
    snapshot_serialize: unsafe extern "C" fn(Ptr, Ptr, c_int) =
        ["_ZNK2v812HeapSnapshot9SerializeEPNS_12OutputStreamENS0_19SerializationFormatE"];
    snapshot_delete: unsafe extern "C" fn(Ptr) = ["_ZN2v812HeapSnapshot6DeleteEv"];

    start_tracking: unsafe extern "C" fn(Ptr, bool) =
        ["_ZN2v812HeapProfiler24StartTrackingHeapObjectsEb"];

    start_sampling: unsafe extern "C" fn(Ptr, u64, c_int, c_int) -> bool = [
        "_ZN2v812HeapProfiler25StartSamplingHeapProfilerEmiNS0_13SamplingFlagsE",
        "_ZN2v812HeapProfiler25StartSamplingHeapProfilerEyiNS0_13SamplingFlagsE",
    ];
    stop_sampling: unsafe extern "C" fn(Ptr) =
        ["_ZN2v812HeapProfiler24StopSamplingHeapProfilerEv"];
    allocation_profile: unsafe extern "C" fn(Ptr) -> Ptr =
        ["_ZN2v812HeapProfiler20GetAllocationProfileEv"];

    cpu_profiler_new: unsafe extern "C" fn(Ptr, c_int, c_int) -> Ptr = [
        "_ZN2v811CpuProfiler3NewEPNS_7IsolateENS_22CpuProfilingNamingModeENS_23CpuProfilingLoggingModeE",
    ];
    cpu_profiler_dispose: unsafe extern "C" fn(Ptr) = ["_ZN2v811CpuProfiler7DisposeEv"];
    cpu_profiler_interval: unsafe extern "C" fn(Ptr, c_int) =
        ["_ZN2v811CpuProfiler19SetSamplingIntervalEi"];
    /// (this, title, mode, record samples, max samples) -> id in the low half, status in the high.
    cpu_profiler_start: unsafe extern "C" fn(Ptr, Ptr, c_int, bool, u32) -> u64 = [
        "_ZN2v811CpuProfiler5StartENS_5LocalINS_6StringEEENS_16CpuProfilingModeEbj",
    ];
    cpu_profiler_stop: unsafe extern "C" fn(Ptr, u32) -> Ptr = ["_ZN2v811CpuProfiler4StopEj"];

    profile_delete: unsafe extern "C" fn(Ptr) = ["_ZN2v810CpuProfile6DeleteEv"];
    profile_root: unsafe extern "C" fn(Ptr) -> Ptr =
        ["_ZNK2v810CpuProfile14GetTopDownRootEv"];
    profile_samples: unsafe extern "C" fn(Ptr) -> c_int =
        ["_ZNK2v810CpuProfile15GetSamplesCountEv"];
    profile_sample: unsafe extern "C" fn(Ptr, c_int) -> Ptr =
        ["_ZNK2v810CpuProfile9GetSampleEi"];
    profile_timestamp: unsafe extern "C" fn(Ptr, c_int) -> i64 =
        ["_ZNK2v810CpuProfile18GetSampleTimestampEi"];
    profile_start_time: unsafe extern "C" fn(Ptr) -> i64 =
        ["_ZNK2v810CpuProfile12GetStartTimeEv"];
    profile_end_time: unsafe extern "C" fn(Ptr) -> i64 =
        ["_ZNK2v810CpuProfile10GetEndTimeEv"];

    node_function: unsafe extern "C" fn(Ptr) -> *const c_char =
        ["_ZNK2v814CpuProfileNode18GetFunctionNameStrEv"];
    node_script: unsafe extern "C" fn(Ptr) -> *const c_char =
        ["_ZNK2v814CpuProfileNode24GetScriptResourceNameStrEv"];
    node_script_id: unsafe extern "C" fn(Ptr) -> c_int =
        ["_ZNK2v814CpuProfileNode11GetScriptIdEv"];
    node_line: unsafe extern "C" fn(Ptr) -> c_int =
        ["_ZNK2v814CpuProfileNode13GetLineNumberEv"];
    node_column: unsafe extern "C" fn(Ptr) -> c_int =
        ["_ZNK2v814CpuProfileNode15GetColumnNumberEv"];
    node_hit_lines: unsafe extern "C" fn(Ptr) -> u32 =
        ["_ZNK2v814CpuProfileNode15GetHitLineCountEv"];
    node_line_ticks: unsafe extern "C" fn(Ptr, Ptr, u32) -> bool =
        ["_ZNK2v814CpuProfileNode12GetLineTicksEPNS0_8LineTickEj"];
    node_bailout: unsafe extern "C" fn(Ptr) -> *const c_char =
        ["_ZNK2v814CpuProfileNode16GetBailoutReasonEv"];
    node_hits: unsafe extern "C" fn(Ptr) -> u32 = ["_ZNK2v814CpuProfileNode11GetHitCountEv"];
    node_id: unsafe extern "C" fn(Ptr) -> u32 = ["_ZNK2v814CpuProfileNode9GetNodeIdEv"];
    node_children: unsafe extern "C" fn(Ptr) -> c_int =
        ["_ZNK2v814CpuProfileNode16GetChildrenCountEv"];
    node_child: unsafe extern "C" fn(Ptr, c_int) -> Ptr =
        ["_ZNK2v814CpuProfileNode8GetChildEi"];
    node_deopts: unsafe extern "C" fn(Ptr) -> *const super::abi::Vector =
        ["_ZNK2v814CpuProfileNode13GetDeoptInfosEv"];
}

// What only the readings of a process need: where one of these is missing, everything else goes on.
symbols! {
    ReadingSymbols;
    space_count: unsafe extern "C" fn(Ptr) -> usize = ["_ZN2v87Isolate18NumberOfHeapSpacesEv"];
    /// (this, what is filled, index)
    space_statistics: unsafe extern "C" fn(Ptr, Ptr, usize) -> bool =
        ["_ZN2v87Isolate22GetHeapSpaceStatisticsEPNS_19HeapSpaceStatisticsEm"];

    /// (this, callback, its data, kinds of collections)
    add_gc_prologue: unsafe extern "C" fn(Ptr, RawObserver, Ptr, c_int) = [
        "_ZN2v87Isolate21AddGCPrologueCallbackEPFvPS0_NS_6GCTypeENS_15GCCallbackFlagsEPvES4_S2_",
    ];
    remove_gc_prologue: unsafe extern "C" fn(Ptr, RawObserver, Ptr) = [
        "_ZN2v87Isolate24RemoveGCPrologueCallbackEPFvPS0_NS_6GCTypeENS_15GCCallbackFlagsEPvES4_",
    ];
    add_gc_epilogue: unsafe extern "C" fn(Ptr, RawObserver, Ptr, c_int) = [
        "_ZN2v87Isolate21AddGCEpilogueCallbackEPFvPS0_NS_6GCTypeENS_15GCCallbackFlagsEPvES4_S2_",
    ];
    remove_gc_epilogue: unsafe extern "C" fn(Ptr, RawObserver, Ptr) = [
        "_ZN2v87Isolate24RemoveGCEpilogueCallbackEPFvPS0_NS_6GCTypeENS_15GCCallbackFlagsEPvES4_",
    ];

    /// (loop, called for each handle, its argument)
    uv_walk: unsafe extern "C" fn(Ptr, RawWalk, Ptr) = ["uv_walk"];
    uv_handle_type: unsafe extern "C" fn(Ptr) -> c_int = ["uv_handle_get_type"];
    uv_is_active: unsafe extern "C" fn(Ptr) -> c_int = ["uv_is_active"];
    uv_is_closing: unsafe extern "C" fn(Ptr) -> c_int = ["uv_is_closing"];
}

// What only the replacements of v8-profiler need.
symbols! {
    GraphSymbols;
    snapshot_nodes: unsafe extern "C" fn(Ptr) -> c_int =
        ["_ZNK2v812HeapSnapshot13GetNodesCountEv"];
    snapshot_max_id: unsafe extern "C" fn(Ptr) -> u32 =
        ["_ZNK2v812HeapSnapshot24GetMaxSnapshotJSObjectIdEv"];
    snapshot_node: unsafe extern "C" fn(Ptr, c_int) -> Ptr =
        ["_ZNK2v812HeapSnapshot7GetNodeEi"];
    node_kind: unsafe extern "C" fn(Ptr) -> c_int = ["_ZNK2v813HeapGraphNode7GetTypeEv"];
    /// -> `Local<String>`
    node_name: unsafe extern "C" fn(Ptr) -> Ptr = ["_ZNK2v813HeapGraphNode7GetNameEv"];
    node_id: unsafe extern "C" fn(Ptr) -> u32 = ["_ZNK2v813HeapGraphNode5GetIdEv"];
    node_size: unsafe extern "C" fn(Ptr) -> usize =
        ["_ZNK2v813HeapGraphNode14GetShallowSizeEv"];
    node_edges: unsafe extern "C" fn(Ptr) -> c_int =
        ["_ZNK2v813HeapGraphNode16GetChildrenCountEv"];
    node_edge: unsafe extern "C" fn(Ptr, c_int) -> Ptr =
        ["_ZNK2v813HeapGraphNode8GetChildEi"];
    edge_kind: unsafe extern "C" fn(Ptr) -> c_int = ["_ZNK2v813HeapGraphEdge7GetTypeEv"];
    /// -> `Local<Value>`: a string, or the number of an element
    edge_name: unsafe extern "C" fn(Ptr) -> Ptr = ["_ZNK2v813HeapGraphEdge7GetNameEv"];
    edge_target: unsafe extern "C" fn(Ptr) -> Ptr =
        ["_ZNK2v813HeapGraphEdge9GetToNodeEv"];

    stop_tracking: unsafe extern "C" fn(Ptr) =
        ["_ZN2v812HeapProfiler23StopTrackingHeapObjectsEv"];
    /// (this, stream, where the time goes or null) -> the last id given
    heap_stats: unsafe extern "C" fn(Ptr, Ptr, Ptr) -> u32 = [
        "_ZN2v812HeapProfiler12GetHeapStatsEPNS_12OutputStreamEPl",
        "_ZN2v812HeapProfiler12GetHeapStatsEPNS_12OutputStreamEPx",
    ];
    object_id: unsafe extern "C" fn(Ptr, Ptr) -> u32 =
        ["_ZN2v812HeapProfiler11GetObjectIdENS_5LocalINS_5ValueEEE"];
    /// -> `Local<Value>`, null where it is gone
    find_object: unsafe extern "C" fn(Ptr, u32) -> Ptr =
        ["_ZN2v812HeapProfiler14FindObjectByIdEj"];
}

/// The first of `names` that the process exports.
///
/// # Safety
///
/// `T` must be the function pointer type of every name in the list.
unsafe fn lookup<T: Copy>(process: &Library, names: &[&str]) -> Option<T> {
    names.iter().find_map(|name| {
        // SAFETY: the caller vouches for `T`. The address stays valid for ever: V8 is part of
        // the executable (or of a library it links), which is never unloaded.
        unsafe { process.get::<T>(name.as_bytes()) }.ok().map(|symbol| *symbol)
    })
}

/// A function that not every supported V8 exports.
///
/// # Safety
///
/// As of [`lookup`].
pub(super) unsafe fn optional<T: Copy>(name: &str) -> Option<T> {
    // SAFETY: passed on from the caller.
    unsafe { lookup(&Library::this(), &[name]) }
}

/// The table, loaded at the first call; the error names the first missing symbol.
pub(super) fn symbols() -> Result<&'static Symbols, &'static str> {
    static TABLE: OnceLock<Result<Symbols, &'static str>> = OnceLock::new();
    TABLE.get_or_init(|| Symbols::load(&Library::this())).as_ref().map_err(|name| *name)
}

/// The table of the readings, in the same way.
pub(super) fn reading_symbols() -> Result<&'static ReadingSymbols, &'static str> {
    static TABLE: OnceLock<Result<ReadingSymbols, &'static str>> = OnceLock::new();
    TABLE.get_or_init(|| ReadingSymbols::load(&Library::this())).as_ref().map_err(|name| *name)
}

/// The table of the graphs, in the same way.
pub(super) fn graph_symbols() -> Result<&'static GraphSymbols, &'static str> {
    static TABLE: OnceLock<Result<GraphSymbols, &'static str>> = OnceLock::new();
    TABLE.get_or_init(|| GraphSymbols::load(&Library::this())).as_ref().map_err(|name| *name)
}
