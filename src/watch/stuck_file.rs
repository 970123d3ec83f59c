//! The file of a stuck turn's profile and its sidecar: visible when both are whole.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use super::stuck_verdict::Spot;
use crate::capture::{CpuReport, ProfileTarget};
use crate::error::{Error, Result};
use crate::export::{CpuFigures, TopFunction};
use crate::sidecar::{document, millis, resident_bytes};
use crate::sink::{Compression, Draft, Place, sync_folder};
use crate::utc;

/// Why the profile was taken, as the sidecar has it.
const REASON: &str = "event loop stuck";

/// What is known of the profile besides its figures.
pub(super) struct Story<'a> {
    pub(super) stuck: Duration,
    pub(super) verdict: &'a str,
    pub(super) stack: &'a [Spot],
    pub(super) interval: u32,
    pub(super) pauses: (Duration, Duration),
    pub(super) uptime: Duration,
}

/// A file that is not visible yet; dropping it leaves nothing.
pub(super) struct StuckFile {
    place: Place,
    name: String,
    at: SystemTime,
    draft: Draft,
    is_committed: bool,
}

impl StuckFile {
    /// Makes the folder where it is missing, and the empty partial file.
    pub(super) fn create(place: &Place) -> Result<Self> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&place.folder);
        made.map_err(Error::io("creating the folder of the captures"))?;
        let at = SystemTime::now();
        let name = place.file_name(&utc::stamp(at));
        let draft = place.draft(&name, own_pid());
        draft.create()?;
        Ok(Self { place: place.clone(), name, at, draft, is_committed: false })
    }

    /// Where V8's profile is written to.
    pub(super) fn target(&self, compression: Compression) -> ProfileTarget {
        ProfileTarget { path: self.draft.partial.clone(), compression }
    }

    pub(super) fn path(&self) -> &PathBuf {
        &self.draft.final_path
    }

    pub(super) fn partial(&self) -> &PathBuf {
        &self.draft.partial
    }

    /// Puts file and sidecar in place; answers the sidecar's path. All or nothing.
    pub(super) fn commit(
        &mut self,
        known: Option<&Map<String, Value>>,
        report: &CpuReport,
        story: &Story<'_>,
    ) -> Result<Option<PathBuf>> {
        let sidecar = match known {
            None => None,
            Some(known) => Some(self.describe(known, report, story)?),
        };
        let placed = self.draft.commit().and_then(|()| match &sidecar {
            None => Ok(()),
            Some(sidecar) => sidecar.commit().inspect_err(|_| {
                // What nothing describes is not left.
                let _gone_already = std::fs::remove_file(self.path());
            }),
        });
        if let (Err(_), Some(sidecar)) = (&placed, &sidecar) {
            sidecar.discard();
        }
        placed?;
        self.is_committed = true;
        sync_folder(&self.place.folder);
        Ok(sidecar.map(|sidecar| sidecar.final_path))
    }

    /// On the disk before the file is visible.
    fn describe(
        &self,
        known: &Map<String, Value>,
        report: &CpuReport,
        story: &Story<'_>,
    ) -> Result<Draft> {
        let draft = self.place.draft(&format!("{}.json", self.name), own_pid());
        let mut fields = known.clone();
        fields.insert("file".into(), self.name.as_str().into());
        // Who watches may have given a reason of its own: a rule has.
        fields.entry("reason").or_insert_with(|| REASON.into());
        fields.insert("startedAt".into(), utc::iso(self.at).into());
        fields.insert("result".into(), self.result(report, story));
        let uptime = story.uptime.as_secs_f64();
        fields.insert("process".into(), json!({ "rss": resident_bytes(), "uptime": uptime }));
        draft.write(&document(&fields)).inspect_err(|_| draft.discard())?;
        Ok(draft)
    }

    fn result(&self, report: &CpuReport, story: &Story<'_>) -> Value {
        let (digest, figures) = (&report.digest, &report.figures);
        let top: Vec<Value> =
            figures.top_functions.iter().map(|one| weighed(figures, one)).collect();
        json!({
            "bytes": digest.bytes,
            "rawBytes": report.raw_bytes,
            "sha256": digest.sha256,
            "nodeCount": figures.node_count,
            "sampleCount": figures.sample_count,
            "interval": story.interval,
            "startTime": figures.start_time,
            "endTime": figures.end_time,
            "startMs": millis(story.pauses.0),
            "stopMs": millis(story.pauses.1),
            "truncated": report.truncated,
            "logging": "lazy",
            "topFunctions": top,
            "stuckMs": millis(story.stuck),
            "verdict": story.verdict,
            "stack": story.stack,
            "durationMs": millis(self.at.elapsed().unwrap_or_default()),
            "backend": "native",
        })
    }
}

impl Drop for StuckFile {
    fn drop(&mut self) {
        if !self.is_committed {
            self.draft.discard();
        }
    }
}

/// As lib/native-backend.js shares the time out: by hits.
#[allow(clippy::cast_precision_loss, reason = "counts and times stay far below 2^53")]
fn weighed(figures: &CpuFigures, function: &TopFunction) -> Value {
    let total_ms = (figures.end_time - figures.start_time) as f64 / 1e3;
    let weight = function.weight as f64;
    json!({
        "functionName": function.function_name,
        "url": function.url,
        "lineNumber": function.line_number,
        "selfMs": total_ms * weight / figures.hits.max(1) as f64,
        "share": weight / figures.busy_hits.max(1) as f64,
    })
}

fn own_pid() -> libc::pid_t {
    libc::pid_t::try_from(std::process::id()).unwrap_or_default()
}
