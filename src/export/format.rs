//! Which format, and what is written around a profile.

use std::io::Write;

use super::{chrome, flame, folded, pprof, speedscope, stacks};
use crate::error::{Error, Result};
use crate::profile::Profile;

/// A format that a profile can be exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// `profile.proto`, gzip.
    Pprof,
    /// speedscope's own JSON.
    Speedscope,
    /// One line a stack, as flamegraph.pl takes them.
    Folded,
    /// `.cpuprofile` or `.heapprofile`.
    Chrome,
    /// The data of rsprof's own flame graph, as JSON in which no `<` is left.
    Flame,
}

impl ExportFormat {
    /// From JavaScript's option.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for another name.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "pprof" => Ok(Self::Pprof),
            "speedscope" => Ok(Self::Speedscope),
            "folded" => Ok(Self::Folded),
            "chrome" => Ok(Self::Chrome),
            "html" => Ok(Self::Flame),
            _ => Err(Error::InvalidArgument(format!("there is no format {name:?}"))),
        }
    }
}

/// What is to be written.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// The format.
    pub format: ExportFormat,
    /// What the profile is called where the format has a title: the name of its file.
    pub title: String,
    /// When the recording began, in milliseconds since 1970; a file's own times are of another clock.
    pub started_at: Option<f64>,
}

/// Writes a profile.
///
/// Shares come out as those of the reports: idle time and `(root)` are left out of pprof and folded
/// stacks, and are a gap in speedscope; Chrome and the flame graph show them as what they are.
///
/// # Errors
///
/// [`Error::Io`], those of `out`; [`Error::Budget`] where every stack written out would fill the disk.
pub fn export(profile: &Profile, options: &ExportOptions, out: &mut dyn Write) -> Result<()> {
    let title = &options.title;
    match options.format {
        ExportFormat::Pprof | ExportFormat::Folded => stacks::check_groups(profile)?,
        ExportFormat::Speedscope => stacks::check_runs(profile)?,
        ExportFormat::Chrome | ExportFormat::Flame => {}
    }
    match options.format {
        ExportFormat::Pprof => pprof::write(profile, options.started_at, out),
        ExportFormat::Speedscope => speedscope::write(profile, title, out),
        ExportFormat::Folded => folded::write(profile, out),
        ExportFormat::Chrome => chrome::write(profile, out),
        ExportFormat::Flame => flame::write(profile, title, out),
    }
    .map_err(Error::io("writing the export"))
}
