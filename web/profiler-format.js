'use strict';

/**
 * Numbers as a person reads them, short enough for a chart.
 *
 * @module
 */

const { texts } = require('./profiler-texts.js');

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
const STEP = 1024;

/** Units of time, each in those of the one before. */
const TIMES = [
  ['s', 1000],
  ['min', 60],
  ['h', 60],
  ['d', 24],
];

/** 8.34 -> `8.3`, 41.7 -> `42`, 2.0 -> `2`. */
const short = (value, digits = 1) =>
  String(Number(value.toFixed(Math.abs(value) < 10 ? digits : 0)));

/** 432013312 -> `412 MB`, 1470000000 -> `1.37 GB`. */
function size(bytes) {
  let [value, at] = [Math.abs(bytes), 0];
  while (value >= STEP - 0.5 && SIZES[at + 1]) {
    value /= STEP;
    at++;
  }
  return `${bytes < 0 ? '-' : ''}${short(value, at > 2 ? 2 : 1)}\u00a0${SIZES[at]}`;
}

/** 0.4 -> `0.4 ms`, 2300 -> `2.3 s`; of what is longer the two largest units: `3 h 12 min`. */
function duration(ms) {
  if (!(ms >= 999.5)) return `${short(Math.max(0, ms))}\u00a0${texts('ms')}`;
  if (ms < 59_500) return `${short(ms / 1000)}\u00a0${texts('s')}`;
  let [whole, rest, at] = [ms, 0, -1];
  while (TIMES[at + 1] && Math.round(whole) >= TIMES[at + 1][1]) {
    const each = TIMES[++at][1];
    // Rounded here, or 119.7 s were one minute and sixty seconds.
    const rounded = Math.round(whole);
    [whole, rest] = at === 0 ? [whole / each, 0] : [Math.floor(rounded / each), rounded % each];
  }
  const text = `${whole}\u00a0${texts(TIMES[at][0])}`;
  return rest > 0 ? `${text} ${rest}\u00a0${texts(TIMES[at - 1][0])}` : text;
}

/** 14234 -> `14,234`, 8.25 -> `8.3`. */
const count = (value) => short(value).replace(/\B(?=(\d{3})+$)/g, ',');

const FORMATS = {
  bytes: size,
  ms: duration,
  ratio: (value) => `${short(100 * value)}\u00a0%`,
  perSecond: (value) => `${count(value)}/s`,
};

/**
 * A reading with its unit; `–` where it is not known.
 *
 * @param {string} unit as in lib/watch/metrics.js
 * @param {number|null|undefined} value
 */
function amount(unit, value) {
  return Number.isFinite(value) ? (FORMATS[unit] ?? count)(value) : '–';
}

/**
 * When: the time, and the day where it is another one.
 *
 * @param {number|string} time ms since the epoch, or ISO
 * @param {object} [more] options of `toLocaleString`
 * @param {number} [now]
 */
function clock(time, more = {}, now = Date.now()) {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date(now).toDateString();
  const day = isToday ? {} : { month: 'short', day: 'numeric' };
  const digits = '2-digit';
  const options = { ...day, hour: digits, minute: digits, hourCycle: 'h23', ...more };
  return date.toLocaleString(texts.language, options);
}

/** To the second. */
const exactly = (time) => clock(time, { second: '2-digit' });

module.exports = { amount, clock, count, duration, exactly, size };
