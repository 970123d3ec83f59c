//! `HeapProfiler::QueryObjects`: the objects of the heap, counted by the name of their class.
//!
//! V8 collects garbage, then asks a predicate about each object that is reachable. Ours counts and
//! always says no, so nothing is handed out that would have to be freed.

use std::ffi::{c_char, c_void};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::OnceLock;

use napi::sys;
use rustc_hash::FxHashMap;

use super::Isolate;
use super::abi::Vector;
use super::symbols::{Ptr, optional};
use super::vtable::{Vtable, never_destroyed};
use crate::error::{Error, Result};

/// Objects that share a handle scope: V8 makes a handle for each, and some for its name.
const SCOPE_OBJECTS: u32 = 1024;

/// What a query found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundClasses {
    /// Objects by the name of their class, cut to the bytes asked for. A name may come twice.
    pub named: Vec<(String, u64)>,
    /// Objects of classes for which there was no room.
    pub others: u64,
}

/// How much is kept of what a query meets.
#[derive(Clone, Copy, Debug)]
pub struct QueryLimits {
    /// Names.
    pub classes: usize,
    /// Bytes of a name.
    pub name_bytes: usize,
}

/// Can ask V8 for the classes of this thread's objects.
pub struct ClassQuery {
    isolate: Isolate,
    env: sys::napi_env,
    functions: &'static Functions,
    thread_bound: PhantomData<*const ()>,
}

/// V8 before 11 (and Node 20.0) has no public `QueryObjects`: these are looked up apart.
struct Functions {
    current_context: unsafe extern "C" fn(Ptr) -> Ptr,
    /// (this, context, predicate, vector of globals)
    query_objects: unsafe extern "C" fn(Ptr, Ptr, Ptr, Ptr),
    constructor_name: ConstructorName,
}

/// `Object::GetConstructorName`: a `Local<Object>` in, a `Local<String>` out.
type ConstructorName = unsafe extern "C" fn(Ptr) -> Ptr;

fn functions() -> Option<&'static Functions> {
    static TABLE: OnceLock<Option<Functions>> = OnceLock::new();
    TABLE.get_or_init(Functions::load).as_ref()
}

impl Functions {
    fn load() -> Option<Self> {
        // SAFETY: the types are the C++ signatures that the mangled names encode; a `Local` is one
        // word, trivially copied, and so travels in a register both ways (ABI map, sections 1 and 6).
        unsafe {
            Some(Self {
                current_context: optional("_ZN2v87Isolate17GetCurrentContextEv")?,
                query_objects: optional(
                    "_ZN2v812HeapProfiler12QueryObjectsENS_5LocalINS_7ContextEEEPNS_20QueryObjectPredicateEPSt6vectorINS_6GlobalINS_6ObjectEEESaIS9_EE",
                )?,
                constructor_name: optional("_ZN2v86Object18GetConstructorNameEv")?,
            })
        }
    }
}

impl ClassQuery {
    /// Whether this V8 can be asked.
    #[must_use]
    pub fn is_supported() -> bool {
        functions().is_some()
    }

    /// For this thread's isolate, whose environment `env` is.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where V8 cannot be asked, or the thread has no isolate.
    pub fn new(env: &napi::Env) -> Result<Self> {
        let unsupported = |what: &str| Error::Unsupported(what.into());
        let isolate = Isolate::current();
        Ok(Self {
            isolate: isolate.ok_or_else(|| unsupported("this thread has no isolate"))?,
            env: env.raw(),
            functions: functions()
                .ok_or_else(|| unsupported("this V8 cannot be asked for its objects"))?,
            thread_bound: PhantomData,
        })
    }

