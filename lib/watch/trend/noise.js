'use strict';

/**
 * Standard errors under noise that follows itself, as floors do: bursts, waves, caches.
 *
 * The long-run variance is the mean of squares of the scores' first B cosine components: "equal-weighted cosine" of
 * Lazarus, Lewis, Stock and Watson, HAR Inference: Recommendations for Practice, J. Business & Economic
 * Statistics 36 (2018), with Student's t of B degrees of freedom. Few slow components answer for noise as slow as
 * the series itself, where Newey-West with its usual lag says far too little; the price is in the degrees of freedom.
 *
 * @module
 */

/** The paper's rule: 0.4 n^(2/3), here at most 12. */
const MOST_COMPONENTS = 12;

/** How many components a series of this length has: the degrees of freedom. */
function components(rows) {
  return Math.max(4, Math.min(MOST_COMPONENTS, Math.floor(rows / 3)));
}

/**
 * The variance of the sum of `weights[row] * residuals[row]`. Not less than what independent noise would give.
 *
 * @param {Float64Array} weights
 * @param {Float64Array} residuals
 * @param {number} rows
 * @param {number} parameters fitted, which made the residuals smaller than the noise
 */
function varianceOfSum(weights, residuals, rows, parameters) {
  const count = components(rows);
  let slow = 0;
  for (let at = 1; at <= count; at++) slow += component(weights, residuals, rows, at) ** 2;
  let independent = 0;
  for (let row = 0; row < rows; row++) independent += (weights[row] * residuals[row]) ** 2;
  const freedom = rows / Math.max(1, rows - parameters);
  return Math.max((2 * slow) / count, independent) * freedom;
}

/** Sum of the scores times cos(pi * at * (row + 1/2) / rows), the cosines by recurrence. */
function component(weights, residuals, rows, at) {
  const step = (Math.PI * at) / rows;
  const twice = 2 * Math.cos(step);
  let before = Math.cos(step / 2);
  let cosine = before;
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    sum += weights[row] * residuals[row] * cosine;
    const next = twice * cosine - before;
    before = cosine;
    cosine = next;
  }
  return sum;
}

module.exports = { components, varianceOfSum };
