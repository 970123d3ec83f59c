'use strict';

/**
 * The options of `watch()` that no other call has, in the form of lib/options.js. What `rules` and `limits`
 * hold is read by lib/watch/rules.js and lib/watch/limits.js.
 *
 * @module
 */

const CALLS = ['watch'];

/** What of a pino logger is called. */
const LEVELS = ['info', 'warn', 'error'];

function isLogger(value) {
  if (value === false || value === 'stderr') return true;
  return (
    value !== null &&
    typeof value === 'object' &&
    LEVELS.every((level) => typeof value[level] === 'function')
  );
}

/** Types beyond those of lib/options.js. */
const TYPES = Object.freeze({
  list: { accepts: (value) => Array.isArray(value), allowed: () => 'an array of rules' },
  object: {
    accepts: (value) => value !== null && typeof value === 'object' && !Array.isArray(value),
    allowed: () => 'an object',
  },
  logger: {
    accepts: isLogger,
    allowed: () => `'stderr', false, or a logger with ${LEVELS.join('(), ')}()`,
  },
});

/** Rows of the one table of options. */
const ROWS = Object.freeze({
  rules: { type: 'list', calls: [...CALLS, 'dryRun'] },
  limits: { type: 'object', calls: [...CALLS, 'dryRun', 'profiler'] },
  blackbox: { type: 'boolean', calls: CALLS, default: true },
  requests: { type: 'boolean', calls: CALLS, default: true },
  dryRun: { type: 'boolean', calls: CALLS, env: 'RSPROF_DRY_RUN', default: false },
  logger: {
    type: 'logger',
    calls: [...CALLS, 'profiler'],
    default: 'stderr',
    per: { profiler: { default: false } },
  },
  history: { type: 'path', calls: ['dryRun'] },
});

/** A reading each so many seconds. */
const INTERVAL = Object.freeze({ type: 'number', min: 0.05, max: 60, unit: 'seconds', default: 1 });

/** Where captures, ledger and black boxes go: a folder of their own, since quotas look after it. */
const DIR = Object.freeze({ default: 'rsprof-captures' });

module.exports = { DIR, INTERVAL, ROWS, TYPES };
