//! The sidecar, as lib/sidecar.js writes it, from where no JavaScript runs.

use std::fs;
use std::time::Duration;

use serde_json::{Map, Value};

/// The fields in their order.
const ORDER: [&str; 11] = [
    "format",
    "kind",
    "file",
    "reason",
    "startedAt",
    "options",
    "result",
    "error",
    "versions",
    "host",
    "process",
];

/// The text of a sidecar with these fields.
pub(crate) fn document(fields: &Map<String, Value>) -> String {
    let lines: Vec<String> = ORDER
        .iter()
        .filter_map(|name| {
            let value = format!("{:#}", fields.get(*name)?).replace('\n', "\n  ");
            Some(format!("  \"{name}\": {value}"))
        })
        .collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// As JavaScript tells times.
pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Resident memory of this process; none without /proc.
pub(crate) fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let figure = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = figure.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_stand_in_their_order() {
        let fields = json!({ "process": { "rss": 1 }, "format": "f", "kind": "k" });
        let text = document(fields.as_object().unwrap());
        assert_eq!(
            text,
            "{\n  \"format\": \"f\",\n  \"kind\": \"k\",\n  \"process\": {\n    \"rss\": 1\n  }\n}\n"
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), fields);
    }

    #[test]
    fn memory_is_that_of_a_process() {
        assert!(resident_bytes().unwrap() > 1 << 20);
    }
}
