'use strict';

/**
 * One allocation profile.
 *
 * @module
 */

const { HeapProfile } = require('./heap-profile.js');
const { startHeapSampler } = require('./heap-profiler.js');
const { ProfileRecording } = require('./profile-recording.js');
const { limitDepth } = require('./stack-depth.js');

class HeapRecording extends ProfileRecording {
  #stackDepth;

  constructor(request) {
    super(() => startHeapSampler(request));
    this.#stackDepth = request.stackDepth;
  }

  profileOf({ head }) {
    return new HeapProfile({ head: limitDepth(head, this.#stackDepth) });
  }
}

/**
 * Starts an allocation profile of this thread.
 *
 * @param {{ interval: number, stackDepth: number, includeCollected: false|'major'|'all' }} request
 * @returns {HeapRecording}
 * @throws {import('../errors.js').RsprofError} BUSY, UNSUPPORTED, UNAVAILABLE
 */
function startHeapProfile(request) {
  return new HeapRecording(request);
}

module.exports = { startHeapProfile };
