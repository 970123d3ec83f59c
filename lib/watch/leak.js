'use strict';

/**
 * Whether the heap, or what it holds outside itself, leaks: follows what full collections leave.
 *
 * @module
 */

const { INDEX } = require('./metrics.js');
const { LeakTrend } = require('./trend.js');

const MINUTE_MS = 60_000;

/** Full collections may follow each other closely; not each is worth a verdict, in ms. */
const VERDICT_MS = 1000;

/** What memory outside the heap may still grow to: it shares the process's memory with the rest. */
function externalLimit(row) {
  const inUse = Math.max(row[INDEX.rss], row[INDEX.memoryUsed] || 0);
  return row[INDEX.externalFloor] + Math.max(0, row[INDEX.memoryLimit] - inUse);
}

class LeakWatch {
  #history;
  #heap = new LeakTrend();
  #external = new LeakTrend();
  #floorTime = NaN;
  #askedAt = -Infinity;
  #hasNews = false;
  /** `heap` and `external`: verdicts of lib/watch/trend.js, null until there is one. */
  verdicts = { heap: null, external: null };

  /** @param {import('./history.js').History} history with the load of the last minute */
  constructor(history) {
    this.#history = history;
  }

  /** Takes in a reading; a full collection counts once. */
  note(row) {
    const time = row[INDEX.floorTime];
    if (!(time > 0) || time === this.#floorTime) return;
    this.#floorTime = time;
    this.#hasNews = true;
    const loads = [
      this.#history.mean(INDEX.tcpHandles, MINUTE_MS),
      this.#history.mean(INDEX.requestRate, MINUTE_MS),
    ];
    this.#heap.add({ time, floor: row[INDEX.heapFloor], loads });
    this.#external.add({ time, floor: row[INDEX.externalFloor], loads });
  }

  /** Brings the verdicts up to date after a full collection. */
  judge(now, row) {
    if (!this.#hasNews || Math.abs(now - this.#askedAt) < VERDICT_MS) return;
    this.#hasNews = false;
    this.#askedAt = now;
    this.verdicts.heap = this.#heap.verdict({ now, limit: row[INDEX.heapLimit] });
    this.verdicts.external = this.#external.verdict({ now, limit: externalLimit(row) });
  }
}

module.exports = { LeakWatch };
