'use strict';

/**
 * Rows of another copy of rsprof, whose table of metrics may differ, in the order of this one's.
 *
 * @module
 */

const { METRICS, WIDTH } = require('../watch/metrics.js');

const same = (row) => row;

/**
 * @param {readonly { name: string }[]} metrics of the rows
 * @returns {(row: Float64Array) => Float64Array} NaN for what they do not have
 */
function toOwnLayout(metrics) {
  const isOwn =
    metrics.length === WIDTH && METRICS.every(({ name }, at) => metrics[at].name === name);
  if (isOwn) return same;
  const places = new Map(metrics.map(({ name }, at) => [name, at]));
  return (row) => Float64Array.from(METRICS, ({ name }) => row[places.get(name)] ?? Number.NaN);
}

module.exports = { toOwnLayout };
