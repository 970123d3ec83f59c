'use strict';

/**
 * Durations, sizes and shares as people write them in rules and limits.
 *
 * @module
 */

const units = require('../units.js');

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds of each unit. */
const DURATIONS = Object.freeze({
  ms: 1,
  s: SECOND,
  sec: SECOND,
  m: MINUTE,
  min: MINUTE,
  h: HOUR,
  d: DAY,
  w: 7 * DAY,
});

/** A longer text is no quantity. */
const MAX_TEXT = 64;

const isAmount = (value) => Number.isFinite(value) && value >= 0;

const isShortText = (value) =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_TEXT;

function parseDurationText(text) {
  const part = /\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*/y;
  const lower = text.toLowerCase();
  let sum = 0;
  while (part.lastIndex < lower.length) {
    const match = part.exec(lower);
    if (!match || !Object.hasOwn(DURATIONS, match[2])) return undefined;
    sum += Number(match[1]) * DURATIONS[match[2]];
  }
  return isAmount(sum) ? sum : undefined;
}

/**
 * `30` (seconds), `'30s'`, `'1h'`, `'1.5 h'`, `'1h 30m'`, `'500ms'` -> milliseconds.
 *
 * @param {unknown} value
 * @returns {number|undefined} undefined for what is no duration; a text needs a unit
 */
function parseDuration(value) {
  if (typeof value === 'number') return isAmount(value) ? value * SECOND : undefined;
  return isShortText(value) ? parseDurationText(value) : undefined;
}

/**
 * `4096` (bytes), `'2GB'`, `'1.5 GB'`, `'300k'` -> bytes; powers of 1024.
 *
 * @param {unknown} value
 * @returns {number|undefined} undefined for what is no size
 */
function parseSize(value) {
  if (typeof value === 'number') return isAmount(value) ? Math.round(value) : undefined;
  const bytes = isShortText(value) ? units.parseSize(value) : undefined;
  return isAmount(bytes) ? bytes : undefined;
}

const SHARE = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/;

/**
 * `'10%'` -> 0.1.
 *
 * @param {unknown} value
 * @returns {number|undefined} undefined for what is no share, or more than all
 */
function parseShare(value) {
  const match = isShortText(value) ? SHARE.exec(value) : null;
  const share = match ? Number(match[1]) / 100 : Number.NaN;
  return share <= 1 ? share : undefined;
}

const trimmed = (value) => String(Number(value.toFixed(1)));

/**
 * 5400000 -> `1.5 h`: one unit, one decimal at most.
 *
 * @param {number} ms
 * @returns {string}
 */
function spellDuration(ms) {
  const value = Math.max(0, ms);
  if (value < SECOND) return `${Math.round(value)} ms`;
  if (value < 2 * MINUTE) return `${trimmed(value / SECOND)} s`;
  if (value < 2 * HOUR && value % HOUR !== 0) return `${trimmed(value / MINUTE)} min`;
  if (value <= 2 * DAY) return `${trimmed(value / HOUR)} h`;
  return `${trimmed(value / DAY)} days`;
}

module.exports = { parseDuration, parseShare, parseSize, spellDuration };
