'use strict';

/**
 * Axes: round numbers, few of them.
 *
 * @module
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Between two lines of the time axis. */
const TIME_STEPS = [10 * SECOND, 30 * SECOND].concat(
  [1, 2, 5, 10, 15, 20, 30].map((minutes) => minutes * MINUTE),
  [1, 2, 3, 4, 6, 8, 12].map((hours) => hours * HOUR),
);

/** What is not above is drawn as if nothing was there: an axis of 0.001 ms tells nothing. */
const LEAST = { bytes: 4096, ms: 4, ratio: 0.2, count: 4, perSecond: 4 };

/** Of memory in powers of two, else 1, 2, 5. */
function roundStep(step, unit) {
  if (unit === 'bytes') return 2 ** Math.ceil(Math.log2(step) - 1e-9);
  const power = 10 ** Math.floor(Math.log10(step) + 1e-9);
  const factor = [1, 2, 5, 10].find((one) => one * power >= step * (1 - 1e-9));
  return factor * power;
}

/**
 * @param {number} greatest to be shown
 * @param {string} unit as in lib/watch/metrics.js
 * @param {number} [most] lines above 0
 * @returns {{ top: number, ticks: number[] }} from 0
 */
function valueAxis(greatest, unit, most = 3) {
  const span = Math.max(greatest, LEAST[unit] ?? 1);
  const step = roundStep(span / most, unit);
  const ticks = [];
  for (let at = 0; at <= Math.ceil(span / step - 1e-9); at++) ticks.push(at * step);
  return { top: ticks[ticks.length - 1], ticks };
}

/**
 * @param {number} from ms since the epoch
 * @param {number} to
 * @param {number} most how many lines there is room for
 * @param {number} [offset] minutes of the time zone, as `getTimezoneOffset` gives them
 * @returns {number[]} full minutes or hours of the clock on the wall
 */
function timeTicks(from, to, most, offset = new Date(to).getTimezoneOffset()) {
  const step = TIME_STEPS.find((one) => (to - from) / one <= most) ?? 24 * HOUR;
  const aside = offset * MINUTE;
  const ticks = [];
  for (let at = Math.ceil((from - aside) / step) * step + aside; at <= to; at += step)
    ticks.push(at);
  return ticks;
}

module.exports = { timeTicks, valueAxis };
