//! Errors on their way to JavaScript.

use napi_derive::napi;

use crate::error::Error;

/// A failed capture, as data: `lib/errors.js` makes the `RsprofError`.
#[napi(object, object_from_js = false)]
pub struct Failure {
    /// `ERR_RSPROF_*`.
    pub code: String,
    /// What failed, on what.
    pub message: String,
    /// The operating system's error number.
    pub errno: Option<i32>,
    /// Whether the same thing, tried again at once, may well work.
    pub passing: bool,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self {
            code: error.code().to_owned(),
            message: error.to_string(),
            errno: error.errno(),
            passing: error.is_passing(),
        }
    }
}

/// A thrown error: its `code` is the `ERR_RSPROF_*` code.
pub(super) type Result<T> = napi::Result<T, String>;

impl From<Error> for napi::Error<String> {
    fn from(error: Error) -> Self {
        Self::new(error.code().to_owned(), error.to_string())
    }
}

/// Turns an error of Node-API itself into ours.
pub(super) fn internal(error: napi::Error) -> napi::Error<String> {
    Error::Internal(error.reason).into()
}
