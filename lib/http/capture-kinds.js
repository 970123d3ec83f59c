'use strict';

/**
 * The captures that the profiler takes: how each is called, what may be asked of it, and how it begins. They
 * are the library's own calls.
 *
 * @module
 */

const backends = require('../backend.js');
const { RsprofError, invalidArgument } = require('../errors.js');
const { readValue, rowFor } = require('../options.js');
const { unforkable } = require('../snapshot-strategy.js');

const LEAST_SECONDS = 0.001;

/** Of the reason that a client gives: a line, not a letter. */
const MOST_REASON = 200;

/** Beyond the seconds of a profile, before the library ends it by itself. */
const MARGIN_SECONDS = 60;

/**
 * A capture that has begun.
 *
 * @typedef {object} Begun
 * @property {Promise<object>} done the result of the call; settles when the capture has ended, whoever ended it
 * @property {() => void} [stop] ends it early and keeps what there is
 */

/** What a query string says is text. */
const asNumber = (value) =>
  typeof value === 'string' && /^\d{1,9}(\.\d{1,9})?$/.test(value) ? Number(value) : value;

const choice = (call, name) => (value) => {
  const row = rowFor(name, call);
  const plain = value === 'false' || value === '0' ? false : value;
  return readValue(plain, row, `the parameter '${name}'`);
};

const number = (call, name) => (value) =>
  readValue(asNumber(value), rowFor(name, call), `the parameter '${name}'`);

const readCollected = choice('startHeapProfile', 'includeCollected');

/** An older Node.js would leave it out without a word. */
function checkCollected(value) {
  const collected = readCollected(value);
  const { node } = process.versions;
  if (collected === false || Number(node.split('.')[0]) >= 20) return collected;
  const message = `what was collected cannot be profiled: that needs Node.js 20, and this is ${node}`;
  throw new RsprofError('ERR_RSPROF_UNSUPPORTED', message);
}

function readReason(value) {
  if (typeof value === 'string' && value.length <= MOST_REASON) return value;
  throw invalidArgument(
    `the parameter 'reason' must be a text of ${MOST_REASON} characters at most`,
  );
}

function readSeconds(value, { maxSeconds }) {
  const row = { type: 'number', min: LEAST_SECONDS, max: maxSeconds, unit: 'seconds' };
  return readValue(asNumber(value), row, "the parameter 'seconds'");
}

function profile(call, load) {
  return {
    readers: { seconds: readSeconds, interval: number(call, 'interval') },
    begin({ options: { seconds, ...options }, more }) {
      const handle = load()({ ...options, ...more, maxSeconds: seconds + MARGIN_SECONDS });
      return { done: handle.done, stop: () => handle.stop() };
    },
    whyNot: () => null,
  };
}

const cpuProfile = profile('startCpuProfile', () => require('../cpu-profile.js').startCpuProfile);
const heapProfile = profile(
  'startHeapProfile',
  () => require('../heap-profile.js').startHeapProfile,
);

/** Kind -> what it is called in a path, what it takes (`seconds`: for how long), and how it begins. */
const KINDS = Object.freeze({
  heapSnapshot: {
    route: 'heap-snapshot',
    phase: 'snapshot',
    readers: { redact: choice('heapSnapshot', 'redact') },
    begin({ options, more, snapshotOptions, onProgress }) {
      const { heapSnapshot } = require('../heap-snapshot.js');
      // One that the program takes is waited for; RSPROF_ANALYZE is not for the profiler, which has an operation.
      const how = { queue: true, ...snapshotOptions, ...options, ...more, analyze: false };
      return { done: heapSnapshot({ ...how, onProgress }) };
    },
    whyNot: () => null,
  },
  cpuProfile: { route: 'cpu-profile', phase: 'recording', seconds: 10, ...cpuProfile },
  heapProfile: {
    route: 'heap-profile',
    phase: 'recording',
    seconds: 10,
    ...heapProfile,
    readers: {
      ...heapProfile.readers,
      includeCollected: checkCollected,
    },
  },
  report: {
    route: 'report',
    phase: 'writing',
    readers: {},
    begin: ({ more }) => ({ done: require('../report-file.js').takeReport(more) }),
    whyNot: () => null,
  },
  classHistogram: {
    route: 'class-histogram',
    phase: 'counting',
    readers: {},
    begin({ more }) {
      const { classHistogram } = require('../class-histogram.js');
      return { done: classHistogram({ queue: true, ...more }) };
    },
    whyNot(backend) {
      const reason = unforkable(backend);
      return reason ? `a forked child has to count, and ${reason}` : null;
    },
  },
});

function kindNamed(kind) {
  if (typeof kind === 'string' && Object.hasOwn(KINDS, kind)) return KINDS[kind];
  const known = Object.keys(KINDS).join(', ');
  throw invalidArgument(`there is no capture of that kind; there are ${known}`);
}

/**
 * @param {string} route such as `heap-snapshot`
 * @returns {string|undefined} its kind
 */
function kindOfRoute(route) {
  return Object.keys(KINDS).find((kind) => KINDS[kind].route === route);
}

/**
 * Checks what is asked of a capture.
 *
 * @param {string} kind
 * @param {object} parameters as a query string has them, or numbers; undefined is "not given"
 * @param {{ maxSeconds: number }} limits
 * @returns {{ kind: string, seconds: number|null, reason: string, options: object }}
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG` naming the parameter
 */
function readCapture(kind, parameters, limits) {
  const { readers, seconds } = kindNamed(kind);
  const all = { ...readers, reason: readReason };
  const options = seconds === undefined ? {} : { seconds: Math.min(seconds, limits.maxSeconds) };
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(all, name)) {
      const known = Object.keys(all).join(', ');
      throw invalidArgument(`${kind} takes no parameter of that name; it takes ${known}`);
    }
    options[name] = all[name](value, limits);
  }
  const { reason, ...rest } = options;
  return { kind, seconds: rest.seconds ?? null, reason: reason || 'asked for', options: rest };
}

/** Begins a capture that {@link readCapture} has checked. @returns {Begun} */
function beginCapture({ kind, ...how }) {
  return KINDS[kind].begin(how);
}

/** Why a capture of that kind cannot be had here. */
function whyNotHere({ whyNot }) {
  try {
    return whyNot(backends.current());
  } catch (error) {
    return error.message;
  }
}

/** @returns {{ kind: string, route: string, available: boolean, reason: string|null }[]} what can be had here */
function kindsHere() {
  return Object.entries(KINDS).map(([kind, row]) => {
    const reason = whyNotHere(row);
    return { kind, route: row.route, available: reason === null, reason };
  });
}

/** @returns {string} what a capture of that kind does at its start, for whoever looks */
const phaseOf = (kind) => KINDS[kind].phase;

module.exports = { KINDS, beginCapture, kindOfRoute, kindsHere, phaseOf, readCapture };
