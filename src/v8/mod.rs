//! V8, reached by symbol lookup at run time.
//!
//! Everything here is named by `reference/v8-abi.md` of the project's shared notes: which symbols
//! exist in which V8, how they are called, which layouts moved. The rest of the crate sees safe
//! types only. Their rules:
//!
//! - An [`Isolate`] is the one of the calling thread and never leaves it (`!Send`).
//!   An [`Interrupter`] is the one thing about it that other threads may have.
//! - What V8 hands out (a snapshot, a CPU profile) is split in two: the owner, which stays on the
//!   isolate's thread and deletes, and a reader, which may move to another thread and is needed
//!   back for the deletion. So nothing can be read while, or after, it is deleted.

mod abi;
mod class_query;
mod clock;
mod collect_sample;
mod cpu_profile;
mod cpu_profiler;
mod event_loop;
mod gc_observer;
mod handle_scope;
mod heap_profiler;
mod heap_statistics;
mod interrupt;
mod isolate;
mod near_heap_limit;
mod number_row;
mod number_source;
mod object_ids;
mod output_stream;
mod probe;
mod sampling;
mod snapshot;
mod snapshot_graph;
mod stack_trace;
mod symbols;
mod vtable;
mod weak_table;

pub use class_query::{ClassQuery, FoundClasses, QueryLimits};
pub use clock::now;
pub use cpu_profile::{CpuProfile, CpuProfileNode, CpuProfileReader, Deopt, LineTick};
pub use cpu_profiler::{CpuProfiler, LineMode, Logging, ProfileId};
pub use event_loop::{EventLoop, HandleCounts};
pub use gc_observer::{Collection, GcObserver, OnCollection};
pub use handle_scope::in_handle_scope;
pub use heap_profiler::{HeapProfiler, SamplingFlags, SnapshotOptions};
pub use heap_statistics::{HeapFigures, HeapSpaces, SpaceFigures};
pub use interrupt::{Interrupter, Interrupts, OnInterrupt};
pub use isolate::Isolate;
pub use near_heap_limit::{Answer, LimitHandler, NearHeapLimit};
pub use number_row::NumberRow;
pub use number_source::NumberSource;
pub use object_ids::{FoundObject, HeapStats};
pub use output_stream::ByteSink;
pub use probe::{Probe, probe};
pub use sampling::{AllocationNode, AllocationTree};
pub use snapshot::{HeapSnapshot, SnapshotReader};
pub use snapshot_graph::{GraphEdge, GraphNode, SnapshotGraph, check_graph_symbols};
pub use stack_trace::StackFrame;
pub use weak_table::WeakTable;
