'use strict';

/**
 * What is searched for: a text in any case, or a regular expression.
 *
 * @module
 */

const { functionLabel, packageLabel, placeLabel } = require('./flame-labels.js');

/** Of a longer name only the beginning is searched: patterns can be slow. */
const LONGEST = 1000;

/**
 * @param {string} wanted
 * @param {boolean} isPattern
 * @returns {(text: string) => boolean} throws where the pattern is none
 */
function matcher(wanted, isPattern) {
  if (isPattern) {
    const pattern = new RegExp(wanted, 'iu');
    return (text) => pattern.test(text);
  }
  const text = wanted.toLowerCase();
  return (other) => other.toLowerCase().includes(text);
}

/** @returns {Uint8Array} 1 for each function whose name, place or package matches */
function matchingFunctions(profile, wanted, isPattern) {
  const isMatch = matcher(wanted, isPattern);
  return Uint8Array.from({ length: profile.functionCount }, (_, fn) => {
    // Below the root is everything: it would always be all that is found.
    if (profile.functions.category[fn] === 'root') return 0;
    const texts = [functionLabel(profile, fn), placeLabel(profile, fn), packageLabel(profile, fn)];
    return texts.some((text) => isMatch(text.slice(0, LONGEST))) ? 1 : 0;
  });
}

module.exports = { matchingFunctions };
