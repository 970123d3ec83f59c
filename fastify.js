'use strict';

/**
 * `rsprof/fastify`: the route of `profiler()` as a plugin of Fastify 4 and 5. See fastify.d.ts.
 *
 * It takes each request over in a hook of its own, before Fastify reads a body. Being encapsulated, it changes nothing
 * for other routes; hooks that the app added before it, such as those of authentication, run before it.
 *
 * @module
 */

const { createProfiler } = require('./lib/profiler.js');
const { placeBelow, slashes } = require('./lib/http/mount.js');

const PREFIX = '/profiler';

/** Options of `register()` itself: Fastify hands them on. */
const OF_FASTIFY = ['prefix', 'logLevel', 'logSerializers'];

function ownOptions(options) {
  const own = { ...options };
  for (const name of OF_FASTIFY) delete own[name];
  return own;
}

/**
 * The plugin. See fastify.d.ts.
 *
 * @param {object} instance of Fastify
 * @param {object} options of `profiler()`, and Fastify's own `prefix`
 * @param {Function} done
 */
function profiler(instance, options, done) {
  const prefix = instance.prefix === '' ? PREFIX : '';
  const depth = slashes(instance.prefix + prefix);
  let route;
  try {
    route = createProfiler(ownOptions(options));
  } catch (error) {
    done(error);
    return;
  }
  // Without done(): the request is ours.
  instance.addHook('onRequest', (request, reply) => {
    reply.hijack();
    // By its parts: a prefix of Fastify may have parameters, which match any text.
    route.handle(request.raw, reply.raw, { place: placeBelow(request.raw.url, depth) });
  });
  instance.addHook('onClose', () => route.close());
  const never = (_request, reply) => reply;
  for (const url of [prefix, `${prefix}/*`]) instance.all(url, { exposeHeadRoute: false }, never);
  done();
}

module.exports = profiler;
