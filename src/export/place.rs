//! How functions and their scripts are called where people read them.

use std::borrow::Cow;

use crate::profile::Function;

/// The path of a `file:` URL on this machine, so that tools find the source; all else stays.
pub(super) fn path(url: &str) -> Cow<'_, str> {
    let Some(path) = url.strip_prefix("file://").filter(|path| path.starts_with('/')) else {
        return Cow::Borrowed(url);
    };
    let has_drive = matches!(path.as_bytes(), [b'/', b'a'..=b'z' | b'A'..=b'Z', b':', b'/', ..]);
    let path = if has_drive { &path[1..] } else { path };
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    decode(path).map_or(Cow::Borrowed(url), Cow::Owned)
}

/// Percent escapes undone; none where they are not UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        match (first, escape(tail)) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

fn escape(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*digits.get(at)?).to_digit(16);
    u8::try_from(digit(0)? << 4 | digit(1)?).ok()
}

/// The place of a function: `/srv/room.js:30:9`; none where it has no script.
pub(super) fn place(function: &Function) -> Option<String> {
    let Function { url, line, column, .. } = function;
    let path = (!url.is_empty()).then(|| path(url))?;
    Some(match (line, column) {
        (0, _) => path.into_owned(),
        (_, 0) => format!("{path}:{line}"),
        _ => format!("{path}:{line}:{column}"),
    })
}

/// A name for tools that add up by the name: anonymous functions are told apart by their place.
pub(super) fn name(function: &Function) -> Cow<'_, str> {
    match place(function).filter(|_| function.name.is_empty()) {
        Some(place) => {
            let file = place.rsplit(['/', '\\']).next().unwrap_or_default();
            Cow::Owned(format!("{} {file}", function.title()))
        }
        None => Cow::Borrowed(function.title()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::{Row, read};

    #[test]
    fn urls_become_paths() {
        assert_eq!(path("file:///srv/a%20b%C3%A9.js"), "/srv/a bé.js");
        assert_eq!(path("file:///C:/srv/a.js"), "C:/srv/a.js");
        assert_eq!(path("file://host/srv/a.js"), "file://host/srv/a.js");
        assert_eq!(path("file:///srv/100%.js"), "/srv/100%.js");
        assert_eq!(path("file:///srv/%ff%2e"), "file:///srv/%ff%2e");
        assert_eq!(path("node:fs"), "node:fs");
        assert_eq!(path(""), "");
    }

    #[test]
    fn anonymous_functions_have_a_place() {
        let names = [
            ("", "file:///srv/room.js", [29, 8], "(anonymous) room.js:30:9"),
            ("", "C:\\srv\\room.js", [29, -1], "(anonymous) room.js:30"),
            ("", "room.js", [-1, -1], "(anonymous) room.js"),
            ("", "", [-1, -1], "(anonymous)"),
            ("pack", "file:///srv/room.js", [29, 8], "pack"),
        ];
        for (function, url, [line, column], expected) in names {
            let row = Row { function, url, line, column };
            let profile = read(&row.profile());
            assert_eq!(name(profile.function(1)), expected);
        }
    }
}
