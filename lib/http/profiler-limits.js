'use strict';

/**
 * The limits of what people take by the profiler: those of rules, but nobody who presses a button waits for
 * the grace of a start or the cooldown of a rule.
 *
 * @module
 */

const { readLimits } = require('../watch/limit-options.js');

/** Thirty an hour: more than a person asks for, and less than what hurts. */
const DEFAULTS = Object.freeze({ grace: 0, cooldown: 0, count: 30, per: '1h' });

/**
 * @param {object} [given] fields of lib/watch/limit-options.js; `total` means nothing here: it is of rules
 * @returns {object} as `readLimits()` gives them
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG` naming the field
 */
function readProfilerLimits(given = {}) {
  const isObject = given !== null && typeof given === 'object' && !Array.isArray(given);
  return readLimits(isObject ? { ...DEFAULTS, ...given } : given, 'limits');
}

module.exports = { readProfilerLimits };
