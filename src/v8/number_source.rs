//! A JavaScript function that answers a small number, called in the middle of other JavaScript.

use std::marker::PhantomData;
use std::ptr;

use napi::bindgen_prelude::Function;
use napi::{JsValue, sys};

use super::Isolate;
use super::handle_scope::within;

/// A function of this thread's environment, kept alive. To be dropped before the environment ends.
pub struct NumberSource {
    env: sys::napi_env,
    function: sys::napi_ref,
    isolate: Isolate,
    thread_bound: PhantomData<*const ()>,
}

impl NumberSource {
    /// Keeps `function`, which must only read: see [`super::interrupt`].
    ///
    /// # Errors
    ///
    /// Those of Node-API.
    pub fn new(isolate: Isolate, function: &Function<'_, (), u32>) -> napi::Result<Self> {
        let value = function.value();
        let mut reference = ptr::null_mut();
        // SAFETY: `value` holds the environment and the handle of a function that N-API gave to the
        // call we are in; `reference` is ours to be written.
        let status =
            unsafe { sys::napi_create_reference(value.env, value.value, 1, &raw mut reference) };
        if status != sys::Status::napi_ok {
            return Err(napi::Error::from_reason("a function could not be kept"));
        }
        Ok(Self { env: value.env, function: reference, isolate, thread_bound: PhantomData })
    }

    /// Calls it; none where it threw, answered something else, or JavaScript may not be run now.
    ///
    /// Nothing of it is left behind: no handle, no exception. Where the thread is told to end in the
    /// middle of it (`worker.terminate()`), that order is given again for the code below us.
    #[must_use]
    pub fn read(&self) -> Option<u32> {
        // The environment is alive (this value is dropped before it ends) and this is its thread (`!Send`).
        within(self.env, || self.call()).flatten()
    }

    fn call(&self) -> Option<u32> {
        let (env, mut pending) = (self.env, false);
        let (mut function, mut this, mut result) =
            (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: environment and thread as in `read`, whose handle scope is open. All pointers that
        // are written to are to locals; `function` is a handle once the reference was read, which it is
        // before the call. An exception that waits in our environment belongs to the code that was
        // interrupted: nothing is called then, so it is not touched.
        let status = unsafe {
            sys::napi_is_exception_pending(env, &raw mut pending);
            if pending
                || sys::napi_get_reference_value(env, self.function, &raw mut function)
                    != sys::Status::napi_ok
                || function.is_null()
                || sys::napi_get_undefined(env, &raw mut this) != sys::Status::napi_ok
            {
                return None;
            }
            sys::napi_call_function(env, this, function, 0, ptr::null(), &raw mut result)
        };
        if status != sys::Status::napi_ok {
            self.forget_failure();
            return None;
        }
        let mut number = 0;
        // SAFETY: as above; `result` is the handle of what the function answered.
        let status = unsafe { sys::napi_get_value_uint32(env, result, &raw mut number) };
        (status == sys::Status::napi_ok).then_some(number)
    }

    /// After a failed call.
    fn forget_failure(&self) {
        let (v8, isolate) = (self.isolate.symbols(), self.isolate.raw());
        let mut exception = ptr::null_mut();
        // SAFETY: environment, thread and scope as in `call`. The exception, if any, is of our call:
        // none waited before. The isolate is this thread's and alive with its environment. V8 took the
        // order to terminate as carried out when it threw in our call; given again it reaches the code
        // that was interrupted at its next stack guard.
        unsafe {
            sys::napi_get_and_clear_last_exception(self.env, &raw mut exception);
            if (v8.is_terminating)(isolate) {
                (v8.cancel_terminate)(isolate);
                (v8.terminate)(isolate);
            }
        }
    }
}

impl Drop for NumberSource {
    fn drop(&mut self) {
        // SAFETY: environment and thread as in `read`; the reference is ours and used no more.
        unsafe { sys::napi_delete_reference(self.env, self.function) };
    }
}
