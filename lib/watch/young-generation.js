'use strict';

/**
 * How much of V8's heap limit is set aside for the young generation. What fills up is the old one: a process
 * of Node 24 under `--max-old-space-size=400` has a limit of 592 MB and dies at 400.
 *
 * @module
 */

const { resourceLimits } = require('node:worker_threads');

const MB = 1_048_576;

/** Semi-spaces that V8 counts with. */
const SPACES = 3;

/** The largest semi-space by default, in MB, from this major version of Node.js on (measured on x64). */
const LARGEST = [
  [26, 32],
  [24, 64],
  [0, 16],
];

const OPTION = /--max[-_]semi[-_]space[-_]size[= ](\d+)/g;

function largestByDefault(version) {
  const major = Number(version.split('.')[0]);
  return LARGEST.find(([from]) => major >= from)[1];
}

/**
 * @param {{ version?: string, options?: string, limits?: object }} [of] this thread
 * @returns {number} bytes
 */
function youngReserve({
  version = process.versions.node,
  options = `${process.env.NODE_OPTIONS ?? ''} ${process.execArgv.join(' ')}`,
  limits = resourceLimits,
} = {}) {
  if (limits?.maxYoungGenerationSizeMb > 0) return limits.maxYoungGenerationSizeMb * MB;
  const given = [...options.matchAll(OPTION)].at(-1)?.[1];
  return SPACES * Number(given ?? largestByDefault(version)) * MB;
}

module.exports = { youngReserve };
