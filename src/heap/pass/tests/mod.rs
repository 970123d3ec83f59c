//! The stream against the naive way, on made-up snapshots in any chunking, and on damaged ones.

mod damage;
mod model;

use std::io;

use proptest::prelude::*;
use serde_json::Value;

use self::model::{models, small};
use super::{Progress, SnapshotFigures, SnapshotStream, StreamOptions, naive};
use crate::error::{Error, Result};

const KEY: [u8; 16] = *b"a key of 16 byte";
fn options(redact: bool) -> StreamOptions {
    StreamOptions { redact: redact.then_some(KEY), top_classes: 3 }
}

/// Feeds `text` in chunks of these sizes, over and over.
fn feed(text: &[u8], sizes: &[usize], redact: bool) -> Result<(Vec<u8>, SnapshotFigures)> {
    let mut stream = SnapshotStream::new(options(redact));
    let mut out = Vec::new();
    let mut rest = text;
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let size = sizes.next().copied().unwrap_or(usize::MAX);
        let (chunk, later) = rest.split_at(size.min(rest.len()));
        stream.push(chunk, &mut out)?;
        rest = later;
    }
    assert_eq!(stream.progress().raw_bytes, text.len() as u64);
    let figures = stream.finish(&mut out)?;
    Ok((out, figures))
}

fn chunk_sizes() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(prop_oneof![1_usize..4, 1_usize..40, 1_usize..2_000], 1..6)
}

proptest! {
    #[test]
    fn passes_unchanged_with_the_same_figures(model in models(), sizes in chunk_sizes()) {
        let text = model.text();
        let (out, figures) = feed(text.as_bytes(), &sizes, false).unwrap();
        prop_assert!(out == text.as_bytes());
        prop_assert_eq!(figures, naive::figures(&text, 3));
    }

    #[test]
    fn redacts_as_the_naive_way_does(model in models(), sizes in chunk_sizes()) {
        let text = model.text();
        let (out, figures) = feed(text.as_bytes(), &sizes, true).unwrap();
        prop_assert_eq!(&figures, &naive::figures(&text, 3));
        prop_assert!(out == feed(text.as_bytes(), &[], true).unwrap().0);
        let parsed: Value = serde_json::from_slice(&out).unwrap();
        prop_assert_eq!(parsed, naive::redact(&text, &KEY));
        let (_, again) = feed(&out, &sizes, false).unwrap();
        prop_assert_eq!(again.edge_count, figures.edge_count);
    }

    #[test]
    fn damage_never_panics_nor_depends_on_chunks(
        model in models(),
        sizes in chunk_sizes(),
        damage in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..3),
        redact in any::<bool>(),
    ) {
        let mut text = model.text().into_bytes();
        for (at, byte) in damage {
            let at = at % text.len();
            text[at] = byte;
        }
        let told = |result: Result<(Vec<u8>, SnapshotFigures)>| match result {
            Ok((out, figures)) => Ok((out, figures)),
            Err(Error::InvalidSnapshot { .. }) => Err(()),
            Err(other) => panic!("{other}"),
        };
        prop_assert_eq!(told(feed(&text, &sizes, redact)), told(feed(&text, &[], redact)));
    }
}

#[test]
fn redacted_bytes() {
    let (out, _) = feed(small().as_bytes(), &[5], true).unwrap();
    let out = String::from_utf8(out).unwrap();
    let nodes = &out[out.find("\"nodes\"").unwrap()..];
    assert_eq!(
        nodes,
        concat!(
            "\"nodes\":[2,2,1000000001,56,2,0,1,5,1000000003,24,1,0],\n",
            "\"edges\":[2,6,6,1,7,6,0,6,0],\n",
            "\"trace_function_infos\":[0,0,77,6],\n",
            "\"strings\":[\"<dummy>\",\"\",\n\"Room\",\"\",\n",
            "\"\",\"<7 chars #5862cf34297d>\",\n\"name\",\"\"]}",
        )
    );
    let header = |text: &str| text[..text.find("\"nodes\"").unwrap()].to_owned();
    assert_eq!(header(&out), header(&small()));
}

#[test]
fn progress_counts_nodes_and_edges() {
    let text = small();
    let (before, after) = text.split_at(text.find("1000000003").unwrap());
    let mut stream = SnapshotStream::new(options(false));
    assert_eq!(stream.progress(), Progress::default());
    stream.push(before.as_bytes(), &mut io::sink()).unwrap();
    let raw_bytes = before.len() as u64;
    assert_eq!(stream.progress(), Progress { done: 1, total: 5, raw_bytes });
    stream.push(after.as_bytes(), &mut io::sink()).unwrap();
    assert_eq!(stream.progress().done, 5);
}
