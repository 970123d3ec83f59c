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
    /// A file is not what it should be.
    #[error("not a readable heap snapshot: {detail} (at byte {offset} of the JSON text)")]
    InvalidFile {
        /// What was expected and what came.
        detail: String,
        /// Offset in the uncompressed text, in bytes.
        offset: u64,
    },
    /// A file is neither a CPU profile nor an allocation profile, or a damaged one.
    #[error("not a readable profile: {detail} (at byte {offset} of the JSON text)")]
    InvalidProfile {
        /// What was expected and what came.
        detail: String,
        /// Offset in the uncompressed text, in bytes.
        offset: u64,
    },
    /// The caller asked for something that cannot be: an object that is not there, one file to compare.
    #[error("{0}")]
    InvalidArgument(String),
    /// V8 refused: it is taking a snapshot already, has too many profilers, and the like.
    #[error("V8 refused: {0}")]
    Refused(&'static str),
    /// This V8 cannot do what was asked.
    #[error("not supported here: {0}")]
    Unsupported(String),
    /// The child that takes a snapshot could not be had, or was lost.
    #[error("{0}")]
    Fork(#[from] ForkFailure),
    /// What the child reported before it ended.
    #[error("{message}")]
    Child {
        /// Its `ERR_RSPROF_*` code.
        code: String,
        /// Its message.
        message: String,
        /// The operating system's error number.
        errno: Option<i32>,
    },
    /// A limit that the caller set, or the machine sets, was exceeded.
    #[error("over budget: {0}")]
    Budget(String),
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
    pub fn code(&self) -> &str {
        match self {
            Self::Aborted => "ERR_RSPROF_ABORTED",
            Self::Io { source, .. } => io_code(source.kind()),
            Self::InvalidSnapshot { .. } | Self::InvalidFile { .. } => {
                "ERR_RSPROF_INVALID_SNAPSHOT"
            }
            Self::InvalidProfile { .. } => "ERR_RSPROF_INVALID_PROFILE",
            Self::InvalidArgument(_) => "ERR_RSPROF_INVALID_ARG",
            Self::Refused(_) => "ERR_RSPROF_BUSY",
            Self::Unsupported(_) => "ERR_RSPROF_UNSUPPORTED",
            Self::Fork(_) => "ERR_RSPROF_FORK",
            Self::Child { code, .. } => code,
            Self::Budget(_) => "ERR_RSPROF_BUDGET",
            Self::Internal(_) => "ERR_RSPROF_INTERNAL",
        }
    }

    /// The operating system's error number, where there is one.
    #[must_use]
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::Io { source, .. } => source.raw_os_error(),
            Self::Child { errno, .. } => *errno,
            _ => None,
        }
    }

    /// Whether the same thing, tried again at once, may well work.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Fork(ForkFailure { passing: true, .. }))
    }
}

/// Why there is no child, or no answer from it.
#[derive(Debug, thiserror::Error)]
#[error("the forked capture failed: {reason}")]
pub struct ForkFailure {
    reason: String,
    passing: bool,
}

impl ForkFailure {
    /// The state of another thread at the fork was unlucky: the next fork finds another one.
    pub fn passing(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), passing: true }
    }

    /// The child was there and is gone for a reason that a second one would meet too.
    pub fn lost(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), passing: false }
    }

    /// The operating system gave no child.
    #[must_use]
    pub fn refused(error: io::Error) -> Self {
        Self::lost(format!("fork was refused: {error}"))
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
