'use strict';

/**
 * Fills a row of readings (see lib/watch/metrics.js) from whatever this process has.
 *
 * @module
 */

const { performance } = require('node:perf_hooks');
const { EventLoopReadings } = require('./event-loop.js');
const { INDEX, NATIVE_RANGE } = require('./metrics.js');
const { PortableReadings } = require('./portable-readings.js');
const { RequestCounter } = require('./requests.js');
const { youngReserve } = require('./young-generation.js');

const MINUTE_MS = 60_000;
const ARRAY_BUFFERS_MS = 5_000;

/** With more handles the list of resources is an allocation that shows. */
const MOST_RESOURCES = 5_000;

/** The addon's readings, or those of JavaScript where there is no addon. */
function openReadings({ addon, interval, dir }) {
  if (!addon?.Readings) return new PortableReadings({ dir });
  return new addon.Readings({ intervalMs: Math.max(50, Math.round(interval * 1000)), dir });
}

class Sampler {
  #readings;
  #eventLoop;
  #requests;
  /** V8's limit is of both generations; what fills up is the old one. */
  #youngReserve = youngReserve();
  #clock = performance.now();
  #timersAt = -Infinity;
  #timers = NaN;
  #arrayBuffersAt = -Infinity;
  #arrayBuffers = NaN;

  /**
   * @param {object} settings
   * @param {object} [settings.addon] none: JavaScript reads
   * @param {number} settings.interval seconds
   * @param {string} settings.dir whose file system counts
   * @param {boolean} settings.requests whether to count HTTP requests
   */
  constructor({ addon, interval, dir, requests }) {
    this.#readings = openReadings({ addon, interval, dir });
    this.#eventLoop = new EventLoopReadings(interval * 1000);
    if (requests) this.#requests = new RequestCounter();
  }

  /** What else the addon's readings can do: the mirror of the black box. */
  get readings() {
    return this.#readings;
  }

  /** @param {Float64Array} row of `WIDTH` numbers, all of which are written */
  read(row) {
    const now = performance.now();
    row.fill(NaN, NATIVE_RANGE.first + NATIVE_RANGE.count);
    row[INDEX.time] = Date.now();
    this.#readings.read(row, NATIVE_RANGE.first);
    row[INDEX.heapLimit] -= this.#youngReserve;
    this.#eventLoop.read(row, INDEX.eventLoopDelay);
    this.#requests?.read(row, INDEX.requestsInFlight, (now - this.#clock) / 1000);
    this.#clock = now;
    row[INDEX.arrayBuffers] = this.#arrayBuffersNow(now);
    row[INDEX.timers] = this.#timersNow(now, row[INDEX.handles]);
  }

  stop() {
    this.#readings.stop();
    this.#eventLoop.stop();
    this.#requests?.stop();
  }

  /** Only Node knows, and it makes an object to tell. */
  #arrayBuffersNow(now) {
    if (now - this.#arrayBuffersAt < ARRAY_BUFFERS_MS) return this.#arrayBuffers;
    this.#arrayBuffersAt = now;
    try {
      this.#arrayBuffers = process.memoryUsage().arrayBuffers;
    } catch {
      // No descriptor left, say: the last one counts.
    }
    return this.#arrayBuffers;
  }

  #timersNow(now, handles) {
    if (now - this.#timersAt < MINUTE_MS) return this.#timers;
    if (handles > MOST_RESOURCES || this.#timers > MOST_RESOURCES * 10) return this.#timers;
    this.#timersAt = now;
    const resources = process.getActiveResourcesInfo?.();
    if (resources) this.#timers = resources.filter((kind) => kind === 'Timeout').length;
    return this.#timers;
  }
}

module.exports = { Sampler };
