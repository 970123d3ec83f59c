'use strict';

/**
 * Times as a person reads them in the middle of the night.
 *
 * @module
 */

const { duration, plural } = require('../../units.js');

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** 41_000 -> `41 s`, 240_000 -> `4 minutes`, 11_520_000 -> `3.2 hours`. */
function span(ms) {
  if (ms < 10_000) return duration(ms);
  if (ms < 100_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 1.5 * HOUR) return plural(Math.round(ms / MINUTE), 'minute');
  return ms < 2 * DAY ? `${(ms / HOUR).toFixed(1)} hours` : `${(ms / DAY).toFixed(1)} days`;
}

const isDate = (ms) => Math.abs(ms) <= 8.64e15;

/** `2025-11-21 03:12:07`, in UTC. */
function dateTime(ms) {
  if (!isDate(ms)) return 'an unknown time';
  return new Date(ms).toISOString().slice(0, -5).replace('T', ' ');
}

/** `03:12:07`, in UTC. */
function clock(ms) {
  return isDate(ms) ? dateTime(ms).slice(-8) : '';
}

module.exports = { clock, dateTime, span };
