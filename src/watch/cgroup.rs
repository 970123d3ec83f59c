//! The memory of the control group: how much it uses, and how much it may.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use super::files::{TextFile, number_of, read, whole};

/// The two generations of control groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

/// Where a process's memory is accounted.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    version: Version,
    /// Of its group and the groups around it, from the inside to the outside.
    folders: Vec<PathBuf>,
}

/// The group this process is in; it may be moved to another one.
#[derive(Default)]
pub(super) struct MemoryGroup {
    /// The text that named it.
    named: Option<String>,
    place: Option<Place>,
    files: Option<Files>,
}

/// What is read each time.
struct Files {
    usage: TextFile,
    statistics: TextFile,
    inactive: &'static str,
}

impl MemoryGroup {
    /// Looks where the process is now, and answers the smallest limit around it.
    pub(super) fn locate(&mut self) -> Option<f64> {
        let named = read("/proc/self/cgroup");
        if named != self.named {
            let mounts = read_mounts();
            self.place = named.as_deref().and_then(|named| place(named, &mounts));
            self.files = self.place.as_ref().and_then(Place::open);
            self.named = named;
        }
        self.place.as_ref()?.limit()
    }

    /// The working set in bytes: what is used, without the files that nobody has used lately.
    pub(super) fn used(&mut self) -> Option<f64> {
        let files = self.files.as_mut()?;
        let usage = whole(files.usage.read()?)?;
        Some(working_set(usage, files.statistics.read()?, files.inactive))
    }
}

/// Memory of the machine, in bytes.
pub(super) fn machine_memory() -> Option<f64> {
    total_memory(&read("/proc/meminfo")?)
}

fn total_memory(meminfo: &str) -> Option<f64> {
    number_of(meminfo, "MemTotal:").map(|kibibytes| kibibytes * 1024.0)
}

/// Not below zero: the two are read one after the other.
fn working_set(usage: f64, statistics: &str, inactive: &str) -> f64 {
    (usage - number_of(statistics, inactive).unwrap_or(0.0)).max(0.0)
}

/// The list of mounts may be long on a host of many containers; `read` would cut it.
fn read_mounts() -> String {
    std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default()
}

impl Place {
    /// The files of the innermost group that has them: memory is not accounted in each.
    fn open(&self) -> Option<Files> {
        let (usage, inactive) = match self.version {
            Version::V1 => ("memory.usage_in_bytes", "total_inactive_file"),
            Version::V2 => ("memory.current", "inactive_file"),
        };
        self.folders.iter().find_map(|folder| {
            let usage = TextFile::open(folder.join(usage))?;
            let statistics = TextFile::open(folder.join("memory.stat"))?;
            Some(Files { usage, statistics, inactive })
        })
    }

    /// The smallest limit; a group without one says `max` (v2), or an absurd number (v1).
    fn limit(&self) -> Option<f64> {
        let limits = self.folders.iter().filter_map(|folder| match self.version {
            Version::V2 => whole(&read(folder.join("memory.max"))?),
            Version::V1 => {
                number_of(&read(folder.join("memory.stat"))?, "hierarchical_memory_limit")
            }
        });
        limits.filter(|limit| *limit < NO_LIMIT).reduce(f64::min)
    }
}

/// More than any machine has; without a limit v1 says the largest number of pages.
const NO_LIMIT: f64 = (1_u64 << 60) as f64;

/// Finds the group that /proc/self/cgroup names below the mounts of /proc/self/mountinfo.
fn place(named: &str, mounts: &str) -> Option<Place> {
    let v1 = named.lines().find_map(|line| path_in(line, has_memory));
    let v2 = named.lines().find_map(|line| path_in(line, str::is_empty));
    let v1 = v1.and_then(|path| folders(path, mounts, Version::V1));
    v1.or_else(|| folders(v2?, mounts, Version::V2))
}

fn has_memory(controllers: &str) -> bool {
    controllers.split(',').any(|controller| controller == "memory")
}

/// The path of a line `number:controllers:path`, where the controllers are the wanted ones.
fn path_in(line: &str, is_wanted: impl Fn(&str) -> bool) -> Option<&str> {
    let mut parts = line.splitn(3, ':');
    let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
    is_wanted(controllers).then_some(path)
}

fn folders(path: &str, mounts: &str, version: Version) -> Option<Place> {
    let path = Path::new(path);
    let mounts: Vec<Mount> =
        mounts.lines().filter_map(Mount::parse).filter(|mount| mount.is_for(version)).collect();
    let below = mounts.iter().find_map(|mount| Some((mount, mount.below(path)?)));
    // Of a group that is mounted nowhere, as of one outside of this namespace, the nearest is read.
    let (mount, below) = below.or_else(|| Some((mounts.first()?, PathBuf::new())))?;
    let folders = below.ancestors().map(|part| mount.point.join(part)).collect();
    Some(Place { version, folders })
}

/// A line of /proc/self/mountinfo.
struct Mount<'a> {
    /// The folder of its file system that is mounted.
    root: PathBuf,
    point: PathBuf,
    kind: &'a str,
    options: &'a str,
}

impl<'a> Mount<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (left, right) = line.split_once(" - ")?;
        let mut left = left.split(' ').skip(3);
        let mut right = right.split(' ');
        Some(Self {
            root: unescape(left.next()?),
            point: unescape(left.next()?),
            kind: right.next()?,
            options: right.nth(1)?,
        })
    }

    fn is_for(&self, version: Version) -> bool {
        match version {
            Version::V1 => self.kind == "cgroup" && has_memory(self.options),
            Version::V2 => self.kind == "cgroup2",
        }
    }

    /// The part of `path` below this mount.
    fn below(&self, path: &Path) -> Option<PathBuf> {
        let below = path.strip_prefix(&self.root).ok()?;
        let is_inside = below.components().all(|part| matches!(part, Component::Normal(_)));
        is_inside.then(|| below.to_owned())
    }
}

/// Spaces and the like stand as `\040` there.
fn unescape(text: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let octal = after.get(..3).filter(|_| *first == b'\\');
        let octal = octal.and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    OsString::from_vec(bytes).into()
}

#[cfg(test)]
mod tests;
