//! What cannot be compared.

use std::path::{Path, PathBuf};

use super::super::diff::diff;
use super::compared_files;
use super::heap::{Heap, file};
use crate::heap::graph::Control;

#[test]
fn one_file_is_too_few() {
    let heap = Heap::new().file();
    for paths in [&[][..], &[heap.path()]] {
        let error = compared_files(paths).unwrap_err();
        assert_eq!(error.code(), "ERR_RSPROF_INVALID_ARG");
        assert!(error.to_string().contains("two files or more; there are"), "{error}");
    }
}

#[test]
fn the_damaged_file_is_named_whichever_it_is() {
    let (good, bad) = (Heap::new().file(), file(b"{\"snapshot\":7}"));
    let name = bad.path().file_name().unwrap().to_string_lossy();
    let (good, bad) = (good.path(), bad.path());
    for paths in [&[good, bad][..], &[bad, good], &[good, bad, good], &[bad, bad]] {
        let error = compared_files(paths).unwrap_err();
        assert_eq!(error.code(), "ERR_RSPROF_INVALID_SNAPSHOT", "{error}");
        assert!(error.to_string().contains(&*name), "{error}");
    }
}

#[test]
fn a_damaged_signature_is_named() {
    let (good, bad) = (Heap::new().file(), file(b"{\"format\":\"rsprof-heap-signature/9\"}"));
    for paths in [[good.path(), bad.path()], [bad.path(), good.path()]] {
        let error = compared_files(&paths).unwrap_err();
        assert!(error.to_string().contains("rsprof-heap-signature/9"), "{error}");
    }
}

#[test]
fn a_missing_file_is_told() {
    let good = Heap::new().file();
    let missing = Path::new("/nowhere/at.all");
    for paths in [[good.path(), missing], [missing, good.path()]] {
        assert_eq!(compared_files(&paths).unwrap_err().code(), "ERR_RSPROF_NOT_FOUND");
    }
}

#[test]
fn it_ends_when_it_is_cancelled() {
    let heap = Heap::new().file();
    let control = Control::default();
    control.cancel();
    let paths = [PathBuf::from(heap.path()), PathBuf::from(heap.path())];
    assert_eq!(diff(&paths, 1, &control, &()).unwrap_err().code(), "ERR_RSPROF_ABORTED");
}

#[test]
fn signatures_alone_are_not_cancelled_half_way() {
    let signature = Heap::new().signature();
    let control = Control::default();
    let paths = [PathBuf::from(signature.path()), PathBuf::from(signature.path())];
    let found = diff(&paths, 1, &control, &()).unwrap();
    assert!(control.check().is_ok() && found.growing.is_empty());
}
