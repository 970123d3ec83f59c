//! The engine against the naive way, on made-up profiles in any shape and state of repair.

mod agreement;
mod clock;
mod damage;
mod difference;
mod figures;
mod labels;
mod made;
mod mutation;
mod real;
mod shapes;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use super::naive::{Key, Naive, NaiveFigures};
use super::{Control, Encoding, FunctionId, Profile, ProfileKind};
use crate::error::{Error, Result};
use crate::text::source::CHUNK;

fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn read_path(path: &Path, chunk: usize) -> Result<Profile> {
    Profile::read_in_chunks(path, &Control::default(), chunk)
}

fn read(text: &str) -> Result<Profile> {
    read_path(file(text.as_bytes()).path(), CHUNK)
}

/// What is wrong with a text, and where.
fn fault(text: &str) -> (String, u64) {
    match read(text) {
        Err(Error::InvalidProfile { detail, offset }) => (detail, offset),
        other => panic!("{other:?}"),
    }
}

/// A function by its name.
fn named(profile: &Profile, name: &str) -> FunctionId {
    let mut ids = 0..profile.functions().len() as FunctionId;
    ids.find(|id| profile.function(*id).name == name).unwrap()
}

fn key(profile: &Profile, function: FunctionId) -> Key {
    let function = profile.function(function);
    let script = if function.url.is_empty() { function.script } else { 0 };
    let (name, url) = (function.name.clone(), function.url.clone());
    (name, url, function.line.into(), function.column.into(), script.into())
}

/// All that the engine says, in the naive way's words.
fn figures(profile: &Profile) -> BTreeMap<Key, NaiveFigures> {
    let figures = |function| {
        let figures = profile.figures(function);
        let callers = profile.callers(function).into_iter();
        let callers = callers.map(|caller| (key(profile, caller.function), caller.weight));
        let lines = profile.hot_lines(function).into_iter();
        let naive = NaiveFigures {
            own: figures.self_weight,
            total: figures.total_weight,
            callers: callers.filter(|(_, weight)| *weight > 0).collect(),
            lines: lines.map(|line| (line.line.into(), line.hits)).collect(),
        };
        (key(profile, function), naive)
    };
    (0..profile.functions().len() as FunctionId).map(figures).collect()
}

fn assert_agree(profile: &Profile, naive: &Naive) {
    assert_eq!(profile.kind() == ProfileKind::Allocation, naive.is_allocation);
    let mut expected = naive.figures();
    expected.values_mut().for_each(|figures| figures.callers.retain(|_, weight| *weight > 0));
    assert_eq!(figures(profile), expected);
    assert_eq!(profile.total_weight(), naive.total());
    assert_holds(profile);
}

/// What holds for every profile.
fn assert_holds(profile: &Profile) {
    let tree = profile.tree();
    for node in 1..tree.len() as u32 {
        assert!(tree.parent(node).unwrap() < node);
    }
    assert_eq!(tree.parent(0), None);
    assert_eq!(profile.categories().values().sum::<u64>(), profile.total_weight());
    assert!(profile.samples().times().is_sorted());
    for function in profile.by_total() {
        let figures = profile.figures(function);
        assert!(figures.self_weight <= figures.total_weight);
        let callers: u64 = profile.callers(function).iter().map(|caller| caller.weight).sum();
        let is_root = profile.nodes_of(function).contains(&0);
        assert!(callers == figures.total_weight || is_root);
        assert!(profile.deopts(function).iter().all(|deopt| deopt.count > 0));
    }
}

fn compress(text: &[u8], encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Plain => text.to_vec(),
        Encoding::Gzip => {
            let level = flate2::Compression::fast();
            let mut out = flate2::write::GzEncoder::new(Vec::new(), level);
            out.write_all(text).unwrap();
            out.finish().unwrap()
        }
        Encoding::Zstd => zstd::encode_all(text, 1).unwrap(),
    }
}
