//! A `Float64Array` that is filled in place: no object is made for it.

use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use napi::bindgen_prelude::Unknown;
use napi::{JsValue, sys};

use crate::error::{Error, Result};

/// The numbers of a `Float64Array`, for as long as the call that was given it.
pub struct NumberRow<'call> {
    numbers: &'call [AtomicU64],
}

impl<'call> NumberRow<'call> {
    /// `count` numbers of `array`, from `offset` on.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] where it is no `Float64Array`, or too short.
    pub fn of(array: &Unknown<'call>, offset: usize, count: usize) -> Result<Self> {
        let value = array.value();
        let (mut kind, mut length, mut data) = (0, 0, ptr::null_mut());
        // SAFETY: the environment and the handle that N-API gave to the call we are in; what is written
        // to is ours, and what is not asked for is null.
        let status = unsafe {
            sys::napi_get_typedarray_info(
                value.env,
                value.value,
                &raw mut kind,
                &raw mut length,
                &raw mut data,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        let is_row = status == sys::Status::napi_ok && kind == sys::TypedarrayType::float64_array;
        let end = offset.checked_add(count).filter(|end| is_row && *end <= length);
        if end.is_none() || data.is_null() || !data.cast::<AtomicU64>().is_aligned() {
            let wanted =
                format!("row must be a Float64Array of at least {offset} + {count} numbers");
            return Err(Error::InvalidArgument(wanted));
        }
        // SAFETY: `length` numbers of eight bytes begin at `data`, which is aligned, and the range lies
        // inside (just checked). They stay for `'call`: the array is alive in the caller's
        // handle scope, and no JavaScript runs that could detach or resize it. Another thread may write to
        // them where they are shared; so may we, through atomics.
        let numbers =
            unsafe { std::slice::from_raw_parts(data.cast::<AtomicU64>().add(offset), count) };
        Ok(Self { numbers })
    }

    /// Fills it.
    pub fn fill(&self, values: &[f64]) {
        for (number, value) in self.numbers.iter().zip(values) {
            number.store(value.to_bits(), Ordering::Relaxed);
        }
    }
}
