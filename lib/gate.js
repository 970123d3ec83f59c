'use strict';

/**
 * One capture of a kind at a time in this thread (isolate), whichever copy of rsprof takes it.
 *
 * The state is a plain object on `globalThis`, so that several copies and versions share it:
 * `{ [kind]: { busy: boolean, waiting: Array<() => void> } }`. Whoever leaves calls the first of
 * `waiting`, which then holds the gate.
 *
 * @module
 */

const { abortedError, onAbort, throwIfAborted } = require('./abort.js');
const { RsprofError } = require('./errors.js');

const STATE = Symbol.for('rsprof.gate/1');

function gateOf(kind) {
  if (!globalThis[STATE]) Object.defineProperty(globalThis, STATE, { value: {} });
  const gates = globalThis[STATE];
  gates[kind] ??= { busy: false, waiting: [] };
  return gates[kind];
}

/** Lets the next one in. Returned by the calls below; only its first call counts. */
function leaver(gate) {
  let left = false;
  return () => {
    if (left) return;
    left = true;
    const next = gate.waiting.shift();
    if (next) next();
    else gate.busy = false;
  };
}

function busyError(kind, queueable) {
  const advice = queueable ? 'wait for it, or pass queue: true' : 'stop it first';
  return new RsprofError(
    'ERR_RSPROF_BUSY',
    `a ${kind} of this thread is running already; ${advice}`,
  );
}

/**
 * Enters at once or fails.
 *
 * @param {'heapSnapshot'|'heapProfile'} kind
 * @param {boolean} [queueable] the caller could have asked to wait (for the message)
 * @returns {() => void} leaves; only its first call counts
 * @throws {RsprofError} `ERR_RSPROF_BUSY`
 */
function tryEnter(kind, queueable = false) {
  const gate = gateOf(kind);
  if (gate.busy) throw busyError(kind, queueable);
  gate.busy = true;
  return leaver(gate);
}

/** Waits for its turn, first come first served, unless `signal` ends the wait. */
function waitFor(gate, signal) {
  return new Promise((resolve, reject) => {
    const enter = () => {
      stopListening();
      resolve(leaver(gate));
    };
    const stopListening = onAbort(signal, () => {
      gate.waiting.splice(gate.waiting.indexOf(enter), 1);
      reject(abortedError(signal));
    });
    gate.waiting.push(enter);
  });
}

/**
 * Enters, or waits for its turn where `queue` is set.
 *
 * @param {'heapSnapshot'|'heapProfile'} kind
 * @param {{ queue?: boolean, signal?: AbortSignal }} [how]
 * @returns {Promise<() => void>} leaves; only its first call counts
 * @throws {RsprofError} `ERR_RSPROF_BUSY`; `ERR_RSPROF_ABORTED` when the signal ends the wait
 */
async function enter(kind, { queue = false, signal } = {}) {
  throwIfAborted(signal);
  const gate = gateOf(kind);
  if (!gate.busy || !queue) return tryEnter(kind, true);
  const leave = await waitFor(gate, signal);
  if (!signal?.aborted) return leave;
  leave();
  throw abortedError(signal);
}

module.exports = { enter, tryEnter };
