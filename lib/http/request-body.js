'use strict';

/**
 * Bodies of requests: no route needs one, so they are counted and thrown away. A big one is refused, and a slow one
 * holds nothing but its connection, and that for a while only.
 *
 * @module
 */

const { RsprofError } = require('../errors.js');

const MOST_BYTES = 64 * 1024;

/** The rest of a body may come so long after the answer, for the connection's next request. */
const LINGER_MS = 10_000;

const hasBody = ({ headers }) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

function tooLarge() {
  return new RsprofError(
    'ERR_RSPROF_TOO_LARGE',
    'no request needs a body here, and none may be larger than 64 kB; parameters go into the query',
  );
}

/** The connection, or with HTTP/2 the request's part of it. */
const wayOf = (request) => request.stream ?? request.socket;

/** Throws away what comes; too much of it ends the connection, whatever the answer was. */
function discard(request) {
  const way = wayOf(request);
  let bytes = 0;
  request.on('data', (chunk) => {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) way?.destroy();
  });
  request.resume();
}

/** Once the answer is out, the rest of the body must come soon. */
function expire(request, response, lingerMs) {
  const way = wayOf(request);
  const close = () => {
    if (request.complete || !way || way.destroyed) return;
    const timer = setTimeout(() => way.destroy(), lingerMs);
    timer.unref();
    const forget = () => clearTimeout(timer);
    request.once('end', forget);
    way.once('close', forget);
  };
  response.once('finish', close);
}

/**
 * Takes care of the body of a request. One that a middleware has read already is none.
 *
 * @param {Call} call
 * @param {number} [lingerMs]
 * @throws {RsprofError} `ERR_RSPROF_TOO_LARGE` where its length says so
 */
function discardBody({ request, response }, lingerMs = LINGER_MS) {
  if (request.complete || request.readableEnded || !hasBody(request)) return;
  if (Number(request.headers['content-length']) > MOST_BYTES) {
    // With the answer the connection ends, and with it the rest of the body.
    if (request.httpVersionMajor < 2) response.shouldKeepAlive = false;
    throw tooLarge();
  }
  discard(request);
  expire(request, response, lingerMs);
}

module.exports = { MOST_BYTES, discardBody };
