'use strict';

/**
 * What runs because somebody asked for it: one capture and one analysis at a time. Captures keep to the limits
 * that rules have, in the same ledger: the host's lock, the quota, the free disk.
 *
 * @module
 */

const path = require('node:path');
const backends = require('../backend.js');
const { RsprofError, toRsprofError } = require('../errors.js');
const { fromEnvironment } = require('../options.js');
const { Limits } = require('../watch/limits.js');
const { readCapture } = require('./capture-kinds.js');
const { CaptureWork } = require('./capture-work.js');
const { Operation } = require('./operation.js');
const { readProfilerLimits } = require('./profiler-limits.js');
const { QuietEmitter } = require('./quiet-emitter.js');
const { ReadingWork } = require('./reading-work.js');
const { busy } = require('./refusals.js');

/** Operations that are remembered, and reports: some ten kilobytes each. */
const MOST = 100;
const MOST_REPORTS = 8;

const READINGS = new Set(['analysis', 'comparison']);

function notFound(what) {
  return new RsprofError('ERR_RSPROF_NOT_FOUND', `there is no such ${what} (any more)`);
}

function closedError() {
  return new RsprofError('ERR_RSPROF_UNAVAILABLE', 'the profiler was closed; nothing is begun');
}

function notStoppable({ kind }) {
  const message = `an operation of the kind ${kind} cannot end early and keep anything; cancel it instead`;
  return new RsprofError('ERR_RSPROF_INVALID_ARG', message);
}

/** Emits `change` with an operation whenever a person could see a difference. */
class Operations extends QuietEmitter {
  #dir;
  #maxSeconds;
  #explorer;
  #captures;
  #clock;
  #values;
  #admission;
  /** Id -> operation, oldest first. */
  #known = new Map();
  /** Which places are taken, by what. */
  #places = new Map();
  /** Id of an operation -> `{ operation, report }`, oldest first. */
  #reports = new Map();
  #isClosed = false;

  /**
   * @param {object} how
   * @param {string} how.dir of the captures; made by the first one
   * @param {import('./captures.js').Captures} how.captures of the same folder
   * @param {object} how.explorer `open(file, { signal, onProgress })`, `compare(before, after, { signal })`
   * @param {object} [how.limits] as `readProfilerLimits()` gives them
   * @param {number} [how.maxSeconds] that a profile may record
   * @param {() => number} [how.clock] ms since the epoch
   * @param {Limits} [how.admission] for tests
   */
  constructor({ dir, captures, explorer, limits, maxSeconds = 300, clock = Date.now, admission }) {
    super();
    this.#dir = path.resolve(dir);
    this.#captures = captures;
    this.#explorer = explorer;
    this.#values = limits ?? readProfilerLimits();
    this.#maxSeconds = maxSeconds;
    this.#clock = clock;
    this.#admission = admission;
  }

  get maxSeconds() {
    return this.#maxSeconds;
  }

  /** @returns {boolean} whether a capture is under way */
  get isCapturing() {
    return this.#places.has('capture');
  }

