'use strict';

/**
 * The names a condition may use: the readings of ../metrics.js, and what is made of several of them.
 *
 * @module
 */

const { INDEX, METRICS } = require('../metrics.js');
const { BYTES, NUMBER, PER_TIME, SHARE, TIME } = require('./units.js');

/** What the unit of a metric is within a condition, and by what its readings are divided. */
const UNITS = Object.freeze({
  bytes: [BYTES, 1],
  ms: [TIME, 1],
  ratio: [SHARE, 1],
  count: [NUMBER, 1],
  perSecond: [PER_TIME, 1000],
});

/** @typedef {{ name: string, index: number, what: object, divisor: number }} Reading */

/** Points in time are no readings: `floorAge` is what can be compared. */
const READINGS = new Map(
  METRICS.filter(({ unit }) => unit in UNITS).map(({ name, unit }) => {
    const [what, divisor] = UNITS[unit];
    return [name, Object.freeze({ name, index: INDEX[name], what, divisor })];
  }),
);

/** One reading says little of what happens in bursts: the share is that of the last 10 s. */
const SHARE_WINDOW = 10_000;

const GC_TIMES = Object.freeze(['scavengeTime', 'markSweepTime', 'otherGcTime']);

/**
 * What is made of several readings. `sum`: of these, each by the function that is asked for; `share`: their
 * sum over a window by its length; `since`: the time since a point in time. `calls`: functions that take it.
 */
const DERIVED = new Map(
  Object.entries({
    gcTime: { what: TIME, sum: GC_TIMES, calls: ['sum', 'mean', 'slope'] },
    gcShare: { what: SHARE, share: GC_TIMES, window: SHARE_WINDOW, calls: ['mean'] },
    floorAge: { what: TIME, since: INDEX.floorTime, calls: [] },
  }),
);

/** What other tools call it. */
const ALIASES = new Map(
  Object.entries({
    elu: 'eventLoopUtilization',
    lag: 'eventLoopDelay',
    looplag: 'eventLoopDelay',
    eventlooplag: 'eventLoopDelay',
    heapsizelimit: 'heapLimit',
    totalheapsize: 'heapTotal',
    usedheapsize: 'heapUsed',
    residentsetsize: 'rss',
    p99: 'requestLatencyP99',
    floortime: 'floorAge',
    gc: 'gcShare',
  }),
);

/** Every name, the readings first. */
const NAMES = Object.freeze([...READINGS.keys(), ...DERIVED.keys()]);

module.exports = { ALIASES, DERIVED, NAMES, READINGS };
