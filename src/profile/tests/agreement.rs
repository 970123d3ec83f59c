//! Random profiles in every shape, against the naive way.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::made::{FUNCTIONS, Made, MadeNode, Shape};
use super::*;

prop_compose! {
    fn made()(
        nodes in vec((0..FUNCTIONS.len(), 0_u32..5, any::<Index>()), 1..40),
        samples in vec((any::<Index>(), prop_oneof![8 => 0_i64..3_000, 1 => -2_000_i64..0]), 0..60),
    ) -> Made {
        let count = nodes.len();
        let node = |(at, (function, weight, parent)): (usize, (usize, u32, Index))| MadeNode {
            function: if at == 0 { 0 } else { function },
            weight,
            parent: if at == 0 { 0 } else { parent.index(at) },
        };
        let samples = samples.into_iter().map(|(node, delta)| (node.index(count), delta));
        Made { nodes: nodes.into_iter().enumerate().map(node).collect(), samples: samples.collect() }
    }
}

fn check(made: &Made, shape: Shape, chunk: usize, leave_out: u8) {
    let mut value = made.value(shape);
    let keys = ["samples", "timeDeltas", "timestamps", "startTime"];
    for (bit, key) in keys.iter().enumerate() {
        if leave_out >> bit & 1 == 1 && shape != Shape::Allocation {
            value.as_object_mut().unwrap().remove(*key);
        }
    }
    let text = value.to_string();
    let profile = read_path(file(text.as_bytes()).path(), chunk).unwrap();
    assert_agree(&profile, &Naive::parse(text.as_bytes()).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn as_the_naive_way_has_it(
        made in made(),
        shape in (0..Shape::ALL.len()).prop_map(|at| Shape::ALL[at]),
        chunk in prop_oneof![Just(CHUNK), 1_usize..300],
        leave_out in prop_oneof![3 => Just(0_u8), 1 => 0_u8..16],
    ) {
        check(&made, shape, chunk, leave_out);
    }
}
