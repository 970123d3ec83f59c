//! JavaScript objects by number, none of them kept alive.
//!
//! `WeakRef` would do, but for one thing: it keeps its object until the program has returned to the
//! event loop, so that a loop over a million objects has all of them in memory.

use std::ptr;

use napi::bindgen_prelude::Object;
use napi::{Env, JsValue, Unknown, sys};
use rustc_hash::FxHashMap;

/// Entries from which on dead ones are looked for.
const LEAST_SWEPT: usize = 1 << 12;

/// Weak references by number.
pub struct WeakTable {
    env: sys::napi_env,
    references: FxHashMap<u32, sys::napi_ref>,
    /// Entries at which the dead ones are thrown out next.
    sweep_at: usize,
}

impl WeakTable {
    /// An empty table. It must be cleared before the environment ends.
    #[must_use]
    pub fn new(env: &Env) -> Self {
        Self { env: env.raw(), references: FxHashMap::default(), sweep_at: LEAST_SWEPT }
    }

    /// The object with a number, if it is still there.
    #[must_use]
    pub fn get<'e>(&self, env: &'e Env, number: u32) -> Option<Unknown<'e>> {
        let value = self.value(*self.references.get(&number)?)?;
        // SAFETY: a handle in the scope of the N-API call that `env` was given to.
        Some(unsafe { Unknown::from_raw_unchecked(env.raw(), value) })
    }

    /// Notes an object. False where N-API refuses.
    pub fn set(&mut self, number: u32, object: &Object<'_>) -> bool {
        if self.references.len() >= self.sweep_at {
            self.sweep();
        }
        let mut reference = ptr::null_mut();
        // SAFETY: the environment is alive and this is its thread: the table is cleared before it
        // ends, and does not leave the thread. A count of 0 makes the reference a weak one.
        let status =
            unsafe { sys::napi_create_reference(self.env, object.raw(), 0, &raw mut reference) };
        if status != sys::Status::napi_ok {
            return false;
        }
        if let Some(former) = self.references.insert(number, reference) {
            self.delete(former);
        }
        true
    }

    /// Forgets all objects.
    pub fn clear(&mut self) {
        for (_, reference) in std::mem::take(&mut self.references) {
            self.delete(reference);
        }
    }

    /// Forgets the objects that are gone. Half of the entries may be dead before that is done again,
    /// so an entry costs the same however many there are.
    fn sweep(&mut self) {
        let mut references = std::mem::take(&mut self.references);
        let kept = super::handle_scope::within(self.env, || {
            references.retain(|_, reference| {
                let alive = self.value(*reference).is_some();
                if !alive {
                    self.delete(*reference);
                }
                alive
            });
            references.shrink_to_fit();
        });
        self.references = references;
        self.sweep_at =
            if kept.is_some() { LEAST_SWEPT.max(self.references.len() * 2) } else { usize::MAX };
    }

    fn value(&self, reference: sys::napi_ref) -> Option<sys::napi_value> {
        let mut value = ptr::null_mut();
        // SAFETY: environment and thread as in `set`; the reference is one of ours, not deleted yet.
        let status = unsafe { sys::napi_get_reference_value(self.env, reference, &raw mut value) };
        (status == sys::Status::napi_ok && !value.is_null()).then_some(value)
    }

    fn delete(&self, reference: sys::napi_ref) {
        // SAFETY: as in `value`; it was just taken out of the table.
        unsafe { sys::napi_delete_reference(self.env, reference) };
    }
}
