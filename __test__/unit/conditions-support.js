'use strict';

/** Contexts for conditions (readings by name, a history of the test's, verdicts, pulses), and their errors. */

const assert = require('node:assert/strict');
const { parseCondition } = require('../../lib/watch/condition.js');
const { INDEX, WIDTH } = require('../../lib/watch/metrics.js');
const { code } = require('./support.js');

/** Answers every window alike; what a test needs otherwise it overrides. */
const flatHistory = (value, coverage = (ms) => ms) => ({
  coverage,
  mean: () => value,
  min: () => value,
  max: () => value,
  sum: () => value,
  slope: () => value,
});

/** @param {Record<string, number>} readings what is not named is unknown */
function contextOf(readings = {}, { now = 0, history, leak, pulses = [] } = {}) {
  const row = new Float64Array(WIDTH).fill(Number.NaN);
  for (const [name, value] of Object.entries(readings)) {
    if (!(name in INDEX)) throw new Error(`no reading ${name}`);
    row[INDEX[name]] = value;
  }
  return {
    now,
    row,
    history: history ?? flatHistory(Number.NaN),
    leak: leak ?? { heap: null, external: null },
    pulses: new Set(pulses),
  };
}

/** The message of the error, without its code. */
function messageOf(value, where = 'rules[1].when') {
  let message;
  assert.throws(
    () => parseCondition(value, where),
    code('INVALID_ARG', (error) => {
      message = error.message;
    }),
  );
  return message;
}

module.exports = { contextOf, flatHistory, messageOf };
