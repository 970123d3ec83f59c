'use strict';

/**
 * An inspector session on the own thread, whose calls answer before they return.
 *
 * One session a recording: profiles of several sessions may overlap, and a debugger that is attached
 * has a session of its own and notices nothing.
 *
 * @module
 */

const { RsprofError } = require('../errors.js');

/** Why there can be no session. */
class SessionDenied extends Error {
  constructor(cause) {
    const byPermission = cause.code === 'ERR_ACCESS_DENIED';
    super(byPermission ? "Node's permission model denies the inspector" : cause.message, { cause });
    /** A flag helps. */
    this.byPermission = byPermission;
  }
}

class InspectorSession {
  #session;

  /** @throws {SessionDenied} under --permission, and in a Node built without inspector */
  constructor() {
    try {
      const { Session } = require('node:inspector');
      this.#session = new Session();
      this.#session.connect();
    } catch (error) {
      throw new SessionDenied(error);
    }
  }

  /**
   * @param {string} method of the DevTools protocol, one that V8 answers at once
   * @param {object} [params]
   * @returns {object} the answer
   * @throws {Error} the protocol's
   */
  post(method, params) {
    let answer;
    this.#session.post(method, params, (error, result) => {
      answer = { error, result };
    });
    if (!answer) {
      throw new RsprofError(
        'ERR_RSPROF_INTERNAL',
        `rsprof got no answer to ${method} in time; please report this`,
      );
    }
    if (answer.error) throw answer.error;
    return answer.result;
  }

  /** Ends whatever the session still does. Harmless to call twice. */
  close() {
    this.#session?.disconnect();
    this.#session = undefined;
  }
}

module.exports = { InspectorSession, SessionDenied };
