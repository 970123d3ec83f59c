'use strict';

/**
 * Rows of readings as JSON for charts: columns, in few bytes.
 *
 * @module
 */

const { inspect } = require('node:util');
const { invalidArgument } = require('../errors.js');
const { INDEX, METRICS } = require('../watch/metrics.js');
const { parseDuration } = require('../watch/quantity.js');

const LEAST_WINDOW_MS = 60_000;
const MOST_WINDOW_MS = 86_400_000;
const WINDOW = '10m';

/** A day of minutes, and some. */
const MOST_ROWS = 1500;

/** What the page shows. */
const PAGE_METRICS = Object.freeze([
  ...['newSpaceUsed', 'oldSpaceUsed', 'codeSpaceUsed', 'largeObjectSpaceUsed', 'otherSpaceUsed'],
  ...['heapUsed', 'heapTotal', 'heapLimit', 'heapFloor'],
  ...['rss', 'memoryUsed', 'memoryLimit', 'external', 'arrayBuffers'],
  ...['cpu', 'threadCpu', 'eventLoopDelay', 'eventLoopDelayMax', 'eventLoopUtilization'],
  ...['scavenges', 'scavengeTime', 'markSweeps', 'markSweepTime', 'otherGcs', 'otherGcTime'],
  'gcPause',
  ...['handles', 'tcpHandles', 'udpHandles', 'pipeHandles', 'processHandles'],
  ...['fileWatchHandles', 'otherHandles', 'timers', 'fds', 'fdLimit', 'diskFree'],
  ...['requestsInFlight', 'requestRate', 'requestLatency', 'requestLatencyP99'],
]);

const ALL_METRICS = Object.freeze(
  METRICS.map(({ name }) => name).filter((name) => name !== 'time'),
);

/** Digits after the point that somebody can see. */
const DIGITS = Object.freeze({ bytes: 0, time: 0, ms: 2, count: 2, perSecond: 2, ratio: 4 });

/** By what each metric is multiplied before it is rounded. */
const SCALES = Float64Array.from(METRICS, ({ unit }) => 10 ** DIGITS[unit]);

/** JSON has neither NaN nor Infinity. */
function rounded(value, index) {
  const scale = SCALES[index];
  return Number.isFinite(value) ? Math.round(value * scale) / scale : null;
}

/**
 * Reads the window that a client asks for, in the grammar of lib/watch/quantity.js.
 *
 * @param {unknown} [text] `10m`, `1h 30m`, `24h`
 * @returns {number} ms
 * @throws {import('../errors.js').RsprofError} INVALID_ARG
 */
function parseWindow(text = WINDOW) {
  const ms = typeof text === 'string' ? parseDuration(text) : undefined;
  if (ms >= LEAST_WINDOW_MS && ms <= MOST_WINDOW_MS) return ms;
  const got = inspect(text, { depth: 0, maxStringLength: 40, breakLength: Infinity });
  throw invalidArgument(`window must be a time from 1m to 24h, such as ${WINDOW}; got ${got}`);
}

/** One reading, by name. */
function valuesOf(row, names = PAGE_METRICS) {
  return Object.fromEntries(names.map((name) => [name, rounded(row[INDEX[name]], INDEX[name])]));
}

function column(rows, index) {
  return rows.map((row) => rounded(row[index], index));
}

/**
 * @param {{ step: number, times: ArrayLike<number>, rows: Float64Array[] }} history of `History.rows()`
 * @param {{ all?: boolean }} [how] `all`: not only what the page shows
 * @returns {{ step: number, names: string[], units: Record<string, string>, time: number[],
 *   values: Record<string, (number|null)[]> }} columns, oldest first; null for what is not known
 */
function seriesOf({ step, times, rows }, { all = false } = {}) {
  const names = all ? ALL_METRICS : PAGE_METRICS;
  const newest = rows.slice(-MOST_ROWS);
  const byName = (convert) => Object.fromEntries(names.map((name) => [name, convert(INDEX[name])]));
  return {
    step,
    names,
    units: byName((index) => METRICS[index].unit),
    time: Array.from(times.slice(-MOST_ROWS), (time) => rounded(time, INDEX.time)),
    values: byName((index) => column(newest, index)),
  };
}

module.exports = { ALL_METRICS, MOST_ROWS, PAGE_METRICS, parseWindow, rounded, seriesOf, valuesOf };
