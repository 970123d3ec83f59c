'use strict';

/**
 * A capture as an operation: admitted by the limits, begun, followed, its file noted in the ledger.
 *
 * @module
 */

const path = require('node:path');
const { throwIfAborted } = require('../abort.js');
const { log } = require('../diagnostics.js');
const { visible } = require('../visible.js');
const { PROFILER, reasonOfProfiler } = require('../watch/makers.js');
const { captureId } = require('./capture-id.js');
const { beginCapture, phaseOf } = require('./capture-kinds.js');
const { doesNotFit, notAdmitted } = require('./refusals.js');

/** How often the time of a recording is looked at. */
const TICK_MS = 250;

/** Rows of a long table in the figures of an operation. */
const MOST_ROWS = 100;

/** Figures that are places on this machine. */
const PLACES = new Set(['path', 'sidecar']);

/** The result of a call without paths, and without its thousands of rows. */
function figuresOf(result) {
  const fields = Object.entries(result).filter(([name]) => !PLACES.has(name));
  const short = (value) => (Array.isArray(value) ? value.slice(0, MOST_ROWS) : value);
  return Object.fromEntries(fields.map(([name, value]) => [name, short(value)]));
}

const filesOf = ({ path: file, sidecar }) => [file, sidecar].filter(Boolean);

/** Looks at the folder; what goes wrong there is not the capture's trouble. */
async function lookAt(captures) {
  try {
    await captures.list();
  } catch (error) {
    log('profiler: %s', error.message);
  }
}

class CaptureWork {
  #wish;
  #dir;
  #limits;
  #captures;

  /**
   * @param {object} wish of `readCapture()`
   * @param {object} parts
   * @param {string} parts.dir absolute
   * @param {{ admission: import('../watch/limits.js').Limits, values: object, now(): number }} parts.limits
   * @param {import('./captures.js').Captures} parts.captures
   */
  constructor(wish, { dir, limits, captures }) {
    this.#wish = wish;
    this.#dir = dir;
    this.#limits = limits;
    this.#captures = captures;
    this.description = { kind: wish.kind, phase: phaseOf(wish.kind), seconds: wish.seconds };
  }

  /**
   * @param {import('./operation.js').Operation} operation
   * @returns {Promise<{ done: Promise<object>, stop?: () => void }>}
   * @throws {RsprofError} why it is not begun; nothing is held then
   */
  async begin(operation) {
    // So that what comes is seen to be new.
    await lookAt(this.#captures);
    const lease = await this.#admit();
    try {
      throwIfAborted(operation.controller.signal);
      const begun = this.#begin(operation, lease);
      const end = this.#follow(operation, begun);
      return { done: this.#finish(begun.done, { lease, end }), stop: end.stop };
    } catch (error) {
      await lease.end({ errors: [error] });
      throw error;
    }
  }

  async #admit() {
    const { kind } = this.#wish;
    const { admission, values, now: clock } = this.#limits;
    const now = clock();
    const { lease, skipped } = await admission.admit({ rule: PROFILER, kinds: [kind], now });
    if (skipped) throw notAdmitted(skipped, { limits: values, now });
    const why = lease.fits(kind);
    if (why === null) return lease;
    const error = doesNotFit(why);
    await lease.end({ errors: [error] });
    throw error;
  }

  #begin(operation, lease) {
    const { kind, options, reason } = this.#wish;
    const { signal } = operation.controller;
    return beginCapture({
      kind,
      options,
      more: { dir: this.#dir, reason: reasonOfProfiler(visible(reason)), signal },
      snapshotOptions: lease.snapshotOptions(),
      onProgress: ({ percent }) => operation.progress(percent),
    });
  }

  /** The time of a recording: it ends by itself, and shows how far it is. The process need not wait for it. */
  #follow(operation, { stop }) {
    if (!stop) return { forget() {}, stop: undefined };
    const ms = this.#wish.seconds * 1000;
    const look = () => operation.progress((100 * operation.elapsedMs) / ms);
    const timers = [setInterval(look, TICK_MS)];
    const forget = () => {
      for (const timer of timers) clearInterval(timer);
    };
    const end = () => {
      forget();
      operation.stop = undefined;
      operation.progress(null, 'writing');
      stop();
    };
    timers.push(setTimeout(end, ms));
    for (const timer of timers) timer.unref();
    return { forget, stop: end };
  }

  async #finish(done, { lease, end }) {
    try {
      const result = await done;
      await lease.end({ files: filesOf(result) });
      return { capture: captureId(path.basename(result.path)), figures: figuresOf(result) };
    } catch (error) {
      await lease.end({ errors: [error] });
      throw error;
    } finally {
      end.forget();
      await lookAt(this.#captures);
    }
  }
}

module.exports = { CaptureWork };
