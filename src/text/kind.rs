//! Which kind of file it is, by its content.

use std::path::Path;

use super::json::Json;
use super::{Control, read, source};
use crate::error::{Error, Result};

/// A kind of file, told by the keys of its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// `.heapsnapshot`: an object with `snapshot`.
    HeapSnapshot,
    /// `.cpuprofile` or `.heapprofile`: an object with `head`, or with `nodes` that are objects.
    Profile,
}

/// Reads until a key tells; `None` where none does, or the text is no JSON.
///
/// # Errors
///
/// [`Error::Io`], [`Error::Aborted`].
pub(crate) fn recognise(path: &Path, control: &Control) -> Result<Option<FileKind>> {
    let found = read(path, control, source::CHUNK, |input, _| search(&mut Json::new(input)));
    match found {
        Err(Error::InvalidFile { .. }) => Ok(None),
        other => other,
    }
}

fn search(json: &mut Json<'_>) -> Result<Option<FileKind>> {
    json.expect(b'{', "at the beginning")?;
    let mut first = true;
    let key = |text: &[u8]| match text {
        b"snapshot" => Some(b's'),
        b"head" => Some(b'h'),
        b"nodes" => Some(b'n'),
        _ => None,
    };
    while let Some(key) = json.key(&mut first, key)? {
        match key {
            Some(b's') => return Ok(Some(FileKind::HeapSnapshot)),
            Some(b'h') => return Ok(Some(FileKind::Profile)),
            Some(_) => {
                json.expect(b'[', "before nodes")?;
                // A snapshot's nodes are numbers. An empty list is a profile's, if anything.
                let is_snapshot = json.more(&mut true, b']')? && json.peek()? != b'{';
                let kinds = [FileKind::Profile, FileKind::HeapSnapshot];
                return Ok(Some(kinds[usize::from(is_snapshot)]));
            }
            None => json.skip()?,
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn kind(text: &str) -> Option<FileKind> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        recognise(file.path(), &Control::default()).unwrap()
    }

    #[test]
    fn by_the_first_key_that_tells() {
        use FileKind::{HeapSnapshot, Profile};
        for (text, wanted) in [
            (r#"{"snapshot":{"meta":"#, Some(HeapSnapshot)),
            (r#" {"title":"a","nodes" : [ {"id":1"#, Some(Profile)),
            (r#"{"typeId":"CPU","uid":"1","head":{}"#, Some(Profile)),
            (r#"{"nodes":[9,1,"#, Some(HeapSnapshot)),
            (r#"{"nodes":[]}"#, Some(Profile)),
            (r#"{"a":{"snapshot":1,"head":2},"b":[1,{"nodes":3}]}"#, None),
            (r#"{"a":1"#, None),
            ("[]", None),
            ("", None),
            ("nonsense", None),
        ] {
            assert_eq!(kind(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_file_that_is_not_there() {
        let missing = Path::new("/nonexistent/file");
        assert!(matches!(recognise(missing, &Control::default()), Err(Error::Io { .. })));
    }
}
