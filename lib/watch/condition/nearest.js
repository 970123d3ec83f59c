'use strict';

/**
 * The names that were probably meant by one that there is not.
 *
 * @module
 */

/** Names are not longer; what is longer resembles none. */
const MOST_LENGTH = 64;
const MOST_NAMES = 3;

/** Letters and digits alone: `@heap_used` -> `heapused`. */
const plain = (name) => name.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase();

/** How many letters must be put in, taken out or replaced. */
function distance(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const replaced = row[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[other.length];
}

/** A name that has the other in it is near, however long it is. */
function badness(wanted, name) {
  const known = plain(name);
  if (wanted.length >= 3 && known.includes(wanted)) return 1;
  return distance(wanted, known);
}

/**
 * @param {string} word as it was written
 * @param {Iterable<string>} names that there are
 * @returns {string[]} the nearest first; one alone where it is only spelled in another way
 */
function nearest(word, names) {
  const wanted = plain(word);
  if (wanted === '' || wanted.length > MOST_LENGTH) return [];
  const same = [...names].find((name) => plain(name) === wanted);
  if (same) return [same];
  const most = Math.max(1, Math.floor(wanted.length / 3));
  return [...names]
    .map((name) => ({ name, badness: badness(wanted, name) }))
    .filter((one) => one.badness <= most)
    .sort((a, b) => a.badness - b.badness)
    .slice(0, MOST_NAMES)
    .map(({ name }) => name);
}

/** `a`, `a or b`, `a, b or c`. */
function orList(names) {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/** `; did you mean a or b?`, or what is given where nothing is near. */
function didYouMean(word, names, otherwise) {
  const near = nearest(word, names);
  return near.length > 0 ? `did you mean ${orList(near)}?` : otherwise;
}

module.exports = { didYouMean, nearest, orList };
