'use strict';

/**
 * Readings for as long as somebody looks and nobody watches: a sampler, its timer, what it remembers. Keeps no
 * process alive.
 *
 * @module
 */

const { onExit } = require('../exit.js');
const { addonInUse } = require('../backend.js');
const { History } = require('../watch/history.js');
const { INDEX, METRICS, WIDTH } = require('../watch/metrics.js');
const { Sampler } = require('../watch/sampler.js');

/** Seconds between two readings. */
const INTERVAL = 1;

/** What the first reading cannot know: nothing has passed yet. */
const OF_TIME = ['cpu', 'threadCpu', 'eventLoopUtilization', 'requestRate'].map(
  (name) => INDEX[name],
);

/** Where there is no back end, or no thread for it, JavaScript reads. */
function openSampler(dir) {
  const settings = { interval: INTERVAL, dir, requests: true };
  try {
    return new Sampler({ ...settings, addon: addonInUse() });
  } catch {
    return new Sampler(settings);
  }
}

class OwnReadings {
  #sampler;
  #history = new History();
  #row = new Float64Array(WIDTH).fill(Number.NaN);
  #onRow;
  #timer;
  #forgetExit;
  #isFirst = true;

  metrics = METRICS;

  /**
   * Starts, with a first reading.
   *
   * @param {object} how
   * @param {string} how.dir whose file system counts; need not be there
   * @param {(row: Float64Array) => void} how.onRow called with each reading but the first; must not throw
   * @param {(dir: string) => object} [how.open] instead of the sampler
   */
  constructor({ dir, onRow, open = openSampler }) {
    this.#sampler = open(dir);
    this.#onRow = onRow;
    this.#read();
    this.#timer = setInterval(() => this.#tick(), INTERVAL * 1000);
    this.#timer.unref();
    this.#forgetExit = onExit(() => this.#sampler.stop());
  }

  latest() {
    return this.#row;
  }

  rows(windowMs) {
    return this.#history.rows(windowMs);
  }

  totals() {
    return this.#history.totals;
  }

  /** Harmless when repeated. */
  stop() {
    clearInterval(this.#timer);
    this.#forgetExit();
    this.#sampler.stop();
  }

  #tick() {
    this.#read();
    this.#onRow(this.#row);
  }

  /** A reading that fails is none. */
  #read() {
    const row = this.#row;
    try {
      this.#sampler.read(row);
      // The addon's thread may not have looked yet.
      if (Number.isNaN(row[INDEX.rss])) row[INDEX.rss] = process.memoryUsage.rss();
      if (this.#isFirst) for (const index of OF_TIME) row[index] = Number.NaN;
      this.#isFirst = false;
      this.#history.add(row);
    } catch {
      row.fill(Number.NaN);
      row[INDEX.time] = Date.now();
    }
  }
}

module.exports = { OwnReadings };
