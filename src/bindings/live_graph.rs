//! Heap snapshots that stay in V8's memory; `lib/compat/v8-profiler/native-graph.js` is the one caller.

use napi::bindgen_prelude::{Array, FnArgs, Function, Object};
use napi::{Env, JsString, Unknown};
use napi_derive::napi;

use super::env_bound::EnvBound;
use super::failure::{Result, internal};
use super::snapshot::heap_profiler;
use crate::capture::{LiveGraph, OpenGraph};
use crate::v8::{ByteSink, in_handle_scope};

/// A snapshot in V8's memory. After `release()`, and while it is serialised, it answers as if it were empty.
#[napi]
pub struct GraphSnapshot {
    graph: EnvBound<LiveGraph>,
}

/// Takes a heap snapshot and keeps it where V8 built it.
#[napi(catch_unwind)]
pub fn take_graph_snapshot(env: &Env) -> Result<GraphSnapshot> {
    let graph = LiveGraph::take(env, &heap_profiler()?)?;
    Ok(GraphSnapshot { graph: EnvBound::new(env, graph).map_err(internal)? })
}

#[napi]
impl GraphSnapshot {
    /// Number of nodes.
    #[napi(getter)]
    pub fn node_count(&self) -> u32 {
        self.read(|open| Some(open.graph().node_count())).unwrap_or(0)
    }

    /// The highest id that V8 had given to an object of JavaScript.
    #[napi(getter)]
    pub fn max_object_id(&self) -> u32 {
        self.read(|open| Some(open.graph().max_object_id())).unwrap_or(0)
    }

    /// The node at a place: `[kind, name, id, size]`; null where there is none.
    #[napi(catch_unwind, ts_return_type = "[number, string, number, number] | null")]
    #[allow(clippy::cast_precision_loss, reason = "sizes stay far below 2^53")]
    pub fn node<'e>(&self, env: &'e Env, place: u32) -> napi::Result<Option<Array<'e>>> {
        self.read(|open| {
            let node = open.graph().node(place)?;
            Some(env.create_array(4).and_then(|mut row| {
                row.set(0, node.kind())?;
                row.set(1, node.name(env))?;
                row.set(2, node.id())?;
                row.set(3, node.size() as f64)?;
                Ok(row)
            }))
        })
        .transpose()
    }

    /// The place of the node with an id; -1 where there is none.
    #[napi(catch_unwind)]
    pub fn place_of(&self, id: u32) -> i64 {
        self.read(|open| open.graph().place_of(id)).map_or(-1, i64::from)
    }

    /// What the node at a place refers to: `kind, name, place` for each, flat.
    #[napi(catch_unwind, ts_return_type = "(number | string)[]")]
    pub fn edges<'e>(&self, env: &'e Env, place: u32) -> napi::Result<Array<'e>> {
        let mut row = env.create_array(0)?;
        let filled = self.read(|open| {
            let graph = open.graph();
            Some(graph.node(place)?.edges().try_for_each(|edge| {
                let Some(target) = edge.target_id().and_then(|id| graph.place_of(id)) else {
                    return Ok(());
                };
                row.insert(edge.kind())?;
                row.insert(edge.name(env))?;
                row.insert(target)
            }))
        });
        filled.transpose()?;
        Ok(row)
    }

    /// What `set_object` was given for a place, if it is still alive.
    #[napi(catch_unwind, ts_return_type = "object | null")]
    pub fn object<'e>(&self, env: &'e Env, place: u32) -> Option<Unknown<'e>> {
        self.read(|open| open.objects().get(env, place))
    }

    /// Remembers what was made of a node, without keeping it alive.
    #[napi(catch_unwind)]
    pub fn set_object(&self, place: u32, object: Object<'_>) {
        self.read(|open| Some(open.objects().set(place, &object)));
    }

    /// Hands V8's text to `take`, in pieces of `chunk` bytes; once that answers false, no more comes.
    /// True where all of it went out.
    #[napi(catch_unwind)]
    pub fn serialize(
        &self,
        env: &Env,
        chunk: i32,
        take: Function<'_, FnArgs<(JsString<'_>, u32)>, bool>,
    ) -> bool {
        // `take` may release this very snapshot, or end the environment.
        let Some(mut open) = self.graph.get().lend() else { return false };
        let mut sink = Pieces { env, take };
        let complete = open.graph().reader().serialize_in_pieces(&mut sink, chunk);
        self.graph.get().take_back(open);
        complete
    }

    /// Frees V8's memory. Harmless when repeated.
    #[napi(catch_unwind)]
    pub fn release(&self) {
        self.graph.get().release();
    }

    fn read<T>(&self, read: impl FnOnce(&mut OpenGraph) -> Option<T>) -> Option<T> {
        self.graph.get().open().and_then(read)
    }
}

struct Pieces<'a> {
    env: &'a Env,
    take: Function<'a, FnArgs<(JsString<'a>, u32)>, bool>,
}

impl ByteSink for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> bool {
        let call = || {
            let text = self.env.create_string_latin1(bytes).ok()?;
            let length = u32::try_from(bytes.len()).ok()?;
            self.take.call((text, length).into()).ok()
        };
        // A scope for each piece: else all of the text stays in memory until the last one.
        in_handle_scope(self.env, call).flatten().unwrap_or(false)
    }
}
