'use strict';

/**
 * What a person wants to see of a black box: values against their limits, at the end and before it.
 *
 * @module
 */

/**
 * A figure is made of the readings of one moment: `of(name)` gives a reading, NaN where it is not known.
 *
 * `top` is what a full bar stands for at least, where there is no limit.
 *
 * @typedef {{ label: string, unit: string, value: (of: Function) => number, limit?: (of: Function) => number,
 *   top?: number }} Figure
 */

const reading = (name) => (of) => of(name);

/** What the old generation may grow to. */
const oldLimit = reading('heapLimit');

/** @type {readonly Figure[]} */
const FIGURES = Object.freeze([
  {
    label: 'memory used',
    unit: 'bytes',
    value: reading('memoryUsed'),
    limit: reading('memoryLimit'),
  },
  { label: 'resident', unit: 'bytes', value: reading('rss'), limit: reading('memoryLimit') },
  {
    label: 'heap (old)',
    unit: 'bytes',
    value: (of) => of('heapUsed') - of('newSpaceUsed'),
    limit: oldLimit,
  },
  { label: 'heap floor', unit: 'bytes', value: reading('heapFloor'), limit: oldLimit },
  { label: 'external', unit: 'bytes', value: reading('external') },
  { label: 'CPU', unit: 'ratio', value: reading('cpu'), top: 1 },
  { label: 'event loop', unit: 'ratio', value: reading('eventLoopUtilization'), top: 1 },
  { label: 'its delay', unit: 'ms', value: reading('eventLoopDelayMax') },
  { label: 'GC pause', unit: 'ms', value: reading('gcPause') },
  { label: 'descriptors', unit: 'count', value: reading('fds'), limit: reading('fdLimit') },
  {
    label: 'disk used',
    unit: 'bytes',
    value: (of) => of('diskTotal') - of('diskFree'),
    limit: reading('diskTotal'),
  },
  { label: 'handles', unit: 'count', value: reading('handles') },
  { label: 'requests', unit: 'count', value: reading('requestsInFlight') },
  { label: 'per second', unit: 'perSecond', value: reading('requestRate') },
  { label: 'their p99', unit: 'ms', value: reading('requestLatencyP99') },
]);

/** Readings that the tail has as well. */
const IN_TAIL = Object.freeze(['rss', 'memoryUsed', 'memoryLimit', 'cpu', 'heapUsed', 'heapLimit']);

/** All rows of a black box in the order of time, and what its addon wrote after the last of them. */
class Moments {
  #at = new Map();
  #youngReserve;

  /** @param {import('./reader.js').Blackbox} box */
  constructor(box) {
    for (const [at, name] of box.metrics.entries()) this.#at.set(name, at);
    this.#youngReserve = box.info.youngReserve ?? 0;
    const coarsestFirst = [...box.tiers.keys()].reverse();
    /** `{ time, values }`, the finest tier last where times are equal. */
    this.rows = coarsestFirst.flatMap((tier) => [...box.rows(tier)]);
    this.rows.sort((a, b) => a.time - b.time);
    const newest = box.newestRow;
    /** The last moment of all. */
    this.last = this.#withTail(newest, box.tail);
    if (this.last !== newest) this.rows.push(this.last);
  }

  #withTail(newest, tail) {
    if (!tail || tail.time <= (newest?.time ?? 0)) return newest;
    const values = newest
      ? newest.values.slice()
      : new Float64Array(this.#at.size).fill(Number.NaN);
    for (const name of ['time', ...IN_TAIL]) {
      if (this.#at.has(name) && !Number.isNaN(tail[name])) values[this.#at.get(name)] = tail[name];
    }
    // The addon writes V8's own limit, which is of both generations.
    if (!Number.isNaN(tail.heapLimit) && this.#at.has('heapLimit'))
      values[this.#at.get('heapLimit')] = tail.heapLimit - this.#youngReserve;
    return { time: tail.time, values };
  }

  /** The readings of a moment, by name. */
  at(row) {
    return (name) => {
      const at = this.#at.get(name);
      return at === undefined || !row ? Number.NaN : row.values[at];
    };
  }

  /** `{ time, value }` of a figure in the `windowMs` before `end`, unknown ones left out. */
  points(figure, windowMs, end) {
    return this.rows
      .filter(({ time }) => time > end - windowMs && time <= end)
      .map((row) => ({ time: row.time, value: figure.value(this.at(row)) }))
      .filter(({ value }) => Number.isFinite(value));
  }
}

module.exports = { FIGURES, Moments };
