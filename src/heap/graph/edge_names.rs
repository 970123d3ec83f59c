//! Names of edges in 16 bits each: a program has few different ones, and most indices are small.

use rustc_hash::FxHashMap;

use super::columns::TARGET_BITS;
use super::kinds::EdgeKind;

/// Stands for a name that has no code of its own.
const OTHER: u16 = u16::MAX;

/// The names of all edges, in the order of the edges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct EdgeNames {
    codes: Vec<u16>,
    /// String index by code, for edges whose name is a string.
    names: Vec<u32>,
    /// Number of the edge and its name, where neither code nor index fits; in the edges' order.
    others: Vec<(u32, u32)>,
}

impl EdgeNames {
    /// Packs a column of names; `words` tells which are indices.
    pub(super) fn pack(column: &[u32], words: &[u32]) -> Self {
        let mut packing = Packing::default();
        let mut codes = vec![0; column.len()];
        for (number, (name, word)) in column.iter().zip(words).enumerate() {
            let indexed = EdgeKind::ALL[(word >> TARGET_BITS) as usize].is_indexed();
            let code = if indexed { small(*name) } else { packing.code(*name) };
            if code == OTHER {
                packing.others.push((number as u32, *name));
            }
            codes[number] = code;
        }
        Self { codes, names: packing.names, others: packing.others }
    }

    /// The name of an edge: an index where `indexed`, or else a string's.
    #[inline]
    pub(super) fn get(&self, number: usize, indexed: bool) -> u32 {
        match self.codes[number] {
            OTHER => self.other(number),
            code if indexed => u32::from(code),
            code => self.names[usize::from(code)],
        }
    }

    #[cold]
    fn other(&self, number: usize) -> u32 {
        let found = self.others.binary_search_by_key(&(number as u32), |(edge, _)| *edge);
        found.map_or(u32::MAX, |at| self.others[at].1)
    }

    /// Numbers of the edges whose name is one of `wanted`, in no order; those with an index may be among
    /// them.
    pub(super) fn candidates(&self, wanted: impl Fn(u32) -> bool) -> impl Iterator<Item = usize> {
        let mut is_coded = vec![false; 1 << u16::BITS];
        for (code, name) in self.names.iter().enumerate() {
            is_coded[code] = wanted(*name);
        }
        let others = self.others.iter().filter(move |(_, name)| wanted(*name));
        let others = others.map(|(number, _)| *number as usize);
        let is_any = is_coded.contains(&true);
        let codes = if is_any { &self.codes[..] } else { &[] };
        let coded = codes.iter().enumerate().filter(move |(_, code)| is_coded[usize::from(**code)]);
        coded.map(|(number, _)| number).chain(others)
    }

    /// Every string that is the name of an edge; some come more than once.
    pub(super) fn strings(&self) -> impl Iterator<Item = u32> {
        self.names.iter().copied().chain(self.others.iter().map(|(_, name)| *name))
    }
}

fn small(index: u32) -> u16 {
    u16::try_from(index).unwrap_or(OTHER)
}

#[derive(Default)]
struct Packing {
    /// Code by string index.
    codes: FxHashMap<u32, u16>,
    names: Vec<u32>,
    others: Vec<(u32, u32)>,
    last: (u32, u16),
}

impl Packing {
    #[inline]
    fn code(&mut self, name: u32) -> u16 {
        if self.last.0 == name && !self.names.is_empty() {
            return self.last.1;
        }
        let next = u16::try_from(self.names.len()).unwrap_or(OTHER);
        let code = match self.codes.get(&name) {
            Some(code) => *code,
            None if next == OTHER => OTHER,
            None => {
                self.codes.insert(name, next);
                self.names.push(name);
                next
            }
        };
        self.last = (name, code);
        code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_out_as_they_went_in() {
        let property = (EdgeKind::Property as u32) << TARGET_BITS;
        let element = (EdgeKind::Element as u32) << TARGET_BITS;
        let names: Vec<u32> = (0..200_000)
            .map(|n: u32| n.wrapping_mul(2_654_435_761) >> 8)
            .chain([7, 7, 8, 65_535, u32::MAX])
            .collect();
        for words in [vec![property; names.len()], vec![element; names.len()]] {
            let packed = EdgeNames::pack(&names, &words);
            for (number, name) in names.iter().enumerate() {
                assert_eq!(packed.get(number, words[0] == element), *name);
            }
        }
    }

    #[test]
    fn edges_are_found_by_name() {
        let property = (EdgeKind::Property as u32) << TARGET_BITS;
        let names: Vec<u32> = (0..70_000).chain([5, 69_999]).collect();
        let packed = EdgeNames::pack(&names, &vec![property; names.len()]);
        let numbers = |name| packed.candidates(move |one| one == name).collect::<Vec<_>>();
        assert_eq!(numbers(5), [5, 70_000]);
        assert_eq!(numbers(69_999), [69_999, 70_001]);
        assert!(numbers(80_000).is_empty());
        assert_eq!(packed.candidates(|one| one == 5 || one > 69_998).count(), 4);
        assert_eq!(packed.strings().filter(|name| *name == 69_999).count(), 2);
    }
}
