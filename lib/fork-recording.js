'use strict';

/**
 * A heap snapshot (or a class histogram) by a forked child: tried again when the fork met an unlucky moment, and taken in
 * this process when no child can be had and the caller allows it.
 *
 * @module
 */

const { setTimeout: delay } = require('node:timers/promises');
const { abortedError } = require('./abort.js');
const { RsprofError } = require('./errors.js');
const {
  checkFallback,
  decideSpill,
  learn,
  memoryBudget,
  usedHeapBytes,
  whyNoRoom,
} = require('./forecast.js');

/**
 * Forks tried at most. A child that meets a lock that another thread held at the fork (one in five
 * at worst, with workers that never rest) is gone within milliseconds.
 */
const MAX_ATTEMPTS = 8;

/** Pause before the next try, in milliseconds. Long enough for a lock's holder to go on. */
const RETRY_AFTER_MS = 5;

/** @typedef {{ done: Promise<object>, progress(): object, abort(): void, abortSync(): void, read(): Promise<Buffer|null> }} Recording */

class ForkRecording {
  #backend;
  #request;
  #aborted = false;
  /** What works at the moment: `{ recording, isLast: Promise<boolean> }`. */
  #current;
  #announce;
  #pausedMs = 0;
  #retries = [];
  #delivered = false;
  /** Whether the child keeps its memory in a file. */
  #spills;

  /**
   * @param {object} backend the native one
   * @param {object} request see lib/snapshot-strategy.js, with `fallback` and `budget`; with `classes` it is
   *   for lib/class-histogram.js
   */
  constructor(backend, request) {
    this.#backend = backend;
    this.#request = request;
    this.#expect();
    this.done = this.#run();
    this.done.catch(() => this.#tellReaders());
  }

  /** The next recording to work is not there yet. */
  #expect() {
    this.#current = new Promise((resolve) => {
      this.#announce = resolve;
    });
  }

  async #run() {
    try {
      return await this.#byChild();
    } catch (error) {
      if (this.#mayFallBack(error)) return await this.#inProcess(error);
      // A child whose reader went away may die of that before it is killed.
      throw this.#aborted && isForkFailure(error) ? abortedError() : error;
    }
  }

  /** A reader that waits, or comes later, is told that nothing comes. */
  #tellReaders() {
    const nothing = { recording: NOTHING, isLast: Promise.resolve(true) };
    this.#announce(nothing);
    this.#current = Promise.resolve(nothing);
  }

  async #byChild() {
    this.#spills = decideSpill(this.#request);
    const heapBytes = usedHeapBytes();
    for (;;) {
      const spill = this.#spills;
      const { budget } = this.#request;
      const recording = this.#backend.forkSnapshot({
        ...this.#request,
        spill,
        budget: { ...budget, memory: memoryBudget(budget) },
      });
      const report = await this.#follow(recording, (error) => this.#isFollowed(error)).catch(
        (error) => {
          this.#pausedMs += recording.pauseMs();
          if (!this.#mayRetry(error)) throw withAdvice(error, this.#request);
          if (isAboutSpilling(error)) this.#spills = false;
          this.#retries.push(error.message);
        },
      );
      if (report) {
        if (!spill && !this.#request.classes) learn(heapBytes, report.fork.addedBytes);
        return this.#withFork(report);
      }
      this.#expect();
      await delay(RETRY_AFTER_MS);
    }
  }

  #mayRetry(error) {
    const isWorthIt = this.#backend.isPassing(error) || this.#mayGoWithoutSpill(error);
    const isLate = this.#aborted || this.#delivered || this.#retries.length + 1 >= MAX_ATTEMPTS;
    return isWorthIt && !isLate;
  }

  /** Nobody asked for a spill file, and the forecast that wants one is the worst case. */
  #mayGoWithoutSpill(error) {
    const { spill } = this.#request;
    return (
      this.#spills &&
      spill === 'auto' &&
      isAboutSpilling(error) &&
      whyNoRoom(this.#request) === null
    );
  }

  #mayFallBack(error) {
    return this.#request.fallback && !this.#aborted && !this.#delivered && isForkFailure(error);
  }

  /** Whether another recording comes after one that failed with `error`. */
  #isFollowed(error) {
    return this.#mayRetry(error) || this.#mayFallBack(error);
  }

  async #inProcess(failure) {
    checkFallback(this.#request, failure);
    this.#expect();
    const recording = this.#backend.takeSnapshot(this.#request);
    const report = await this.#follow(recording, () => false);
    report.pauses.forkMs = this.#pausedMs;
    return { ...report, fork: null, fallback: { reason: failure.message, retries: this.#retries } };
  }

  /** Makes `recording` the one that works, and waits for it. */
  async #follow(recording, isRetried) {
    if (this.#aborted) recording.abort();
    const isLast = recording.done.then(
      () => true,
      (error) => !isRetried(error),
    );
    this.#announce({ recording, isLast });
    this.#working = recording;
    return recording.done;
  }

  #working = NOTHING;

  #withFork(report) {
    report.pauses.forkMs += this.#pausedMs;
    const fork = { ...report.fork, attempts: this.#retries.length + 1, retries: this.#retries };
    return { ...report, fork, fallback: null };
  }

  progress() {
    return this.#working.progress();
  }

  abort() {
    this.#aborted = true;
    this.#working.abort();
  }

  abortSync() {
    this.#aborted = true;
    this.#working.abortSync();
  }

  async read() {
    for (;;) {
      const { recording, isLast } = await this.#current;
      const block = await recording.read();
      if (block) {
        this.#delivered = true;
        return block;
      }
      if (await isLast) return null;
    }
  }
}

/** What works while nothing does. */
const NOTHING = Object.freeze({
  progress: () => ({ done: 0, total: 0, rawBytes: 0, finished: false }),
  abort() {},
  abortSync() {},
  read: async () => null,
});

/** Whether the spill file is what failed: not to be had, or full. */
function isAboutSpilling(error) {
  return [error, error.cause].some((one) => /\bspills?\b/.test(one?.message ?? ''));
}

/** A failed spill file with the folder it was to be in, and what helps. */
function withAdvice(error, { spill, tempDir, ...request }) {
  if (!isAboutSpilling(error)) return error;
  const { cause = error } = error;
  const room = spill === 'auto' ? whyNoRoom(request) : null;
  const without =
    room === null ? 'or pass spill: false' : `without it a child has no room: ${room}`;
  const message = `rsprof cannot spill the child's memory into ${tempDir}: ${cause.message}; choose a dir on another disk, ${without}`;
  return new RsprofError(error.code, message, { cause });
}

function isForkFailure(error) {
  return error.code === 'ERR_RSPROF_FORK' || error.code === 'ERR_RSPROF_BUDGET';
}

module.exports = { ForkRecording };
