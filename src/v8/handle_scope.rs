//! A scope of handles: what V8 hands out in it is let go at its end.

use std::ptr;

use napi::{Env, sys};

/// Runs `work` in a scope of its own, for code that no call of Node-API's leads to: an interrupt's. None
/// where the environment refuses.
pub fn in_handle_scope<T>(env: &Env, work: impl FnOnce() -> T) -> Option<T> {
    within(env.raw(), work)
}

/// As [`in_handle_scope`]; `env` is alive, and this is its thread.
pub(super) fn within<T>(env: sys::napi_env, work: impl FnOnce() -> T) -> Option<T> {
    let mut scope = ptr::null_mut();
    // SAFETY: the environment is alive and this is its thread: `napi::Env` is passed on under that
    // promise, and what keeps one is released by the environment's cleanup hook. `Scope` closes it.
    let opened = unsafe { sys::napi_open_handle_scope(env, &raw mut scope) };
    if opened != sys::Status::napi_ok {
        return None;
    }
    let _closed_last = Scope { env, scope };
    Some(work())
}

/// Closes its scope, also when a panic passes.
struct Scope {
    env: sys::napi_env,
    scope: sys::napi_handle_scope,
}

impl Drop for Scope {
    fn drop(&mut self) {
        // SAFETY: environment and thread as in `within`, which this value does not leave. Scopes that
        // were opened after it are closed: they are values of functions that `work` called.
        unsafe { sys::napi_close_handle_scope(self.env, self.scope) };
    }
}
