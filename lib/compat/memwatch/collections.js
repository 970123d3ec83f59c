'use strict';

/**
 * The garbage collections of this thread, counted from the moment on that somebody asks, and what each full
 * one has left.
 *
 * @module
 */

const { PerformanceObserver, constants, performance } = require('node:perf_hooks');
const { makeFigures } = require('./heap-figures.js');

/** Kind of collection -> the names of its two sums. */
const SUMS = Object.freeze({
  [constants.NODE_PERFORMANCE_GC_MINOR]: ['gcScavengeCount', 'gcScavengeTime'],
  [constants.NODE_PERFORMANCE_GC_MAJOR]: ['gcMarkSweepCompactCount', 'gcMarkSweepCompactTime'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: [
    'gcIncrementalMarkingCount',
    'gcIncrementalMarkingTime',
  ],
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: [
    'gcProcessWeakCallbacksCount',
    'gcProcessWeakCallbacksTime',
  ],
});

const NS_PER_MS = 1e6;

/** Turns of the event loop that news of a forced collection may take. */
const MOST_TURNS = 10;

class Collections {
  #followers = [];
  #sums = Object.fromEntries(
    Object.values(SUMS).flatMap((names) => names.map((name) => [name, 0])),
  );
  #observer;
  #figures = makeFigures();
  /** Spans, on the clock of `performance`, whose collections do not count. */
  #unseen = [];
  /** Spans of collections that a later one makes needless to judge. */
  #repeated = [];
  #awaited = 0;

  constructor() {
    this.#observer = new PerformanceObserver((list) => this.#take(list.getEntries()));
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** @param {(stats: object, isRepeated: boolean) => void} follower is told of each full collection */
  follow(follower) {
    this.#followers.push(follower);
  }

  /** Runs `work`, whose collections count for nobody. */
  unseen(work) {
    const begin = performance.now();
    try {
      return work();
    } finally {
      this.#unseen.push([begin, performance.now()]);
    }
  }

  /**
   * Has `collect` called twice: the original asks V8 in two ways, and both collect. The process stays until
   * the followers were told.
   */
  force(collect) {
    const begin = performance.now();
    collect();
    this.#repeated.push([begin, performance.now()]);
    collect();
    this.#awaited = 2;
    this.#await(MOST_TURNS);
  }

  #await(turns) {
    if (this.#awaited > 0 && turns > 0) setImmediate(() => this.#await(turns - 1));
  }

  #take(entries) {
    for (const entry of entries) this.#note(entry);
    // Entries come in the order of time: what is older than the last one is over.
    const last = entries.at(-1).startTime;
    this.#unseen = this.#unseen.filter(([, end]) => end > last);
    this.#repeated = this.#repeated.filter(([, end]) => end > last);
  }

  #note({ startTime, duration, detail }) {
    const isFull = detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
    // Also of one that does not count: the next must not get it.
    const figures = isFull ? this.#figures.at(startTime) : null;
    const within = ([begin, end]) => startTime >= begin && startTime <= end;
    const sums = SUMS[detail.kind];
    if (!sums || this.#unseen.some(within)) return;
    const time = Math.round(duration * NS_PER_MS);
    this.#sums[sums[0]]++;
    this.#sums[sums[1]] += time;
    if (!isFull) return;
    this.#awaited--;
    const at = Math.round((performance.timeOrigin + startTime + duration) * 1000);
    this.#tell(
      { gc_ts: at, ...this.#sums, ...figures, gc_time: time },
      this.#repeated.some(within),
    );
  }

  #tell(stats, isRepeated) {
    for (const follower of this.#followers) follower(stats, isRepeated);
  }
}

module.exports = { Collections };
