//! Profiles damaged in thousands of ways. No way may panic or depend on the chunks; where the file still
//! is a profile and its keys are in place, the naive way agrees.
//!
//! `RSPROF_FUZZ_ROUNDS` makes it longer, `RSPROF_FUZZ_SEED` repeats what failed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::made::{Shape, chat};
use super::*;

/// Steele, Lea and Flood's splitmix.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// Where the numbers in `text` are.
fn numbers(text: &[u8]) -> Vec<(usize, usize)> {
    let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let starts = (1..text.len()).filter(|at| is_digit(*at) && !is_digit(at - 1));
    starts.map(|at| (at, (at..).find(|end| !is_digit(*end)).unwrap())).collect()
}

/// Damages the text; whether only a number was replaced.
fn mutate(text: &mut Vec<u8>, random: &mut Random) -> bool {
    let at = random.below(text.len());
    let end = (at + random.below(12)).min(text.len());
    match random.below(10) {
        0 => text[at] ^= 1 << random.below(8),
        1 => text.insert(at, random.pick(b"0,[]{}\":\\ \n-.x9\xFF")),
        2 => drop(text.drain(at..end)),
        3 => text.splice(at..at, text[at..end].to_vec()).for_each(drop),
        4 if random.below(4) == 0 => text.truncate(at),
        _ => return replace_number(text, random),
    }
    false
}

fn replace_number(text: &mut Vec<u8>, random: &mut Random) -> bool {
    let numbers = numbers(text);
    if numbers.is_empty() {
        return false;
    }
    let (start, end) = random.pick(&numbers);
    let number: u64 = std::str::from_utf8(&text[start..end]).unwrap().parse().unwrap_or(0);
    let other = match random.below(8) {
        0 => number.wrapping_add(2).to_string(),
        1 => number.wrapping_sub(2).to_string(),
        2 => format!("-{number}"),
        3 => format!("{number}.5"),
        4 => {
            let special = [0, 1, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 53, 1 << 62, u64::MAX];
            random.pick(&special).to_string()
        }
        5 => (1 + 2 * random.below(14)).to_string(),
        6 => format!("{number}e{}", random.below(25)),
        _ => {
            let (from, to) = random.pick(&numbers);
            String::from_utf8(text[from..to].to_vec()).unwrap()
        }
    };
    text.splice(start..end, other.into_bytes());
    true
}

/// Whether it still is a profile.
fn round(original: &[u8], seed: u64) -> bool {
    let mut random = Random(seed);
    let mut text = original.to_vec();
    let mut numbers_only = true;
    for _ in 0..=random.below(3) {
        if !text.is_empty() {
            numbers_only &= mutate(&mut text, &mut random);
        }
    }
    let file = file(&text);
    let whole = read_path(file.path(), CHUNK);
    let pieces = read_path(file.path(), 1 + random.below(200));
    for outcome in [&whole, &pieces] {
        let is_expected = matches!(outcome, Ok(_) | Err(Error::InvalidProfile { .. }));
        assert!(is_expected, "{:?}", outcome.as_ref().err());
    }
    match (whole, pieces) {
        (Ok(whole), Ok(pieces)) => {
            assert_eq!(figures(&whole), figures(&pieces));
            assert_holds(&whole);
            // Other damage makes documents that serde_json and we may read differently: keys that come
            // twice, keys that are not the right ones any more, wrong brackets in what is skipped.
            if numbers_only && let Some(naive) = Naive::parse(&text) {
                assert_agree(&whole, &naive);
            }
            true
        }
        (Err(whole), Err(pieces)) => {
            assert_eq!(whole.to_string(), pieces.to_string());
            false
        }
        (whole, pieces) => panic!("{:?} {:?}", whole.err(), pieces.err()),
    }
}

#[test]
fn mutations() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let originals = Shape::ALL.map(|shape| chat().text(shape));
    let seeds = match number("RSPROF_FUZZ_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("RSPROF_FUZZ_ROUNDS").unwrap_or(1_500),
    };
    let (rounds, mut alive) = (seeds.end - seeds.start, 0);
    for seed in seeds {
        let original = originals[seed as usize % originals.len()].as_bytes();
        let outcome = catch_unwind(AssertUnwindSafe(|| round(original, seed)));
        alive += u64::from(outcome.unwrap_or_else(|_| panic!("RSPROF_FUZZ_SEED={seed}")));
    }
    assert!(rounds < 100 || alive > rounds / 10, "only {alive} of {rounds} were still profiles");
}
