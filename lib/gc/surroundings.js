'use strict';

/**
 * What this thread may use and what was set for it: advice must not ask for what is set already, nor
 * for more memory than there is.
 *
 * @module
 */

const os = require('node:os');
const { isMainThread, resourceLimits } = require('node:worker_threads');

const MIB = 1 << 20;

/** Semi-spaces that V8 reserves: from, to, and one for large objects (YoungGenerationSizeFromSemiSpaceSize). */
const SPACES = 3;

/** Words of NODE_OPTIONS, then those of the command line, which win. */
function nodeOptions() {
  return [...(process.env.NODE_OPTIONS ?? '').split(/\s+/), ...process.execArgv];
}

/**
 * The value of a V8 flag in MiB, whichever way it is spelled.
 *
 * @param {string} name such as `max-semi-space-size`
 * @param {string[]} [words] options of Node, the later ones win
 * @returns {number|null} null where it was not set
 */
function flagMebibytes(name, words = nodeOptions()) {
  let value = null;
  words.forEach((word, at) => {
    const [key, given] = word.split('=', 2);
    if (key.replaceAll('_', '-') !== `--${name}`) return;
    const number = Number(given ?? words[at + 1]);
    if (number > 0) value = number;
  });
  return value;
}

/** Bytes that this process may have: the machine's, or the container's where that is less. */
function memoryBytes() {
  return Math.min(os.totalmem(), process.constrainedMemory?.() || Number.POSITIVE_INFINITY);
}

/** With less memory than this V8 takes smaller semi-spaces than its usual ones (Node 20 and later). */
const USUAL_HEAP_LIMIT = 2 ** 31;

/** MiB a semi-space grows to where nothing was set and memory is plenty; measured (docs/gc.md). */
function usualSemiSpace(major = Number(process.versions.node.split('.')[0])) {
  if (major < 23) return 16;
  return major < 26 ? 64 : 32;
}

/** The most a semi-space may grow to, in bytes; null where nothing says so. */
function semiSpaceLimit(heapLimit, flags) {
  if (flags.maxSemiSpaceSize) return flags.maxSemiSpaceSize * MIB;
  if (!isMainThread) return (resourceLimits.maxYoungGenerationSizeMb * MIB) / SPACES;
  if (flags.maxOldSpaceSize) return (heapLimit - flags.maxOldSpaceSize * MIB) / SPACES;
  return heapLimit >= USUAL_HEAP_LIMIT ? usualSemiSpace() * MIB : null;
}

/** What the old generation may grow to: V8's limit is of both generations. */
function oldSpaceLimit(heapLimit, semiSpaceLimitBytes) {
  return heapLimit - SPACES * (semiSpaceLimitBytes ?? 0);
}

/**
 * @param {number} heapLimit of V8, in bytes
 * @returns {object} `surroundings` of the result; see index.d.ts
 */
function surroundings(heapLimit) {
  const flags = {
    maxSemiSpaceSize: flagMebibytes('max-semi-space-size'),
    minSemiSpaceSize: flagMebibytes('min-semi-space-size'),
    maxOldSpaceSize: flagMebibytes('max-old-space-size'),
  };
  const semiSpaceLimitBytes = semiSpaceLimit(heapLimit, flags);
  return {
    memoryBytes: memoryBytes(),
    rssBytes: process.memoryUsage.rss(),
    isMainThread,
    flags,
    semiSpaceLimitBytes,
    oldSpaceLimitBytes: oldSpaceLimit(heapLimit, semiSpaceLimitBytes),
  };
}

module.exports = { SPACES, flagMebibytes, surroundings };
