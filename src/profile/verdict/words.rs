//! Functions and shares in sentences.

use super::super::{FunctionId, Profile, ProfileKind};
pub(super) use crate::words::{bytes, count, duration, percent};

/// The last part of a path or URL.
pub(super) fn file_name(url: &str) -> &str {
    url.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(url)
}

/// With a capital at the beginning of a sentence, where it is one of our words.
pub(super) fn begin(text: String) -> String {
    match text.strip_prefix("an anonymous") {
        Some(rest) => format!("An anonymous{rest}"),
        None => text,
    }
}

/// `1 place`, `3 places`.
pub(super) fn plural(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", count(number as u64))
}

impl Profile {
    /// `pack (pack.js:12)`.
    pub(super) fn named(&self, id: FunctionId) -> String {
        let function = self.function(id);
        let name = match function.name.as_str() {
            "" => "an anonymous function",
            name => name,
        };
        match (function.url.as_str(), function.line) {
            ("", _) => name.to_owned(),
            (url, 0) => format!("{name} ({})", file_name(url)),
            (url, line) => format!("{name} ({}:{line})", file_name(url)),
        }
    }

    /// A weight with its unit.
    pub(super) fn weight_text(&self, weight: u64) -> String {
        match self.kind() {
            ProfileKind::Cpu => duration(weight),
            ProfileKind::Allocation => bytes(weight),
        }
    }

    /// A share of the busy weight, in percent.
    pub(super) fn share_text(&self, weight: u64) -> String {
        percent(self.busy_share(weight))
    }
}
