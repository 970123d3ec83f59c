//! `Runtime.CallFrame` of the Chrome DevTools Protocol, and the URLs in it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

/// A function's place, as V8 gives it: line and column start at 1, 0 is none.
pub(super) struct CallFrame<'a> {
    pub(super) function: &'a str,
    pub(super) script: &'a str,
    pub(super) script_id: i32,
    pub(super) line: i32,
    pub(super) column: i32,
}

impl CallFrame<'_> {
    /// Writes the protocol's object: line and column start at 0, -1 is none.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"{\"functionName\":")?;
        string(out, self.function)?;
        write!(out, ",\"scriptId\":\"{}\",\"url\":", self.script_id)?;
        string(out, &url(self.script))?;
        write!(out, ",\"lineNumber\":{},\"columnNumber\":{}}}", self.line - 1, self.column - 1)
    }
}

/// Writes a JSON string.
pub(super) fn string(out: &mut dyn Write, text: &str) -> io::Result<()> {
    serde_json::to_writer(out, text).map_err(io::Error::from)
}

/// A script's name as a URL: an absolute path becomes `file://`, all else stays.
pub(crate) fn url(script: &str) -> Cow<'_, str> {
    if !script.starts_with('/') {
        return Cow::Borrowed(script);
    }
    let mut url = String::with_capacity(script.len() + 16);
    url.push_str("file://");
    for byte in script.bytes() {
        // The path percent-encode set of the URL standard, and what `url.pathToFileURL` adds to it.
        let plain = matches!(byte, b'!' | b'$'..=b';' | b'=' | b'@'..=b'[' | b']' | b'_')
            || matches!(byte, b'a'..=b'z' | b'|' | b'~');
        if plain && byte != b'%' {
            url.push(char::from(byte));
        } else {
            let _infallible = write!(url, "%{byte:02X}");
        }
    }
    Cow::Owned(url)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn absolute_paths_become_urls() {
        assert_eq!(url("/srv/app.js"), "file:///srv/app.js");
        assert_eq!(url("/srv/a b%#?é.js"), "file:///srv/a%20b%25%23%3F%C3%A9.js");
        assert_eq!(url("node:fs"), "node:fs");
        assert_eq!(url("file:///x.mjs"), "file:///x.mjs");
        assert_eq!(url("evalmachine.<anonymous>"), "evalmachine.<anonymous>");
    }

    #[test]
    fn counts_lines_from_zero() {
        let mut out = Vec::new();
        let frame =
            CallFrame { function: "a\"b", script: "x.js", script_id: 7, line: 3, column: 0 };
        frame.write(&mut out).unwrap();
        let frame: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(
            frame,
            serde_json::json!({
                "functionName": "a\"b", "scriptId": "7", "url": "x.js",
                "lineNumber": 2, "columnNumber": -1,
            })
        );
    }
}
