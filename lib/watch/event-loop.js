'use strict';

/**
 * How late the event loop is, and how busy.
 *
 * @module
 */

const { monitorEventLoopDelay, performance } = require('node:perf_hooks');

/** Milliseconds between two looks of Node's monitor. */
const RESOLUTION_MS = 20;

const NS_PER_MS = 1e6;

/** A delay is what came on top of the wait that was asked for. */
function delay(nanoseconds) {
  return Math.max(0, nanoseconds / NS_PER_MS - RESOLUTION_MS);
}

class EventLoopReadings {
  #monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #last = performance.eventLoopUtilization();
  #intervalMs;
  #readAt = performance.now();

  /** @param {number} intervalMs between two readings */
  constructor(intervalMs) {
    this.#intervalMs = intervalMs;
    this.#monitor.enable();
  }

  /** Fills three numbers from `at` on: 99th percentile and longest delay in ms, utilisation 0 to 1. */
  read(row, at) {
    const monitor = this.#monitor;
    const hasSeen = monitor.max > 0;
    const late = this.#lateness();
    row[at] = Math.max(late, hasSeen ? delay(monitor.percentile(99)) : 0);
    row[at + 1] = Math.max(late, hasSeen ? delay(monitor.max) : 0);
    monitor.reset();
    const now = performance.eventLoopUtilization();
    const active = now.active - this.#last.active;
    const whole = active + now.idle - this.#last.idle;
    row[at + 2] = whole > 0 ? active / whole : NaN;
    this.#last = now;
  }

  /**
   * How late this very reading is. A turn that was long makes it late, too, and it may come before the monitor
   * has noted the turn, which then forgets it with the reset.
   */
  #lateness() {
    const now = performance.now();
    const late = now - this.#readAt - this.#intervalMs;
    this.#readAt = now;
    return Math.max(0, late);
  }

  stop() {
    this.#monitor.disable();
  }
}

module.exports = { EventLoopReadings };
