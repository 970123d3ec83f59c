//! `profile.proto` of pprof, as Go, Pyroscope and others read it: gzip around a protocol buffer.
//!
//! Sample types are those of Go: `samples/count` and `cpu/nanoseconds`, or `inuse_space/bytes`. A location
//! is a function and a line. V8 tells the line of the innermost frame only, and by how many samples hit it
//! (`positionTicks`): the samples of a node are shared out over its lines, so that `-lines` and `-list` show
//! the hot ones. Callers, and functions without such lines, have the line where the function begins.
//! `system_name` is left out: pprof would take `_Zx` and `get [a]` for C++ and cut them.
//!
//! <https://github.com/google/pprof/blob/main/proto/profile.proto>

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use rustc_hash::FxHashMap;

use super::groups::{Group, groups};
use super::place::{name, path};
use super::protobuf::Message;
use super::stacks::Stacks;
use crate::profile::{FunctionId, Profile, ProfileKind};

/// Of gzip; what is left to gain beyond it is little.
const LEVEL: u32 = 6;

/// Nanoseconds in a microsecond.
const NANOSECONDS: u64 = 1_000;

/// The largest number of pprof's signed fields.
const MOST: u64 = i64::MAX as u64;

/// Fields of `Profile`.
mod profile_field {
    pub(super) const SAMPLE_TYPE: u64 = 1;
    pub(super) const SAMPLE: u64 = 2;
    pub(super) const LOCATION: u64 = 4;
    pub(super) const FUNCTION: u64 = 5;
    pub(super) const STRING_TABLE: u64 = 6;
    pub(super) const TIME_NANOS: u64 = 9;
    pub(super) const DURATION_NANOS: u64 = 10;
    pub(super) const PERIOD_TYPE: u64 = 11;
    pub(super) const PERIOD: u64 = 12;
    pub(super) const DEFAULT_SAMPLE_TYPE: u64 = 14;
}

/// Writes a profile; `started_at` in milliseconds since 1970.
pub(super) fn write(
    profile: &Profile,
    started_at: Option<f64>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = GzEncoder::new(out, Compression::new(LEVEL));
    let mut writer = Writer {
        profile,
        out: &mut out,
        message: Message::default(),
        inner: Message::default(),
        strings: Numbers::default(),
        locations: Numbers::default(),
    };
    writer.profile(started_at)?;
    out.finish().map(drop)
}

/// Gives each key a number, in the order of their coming.
struct Numbers<K> {
    numbers: FxHashMap<K, u64>,
    keys: Vec<K>,
}

impl<K> Default for Numbers<K> {
    fn default() -> Self {
        Self { numbers: FxHashMap::default(), keys: Vec::new() }
    }
}

impl<K: Clone + Eq + std::hash::Hash> Numbers<K> {
    /// From 0.
    fn of(&mut self, key: K) -> u64 {
        let Self { numbers, keys } = self;
        *numbers.entry(key).or_insert_with_key(|key| {
            keys.push(key.clone());
            keys.len() as u64 - 1
        })
    }
}

/// A function, and a line in it.
type Location = (FunctionId, u32);

struct Writer<'a, W> {
    profile: &'a Profile,
    out: W,
    message: Message,
    inner: Message,
    strings: Numbers<String>,
    /// Ids count from 1.
    locations: Numbers<Location>,
}

