'use strict';

/**
 * A row of readings as an object for people and programs.
 *
 * @module
 */

const { METRICS } = require('./metrics.js');

/**
 * @param {Float64Array} row
 * @returns {Record<string, number|null>} by name; null for what is not known
 */
function readingsOf(row) {
  return Object.fromEntries(
    METRICS.map(({ name }, at) => [name, Number.isNaN(row[at]) ? null : row[at]]),
  );
}

module.exports = { readingsOf };
