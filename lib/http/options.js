'use strict';

/**
 * The options of `profiler()` that no other call has, in the form of lib/options.js.
 *
 * @module
 */

const CALLS = ['profiler'];

/** So many characters of a token cannot be tried out. */
const LEAST_TOKEN = 16;
const MOST_TOKEN = 1024;

/** A host name as `Host` has it, without the port. */
const HOST_NAME = /^(\[[\da-f:.]+\]|[\w.-]+)$/i;

// What a header field holds between quotes and colons: printable ASCII.
const isToken = (value) =>
  typeof value === 'string' &&
  value.length >= LEAST_TOKEN &&
  value.length <= MOST_TOKEN &&
  /^[\x21-\x7e]+$/.test(value);

/** `/debug/profiler`: parts as a URL has them, none empty, no final slash. */
const isPrefix = (value) =>
  typeof value === 'string' && /^(\/[\w.~!$&'()*+,;=:@%-]+)*$/.test(value);

const isHosts = (value) =>
  Array.isArray(value) && value.every((host) => typeof host === 'string' && HOST_NAME.test(host));

/** Types beyond those of lib/options.js. */
const TYPES = Object.freeze({
  token: {
    accepts: isToken,
    allowed: () =>
      `a secret of ${LEAST_TOKEN} to ${MOST_TOKEN} printable characters without spaces, ` +
      'such as `openssl rand -hex 24` prints',
  },
  prefix: {
    accepts: isPrefix,
    allowed: () => "'', or the path it is mounted at, such as '/profiler', without a final slash",
  },
  hosts: {
    accepts: isHosts,
    allowed: () => "an array of host names without port, such as ['profiler.internal']",
    convert: (value) => value.map((host) => host.toLowerCase()),
  },
});

const count = (unit, value) => ({ type: 'integer', min: 1, max: 1_000_000, unit, default: value });

const RATE = Object.freeze({
  captures: count('captures an hour', 30),
  analyses: count('analyses and comparisons an hour', 120),
  failures: count('wrong tokens a minute of one peer', 20),
});

/** Rows of the one table of options. */
const ROWS = Object.freeze({
  prefix: { type: 'prefix', calls: CALLS, default: '' },
  token: { type: 'token', calls: CALLS, env: 'RSPROF_PROFILER_TOKEN', secret: true },
  authorize: { type: 'function', calls: CALLS },
  unsafe: { type: 'boolean', calls: CALLS, default: false },
  hosts: { type: 'hosts', calls: CALLS, default: () => [] },
  noDownload: { type: 'boolean', calls: CALLS, default: false },
  simple: { type: 'boolean', calls: CALLS, default: false },
  rate: { type: 'group', fields: RATE, calls: CALLS, default: {} },
});

/** Whoever mounts it later than a watcher starts, or earlier, means the same folder: lib/http/parts.js looks. */
const DIR = Object.freeze({ env: undefined, default: undefined });

const MAX_SECONDS = Object.freeze({ default: 300 });

module.exports = { DIR, MAX_SECONDS, ROWS, TYPES };
