'use strict';

/**
 * Numbers that look random and follow from a seed (mulberry32), and the distributions simulations need.
 *
 * @module
 */

/** @param {number} seed */
function makeRandom(seed) {
  let state = Math.imul(seed | 0, 0x9e3779b1) ^ 0x5bd1e995;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  const uniform = (low, high) => low + (high - low) * next();
  return {
    next,
    uniform,
    chance: (probability) => next() < probability,
    pick: (list) => list[Math.floor(next() * list.length)],
    logUniform: (low, high) => low * (high / low) ** next(),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    exponential: () => -Math.log(1 - next()),
    /** At least 1; the tail falls with this power. */
    pareto: (power) => (1 - next()) ** (-1 / power),
  };
}

module.exports = { makeRandom };
