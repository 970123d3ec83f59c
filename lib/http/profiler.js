'use strict';

/**
 * The route: takes requests of any host, asks who they are, and hands them to the handlers of lib/http/routes.js.
 * Nothing that goes wrong in here reaches the app.
 *
 * @module
 */

const { RsprofError } = require('../errors.js');
const { log } = require('../diagnostics.js');
const { Access, hidden } = require('./access.js');
const { Audit } = require('./audit.js');
const { Call } = require('./call.js');
const { placeOf, slashedMount } = require('./mount.js');
const { Parts } = require('./parts.js');
const { readQuery } = require('./query.js');
const { empty, fail } = require('./reply.js');
const { leaveOut } = require('../watch/requests.js');
const { discardBody } = require('./request-body.js');
const { Router } = require('./router.js');
const { routesFor } = require('./routes.js');

/** Outside of the mount, where nobody else could answer. */
const NOWHERE = Object.freeze({ path: '', query: '', url: '' });

/** Longer ones name nothing of ours. */
const MOST_URL = 8192;

/** One mounted route. */
class Profiler {
  #settings;
  #parts;
  #access;
  #audit;
  #router;
  #isClosed = false;
  #closing;

  /**
   * @param {object} settings of `profiler()`, resolved
   * @param {{ parts?: object, access?: object }} [given] for tests: parts to use instead, the clock
   */
  constructor(settings, { parts, access } = {}) {
    this.#settings = settings;
    this.#parts = new Parts(settings, parts);
    this.#access = new Access(settings, access);
    this.#audit = new Audit(settings.logger);
    this.#router = new Router(routesFor(settings));
  }

  /**
   * Serves a request.
   *
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   * @param {{ next?: Function, place?: import('./mount.js').Place }} [host] `place`: where it stands below the
   *   mount, where the host knows better
   * @returns {Promise<void>} never rejects; it is over when the handler is, which is before the end of a stream
   */
  async handle(request, response, { next, place = placeOf(request, this.#settings.prefix) } = {}) {
    if (next && place === undefined) return next();
    const call = new Call(request, response, place ?? NOWHERE, {
      settings: this.#settings,
      parts: this.#parts,
    });
    try {
      this.#audit.follow(call);
      leaveOut(response);
      await this.#serve(call, place !== undefined);
    } catch (error) {
      this.#fail(call, error);
    }
  }

  /**
   * Cancels what runs and ends the events; later requests are answered with 503.
   *
   * @returns {Promise<void>} when it has ended; never rejects
   */
  close() {
    this.#isClosed = true;
    this.#closing ??= this.#parts.close();
    return this.#closing;
  }

  async #serve(call, isInside) {
    const found = this.#find(call, isInside);
    call.route = found.route;
    call.access = await this.#admit(call);
    this.#access.check(call.request, call.path, call.route ?? {});
    if (this.#isClosed) throw closed();
    discardBody(call);
    if (found.isBare) {
      empty(call, 308, { Location: slashedMount(call.url) });
      return;
    }
    if (!found.route) throw missing(call, found);
    call.parameters = found.parameters;
    call.query = readQuery(call.search, found.route.query);
    await found.route.handler(call);
  }

  async #admit(call) {
    const { route } = call;
    const context = {
      route: route?.path ?? null,
      acts: route?.acts === true,
      downloads: route?.downloads === true,
    };
    await this.#access.admit(call.request, context, this.#settings.authorize && call.signal);
    return this.#access.name;
  }

  #find(call, isInside) {
    const { method, url } = call.request;
    if (!isInside || url.length > MOST_URL) return { allowed: [] };
    if (call.path === '' && (method === 'GET' || method === 'HEAD'))
      return { isBare: true, allowed: [] };
    return this.#router.find(method, call.path || '/');
  }

  #fail(call, error) {
    if (error?.why) call.refusal = error.why;
    if (!(error instanceof RsprofError)) log('profiler: %s', error?.stack ?? error);
    try {
      fail(call, error);
    } catch (cause) {
      // Another middleware took the answer over, or its headers cannot be set: then there is none.
      log('profiler: %s', cause?.stack ?? cause);
      call.response.destroy?.();
    }
  }
}

function missing(call, { allowed }) {
  if (allowed.length === 0) return hidden(null);
  const methods = [...new Set(allowed)].join(', ');
  const message = `${call.request.method} is not what this path takes; it takes ${methods}`;
  return Object.assign(new RsprofError('ERR_RSPROF_METHOD', message), {
    headers: { Allow: methods },
  });
}

function closed() {
  return new RsprofError(
    'ERR_RSPROF_UNAVAILABLE',
    'this route was closed (close()); mount it anew',
  );
}

module.exports = { Profiler };
