//! The one error of the crate. JavaScript sees it as `RsprofError` with the same code.

use std::io;

/// What went wrong, in the form that crosses every layer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller, the environment's end or a budget stopped the capture.
    #[error("the capture was aborted")]
    Aborted,
    /// A file operation failed.
    #[error("{action} failed: {source}")]
    Io {
        /// What was being done, in words: `writing the capture`.
        action: &'static str,
        /// The operating system's answer.
        #[source]
        source: io::Error,
    },
    /// V8 handed over bytes that are not the snapshot it announced.
    #[error("V8 wrote an invalid heap snapshot: {detail} (at byte {offset})")]
    InvalidSnapshot {
        /// What was expected and what came.
        detail: String,
        /// Offset in the uncompressed stream, in bytes.
        offset: u64,
    },
    /// V8 refused: it is taking a snapshot already, has too many profilers, and the like.
    #[error("V8 refused: {0}")]
    Refused(&'static str),
    /// This V8 cannot do what was asked.
    #[error("not supported here: {0}")]
    Unsupported(String),
    /// A thread could not be started, or a panic was caught at a boundary.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Error {
    /// Attaches what was being done to an I/O error, for use with `map_err`.
    pub fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, source }
    }

    /// The `ERR_RSPROF_*` code that JavaScript sees.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Aborted => "ERR_RSPROF_ABORTED",
            Self::Io { source, .. } => io_code(source.kind()),
            Self::InvalidSnapshot { .. } => "ERR_RSPROF_INVALID_SNAPSHOT",
            Self::Refused(_) => "ERR_RSPROF_BUSY",
            Self::Unsupported(_) => "ERR_RSPROF_UNSUPPORTED",
            Self::Internal(_) => "ERR_RSPROF_INTERNAL",
        }
    }

    /// The operating system's error number, where there is one.
    #[must_use]
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::Io { source, .. } => source.raw_os_error(),
            _ => None,
        }
    }
}

fn io_code(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "ERR_RSPROF_DISK_FULL",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "ERR_RSPROF_ACCESS",
        io::ErrorKind::AlreadyExists => "ERR_RSPROF_EXISTS",
        io::ErrorKind::IsADirectory => "ERR_RSPROF_IS_DIRECTORY",
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "ERR_RSPROF_NOT_FOUND",
        _ => "ERR_RSPROF_IO",
    }
}

/// The crate's result.
pub type Result<T> = std::result::Result<T, Error>;
