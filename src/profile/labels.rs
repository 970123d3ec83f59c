//! Which labels samples have, as `rsprof.label()` wrote them: who burned the time on whose behalf.
//!
//! Under the key `rsprof` of a `.cpuprofile`: `version` 1, `labels`, a list of sets of labels, and
//! `labelSamples`, for each sample the place of its set in that list, -1 for none.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::Profile;
use super::draft::{Draft, NONE, Section};
use super::limit::{MOST_LABELS, MOST_SAMPLES, grow};
use super::tree::FunctionId;
use crate::error::Result;
use crate::text::input::invalid;
use crate::text::json::Json;

/// The version that this reader knows.
const VERSION: i64 = 1;

/// Labels by their names.
pub(super) type LabelSet = BTreeMap<String, String>;

/// Labels as a file has them.
#[derive(Debug, Default)]
pub(super) struct RawLabels {
    sets: Option<Vec<LabelSet>>,
    /// By sample; [`NONE`] where it has none.
    of_sample: Option<Section<Vec<u32>>>,
}

enum Key {
    Version,
    Sets,
    Samples,
    Other,
}

impl RawLabels {
    /// The value of `rsprof`; none of another version, which may have anything.
    pub(super) fn read(json: &mut Json<'_>) -> Result<Option<Self>> {
        json.expect(b'{', "before labels")?;
        let (mut labels, mut first, mut is_known) = (Self::default(), true, true);
        let key = |text: &[u8]| match text {
            b"version" => Key::Version,
            b"labels" => Key::Sets,
            b"labelSamples" => Key::Samples,
            _ => Key::Other,
        };
        while let Some(key) = json.key(&mut first, key)? {
            match key {
                Key::Version => is_known = json.integer()? == VERSION,
                Key::Sets if is_known && labels.sets.is_none() => labels.sets = Some(sets(json)?),
                Key::Samples if is_known && labels.of_sample.is_none() => {
                    labels.of_sample = Some(of_sample(json)?);
                }
                Key::Sets | Key::Samples if is_known => {
                    return json.bad("labels that the profile has already");
                }
                _ => json.skip()?,
            }
        }
        Ok(is_known.then_some(labels))
    }
}

fn sets(json: &mut Json<'_>) -> Result<Vec<LabelSet>> {
    json.expect(b'[', "before labels")?;
    let (mut sets, mut first) = (Vec::new(), true);
    while json.more(&mut first, b']')? {
        grow(sets.len(), MOST_LABELS, "sets of labels")?;
        sets.push(set(json)?);
    }
    Ok(sets)
}

fn set(json: &mut Json<'_>) -> Result<LabelSet> {
    json.expect(b'{', "before a set of labels")?;
    let (mut set, mut first) = (LabelSet::new(), true);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    while let Some(name) = json.key(&mut first, text)? {
        grow(set.len(), MOST_LABELS, "labels in one set")?;
        let value = text(json.string()?);
        set.insert(name, value);
    }
    Ok(set)
}

fn of_sample(json: &mut Json<'_>) -> Result<Section<Vec<u32>>> {
    json.peek()?;
    let (offset, mut rows) = (json.offset(), Vec::new());
    json.expect(b'[', "before labels of samples")?;
    if json.more(&mut true, b']')? {
        json.integers(|place, offset| {
            grow(rows.len(), MOST_SAMPLES, "labels of samples")?;
            rows.push(match u32::try_from(place) {
                Ok(place) if place != NONE => place,
                _ if place == -1 => NONE,
                _ => return Err(invalid(format!("{place} cannot be a label"), offset)),
            });
            Ok(())
        })?;
    }
    rows.shrink_to_fit();
    Ok(Section { rows, offset })
}

/// The sets, and the place of each sample's, of `samples` many; both are empty where there are no labels.
pub(super) fn check(draft: &mut Draft, samples: usize) -> Result<(Vec<LabelSet>, Vec<u32>)> {
    let Some(RawLabels { sets, of_sample }) = draft.labels.take() else {
        return Ok(Default::default());
    };
    let sets = sets.unwrap_or_default();
    let Some(Section { rows, offset }) = of_sample else { return Ok(Default::default()) };
    if rows.len() != samples {
        let detail =
            format!("expected {samples} labelSamples, one for each sample, found {}", rows.len());
        return Err(invalid(detail, offset));
    }
    let is_there = |place: &u32| *place == NONE || (*place as usize) < sets.len();
    match rows.iter().find(|place| !is_there(place)) {
        None => Ok((sets, rows)),
        Some(place) => {
            let detail = format!("a sample has label {place}, there are {}", sets.len());
            Err(invalid(detail, offset))
        }
    }
}

impl Profile {
    /// The sets of labels that samples have; empty where the program used none.
    #[must_use]
    pub fn labels(&self) -> &[BTreeMap<String, String>] {
        &self.label_sets
    }

    /// The place in [`Self::labels`] of a sample's set; none where it has none.
    #[must_use]
    pub fn label_of_sample(&self, sample: usize) -> Option<u32> {
        self.samples.labels.get(sample).copied().filter(|place| *place != NONE)
    }

    /// What each set of labels weighs, and what has none, heaviest first; idle time is left out, so that it
    /// adds up to [`Self::busy_weight`]. Empty where there are no labels.
    #[must_use]
    pub fn label_weights(&self) -> Vec<(Option<u32>, u64)> {
        if self.label_sets.is_empty() {
            return Vec::new();
        }
        let mut sums = vec![0; self.label_sets.len() + 1];
        for (label, _, weight) in self.busy_samples() {
            sums[label.map_or(0, |label| label as usize + 1)] += weight;
        }
        let label = |place: usize| place.checked_sub(1).map(|label| label as u32);
        let sums = sums.into_iter().enumerate().map(|(place, sum)| (label(place), sum));
        heaviest_first(sums.collect())
    }

    /// The functions that samples with a set of labels were taken in, by own weight, heaviest first.
    #[must_use]
    pub fn label_functions(&self, label: u32) -> Vec<(FunctionId, u64)> {
        let mut sums: FxHashMap<FunctionId, u64> = FxHashMap::default();
        for (_, node, weight) in self.busy_samples().filter(|(own, ..)| *own == Some(label)) {
            *sums.entry(self.tree.function(node)).or_default() += weight;
        }
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_unstable_by_key(|(function, _)| *function);
        heaviest_first(sums)
    }

    /// Label, node and weight of every sample that is not idle.
    fn busy_samples(&self) -> impl Iterator<Item = (Option<u32>, u32, u64)> + '_ {
        let samples = self.samples.nodes.iter().enumerate();
        let samples = samples.map(|(sample, node)| {
            (self.label_of_sample(sample), *node, self.samples.weight(sample))
        });
        samples.filter(|(_, node, _)| {
            !self.functions[self.tree.function(*node) as usize].category.is_idle()
        })
    }
}

/// Equal ones as they are; without those of no weight.
fn heaviest_first<T>(mut sums: Vec<(T, u64)>) -> Vec<(T, u64)> {
    sums.retain(|(_, sum)| *sum > 0);
    sums.sort_by_key(|(_, sum)| Reverse(*sum));
    sums
}
