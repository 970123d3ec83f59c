'use strict';

/**
 * Sampling heap profiles, one at a time.
 *
 * @module
 */

const { exportText } = require('./export-stream.js');
const { host } = require('./host.js');

/** V8's own. */
const DEFAULTS = Object.freeze({ interval: 512 * 1024, depth: 16 });
const MOST_DEPTH = 2 ** 16 - 1;

/** Places in a row of the raw profile, see `src/export/raw.rs`. */
const [FUNCTION, SCRIPT, SCRIPT_ID, LINE, COLUMN, BYTES, CHILDREN] = Array(7).keys();

class SamplingHeapProfile {
  constructor(head) {
    this.head = head;
  }
}

// Seen by `for in`, as that of the package is.
SamplingHeapProfile.prototype.export = function exportProfile(receiver) {
  return exportText(this, receiver);
};

function heapNode(row, names) {
  const callFrame = {
    functionName: names[row[FUNCTION]],
    scriptId: row[SCRIPT_ID],
    url: names[row[SCRIPT]],
    lineNumber: row[LINE],
    columnNumber: row[COLUMN],
  };
  return { callFrame, selfSize: row[BYTES], children: [] };
}

function profileOf({ names, nodes }) {
  const all = nodes.map((row) => heapNode(row, names));
  for (const [index, row] of nodes.entries()) {
    all[index].children = row[CHILDREN].map((child) => all[child]);
  }
  return new SamplingHeapProfile(all[0]);
}

const isUint32 = (value) => typeof value === 'number' && value >>> 0 === value;

function requestOf(given) {
  if (given.length !== 2) return DEFAULTS;
  const [interval, depth] = given;
  if (!isUint32(interval)) throw new TypeError('first argument type must be uint32');
  if (typeof depth !== 'number') throw new TypeError('first argument type must be number');
  const frames = Math.min(Math.max(Math.trunc(depth) || 1, 1), MOST_DEPTH);
  return { interval: Math.max(interval, 1), depth: frames };
}

/** @returns {object} the functions of a profiler */
function samplingFunctions() {
  let recording;
  return {
    startSamplingHeapProfiling(...given) {
      const request = requestOf(given);
      // V8 does not start a second one, and says nothing.
      recording ??= host().startSampling(request);
    },
    stopSamplingHeapProfiling() {
      const stopped = recording;
      recording = undefined;
      const raw = stopped?.stop();
      return raw && profileOf(raw);
    },
  };
}

module.exports = { samplingFunctions };
