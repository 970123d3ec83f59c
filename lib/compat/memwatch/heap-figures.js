'use strict';

/**
 * The heap after a full collection, under the names that `stats` has for it.
 *
 * @module
 */

const { performance } = require('node:perf_hooks');
const v8 = require('node:v8');
const backends = require('../../backend.js');
const { log } = require('../../diagnostics.js');

/** What is told of the heap; the addon tells it in this order. */
const FIGURES = Object.freeze([
  'total_heap_size',
  'total_heap_size_executable',
  'total_physical_size',
  'total_available_size',
  'used_heap_size',
  'heap_size_limit',
  'malloced_memory',
  'peak_malloced_memory',
]);

const NS_PER_MS = 1e6;

/** What `performance.now()` is behind the monotonic clock, in milliseconds. */
function clockOffset() {
  return Number(process.hrtime.bigint()) / NS_PER_MS - performance.now();
}

/** The heap as it is when it is asked for: a little later than the collection. */
class LateFigures {
  at() {
    const found = v8.getHeapStatistics();
    return Object.fromEntries(FIGURES.map((name) => [name, found[name]]));
  }
}

/** The heap as the addon saw it when each collection ended. */
class ExactFigures {
  #log;
  #offset = clockOffset();
  #waiting = [];
  #late = new LateFigures();

  constructor(log) {
    this.#log = log;
  }

  /** @param {number} startTime of the collection: it is the first that ended after that */
  at(startTime) {
    this.#waiting.push(...this.#log.take());
    const begun = (startTime + this.#offset) * 1000;
    while (this.#waiting.length > 0) {
      const [end, ...figures] = this.#waiting.shift();
      if (end >= begun) return Object.fromEntries(FIGURES.map((name, at) => [name, figures[at]]));
    }
    return this.#late.at();
  }
}

/** @returns {{ at(startTime: number): object }} figures of the heap after a full collection, in bytes */
function makeFigures() {
  try {
    const backend = backends.current();
    if (backend.followCollections) return new ExactFigures(backend.followCollections());
  } catch (error) {
    log('memwatch looks at the heap after the collections: %s', error.message);
  }
  return new LateFigures();
}

module.exports = { makeFigures };
