'use strict';

/**
 * `heapdump` 0.3.15: a snapshot that is written before the call returns, and on SIGUSR2.
 *
 * @module
 */

const os = require('node:os');
const { isMainThread } = require('node:worker_threads');
const { writeSnapshotFile } = require('./snapshot-file.js');

/** Shared by every copy of this file in the process: a signal is worth one snapshot. */
const LISTENING = Symbol.for('rsprof.compat.heapdump/1');

/** What is no error of the system is told by the error it comes closest to. */
const NEAREST = Object.freeze({ ERR_ACCESS_DENIED: 'EACCES', ERR_INVALID_ARG_VALUE: 'EINVAL' });

/** The parts of a monotonic clock in nanoseconds that the original calls seconds and microseconds. */
function defaultName() {
  const now = process.hrtime.bigint();
  return `heapdump-${now / 1_000_000n}.${now % 1_000_000n}.heapsnapshot`;
}

/** `ENOSPC`, of the error or of what it came from; else its own code, or its message. */
function nameOf(error) {
  for (let one = error; one instanceof Error; one = one.cause) {
    const name = NEAREST[one.code] ?? one.code;
    if (Object.hasOwn(os.constants.errno, name)) return name;
  }
  return error.code ?? error.message;
}

/** @returns {{ error: Error|null, file: string }} */
function write(filename) {
  const file = typeof filename === 'string' ? filename : defaultName();
  try {
    writeSnapshotFile(file);
    return { error: null, file };
  } catch (cause) {
    return { error: new Error(`heapdump write error ${nameOf(cause)}`, { cause }), file };
  }
}

/**
 * Writes a heap snapshot of this thread, before it returns. See compat/heapdump.d.ts.
 *
 * @param {string|Function} [filename]
 * @param {Function} [callback] called before this returns
 * @returns {boolean} whether it was written
 */
function writeSnapshot(filename, callback) {
  const isCallback = typeof filename === 'function';
  const { error, file } = write(isCallback ? undefined : filename);
  const tell = isCallback ? filename : callback;
  if (tell) {
    if (error) tell(error);
    else tell(null, file);
  }
  return error === null;
}

function onSignal() {
  const { error } = write();
  if (error) process.emitWarning(`${error.message} (${error.cause.message})`, 'RsprofWarning');
}

/** Whether SIGUSR2 is wanted, by `NODE_HEAPDUMP_OPTIONS`. */
function wantsSignal() {
  let wanted = true;
  for (const option of (process.env.NODE_HEAPDUMP_OPTIONS || '').split(/\s*,\s*/)) {
    if (option === 'signal') wanted = true;
    else if (option === 'nosignal') wanted = false;
    else if (option !== '') console.error('node-heapdump: unrecognized option:', option);
  }
  return wanted;
}

/** Node hands signals to the main thread alone, and lets a process end in spite of their listeners. */
function listen() {
  const wanted = wantsSignal();
  if (!wanted || !isMainThread || process.platform === 'win32' || process[LISTENING]) return;
  Object.defineProperty(process, LISTENING, { value: true });
  process.on('SIGUSR2', onSignal);
}

listen();

module.exports = { writeSnapshot };