  /**
   * Begins an operation; it runs on when this settles.
   *
   * @param {string} kind of a capture; `'analysis'` with `{ capture: id }`, `'comparison'` with `{ before, after }`
   * @param {object} [parameters] as of lib/http/capture-kinds.js
   * @returns {Promise<object>} the operation, as clients get it
   * @throws {RsprofError} INVALID_ARG, NOT_FOUND; BUSY, RATE and DISK_FULL with `retryAfter` (seconds); BUDGET,
   *   UNSUPPORTED, UNAVAILABLE, ACCESS and others of the call
   */
  async start(kind, parameters = {}) {
    if (this.#isClosed) throw closedError();
    const place = READINGS.has(kind) ? 'analysis' : 'capture';
    const work = this.#workOf(kind, parameters);
    const holder = this.#places.get(place);
    if (holder) throw busy(place, holder.secondsLeft);
    const { description } = work;
    const changed = () => this.#tell(operation);
    const operation = new Operation({ ...description, clock: this.#clock, changed });
    this.#places.set(place, operation);
    try {
      const { done, stop } = await work.begin(operation);
      this.#follow(operation, { place, done, stop });
      return operation.view();
    } catch (error) {
      this.#places.delete(place);
      operation.end('failed');
      throw this.#withoutDir(toRsprofError(error, `begin the ${place}`));
    }
  }

  /** What was never begun is nothing that anybody knows of. */
  #tell(operation) {
    if (this.#known.has(operation.id)) this.tell('change', operation.view());
  }

  #workOf(kind, parameters) {
    const captures = this.#captures;
    if (READINGS.has(kind)) {
      const keep = (operation, report) => this.#keep(operation, report);
      return new ReadingWork(kind, parameters, { explorer: this.#explorer, captures, keep });
    }
    const wish = readCapture(kind, parameters, { maxSeconds: this.#maxSeconds });
    const limits = { admission: this.#limits(), values: this.#values, now: this.#clock };
    return new CaptureWork(wish, { dir: this.#dir, limits, captures });
  }

  /** Made by the first capture: who only looks costs nothing. */
  #limits() {
    this.#admission ??= new Limits({
      dir: this.#dir,
      limits: this.#values,
      clock: this.#clock,
      tryLockFile: backends.addonInUse()?.tryLockFile,
      compression: fromEnvironment('compression') ?? 'gzip',
    });
    return this.#admission;
  }

  #follow(operation, { place, done, stop }) {
    operation.stop = stop;
    this.#known.set(operation.id, operation);
    this.#forgetOldest();
    this.#tell(operation);
    const free = () => this.#places.delete(place);
    done.then(
      (outcome) => {
        free();
        operation.end('done', outcome);
      },
      (thrown) => {
        free();
        this.#fail(operation, thrown);
      },
    );
  }

  #fail(operation, thrown) {
    const { code, message } = this.#withoutDir(toRsprofError(thrown, `do the ${operation.kind}`));
    const isCancelled = code === 'ERR_RSPROF_ABORTED' && operation.controller.signal.aborted;
    if (isCancelled) operation.end('cancelled');
    else operation.end('failed', { error: { code, message } });
  }

  /** Where the captures lie is nothing that a client need know. */
  #withoutDir(error) {
    const message = error.message.replaceAll(this.#dir + path.sep, '');
    if (message === error.message) return error;
    const shorter = new RsprofError(error.code, message, { cause: error });
    return error.retryAfter ? Object.assign(shorter, { retryAfter: error.retryAfter }) : shorter;
  }

  #forgetOldest() {
    for (const [id, { isRunning }] of this.#known) {
      if (this.#known.size <= MOST) return;
      if (!isRunning) this.#known.delete(id);
    }
  }

  #keep(operation, report) {
    this.#reports.set(operation.id, { operation, report });
    if (this.#reports.size > MOST_REPORTS) this.#reports.delete(this.#reports.keys().next().value);
  }

  #find(id) {
    const operation = this.#known.get(id);
    if (!operation) throw notFound('operation');
    return operation;
  }

  /**
   * @param {string} id
   * @returns {object} the operation
   * @throws {RsprofError} NOT_FOUND
   */
  get(id) {
    return this.#find(id).view();
  }

  /** @returns {object[]} the operations that are remembered, newest first */
  list() {
    return [...this.#known.values()].reverse().map((operation) => operation.view());
  }

  /**
   * @param {string} id
   * @returns {Promise<object>} the operation when it has ended; never rejects once it is known
   * @throws {RsprofError} NOT_FOUND
   */
  async whenEnded(id) {
    return this.#find(id).ended;
  }

  /**
   * Ends an operation without a file; one that has ended stays as it is.
   *
   * @param {string} id
   * @returns {object} the operation: it may take a moment to end
   * @throws {RsprofError} NOT_FOUND
   */
  cancel(id) {
    const operation = this.#find(id);
    if (operation.isRunning) operation.controller.abort();
    return operation.view();
  }

  /**
   * Ends a recording early and keeps what there is; one that has ended, or is written, stays as it is.
   *
   * @param {string} id
   * @returns {object} the operation
   * @throws {RsprofError} NOT_FOUND; INVALID_ARG for what is no recording
   */
  stop(id) {
    const operation = this.#find(id);
    if (operation.isRunning && operation.seconds === null) throw notStoppable(operation);
    operation.stop?.();
    return operation.view();
  }

  /**
   * @param {string} id of a comparison
   * @returns {object} its report
   * @throws {RsprofError} NOT_FOUND: there is none, it has not ended, or others came since
   */
  comparison(id) {
    const kept = this.#reports.get(id);
    if (kept?.operation.kind !== 'comparison') throw notFound('comparison');
    return kept.report;
  }

  /**
   * @param {string} captureId
   * @returns {object} the report of its last analysis
   * @throws {RsprofError} NOT_FOUND: it was not analysed, or others were since
   */
  analysis(captureId) {
    const kept = [...this.#reports.values()].findLast(
      ({ operation: { kind, captures } }) => kind === 'analysis' && captures[0] === captureId,
    );
    if (!kept) throw notFound('analysis');
    return kept.report;
  }

  /**
   * Cancels what runs; nothing more is begun.
   *
   * @returns {Promise<void>} when it has ended
   */
  async close() {
    this.#isClosed = true;
    const running = [...this.#places.values()];
    for (const operation of running) operation.controller.abort();
    await Promise.all(running.map(({ ended }) => ended));
  }
}

module.exports = { Operations };
