'use strict';

/**
 * One GET that captures and answers with the file: what people write by hand today, and what `go tool pprof`
 * asks for. Whoever goes away before the answer begins leaves nothing behind.
 *
 * @module
 */

const { RsprofError } = require('../errors.js');
const { sendFile } = require('./download.js');
const { sendExport } = require('./export-file.js');

/** As long as Go's `profile` records by itself. */
const GO_SECONDS = 30;

/** Path -> kind of capture, with the format where it is not the file itself. */
const ROUTES = Object.freeze({
  'cpu-profile': { kind: 'cpuProfile', takes: ['seconds', 'interval', 'reason'] },
  'heap-profile': {
    kind: 'heapProfile',
    takes: ['seconds', 'interval', 'includeCollected', 'reason'],
  },
  'heap-snapshot': { kind: 'heapSnapshot', takes: ['redact', 'reason'] },
  // Others that Go's tools send (`debug`, `gc`) mean nothing here.
  profile: { kind: 'cpuProfile', format: 'pprof', takes: ['seconds'], seconds: GO_SECONDS },
  heap: { kind: 'heapProfile', format: 'pprof', takes: ['seconds'] },
  allocs: {
    kind: 'heapProfile',
    format: 'pprof',
    takes: ['seconds'],
    fixed: { includeCollected: 'all' },
  },
});

/** What of a query is for the capture. */
function parametersOf({ takes, seconds, fixed }, query, { maxSeconds }) {
  const given = takes.filter((name) => query[name] !== undefined);
  const usual = seconds === undefined ? {} : { seconds: Math.min(seconds, maxSeconds) };
  return { ...usual, ...Object.fromEntries(given.map((name) => [name, query[name]])), ...fixed };
}

/** Follows whether the client is still there. */
function follow(response) {
  const controller = new AbortController();
  const leave = () => {
    if (!response.writableFinished) controller.abort();
  };
  if (response.destroyed) leave();
  response.once('close', leave);
  return { signal: controller.signal, forget: () => response.off('close', leave) };
}

function notDone({ state, error }) {
  if (error) return new RsprofError(error.code, error.message);
  return new RsprofError('ERR_RSPROF_ABORTED', `the capture was ${state}; no file was left behind`);
}

/** The operation at its end, cancelled when the client goes away. */
async function run(operations, { kind, parameters, signal }) {
  const { id } = await operations.start(kind, parameters);
  const cancel = () => operations.cancel(id);
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await operations.whenEnded(id);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** It was too late to cancel: the file goes all the same. */
async function removeQuietly(captures, { capture }) {
  if (capture !== null) await captures.remove(capture).catch(() => {});
  return { status: 499, bytes: 0, complete: false };
}

/**
 * Captures, and answers with the file.
 *
 * @param {{ request: object, response: object }} call as of lib/http/download.js
 * @param {object} parts
 * @param {import('./operations.js').Operations} parts.operations
 * @param {import('./captures.js').Captures} parts.captures
 * @param {string} route a key of {@link ROUTES}
 * @param {Record<string, string>} [query]
 * @returns {Promise<{ status: number, bytes: number, complete: boolean, capture?: string }>} 499: the client went away
 * @throws {RsprofError} as `Operations.start()`, or what the capture failed of; nothing was answered then
 */
async function answerWithCapture(call, { operations, captures }, route, query = {}) {
  const { kind, format, ...row } = ROUTES[route];
  const client = follow(call.response);
  const { signal } = client;
  try {
    const parameters = parametersOf(row, query, operations);
    const ended = await run(operations, { kind, parameters, signal });
    if (signal.aborted) return await removeQuietly(captures, ended);
    if (ended.state !== 'done') throw notDone(ended);
    const entry = await captures.find(ended.capture);
    const sent = format
      ? await sendExport(call, entry, format, { signal })
      : await sendFile(call, entry);
    return { ...sent, capture: ended.capture };
  } finally {
    client.forget();
  }
}

module.exports = { ROUTES, answerWithCapture };
