'use strict';

/**
 * The readings of one window as columns, oldest first: those the server had, and those that came since.
 *
 * @module
 */

/** Longer than so many steps without a reading is a gap, not a line. */
const GAP_STEPS = 3;
const LEAST_GAP_MS = 5000;

/** What a mean of "now" is of. */
const RECENT = 10;

class Readings {
  windowMs;
  step = 1000;
  time = [];
  values = {};

  /** @param {number} windowMs */
  constructor(windowMs) {
    this.windowMs = windowMs;
  }

  /** Takes the answer of `readings`. */
  load({ step, time, values }) {
    Object.assign(this, { step, time, values });
  }

  /** @param {{ time: number, values: Record<string, number|null> }} reading */
  append({ time, values }) {
    if (time <= this.time[this.time.length - 1]) return;
    const { length } = this.time;
    for (const name of new Set([...Object.keys(this.values), ...Object.keys(values)])) {
      this.values[name] ??= new Array(length).fill(null);
      this.values[name].push(values[name] ?? null);
    }
    this.time.push(time);
    this.#trim(time - this.windowMs);
  }

  #trim(start) {
    // In portions: moving a thousand numbers for each reading is for nothing.
    const old = this.indexAfter(start);
    if (old < 60) return;
    this.time.splice(0, old);
    for (const column of Object.values(this.values)) column.splice(0, old);
  }

  get isEmpty() {
    return this.time.length === 0;
  }

  /** Of the newest reading; the window ends there. */
  get to() {
    return this.time[this.time.length - 1] ?? Number.NaN;
  }

  get from() {
    return this.to - this.windowMs;
  }

  /** The newest value that is known; NaN without one. */
  last(name) {
    return this.recent(name, 1);
  }

  /** Mean of the newest known values: one slow second is no news. */
  recent(name, most = RECENT) {
    const column = this.values[name] ?? [];
    const known = column.slice(-RECENT).filter(Number.isFinite).slice(-most);
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  }

  /** Whether it was ever read. */
  has(name) {
    return this.values[name]?.some(Number.isFinite) ?? false;
  }

  /** Of the first reading at or after `time`. */
  indexAfter(time) {
    let [low, high] = [0, this.time.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.time[middle] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Of the reading closest to `time`; -1 where none is close. */
  nearest(time) {
    const after = this.indexAfter(time);
    const distance = (at) => Math.abs((this.time[at] ?? Infinity) - time);
    const at = distance(after - 1) <= distance(after) ? after - 1 : after;
    return distance(at) <= this.gapMs ? at : -1;
  }

  /** Readings further apart than this are not joined. */
  get gapMs() {
    return Math.max(LEAST_GAP_MS, GAP_STEPS * this.step);
  }

  /** Least and greatest of a window in which something is known. */
  range(name) {
    const known = this.values[name].slice(this.indexAfter(this.from)).filter(Number.isFinite);
    return [Math.min(...known), Math.max(...known)];
  }

  /**
   * What is drawn without a break: runs of `[index, bottom, top]`. `below` are the series it is stacked upon.
   *
   * @param {string} name
   * @param {string[]} [below]
   */
  runs(name, below = []) {
    const runs = [];
    let run;
    for (let at = this.indexAfter(this.from); at < this.time.length; at++) {
      const value = this.values[name]?.[at];
      const isGap = this.time[at] - this.time[at - 1] > this.gapMs;
      if (!Number.isFinite(value)) {
        run = undefined;
        continue;
      }
      if (!run || isGap) {
        run = [];
        runs.push(run);
      }
      const bottom = below.reduce((sum, one) => sum + (this.values[one]?.[at] ?? 0), 0);
      run.push([at, bottom, bottom + value]);
    }
    return runs;
  }
}

module.exports = { Readings };
