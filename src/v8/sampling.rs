//! `v8::AllocationProfile`: the allocation sampler's call tree, copied out of V8.

use std::ffi::c_void;
use std::ptr::{self, NonNull};

use napi::sys;
use rustc_hash::FxHashMap;

use super::abi::{Allocation, AllocationNode as RawNode, AllocationProfileVtable};

/// A function in the call tree, with what it allocated itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllocationNode {
    /// V8's number of the node.
    pub id: u32,
    /// Index into [`AllocationTree::names`].
    pub function: u32,
    /// Index into [`AllocationTree::names`].
    pub script: u32,
    /// V8's number of the script.
    pub script_id: i32,
    /// 1-based line, 0 for none.
    pub line: i32,
    /// 1-based column, 0 for none.
    pub column: i32,
    /// Bytes allocated by the function itself (V8's estimate from its samples).
    pub self_bytes: u64,
    /// Indices of the callees in [`AllocationTree::nodes`].
    pub children: Vec<u32>,
}

/// The call tree; node 0 is the root.
#[derive(Clone, Debug, Default)]
pub struct AllocationTree {
    /// All nodes.
    pub nodes: Vec<AllocationNode>,
    /// Each distinct function and script name once.
    pub names: Vec<String>,
}

impl AllocationTree {
    /// Copies V8's tree and frees it.
    pub(super) fn read(env: &napi::Env, profile: NonNull<c_void>) -> Self {
        // SAFETY: `profile` is a fresh `AllocationProfile*`: its first word points at a vtable
        // with the four slots of the mirror (ABI map, section 3, on every V8). Its Locals belong
        // to the handle scope of the N-API call we are in, which ends after this function.
        unsafe {
            let vtable = *profile.as_ptr().cast::<*const AllocationProfileVtable>();
            let tree = Reader::new(env.raw()).copy(((*vtable).root)(profile.as_ptr()));
            // Its own deleting destructor, so that V8's allocator frees it.
            ((*vtable).delete)(profile.as_ptr());
            tree
        }
    }
}

struct Reader {
    env: sys::napi_env,
    tree: AllocationTree,
    index_of: FxHashMap<String, u32>,
}

impl Reader {
    fn new(env: sys::napi_env) -> Self {
        Self { env, tree: AllocationTree::default(), index_of: FxHashMap::default() }
    }

    /// # Safety
    ///
    /// `root` must be null or a node of a live profile whose handle scope is open.
    unsafe fn copy(mut self, root: *const RawNode) -> AllocationTree {
        if root.is_null() {
            return self.tree;
        }
        // SAFETY: the caller vouches for `root`; children are owned by the same profile.
        let first = unsafe { self.node(&*root) };
        self.tree.nodes.push(first);
        let mut pending = vec![(root, 0_usize)];
        while let Some((raw, parent)) = pending.pop() {
            // SAFETY: `raw` is `root` or was read from a children vector below.
            let (children, count) = unsafe { (*raw).children.span::<*const RawNode>() };
            for index in 0..count {
                // SAFETY: inside the vector; V8 stores no null children.
                let child = unsafe { *children.add(index) };
                let number = u32::try_from(self.tree.nodes.len()).unwrap_or(u32::MAX);
                // SAFETY: `child` is a node of the same profile.
                let node = unsafe { self.node(&*child) };
                self.tree.nodes.push(node);
                self.tree.nodes[parent].children.push(number);
                pending.push((child, number as usize));
            }
        }
        self.tree
    }

    /// # Safety
    ///
    /// `raw` must be a node of a live profile whose handle scope is open.
    unsafe fn node(&mut self, raw: &RawNode) -> AllocationNode {
        let (allocations, count) = raw.allocations.span::<Allocation>();
        // SAFETY: the indices are inside the node's own vector.
        let self_bytes = (0..count)
            .map(|index| unsafe { &*allocations.add(index) })
            .map(|group| group.size as u64 * u64::from(group.count))
            .sum();
        // SAFETY: both names are handles of the open scope.
        let (function, script) =
            unsafe { (self.name(raw.name.cast()), self.name(raw.script_name.cast())) };
        AllocationNode {
            id: raw.node_id,
            function,
            script,
            script_id: raw.script_id,
            line: raw.line,
            column: raw.column,
            self_bytes,
            children: Vec::new(),
        }
    }

    /// # Safety
    ///
    /// `value` must be null or a string handle of an open scope.
    unsafe fn name(&mut self, value: sys::napi_value) -> u32 {
        // SAFETY: passed on from the caller.
        let text = unsafe { string(self.env, value) };
        if let Some(index) = self.index_of.get(&text) {
            return *index;
        }
        let index = u32::try_from(self.tree.names.len()).unwrap_or(u32::MAX);
        self.tree.names.push(text.clone());
        self.index_of.insert(text, index);
        index
    }
}

/// # Safety
///
/// `value` must be null or a string handle of an open scope of `env`.
pub(super) unsafe fn string(env: sys::napi_env, value: sys::napi_value) -> String {
    if value.is_null() {
        return String::new();
    }
    let mut length = 0;
    // SAFETY: with a null buffer N-API only answers the length in bytes.
    let asked =
        unsafe { sys::napi_get_value_string_utf8(env, value, ptr::null_mut(), 0, &mut length) };
    if asked != sys::Status::napi_ok {
        return String::new();
    }
    let mut bytes = vec![0_u8; length + 1];
    // SAFETY: N-API writes at most `bytes.len()` bytes, the terminator included.
    let copied = unsafe {
        sys::napi_get_value_string_utf8(
            env,
            value,
            bytes.as_mut_ptr().cast(),
            bytes.len(),
            &mut length,
        )
    };
    if copied != sys::Status::napi_ok {
        return String::new();
    }
    bytes.truncate(length);
    String::from_utf8_lossy(&bytes).into_owned()
}
