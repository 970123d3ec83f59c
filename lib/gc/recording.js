'use strict';

/**
 * Records the collections of this thread, in slices: `v8.GCProfiler` keeps some kilobytes of each
 * collection until it is stopped, so it is stopped and begun anew all the time.
 *
 * @module
 */

const { PerformanceObserver, performance } = require('node:perf_hooks');
const v8 = require('node:v8');
const { RsprofError } = require('../errors.js');
const { readCollection } = require('./collection.js');
const { currentHeap } = require('./heap-state.js');
const { GcTotals } = require('./totals.js');

const SLICE_MS = 1000;

/** So many records (about 4 kB each) are read in a millisecond or so. */
const SLICE_COLLECTIONS = 32;

function startProfiler() {
  const profiler = new v8.GCProfiler();
  profiler.start();
  return profiler;
}

function checkSupport() {
  if (typeof v8.GCProfiler === 'function') return;
  const message =
    `rsprof cannot record garbage collections: Node ${process.versions.node} has no v8.GCProfiler; ` +
    'use Node 18.15 or later';
  throw new RsprofError('ERR_RSPROF_UNSUPPORTED', message);
}

class GcRecording {
  #begin = performance.now();
  #totals = new GcTotals(currentHeap());
  #observer = new PerformanceObserver((list) => this.#noteReasons(list.getEntries()));
  #profiler;
  #sliceBegin = this.#begin;
  #sinceSlice = 0;
  #timer;
  /** When it was stopped. */
  #end = Number.POSITIVE_INFINITY;

  /** @throws {RsprofError} `ERR_RSPROF_UNSUPPORTED` before Node 18.15 */
  constructor() {
    checkSupport();
    this.#observer.observe({ type: 'gc' });
    this.#profiler = startProfiler();
    this.#timer = setInterval(() => this.#slice(startProfiler()), SLICE_MS);
    this.#timer.unref();
  }

  #noteReasons(entries) {
    for (const entry of entries) {
      // Those of before the start, and of after the end, wait in the same queue.
      if (entry.startTime >= this.#begin && entry.startTime <= this.#end) {
        this.#totals.addReason(entry);
      }
    }
    this.#sinceSlice += entries.length;
    if (this.#profiler && this.#sinceSlice >= SLICE_COLLECTIONS) this.#slice(startProfiler());
  }

  /**
   * Takes in what the profiler has. `next` runs already: nothing is missed in between.
   *
   * @param {object} [next] none at the end
   */
  #slice(next) {
    const ended = this.#profiler;
    this.#profiler = next;
    const { statistics } = ended.stop();
    const now = performance.now();
    this.#sinceSlice = 0;
    // A record has no time of its own: those of a slice are taken to be evenly spread.
    const step = (now - this.#sliceBegin) / statistics.length;
    const first = this.#sliceBegin - this.#begin;
    statistics.forEach((record, at) => {
      this.#totals.add(readCollection(record), first + (at + 0.5) * step);
    });
    this.#sliceBegin = now;
  }

  /**
   * Ends the recording, at once.
   *
   * @returns {Promise<{ totals: GcTotals, durationMs: number }>} when the reasons of the last collections are
   *   known
   */
  async stop() {
    this.#slice();
    this.#end = performance.now();
    this.#totals.move(currentHeap());
    clearInterval(this.#timer);
    // Node hands an entry over in the immediate phase after its collection.
    await new Promise((resolve) => setImmediate(resolve));
    this.#noteReasons(this.#observer.takeRecords());
    this.#observer.disconnect();
    return { totals: this.#totals, durationMs: this.#end - this.#begin };
  }

  /** Ends the recording without a result. Nothing happens once it has ended. */
  cancel() {
    clearInterval(this.#timer);
    this.#observer.disconnect();
    this.#profiler?.stop();
    this.#profiler = undefined;
  }

  /** At process exit. */
  abortSync() {
    this.cancel();
  }
}

module.exports = { GcRecording };
