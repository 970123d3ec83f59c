'use strict';

/**
 * Who may use the route. See `ProfilerOptions` in index.d.ts and docs/profiler.md.
 *
 * @module
 */

const { onAbort } = require('../abort.js');
const { RsprofError } = require('../errors.js');
const { strangenessOf } = require('./loopback.js');
const { isCrossSite } = require('./origin.js');
const { Rate, Rates } = require('./rate.js');
const { hasDoubled } = require('./request-headers.js');
const { TokenCheck, credentialsOf } = require('./token.js');

const MINUTE_MS = 60_000;

/** `authorize` has so long: a request must not be held by a database that is down. */
const AUTHORIZE_MS = 10_000;

const CHALLENGE = Object.freeze({ 'WWW-Authenticate': 'Basic realm="rsprof", charset="UTF-8"' });

/** Why a request is not served, and how that is answered. */
class Refusal extends RsprofError {
  /**
   * @param {string} why for the audit: `peer`, `token`, `origin` ...
   * @param {string} code
   * @param {string} [message]
   * @param {object} [headers]
   */
  constructor(why, code, message = 'not found', headers = {}) {
    super(code, message);
    this.why = why;
    this.headers = headers;
  }
}

/** As any unknown path is answered: who may not, cannot know that there is anything. */
const hidden = (why) => new Refusal(why, 'ERR_RSPROF_NOT_FOUND');

/** Waits for an answer, but not for ever, and not for a client who went. */
async function settled(promise, signal, ms) {
  let timer;
  let forget;
  const given = new Promise((resolve) => {
    const giveUp = () => resolve(false);
    timer = setTimeout(giveUp, ms).unref();
    forget = onAbort(signal, giveUp);
  });
  try {
    return await Promise.race([promise, given]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    forget();
  }
}

/** Lets requests through, or throws a {@link Refusal}. */
class Access {
  #settings;
  #token;
  #failures;
  #authorizeMs;

  /**
   * @param {object} settings of `profiler()`
   * @param {{ clock?: () => number, authorizeMs?: number }} [options]
   */
  constructor(settings, { clock, authorizeMs = AUTHORIZE_MS } = {}) {
    const { token, rate } = settings;
    this.#settings = settings;
    this.#token = token === undefined ? undefined : new TokenCheck(token);
    this.#failures = new Rates(() => new Rate(rate.failures, MINUTE_MS, clock));
    this.#authorizeMs = authorizeMs;
  }

  /** What the route asks for: `loopback`, `token`, `authorize` or `unsafe`. */
  get name() {
    const { token, authorize, unsafe } = this.#settings;
    if (token !== undefined) return 'token';
    if (authorize) return 'authorize';
    return unsafe ? 'unsafe' : 'loopback';
  }

  /**
   * Who is it? Asked first, so that a stranger learns nothing from the rest.
   *
   * @param {import('node:http').IncomingMessage} request
   * @param {object} context for `authorize`: `route`, `acts`, `downloads`
   * @param {AbortSignal} [signal] aborted when the client goes
   * @throws {Refusal}
   */
  async admit(request, context, signal) {
    if (hasDoubled(request)) throw hidden('headers');
    if (this.name === 'loopback') {
      const strangeness = strangenessOf(request, this.#settings.hosts);
      if (strangeness) throw hidden(strangeness);
    }
    if (this.#token) this.#checkToken(request);
    if (this.#settings.authorize) await this.#askHost(request, context, signal);
  }

  /**
   * Was it meant? A browser sends what other pages tell it to, with the user's password.
   *
   * @param {import('node:http').IncomingMessage} request
   * @param {string} path below the mount
   * @param {{ acts?: boolean, downloads?: boolean }} route
   * @throws {Refusal}
   */
  check(request, path, route) {
    if (isCrossSite(request, path, this.#settings.hosts)) {
      throw new Refusal(
        'origin',
        'ERR_RSPROF_FORBIDDEN',
        'a page of another origin sent this request; behind a proxy, pass the Host header on or name the ' +
          "public host in the option 'hosts'",
      );
    }
    if (route.acts && !isDeliberate(request)) {
      throw new Refusal(
        'header',
        'ERR_RSPROF_FORBIDDEN',
        "what acts needs the header 'X-Rsprof: 1' or a Bearer token, which no other page can send",
      );
    }
    if ((route.downloads || route.reveals) && this.#settings.noDownload) {
      throw new Refusal(
        'download',
        'ERR_RSPROF_FORBIDDEN',
        'this route gives no files away (noDownload); take them from the folder of the captures',
      );
    }
  }

  #checkToken(request) {
    const { authorization } = request.headers;
    const given = credentialsOf(authorization);
    if (given && this.#token.accepts(given.token)) return;
    // A browser's first request has none, and is no attempt.
    if (authorization !== undefined) this.#countFailure(request);
    throw new Refusal(
      'token',
      'ERR_RSPROF_UNAUTHORIZED',
      "the token is missing or wrong; send 'Authorization: Bearer TOKEN', or it as the password of Basic",
      CHALLENGE,
    );
  }

  /** Only the wrong ones are slowed down: whoever has the token cannot be locked out by others. */
  #countFailure(request) {
    const failures = this.#failures.of(request.socket?.remoteAddress ?? '');
    if (failures.take()) return;
    const message = `too many wrong tokens; try again in ${failures.wait} s`;
    throw new Refusal('attempts', 'ERR_RSPROF_RATE', message, {
      'Retry-After': String(failures.wait),
    });
  }

  async #askHost(request, context, signal) {
    const { authorize } = this.#settings;
    // In a promise of its own: it may throw, and answer with anything that has a then().
    const asked = new Promise((resolve) => resolve(authorize(request, context)));
    const answer = await settled(asked, signal, this.#authorizeMs);
    if (answer !== true) throw hidden('authorize');
  }
}

function isDeliberate({ headers }) {
  return (
    headers['x-rsprof'] !== undefined || credentialsOf(headers.authorization)?.scheme === 'bearer'
  );
}

module.exports = { Access, Refusal, hidden };
