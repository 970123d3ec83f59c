'use strict';

/**
 * What a snapshot in this process would cost, before it is taken: nobody shall be surprised by a
 * server that stands still for twenty seconds, or is killed for memory.
 *
 * @module
 */

const os = require('node:os');
const v8 = require('node:v8');
const { killsTogether } = require('./cgroup.js');
const { RsprofError } = require('./errors.js');

/**
 * Milliseconds for each MiB of heap: what many small objects cost (200 MB: 20 s on a busy machine,
 * Node 20). Large strings and buffers cost next to nothing, so this is an upper bound.
 */
const PAUSE_MS_PER_MIB = 100;

/** V8's graph is up to this many times the heap (measured: 2 to 15). */
const MEMORY_FACTOR = 10;

/** And at least this many times. */
const LEAST_FACTOR = 2;

/** What the last child added, for each byte of the heap. */
let seenFactor;

/** Of what is left in a group that is killed as one; the child is looked at ten times a second. */
const SHARE_OF_GROUP = 0.8;

/**
 * Milliseconds for each MiB of RSS that a fork stops the process (bench/fork-pause.js: 65 ms for 1,147 MB),
 * and at least.
 */
const FORK_PAUSE_MS_PER_MIB = 0.1;
const LEAST_FORK_PAUSE_MS = 10;

const MIB = 1 << 20;

/** @returns {number} bytes this process may still take: the cgroup's or the machine's, whichever is less. */
function availableBytes() {
  if (typeof process.availableMemory === 'function') return process.availableMemory();
  const limit = process.constrainedMemory?.() || Number.MAX_SAFE_INTEGER;
  return Math.min(os.freemem(), Math.max(0, limit - process.memoryUsage.rss()));
}

/** Bytes of the heap that are in use. */
function usedHeapBytes() {
  return v8.getHeapStatistics().used_heap_size;
}

/**
 * @returns {{ pauseMs: number, memoryBytes: number, leastBytes: number, availableBytes: number }}
 *   what a snapshot costs: in this process `pauseMs` at most; `memoryBytes` at most and `leastBytes` at
 *   least, here or in a child. After the first child both are what that one took
 */
function forecast() {
  const heapBytes = usedHeapBytes();
  return {
    pauseMs: (heapBytes / MIB) * PAUSE_MS_PER_MIB,
    memoryBytes: heapBytes * (seenFactor ?? MEMORY_FACTOR),
    leastBytes: heapBytes * (seenFactor ?? LEAST_FACTOR),
    availableBytes: availableBytes(),
  };
}

/**
 * @returns {number} milliseconds that a forked snapshot stops this process, about
 * @throws {Error} where the memory of the process cannot be read
 */
function forkPauseMs() {
  return LEAST_FORK_PAUSE_MS + (process.memoryUsage.rss() / MIB) * FORK_PAUSE_MS_PER_MIB;
}

function refusal(text, failure) {
  const message = `${failure.message}; a snapshot in this process was not tried: ${text}`;
  return new RsprofError('ERR_RSPROF_BUDGET', message, { cause: failure });
}

/**
 * Whether the fork that failed can be followed by a snapshot in this process.
 *
 * @param {{ budget: { pauseSeconds: number } }} request
 * @param {RsprofError} failure why there was no fork
 * @throws {RsprofError} `ERR_RSPROF_BUDGET` with the figures where the forecast is over the budget
 */
function checkFallback({ budget }, failure) {
  const { pauseMs, memoryBytes, availableBytes: available } = forecast();
  if (pauseMs > budget.pauseSeconds * 1000) {
    const seconds = (pauseMs / 1000).toFixed(1);
    const text = `it could stop the process for ${seconds} s; budget.pauseSeconds allows ${budget.pauseSeconds} s`;
    throw refusal(text, failure);
  }
  if (memoryBytes > available) {
    const text = `it could take ${Math.round(memoryBytes / MIB)} MiB, and ${Math.round(available / MIB)} MiB are left`;
    throw refusal(text, failure);
  }
}

/**
 * Why a child that does not spill must fail.
 *
 * @param {{ force: boolean }} request
 * @returns {string|null} in figures; null where it may well fit
 */
function whyNoRoom({ force }) {
  const { leastBytes, availableBytes: available } = forecast();
  if (leastBytes <= available || force) return null;
  return `it takes at least ${Math.round(leastBytes / MIB)} MiB, and ${Math.round(available / MIB)} MiB are left`;
}

/**
 * Whether a child shall keep its memory in a file.
 *
 * @param {{ spill: 'auto'|boolean, force: boolean }} request
 * @returns {boolean}
 * @throws {RsprofError} `ERR_RSPROF_BUDGET` with the figures where a child without a file must fail
 */
function decideSpill({ spill, force }) {
  if (spill === true) return true;
  if (spill === 'auto') {
    const { memoryBytes, availableBytes: available } = forecast();
    return memoryBytes > available;
  }
  const figures = whyNoRoom({ force });
  if (figures === null) return false;
  const message = `rsprof did not fork for the snapshot: ${figures}; pass spill: 'auto', or force: true`;
  throw new RsprofError('ERR_RSPROF_BUDGET', message);
}

/**
 * What a child may add. Where the kernel would kill this process with it, not all that is left: the child's
 * own end comes first.
 *
 * @param {{ memory?: number }} budget
 * @returns {number|undefined} bytes; undefined for no limit
 */
function memoryBudget({ memory }) {
  if (memory !== undefined || !killsTogether()) return memory;
  return Math.floor(availableBytes() * SHARE_OF_GROUP);
}

/**
 * Notes what a child took.
 *
 * @param {number} heapBytes used at the fork
 * @param {number|null|undefined} addedBytes unknown: nothing is noted
 */
function learn(heapBytes, addedBytes) {
  if (addedBytes > 0 && heapBytes > 0) seenFactor = addedBytes / heapBytes;
}

module.exports = {
  availableBytes,
  checkFallback,
  decideSpill,
  forecast,
  forkPauseMs,
  learn,
  memoryBudget,
  usedHeapBytes,
  whyNoRoom,
};
