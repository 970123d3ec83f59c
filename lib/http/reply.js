'use strict';

/**
 * Answers: their heads, and JSON, text and errors as bodies.
 *
 * @module
 */

const { RsprofError } = require('../errors.js');
const { statusOf } = require('./status.js');
const { withoutFolder } = require('./without-folder.js');

/** Our page loads what is ours and nothing else, whatever the app's own policy says. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `no-transform` keeps compression middleware away: it would hold back events, and change files. */
const COMMON = Object.freeze({
  'Cache-Control': 'no-store, no-transform',
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
});

/** What a middleware before us may have set for the app's own pages: it must not open this one. */
const FOREIGN =
  /^(access-control-.+|timing-allow-origin|content-security-policy-report-only|etag|last-modified)$/i;

const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * Sets status and headers; nothing is sent yet.
 *
 * @param {Call} call
 * @param {number} status
 * @param {Record<string, string|number>} [headers] beside the common ones, or in their place
 */
function head({ response }, status, headers = {}) {
  for (const name of response.getHeaderNames()) {
    if (FOREIGN.test(name)) response.removeHeader(name);
  }
  response.statusCode = status;
  for (const [name, value] of Object.entries({ ...COMMON, ...headers })) {
    response.setHeader(name, value);
  }
}

/** For who writes the head by themselves: what every answer has is set, the status is theirs. */
const prepare = (call) => head(call, 200);

/** Answers with a whole body. To HEAD its size is all that goes out. */
function body(call, status, content, headers) {
  if (call.isGone || call.response.headersSent) return;
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content);
  head(call, status, { ...headers, 'Content-Length': bytes.length });
  call.response.end(call.isHead ? undefined : bytes);
}

function json(call, status, value, headers) {
  body(call, status, `${JSON.stringify(value)}\n`, { 'Content-Type': JSON_TYPE, ...headers });
}

/** JSON as bytes already. */
function jsonBytes(call, bytes) {
  body(call, 200, bytes, { 'Content-Type': JSON_TYPE });
}

function text(call, status, value, type = 'text/plain; charset=utf-8', headers = {}) {
  body(call, status, value, { 'Content-Type': type, ...headers });
}

/** 204, or a redirect: a head and nothing else. */
function empty(call, status, headers) {
  if (call.isGone || call.response.headersSent) return;
  head(call, status, { ...headers, ...(status === 204 ? {} : { 'Content-Length': 0 }) });
  call.response.end();
}

/** What callers may read of an error: the folder of the captures is none of their business. */
function shown(error, dir) {
  if (!(error instanceof RsprofError)) {
    return {
      code: 'ERR_RSPROF_INTERNAL',
      message: 'something went wrong in rsprof; started with NODE_DEBUG=rsprof the app tells what',
    };
  }
  const { code } = error;
  return { code, message: withoutFolder(error.message, dir) };
}

/**
 * Answers with an error; the status comes from its code. After the head is out only the connection can tell.
 *
 * @param {Call} call
 * @param {unknown} error
 */
function fail(call, error) {
  if (call.isGone) return;
  if (call.response.headersSent) {
    call.response.destroy();
    return;
  }
  const told = shown(error, call.parts?.dirInUse);
  const headers = { ...error?.headers };
  if (Number.isFinite(error?.retryAfter)) headers['Retry-After'] = Math.ceil(error.retryAfter);
  json(call, statusOf(told.code), { error: told }, headers);
}

module.exports = { COMMON, POLICY, body, empty, fail, head, json, jsonBytes, prepare, shown, text };
