'use strict';

/**
 * `rsprof/koa`: the route of `profiler()` as a middleware of Koa 2 and 3, and so of Egg. See koa.d.ts.
 *
 * @module
 */

const { createProfiler } = require('./lib/profiler.js');
const { placeOf } = require('./lib/http/mount.js');

/** Koa has no mount of its own; with koa-mount, `prefix: ''`. */
const PREFIX = '/profiler';

/**
 * Makes the middleware. See koa.d.ts.
 *
 * @param {object} [options] of `profiler()`; `prefix` is `/profiler` by default
 * @returns {Function}
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG`
 */
function profiler(options) {
  const defaults = { prefix: PREFIX };
  const { prefix = PREFIX } = options ?? {};
  const route = createProfiler(options, defaults);
  async function rsprofProfiler(context, next) {
    const place = placeOf(context, prefix);
    if (!place) return next();
    // From here on the answer is ours: Koa must not add a body.
    context.respond = false;
    await route.handle(context.req, context.res, { place });
    return undefined;
  }
  rsprofProfiler.close = () => route.close();
  return rsprofProfiler;
}

module.exports = profiler;
