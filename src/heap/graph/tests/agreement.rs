//! Made-up snapshots: the engine finds what the naive way finds, for every node.

use proptest::prelude::*;

use super::model::{snapshots, styles};
use super::{Encoding, Naive, assert_agree, compress, file, read};
use crate::heap::graph::source::CHUNK;

fn encodings() -> impl Strategy<Value = Encoding> {
    prop_oneof![4 => Just(Encoding::Plain), 1 => Just(Encoding::Gzip), 1 => Just(Encoding::Zstd)]
}

fn chunks() -> impl Strategy<Value = usize> {
    prop_oneof![1_usize..40, 40_usize..4_000, Just(CHUNK)]
}

proptest! {
    #[test]
    fn as_the_naive_way(
        snapshot in snapshots(),
        style in styles(),
        encoding in encodings(),
        chunk in chunks(),
    ) {
        let text = snapshot.text(&style);
        let naive = Naive::parse(text.as_bytes()).unwrap();
        let file = file(&compress(text.as_bytes(), encoding));
        let graph = read(file.path(), chunk).unwrap();
        prop_assert_eq!(graph.encoding(), Some(encoding));
        prop_assert_eq!(graph.extra_native_bytes(), Some(7));
        assert_agree(graph, &naive);
    }
}
