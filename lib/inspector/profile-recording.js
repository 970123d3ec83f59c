'use strict';

/**
 * A profile that runs until it is stopped: what CPU and heap profiles share.
 *
 * @module
 */

const { performance } = require('node:perf_hooks');
const { abortedError } = require('../abort.js');
const { checkCompression } = require('./encode.js');
const { ProfileFile } = require('./profile-file.js');

class ProfileRecording {
  #profiler;
  #file = new ProfileFile();
  #report = null;
  #stopMs = 0;

  /**
   * @param {() => { stop(): object, discard(): void }} start starts V8's profiler
   */
  constructor(start) {
    const began = performance.now();
    this.#profiler = start();
    /** Milliseconds that the start took. */
    this.startMs = performance.now() - began;
  }

  /** What `stop()` gives as a thing that can be written; for subclasses. */
  profileOf(_raw) {
    throw new Error('not implemented');
  }

  /** Ends V8's profiler and gives what it recorded; for subclasses. `null` once it was ended. */
  endProfiler() {
    const profiler = this.#profiler;
    this.#profiler = null;
    const began = performance.now();
    const raw = profiler === null ? null : profiler.stop();
    this.#stopMs = performance.now() - began;
    return raw;
  }

  /**
   * Ends the profile at once and writes it. Always the same promise.
   *
   * @param {{ target: string, compression: string, level: number }} file
   * @returns {Promise<object>} the report
   */
  stop(file) {
    this.#report ??= this.#write(file);
    return this.#report;
  }

  async #write(file) {
    const raw = this.endProfiler();
    if (!raw) throw abortedError();
    checkCompression(file.compression);
    const figures = await this.#file.write(this.profileOf(raw), file);
    return { ...figures, stopMs: this.#stopMs };
  }

  /** Ends it without a file. */
  cancel() {
    const profiler = this.#profiler;
    this.#profiler = null;
    profiler?.discard();
    this.#file.cancel();
  }

  /** The process exits. */
  abortSync() {
    this.cancel();
  }
}

module.exports = { ProfileRecording };
