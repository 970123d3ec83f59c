'use strict';

/**
 * What `continuous()` says: counts for `stats()`, `rsprof:continuous`, `onError`.
 *
 * @module
 */

const { performance } = require('node:perf_hooks');
const { publishContinuous } = require('./diagnostics.js');
const { toRsprofError } = require('./errors.js');

let count = 0;

/** What is counted from 0 on. */
const COUNTS = Object.freeze({
  windows: 0,
  extended: 0,
  failed: 0,
  written: 0,
  writtenBytes: 0,
  pushed: 0,
  pushedBytes: 0,
  retries: 0,
  rejected: 0,
  dropped: 0,
});

function warn(text, code) {
  process.emitWarning(text, { type: 'RsprofWarning', code });
}

class Reporter {
  #onError;
  #warned = new Set();
  #counts = { ...COUNTS };
  #startedAt = new Date();
  #clock = performance.now();
  #lastError = null;
  #lastErrorAt = null;
  #id = ++count;

  /**
   * @param {((error: RsprofError) => void)|undefined} onError without one the first failure of each code
   *   is a process warning
   */
  constructor(onError) {
    this.#onError = onError;
  }

  /** Adds to what `stats()` says. */
  add(name, value = 1) {
    this.#counts[name] += value;
  }

  /** Tells the subscribers. */
  tell(phase, message = {}) {
    publishContinuous(phase, { id: this.#id, ...message });
  }

  /**
   * Tells everybody of a failure. Never fails itself.
   *
   * @param {unknown} error
   * @param {object} [window] what it was about
   */
  fail(error, window) {
    const failure = toRsprofError(error, 'profile continuously');
    this.#lastError = failure.message;
    this.#lastErrorAt = new Date().toISOString();
    this.tell('error', { error: failure, window });
    if (this.#onError) this.#callBack(failure);
    else this.#warnOnce(failure);
  }

  #callBack(failure) {
    try {
      const answer = this.#onError(failure);
      if (typeof answer?.then === 'function') answer.then(undefined, (error) => this.#mute(error));
    } catch (error) {
      this.#mute(error);
    }
  }

  /** A callback that fails would fail at every window of a night. */
  #mute(error) {
    if (!this.#onError) return;
    this.#onError = undefined;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    warn(`onError failed and is not called again: ${text}`, 'RSPROF_ON_ERROR');
  }

  #warnOnce({ code, message }) {
    if (this.#warned.has(code)) return;
    this.#warned.add(code);
    warn(`${message} (later failures of this kind are counted, see stats() and onError)`, code);
  }

  /** @returns {object} the counts so far, as plain values */
  stats() {
    return {
      ...this.#counts,
      startedAt: this.#startedAt.toISOString(),
      durationMs: performance.now() - this.#clock,
      lastError: this.#lastError,
      lastErrorAt: this.#lastErrorAt,
    };
  }
}

module.exports = { Reporter };