impl<W: Write> Writer<'_, W> {
    fn profile(&mut self, started_at: Option<f64>) -> io::Result<()> {
        // The first one is empty, as the format wants it.
        self.string("");
        self.types()?;
        self.times(started_at)?;
        self.samples()?;
        self.locations()?;
        self.functions()?;
        let strings = std::mem::take(&mut self.strings.keys);
        strings.iter().try_for_each(|text| self.top(profile_field::STRING_TABLE, text.as_bytes()))
    }

    fn is_cpu(&self) -> bool {
        self.profile.kind() == ProfileKind::Cpu
    }

    fn string(&mut self, text: &str) -> u64 {
        match self.strings.numbers.get(text) {
            Some(number) => *number,
            None => self.strings.of(text.to_owned()),
        }
    }

    /// A field of the profile.
    fn top(&mut self, field: u64, content: &[u8]) -> io::Result<()> {
        self.inner.clear().field(field, content);
        self.out.write_all(self.inner.as_bytes())
    }

    /// The message at hand as a field of the profile.
    fn top_message(&mut self, field: u64) -> io::Result<()> {
        self.inner.clear().field(field, self.message.as_bytes());
        self.out.write_all(self.inner.as_bytes())
    }

    fn value_type(&mut self, field: u64, kind: &str, unit: &str) -> io::Result<()> {
        let (kind, unit) = (self.string(kind), self.string(unit));
        self.message.clear().number(1, kind).number(2, unit);
        self.top_message(field)
    }

    fn types(&mut self) -> io::Result<()> {
        use profile_field::{DEFAULT_SAMPLE_TYPE, PERIOD_TYPE, SAMPLE_TYPE};
        let default = if self.is_cpu() {
            self.value_type(SAMPLE_TYPE, "samples", "count")?;
            self.value_type(SAMPLE_TYPE, "cpu", "nanoseconds")?;
            self.value_type(PERIOD_TYPE, "cpu", "nanoseconds")?;
            self.string("cpu")
        } else {
            self.value_type(SAMPLE_TYPE, "inuse_space", "bytes")?;
            self.value_type(PERIOD_TYPE, "space", "bytes")?;
            self.string("inuse_space")
        };
        self.message.clear().number(DEFAULT_SAMPLE_TYPE, default);
        self.out.write_all(self.message.as_bytes())
    }

    fn times(&mut self, started_at: Option<f64>) -> io::Result<()> {
        use profile_field::{DURATION_NANOS, PERIOD, TIME_NANOS};
        self.message.clear();
        if let Some(milliseconds) = started_at {
            // A double tells milliseconds of our time to the microsecond.
            let microseconds = (milliseconds * 1e3).round() as u64;
            self.message.number(TIME_NANOS, nanoseconds(microseconds));
        }
        if self.is_cpu() {
            let duration = nanoseconds(self.profile.total_weight());
            let period = nanoseconds(self.profile.samples().interval());
            self.message.number(DURATION_NANOS, duration).number(PERIOD, period);
        }
        self.out.write_all(self.message.as_bytes())
    }

    fn samples(&mut self) -> io::Result<()> {
        let profile = self.profile;
        let mut stacks = Stacks::new(profile);
        let mut ids = Vec::new();
        for group in groups(profile) {
            let stack = stacks.of(group.node);
            ids.clear();
            for node in stack.iter() {
                let function = profile.tree().function(*node);
                let line = profile.function(function).line;
                ids.push(self.locations.of((function, line)) + 1);
            }
            self.lines(&group, &mut ids)?;
        }
        Ok(())
    }

    /// One sample for each line that the group's samples hit.
    fn lines(&mut self, group: &Group<'_>, ids: &mut [u64]) -> io::Result<()> {
        let function = self.profile.tree().function(group.node);
        let lines = self.profile.lines_of(group.node).filter(|(_, hits)| *hits > 0);
        let all = lines.clone().map(|(_, hits)| hits).sum();
        if all == 0 {
            return self.sample(ids, group.count, group.weight, group);
        }
        let [mut seen, mut count, mut weight] = [0; 3];
        for (line, hits) in lines {
            seen += hits;
            let (to_count, to_weight) =
                (part(group.count, seen, all), part(group.weight, seen, all));
            let line = if line == 0 { self.profile.function(function).line } else { line };
            if let Some(leaf) = ids.first_mut() {
                *leaf = self.locations.of((function, line)) + 1;
            }
            self.sample(ids, to_count - count, to_weight - weight, group)?;
            (count, weight) = (to_count, to_weight);
        }
        Ok(())
    }

    fn sample(
        &mut self,
        ids: &[u64],
        count: u64,
        weight: u64,
        group: &Group<'_>,
    ) -> io::Result<()> {
        if (count, weight) == (0, 0) {
            return Ok(());
        }
        let time = [count, nanoseconds(weight)];
        let values = if self.is_cpu() { &time[..] } else { &[weight] };
        let labels = group.labels.into_iter().flatten();
        let labels: Vec<(u64, u64)> =
            labels.map(|(key, value)| (self.string(key), self.string(value))).collect();
        self.message.clear().list(1, ids.iter().copied()).list(2, values.iter().copied());
        for (key, value) in labels {
            self.inner.clear().number(1, key).number(2, value);
            self.message.field(3, self.inner.as_bytes());
        }
        self.top_message(profile_field::SAMPLE)
    }

    fn locations(&mut self) -> io::Result<()> {
        for (number, (function, line)) in (1..).zip(self.locations.keys.clone()) {
            self.inner.clear().number(1, u64::from(function) + 1).number(2, u64::from(line));
            self.message.clear().number(1, number).field(4, self.inner.as_bytes());
            self.top_message(profile_field::LOCATION)?;
        }
        Ok(())
    }

    /// Those that a location is in.
    fn functions(&mut self) -> io::Result<()> {
        let mut ids: Vec<FunctionId> = self.locations.keys.iter().map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            let function = self.profile.function(id);
            let (name, file) = (self.string(&name(function)), self.string(&path(&function.url)));
            self.message.clear().number(1, u64::from(id) + 1).number(2, name).number(4, file);
            self.message.number(5, u64::from(function.line));
            self.top_message(profile_field::FUNCTION)?;
        }
        Ok(())
    }
}

fn nanoseconds(microseconds: u64) -> u64 {
    microseconds.saturating_mul(NANOSECONDS).min(MOST)
}

/// A whole's share, such that shares that follow each other make up the whole.
fn part(whole: u64, share: u64, shares: u64) -> u64 {
    (u128::from(whole) * u128::from(share) / u128::from(shares.max(1))) as u64
}
