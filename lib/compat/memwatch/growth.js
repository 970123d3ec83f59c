'use strict';

/**
 * When memwatch says `leak`: the rule it has always had, and a better one.
 *
 * @module
 */

const { LeakTrend } = require('../../watch/trend.js');
const { RequestCounter } = require('../../watch/requests.js');
const { niceSize, niceSpan } = require('./nice.js');

/** Full collections in a row that must leave more than the one before. */
const CONSECUTIVE = 5;

/** `gc_ts` is in microseconds. */
const millisecondsOf = ({ gc_ts: at }) => at / 1000;

/** Five full collections in a row, each leaving more than the one before. */
class ConsecutiveGrowth {
  #last = 0;
  #count = 0;
  #start = null;

  /** @returns {{ growth: number, reason: string, start: Date, end: Date }|null} */
  note(stats) {
    const base = stats.used_heap_size;
    const grew = base > this.#last;
    this.#last = base;
    if (!grew) {
      this.#count = 0;
      return null;
    }
    if (this.#count === 0) this.#start = { base, at: millisecondsOf(stats) };
    this.#count++;
    return this.#count < CONSECUTIVE ? null : this.#report(stats);
  }

  #report(stats) {
    this.#count = 0;
    const end = millisecondsOf(stats);
    const growth = stats.used_heap_size - this.#start.base;
    const seconds = Math.trunc((end - this.#start.at) / 1000);
    // Within a second the original divides by nought.
    const rate = niceSize(Math.trunc(growth / (Math.max(seconds, 1) / 3600)));
    return {
      growth,
      reason: `heap growth over ${CONSECUTIVE} consecutive GCs (${niceSpan(seconds)}) - ${rate}/hr`,
      start: new Date(this.#start.at),
      end: new Date(end),
    };
  }
}

const SOCKETS = new Set(['TCPSocketWrap', 'TCPServerWrap']);

function countSockets() {
  return process.getActiveResourcesInfo().filter((name) => SOCKETS.has(name)).length;
}

/** The trend that the rules of `rsprof.watch()` know as `leak()`: see lib/watch/trend.js. */
class GrowthTrend {
  #trend = new LeakTrend();
  #requests = new RequestCounter();
  #row = new Float64Array(4);
  #start = null;
  #last = null;
  #leaking = false;

  /** @returns {{ growth: number, reason: string, start: Date, end: Date, verdict: object }|null} */
  note(stats) {
    const time = millisecondsOf(stats);
    const floor = stats.used_heap_size;
    const rate = this.#rate(time);
    this.#start ??= { time, floor };
    this.#trend.add({ time, floor, loads: [countSockets(), rate] });
    const verdict = this.#trend.verdict({ now: time, limit: stats.heap_size_limit });
    const isNews = verdict.leaking && !this.#leaking;
    this.#leaking = verdict.leaking;
    if (!isNews) return null;
    const growth = floor - this.#start.floor;
    const [start, end] = [new Date(this.#start.time), new Date(time)];
    return { growth, reason: verdict.text, start, end, verdict };
  }

  #rate(time) {
    const seconds = this.#last === null ? 0 : (time - this.#last) / 1000;
    this.#last = time;
    this.#requests.read(this.#row, 0, seconds);
    return this.#row[1];
  }

  stop() {
    this.#requests.stop();
  }
}

module.exports = { ConsecutiveGrowth, GrowthTrend };
