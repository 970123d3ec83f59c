'use strict';

/**
 * `labelRequests()`: every request under a label of its route.
 *
 * @module
 */

const { inspect } = require('node:util');
const { invalidArgument } = require('./errors.js');
const { runUnder, setWith } = require('./label.js');
const { resolveOptions } = require('./options.js');
const { RouteLimit, routeOf } = require('./route.js');

/** Runs requests under their labels. What goes wrong in finding these is never the request's problem. */
class Labeller {
  #route;
  #limit = new RouteLimit();
  #hasWarned = false;

  constructor(route) {
    this.#route = route;
  }

  run(request, fn) {
    const set = this.#setOf(request);
    return set ? runUnder(set, fn) : fn();
  }

  #setOf(request) {
    try {
      return setWith({ route: this.#limit.pass(this.#routeOf(request)) });
    } catch (error) {
      this.#warn(error);
      return undefined;
    }
  }

  #routeOf(request) {
    if (!this.#route) return routeOf(request);
    const route = this.#route(request);
    if (typeof route === 'string') return route;
    throw new TypeError(`option 'route' must answer a string; it answered ${inspect(route)}`);
  }

  #warn(error) {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    process.emitWarning(`rsprof.labelRequests(): a request has no label: ${error?.message}`);
  }
}

/** For `(request, response, next)` and Koa's `(context, next)`: the last argument goes on. */
function middleware(labeller) {
  return function rsprofLabel(request, response, next) {
    const goOn = typeof next === 'function' ? next : response;
    if (typeof goOn !== 'function') {
      throw invalidArgument(
        'labelRequests() without a handler is a middleware and was called without next; ' +
          'for a plain server wrap the handler: http.createServer(rsprof.labelRequests(handler))',
      );
    }
    return labeller.run(request, goOn);
  };
}

function wrapper(labeller, handler) {
  return function rsprofLabel(request, ...rest) {
    return labeller.run(request, () => handler.call(this, request, ...rest));
  };
}

/**
 * Makes a middleware, or wraps a handler. See index.d.ts.
 *
 * @param {Function|object} [handler] left out, `options` comes first
 * @param {object} [options]
 * @returns {Function}
 * @throws {RsprofError} INVALID_ARG
 */
function labelRequests(handler, options) {
  if (typeof handler === 'function') {
    return wrapper(new Labeller(resolveOptions('labelRequests', options).route), handler);
  }
  return middleware(new Labeller(resolveOptions('labelRequests', handler).route));
}

module.exports = { labelRequests };
