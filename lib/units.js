'use strict';

/**
 * Sizes, counts and shares as a person reads them: powers of 1024, commas between thousands.
 *
 * @module
 */

const UNITS = Object.freeze(['B', 'kB', 'MB', 'GB', 'TB', 'PB']);

const STEP = 1024;

/** 1234567 -> `1,234,567`. By hand: a Node without ICU has no separators. */
function count(value) {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/**
 * 109288161 -> `104.2 MB`.
 *
 * @param {number} bytes may be negative
 * @returns {string}
 */
function size(bytes) {
  let at = 0;
  let value = Math.abs(bytes);
  // What would round up to 1024.0 is one of the next unit.
  while (value >= STEP - (at === 0 ? 0 : 0.05) && at < UNITS.length - 1) {
    value /= STEP;
    at++;
  }
  return `${bytes < 0 ? '-' : ''}${value.toFixed(at === 0 ? 0 : 1)} ${UNITS[at]}`;
}

/** With a plus where it grew. */
function signed(value, format) {
  return value > 0 ? `+${format(value)}` : format(value);
}

/** 0.849 -> `84.9 %`; what is there but rounds to nothing is `< 0.1 %`. */
function percent(share) {
  if (share > 0 && share < 0.0005) return '< 0.1 %';
  return `${(100 * share).toFixed(1)} %`;
}

/** 812.4 -> `812 ms`, 2300 -> `2.3 s`. */
function duration(ms) {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `1 object`, `2 objects`. */
function plural(value, noun, nouns = `${noun}s`) {
  return `${count(value)} ${value === 1 ? noun : nouns}`;
}

const SIZE = /^(\d+(?:\.\d+)?)\s*(?:([kmgtp])i?b?|b)?$/i;

/**
 * `5MB`, `1.5 GB`, `300k`, `4096` -> bytes.
 *
 * @param {string} text
 * @returns {number|undefined} undefined for what is no size
 */
function parseSize(text) {
  const match = SIZE.exec(text.trim());
  if (!match) return undefined;
  const power = match[2] ? ' kmgtp'.indexOf(match[2].toLowerCase()) : 0;
  return Math.round(Number(match[1]) * STEP ** power);
}

module.exports = { count, duration, parseSize, percent, plural, signed, size };