    /// Counts every reachable JavaScript object but proxies. To be called where the N-API call that
    /// gave the environment is still under way.
    ///
    /// Stops the isolate: two walks over the heap and full collections; V8 keeps a set of all that
    /// is reachable meanwhile. `at_peak` is called when there is most of it. V8 forgets the types
    /// that its functions have seen, which costs a program that goes on: this is for a process that
    /// does not.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] where N-API refuses a handle scope.
    pub fn count(&self, limits: QueryLimits, at_peak: &mut dyn FnMut()) -> Result<FoundClasses> {
        let mut names = ptr::null_mut();
        // SAFETY: the environment is this thread's and alive (`new`, and the condition above).
        if unsafe { sys::napi_open_handle_scope(self.env, &raw mut names) } != sys::Status::napi_ok
        {
            return Err(no_scope());
        }
        let found = self.count_in_scope(limits, at_peak);
        // SAFETY: as above; the scopes that were opened since are closed.
        unsafe { sys::napi_close_handle_scope(self.env, names) };
        found
    }

    fn count_in_scope(
        &self,
        limits: QueryLimits,
        at_peak: &mut dyn FnMut(),
    ) -> Result<FoundClasses> {
        let profiler = self.isolate.heap_profiler().ok_or_else(no_scope)?;
        let mut tally = Tally {
            env: self.env,
            constructor_name: self.functions.constructor_name,
            scope: ptr::null_mut(),
            in_scope: 0,
            limit: limits.classes,
            index_of: FxHashMap::default(),
            kept: Vec::new(),
            others: 0,
            at_peak: Some(at_peak),
            failed: false,
        };
        tally.open_scope();
        let mut predicate = Predicate { vtable: &raw const VTABLE.slots, tally: &mut tally };
        // An empty vector: the predicate lets nothing into it.
        let mut chosen = Vector { begin: ptr::null(), end: ptr::null(), capacity: ptr::null() };
        // SAFETY: isolate and profiler are this thread's; a context is entered, for JavaScript called
        // us, and its handle is of the open scope. The predicate starts with a pointer to a complete
        // vtable of three slots and outlives the call, as the vector of 24 zero bytes does.
        unsafe {
            let context = (self.functions.current_context)(self.isolate.raw());
            (self.functions.query_objects)(
                profiler.raw(),
                context,
                (&raw mut predicate).cast(),
                (&raw mut chosen).cast(),
            );
        }
        tally.close_scope();
        tally.finish(limits.name_bytes)
    }
}

fn no_scope() -> Error {
    Error::Internal("V8's objects could not be asked for: N-API has no handle scope".into())
}

/// What is counted while V8 walks: no collection happens meanwhile, so no object moves, and the
/// address of a name stands for the name.
struct Tally<'a> {
    env: sys::napi_env,
    constructor_name: ConstructorName,
    /// Holds the handles of the last [`SCOPE_OBJECTS`] objects at most; null where there is none.
    scope: sys::napi_escapable_handle_scope,
    in_scope: u32,
    limit: usize,
    index_of: FxHashMap<usize, usize>,
    /// Handles of the names, in the scope around ours, and how many objects have them.
    kept: Vec<(sys::napi_value, u64)>,
    others: u64,
    at_peak: Option<&'a mut dyn FnMut()>,
    failed: bool,
}

