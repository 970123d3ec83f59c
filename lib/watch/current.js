'use strict';

/**
 * The watcher of this thread, for what shows it: the route of `profiler()`.
 *
 * An application and its frameworks may bring several copies of rsprof into one thread (isolate), and one of them
 * watches: what they share is `globalThis[Symbol.for('rsprof.watcher/1')]`, `{ current: Watching|null }`. The
 * number is that of this protocol; it changes with the meaning of anything below.
 *
 * @module
 */

/**
 * How a watcher is looked at. Nothing here changes it, and nothing here costs it anything while nobody asks.
 *
 * @typedef {object} Watching
 * @property {string} dir folder of its captures
 * @property {number} interval seconds between two readings
 * @property {readonly { name: string, unit: string, keep: string }[]} metrics of a row, in its order: another
 *   version may have others
 * @property {() => object} status see `WatcherStatus` in index.d.ts
 * @property {() => Float64Array} latest the newest row; to be read at once, it is written over
 * @property {(windowMs: number) => { step: number, times: Float64Array, rows: Float64Array[] }} rows see
 *   `History.rows`
 * @property {() => Float64Array} totals what adds up, since the watcher began; NaN for what does not
 * @property {() => Occurrence[]} occurrences what happened last, oldest first
 * @property {(follower: Follower) => () => void} follow gives what ends it
 */

/**
 * Somebody who follows. What one throws is nobody's trouble: it follows no more.
 *
 * @typedef {object} Follower
 * @property {(row: Float64Array) => void} row called with each reading; to be read at once
 * @property {(occurrence: Occurrence) => void} occurrence
 * @property {() => void} end the watcher has stopped; nothing follows
 */

const STATE = Symbol.for('rsprof.watcher/1');

function state() {
  if (!globalThis[STATE]) Object.defineProperty(globalThis, STATE, { value: { current: null } });
  return globalThis[STATE];
}

/** @returns {Watching|null} null: nobody watches this thread */
function currentWatcher() {
  return globalThis[STATE]?.current ?? null;
}

/**
 * Makes it the current one.
 *
 * @param {Watching} watching
 * @returns {() => void} ends that
 */
function announceWatcher(watching) {
  const shared = state();
  shared.current = watching;
  return () => {
    if (shared.current === watching) shared.current = null;
  };
}

module.exports = { announceWatcher, currentWatcher };
