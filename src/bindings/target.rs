//! The file a profile is written to.

use napi_derive::napi;

use super::failure::Result;
use crate::capture::ProfileTarget;
use crate::export::TopFunction;
use crate::sink::Compression;

/// An existing, empty file and how to pack it.
#[napi(object, object_to_js = false)]
pub struct Target {
    /// Path of the file.
    pub path: String,
    /// `gzip`, `zstd` or `none`.
    pub compression: String,
    /// Level of the compression.
    pub level: u32,
}

impl Target {
    pub(super) fn into_capture(self) -> Result<ProfileTarget> {
        let compression = Compression::parse(&self.compression, self.level)?;
        Ok(ProfileTarget { path: self.path.into(), compression })
    }
}

/// A function and what it did by itself.
#[napi(object, object_from_js = false)]
pub struct WeighedFunction {
    /// Name; `(anonymous)` for none.
    pub function_name: String,
    /// URL of the script; empty for V8's own entries.
    pub url: String,
    /// 1-based, 0 for none.
    pub line_number: i32,
    /// Hits of a CPU profile, bytes of an allocation profile.
    pub weight: f64,
}

impl From<&TopFunction> for WeighedFunction {
    #[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn from(function: &TopFunction) -> Self {
        Self {
            function_name: function.function_name.clone(),
            url: function.url.clone(),
            line_number: function.line_number,
            weight: function.weight as f64,
        }
    }
}