impl Tally<'_> {
    /// # Safety
    ///
    /// `object` must be the handle of an object, in this tally's scope, while V8 walks over the heap.
    unsafe fn add(&mut self, object: Ptr) {
        if let Some(at_peak) = self.at_peak.take() {
            at_peak();
        }
        // SAFETY: passed on from the caller. V8's own snapshot asks the same of every object, in the
        // same walk: it runs no JavaScript and allocates nothing. A handle is the address of a slot
        // that holds the tagged address (`probe` has seen that it does).
        let (name, address) = unsafe {
            let name = (self.constructor_name)(object);
            (name, name.cast::<usize>().read())
        };
        self.in_scope += 1;
        match self.index_of.get(&address) {
            Some(index) => self.kept[*index].1 += 1,
            None if self.kept.len() < self.limit => self.keep(name.cast(), address),
            None => self.others += 1,
        }
        if self.in_scope >= SCOPE_OBJECTS {
            self.close_scope();
            self.open_scope();
        }
    }

    /// Takes a name that was not met before into the scope of the names.
    fn keep(&mut self, name: sys::napi_value, address: usize) {
        let mut kept = ptr::null_mut();
        // SAFETY: `name` is a handle of `scope`, which is open and has let none escape: it is closed
        // right after it did.
        let status = unsafe { sys::napi_escape_handle(self.env, self.scope, name, &raw mut kept) };
        if status != sys::Status::napi_ok {
            self.failed = true;
            return;
        }
        self.index_of.insert(address, self.kept.len());
        self.kept.push((kept, 1));
        self.close_scope();
        self.open_scope();
    }

    fn open_scope(&mut self) {
        self.in_scope = 0;
        // SAFETY: the environment is alive and this is its thread, see `ClassQuery::count`. V8 wants
        // nothing of a handle that the predicate was asked about once it has answered no, so the
        // scope of that handle may end before V8's walk does.
        let status =
            unsafe { sys::napi_open_escapable_handle_scope(self.env, &raw mut self.scope) };
        if status != sys::Status::napi_ok {
            self.scope = ptr::null_mut();
            self.failed = true;
        }
    }

    fn close_scope(&mut self) {
        if self.scope.is_null() {
            return;
        }
        // SAFETY: as in `open_scope`; it is the scope that was opened last.
        unsafe { sys::napi_close_escapable_handle_scope(self.env, self.scope) };
        self.scope = ptr::null_mut();
    }

    /// Reads the names. V8's walk is over: they may be flattened, and move.
    fn finish(self, name_bytes: usize) -> Result<FoundClasses> {
        if self.failed {
            return Err(no_scope());
        }
        let named = self.kept.iter().map(|(name, count)| {
            // SAFETY: a string's handle in the scope of the names, which is open.
            (unsafe { text(self.env, *name, name_bytes) }, *count)
        });
        Ok(FoundClasses { named: named.collect(), others: self.others })
    }
}

/// The first bytes of a string, whole characters only.
///
/// # Safety
///
/// `value` must be a string handle of an open scope of `env`.
unsafe fn text(env: sys::napi_env, value: sys::napi_value, bytes: usize) -> String {
    let mut buffer = vec![0_u8; bytes + 1];
    let mut length = 0;
    let start = buffer.as_mut_ptr().cast::<c_char>();
    // SAFETY: N-API writes at most `buffer.len()` bytes, the terminator included.
    let status = unsafe {
        sys::napi_get_value_string_utf8(env, value, start, buffer.len(), &raw mut length)
    };
    buffer.truncate(if status == sys::Status::napi_ok { length } else { 0 });
    String::from_utf8_lossy(&buffer).into_owned()
}

/// An object V8 can use as `v8::QueryObjectPredicate*`.
#[repr(C)]
struct Predicate<'a, 'b> {
    /// First word of every C++ object with virtual functions: the address of slot 0.
    vtable: *const Slots,
    tally: &'a mut Tally<'b>,
}

/// The three slots (Itanium ABI), the same in every V8 from 11.3 to 14.6.
#[repr(C)]
struct Slots {
    complete_destructor: unsafe extern "C" fn(*mut c_void),
    deleting_destructor: unsafe extern "C" fn(*mut c_void),
    filter: unsafe extern "C" fn(*mut Predicate<'_, '_>, Ptr) -> bool,
}

static VTABLE: Vtable<Slots> = Vtable::new(Slots {
    complete_destructor: never_destroyed,
    deleting_destructor: never_destroyed,
    filter,
});

unsafe extern "C" fn filter(this: *mut Predicate<'_, '_>, object: Ptr) -> bool {
    // SAFETY: V8 passes back the pointer it was given by `ClassQuery::count_in_scope`, which borrows
    // the tally for the whole call. `object` is a handle that V8 made in the scope opened last.
    let counted = catch_unwind(AssertUnwindSafe(|| unsafe { (*this).tally.add(object) }));
    // V8 is built without exceptions: no panic may cross into it.
    if counted.is_err() {
        // SAFETY: as above.
        unsafe { (*this).tally.failed = true };
    }
    false
}
