'use strict';

/**
 * AbortSignal in three verbs: check, name, listen.
 *
 * @module
 */

const { RsprofError } = require('./errors.js');

const CODE = 'ERR_RSPROF_ABORTED';

/**
 * @param {AbortSignal} [signal] the signal that ended it; none: the caller's own `cancel()` or `destroy()`
 * @returns {RsprofError} `ERR_RSPROF_ABORTED`, with `signal.reason` as cause
 */
function abortedError(signal) {
  if (signal?.reason?.code === CODE && signal.reason instanceof RsprofError) return signal.reason;
  const message = 'rsprof ended the capture because it was aborted; no file was left behind';
  return new RsprofError(CODE, message, signal?.aborted ? { cause: signal.reason } : {});
}

/**
 * @param {AbortSignal|undefined} signal
 * @throws {RsprofError} `ERR_RSPROF_ABORTED` when it is aborted already
 */
function throwIfAborted(signal) {
  if (signal?.aborted) throw abortedError(signal);
}

/**
 * Calls `listener` once when `signal` aborts, at once when it has.
 *
 * @param {AbortSignal|undefined} signal
 * @param {() => void} listener
 * @returns {() => void} stops listening; harmless to call twice
 */
function onAbort(signal, listener) {
  if (!signal) return () => {};
  if (signal.aborted) {
    listener();
    return () => {};
  }
  const listen = () => listener();
  signal.addEventListener('abort', listen, { once: true });
  return () => signal.removeEventListener('abort', listen);
}

module.exports = { abortedError, onAbort, throwIfAborted };
