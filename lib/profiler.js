'use strict';

/**
 * `profiler()`: the route that shows and takes profiles. See index.d.ts and docs/profiler.md.
 *
 * @module
 */

const { invalidArgument } = require('./errors.js');
const { resolveOptions } = require('./options.js');
const { Profiler } = require('./http/profiler.js');
const { readProfilerLimits } = require('./http/profiler-limits.js');

function settle(options) {
  const settings = resolveOptions('profiler', options);
  if (settings.unsafe && (settings.token !== undefined || settings.authorize)) {
    throw invalidArgument(
      "profiler() takes 'unsafe', or 'token' (also RSPROF_PROFILER_TOKEN) and 'authorize', not both",
    );
  }
  return Object.freeze({ ...settings, limits: readProfilerLimits(settings.limits) });
}

/**
 * The route as an object, for adapters.
 *
 * @param {object} [options] of `profiler()`
 * @param {object} [defaults] for what the user left out: an adapter's own
 * @returns {Profiler}
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG`
 */
function createProfiler(options, defaults) {
  return new Profiler(settle(defaults ? { ...defaults, ...options } : options));
}

/**
 * Makes the route. See index.d.ts.
 *
 * @param {object} [options]
 * @returns {Function} a middleware of Express, and a listener of `node:http`
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG`
 */
function profiler(options) {
  const route = createProfiler(options);
  function rsprofProfiler(request, response, next) {
    route.handle(request, response, { next: typeof next === 'function' ? next : undefined });
  }
  rsprofProfiler.close = () => route.close();
  return rsprofProfiler;
}

module.exports = { createProfiler, profiler, settle };
