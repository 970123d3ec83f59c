'use strict';

/**
 * One CPU profile.
 *
 * V8 behind an inspector session keeps every sample: the cap is kept by time. When `maxSamples` intervals
 * have passed V8's profiler ends (once the event loop turns), and what it recorded waits for `stop()`;
 * samples that would have come after that are counted as `truncated`. Should more have been taken, the
 * rest is cut off.
 *
 * @module
 */

const { performance } = require('node:perf_hooks');
const { startCpuProfiler } = require('./cpu-profiler.js');
const { CpuProfile } = require('./cpu-profile.js');
const { unsupported } = require('./grants.js');
const { ProfileRecording } = require('./profile-recording.js');

/** Longest time a timer takes. */
const MOST_MS = 2 ** 31 - 1;

class CpuRecording extends ProfileRecording {
  /** Eager needs the addon: V8 looks functions up while it starts. */
  logging = 'lazy';
  #maxSamples;
  #interval;
  #timer;
  /** What V8 recorded until the cap ended it, and when that was. */
  #capped = null;

  constructor(request) {
    super(() => startCpuProfiler(request));
    this.#maxSamples = request.maxSamples;
    this.#interval = request.interval;
    const ms = Math.ceil((request.maxSamples * request.interval) / 1000);
    if (ms > MOST_MS) return;
    this.#timer = setTimeout(() => this.#cap(), ms);
    this.#timer.unref();
  }

  #cap() {
    try {
      this.#capped = { raw: super.endProfiler(), at: performance.now() };
    } catch (error) {
      this.#capped = { error, at: performance.now() };
    }
  }

  endProfiler() {
    clearTimeout(this.#timer);
    if (!this.#capped) return super.endProfiler();
    if (this.#capped.error) throw this.#capped.error;
    return this.#capped.raw;
  }

  profileOf(raw) {
    return new CpuProfile(raw, this.#maxSamples, this.#missed());
  }

  /** Samples that were not taken any more. */
  #missed() {
    if (!this.#capped) return 0;
    return Math.floor(((performance.now() - this.#capped.at) * 1000) / this.#interval);
  }

  cancel() {
    clearTimeout(this.#timer);
    this.#capped = null;
    super.cancel();
  }
}

/**
 * Starts a CPU profile of this thread.
 *
 * @param {{ interval: number, maxSamples: number, callerLines: boolean }} request `eager` is not to be
 *   had, `title` nobody sees
 * @returns {CpuRecording}
 * @throws {import('../errors.js').RsprofError} UNSUPPORTED, UNAVAILABLE
 */
function startCpuProfile(request) {
  if (request.callerLines) {
    throw unsupported(
      "record with mode 'caller' here: node:inspector has no such mode and the native addon is not in use",
      "leave mode out (it is then 'leaf')",
    );
  }
  return new CpuRecording(request);
}

module.exports = { startCpuProfile };
