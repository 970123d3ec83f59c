//! `v8::StackTrace`: which functions the isolate is in, and at which line of each.
//!
//! Unlike the samples of a CPU profile it tells all functions apart, those that are compiled into their
//! caller too, and those whose code V8 does not tell a profiler that starts later (a loop that was optimised
//! while it ran). No JavaScript runs for it.

use std::ffi::c_void;

use napi::{Env, sys};

use super::Isolate;
use super::abi::STACK_TRACE_OVERVIEW;
use super::handle_scope::in_handle_scope;
use super::sampling::string;

/// A function on the stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackFrame {
    /// Its name; empty where it has none.
    pub function: String,
    /// Name or URL of its script; never empty.
    pub script: String,
    /// The line it is at, 1-based.
    pub line: u32,
}

impl Isolate {
    /// The functions that JavaScript is in, innermost first, at most `most`; V8's own are left out. For
    /// code that JavaScript has called, or an interrupt.
    #[must_use]
    pub fn stack(self, env: &Env, most: u16) -> Vec<StackFrame> {
        in_handle_scope(env, || self.read_stack(env.raw(), most)).unwrap_or_default()
    }

    fn read_stack(self, env: sys::napi_env, most: u16) -> Vec<StackFrame> {
        let v8 = self.symbols();
        // SAFETY: the isolate is this thread's and alive (see `Isolate`), a handle scope is open. `Local`s
        // come and go in a register, as the bit pattern that `napi_value` has (ABI map, section 6), and
        // `this` of a call through one is that pattern. The enum is passed as the int that it is.
        unsafe {
            let trace = (v8.current_stack)(self.raw(), i32::from(most), STACK_TRACE_OVERVIEW);
            if trace.is_null() {
                return Vec::new();
            }
            let count = u32::try_from((v8.stack_frames)(trace)).unwrap_or(0);
            let frame = |index| {
                let frame = (v8.stack_frame)(trace, self.raw(), index);
                (!frame.is_null()).then(|| self.read_frame(env, frame))
            };
            (0..count).filter_map(frame).filter(|frame| !frame.script.is_empty()).collect()
        }
    }

    /// # Safety
    ///
    /// `frame` is a `Local<StackFrame>` of this isolate, and a handle scope is open.
    unsafe fn read_frame(self, env: sys::napi_env, frame: *mut c_void) -> StackFrame {
        let v8 = self.symbols();
        // SAFETY: by the caller; both names are strings of the open scope, or null, which `string` knows. `Location` is two
        // ints, which come back in one register: the line, from 0, is the lower half.
        let (location, function, script) = unsafe {
            let (function, script) = ((v8.frame_function)(frame), (v8.frame_script)(frame));
            ((v8.frame_location)(frame), string(env, function.cast()), string(env, script.cast()))
        };
        let line = u32::try_from((location & 0xffff_ffff) as i32).map_or(0, |line| line + 1);
        StackFrame { function, script, line }
    }
}
