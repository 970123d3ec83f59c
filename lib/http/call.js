'use strict';

/**
 * One request of the route and the answer to it: what a handler has in its hands.
 *
 * @module
 */

const ignore = () => {};

/** Handed to each handler; `parameters` are those of the path, `query` those behind the question mark, checked. */
class Call {
  /** @type {import('node:http').IncomingMessage} */
  request;
  /** @type {import('node:http').ServerResponse} */
  response;
  /** Below the mount. */
  path;
  /** With its question mark, as it came. */
  search;
  /** As the client sent it: with the mount. */
  url;
  /** The row of the table in lib/http/routes.js, once it is found. */
  route;
  parameters = {};
  query = {};
  /** The parts of the route: captures, operations ... See lib/http/parts.js. */
  parts;
  settings;
  /** How the caller got in: `loopback`, `token`, `authorize` or `unsafe`; null before. */
  access = null;
  /** Why it was refused, for the audit. */
  refusal = null;
  /** The capture it is about, for the audit. */
  capture = null;
  #controller;

  constructor(request, response, { path, query, url }, { settings, parts }) {
    this.request = request;
    this.response = response;
    this.path = path;
    this.search = query;
    this.url = url;
    this.settings = settings;
    this.parts = parts;
    // A client that goes in the middle is no error of the app's.
    request.on('error', ignore);
    response.on('error', ignore);
  }

  get isHead() {
    return this.request.method === 'HEAD';
  }

  /** Whether nobody waits for an answer any more. */
  get isGone() {
    const { response } = this;
    return response.destroyed || response.writableEnded || response.closed === true;
  }

  /** Aborted when the answer ends or its client goes. */
  get signal() {
    if (!this.#controller) {
      this.#controller = new AbortController();
      const abort = () => this.#controller.abort();
      if (this.isGone) abort();
      else this.response.once('close', abort);
    }
    return this.#controller.signal;
  }
}

module.exports = { Call };
