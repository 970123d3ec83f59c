'use strict';

/**
 * The action `heapSnapshot`: the heap as a file; where that does not fit, what does.
 *
 * @module
 */

const { captureOptions, captureRows } = require('./fields.js');
const { whyNot } = require('./fits.js');
const { takeInstead } = require('./ladder.js');
const { reasonOf } = require('./values.js');

/** Ten minutes: the five that a child may take by default, its turn, and one more try. */
const TIMEOUT_SECONDS = 600;

/** Failures after which less may well succeed. */
const NO_ROOM = new Set(['ERR_RSPROF_BUDGET', 'ERR_RSPROF_DISK_FULL', 'ERR_RSPROF_FORK']);

const INSTEAD_SECONDS = Object.freeze({
  type: 'number',
  min: 0.001,
  max: 600,
  unit: 'seconds',
  default: 5,
});

const least = (...values) => Math.min(...values.filter((value) => value !== undefined));

/** The options of the user, within the limits of the watcher. */
function withinLimits(options, limits) {
  if (!limits) return options;
  const { budget: given = {}, ...rest } = options;
  const { budget: most = {}, spill } = limits;
  const budget = { ...given };
  for (const name of ['memory', 'pauseSeconds']) {
    const value = least(given[name], most[name]);
    if (value !== Infinity) budget[name] = value;
  }
  return { spill, ...rest, budget };
}

function take({ settings, context, signal }) {
  const { heapSnapshot } = require('../../heap-snapshot.js');
  const { dir } = context;
  const within = withinLimits(settings.options, context.snapshotOptions?.());
  // One that the user takes is waited for. RSPROF_ANALYZE is not for rules: they have an action for that.
  const options = { queue: true, ...within, analyze: false };
  return heapSnapshot({ ...options, dir, reason: reasonOf(context), signal });
}

async function run(how) {
  const { context, signal } = how;
  let because = await whyNot(context, 'heapSnapshot');
  if (because === null) {
    try {
      return { kind: 'heapSnapshot', ...(await take(how)) };
    } catch (error) {
      if (signal.aborted || !NO_ROOM.has(error.code)) throw error;
      because = error.message;
    }
  }
  return takeInstead({ ...how, because });
}

function read(fields, where) {
  const { insteadSeconds, ...rest } = fields;
  return {
    options: captureOptions('heapSnapshot', rest, where),
    insteadSeconds,
    timeout: fields.timeout ?? TIMEOUT_SECONDS,
  };
}

module.exports = {
  type: 'heapSnapshot',
  rows: { ...captureRows('heapSnapshot'), insteadSeconds: INSTEAD_SECONDS },
  outputs: [
    'kind',
    'path',
    'sidecar',
    'bytes',
    'rawBytes',
    'sha256',
    'nodeCount',
    'edgeCount',
    'pauseMs',
    'strategy',
    'durationMs',
    'startedAt',
    'insteadOf',
    'because',
    'heapProfile',
    'classHistogram',
  ],
  writes: true,
  read,
  run,
};
