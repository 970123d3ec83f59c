'use strict';

/**
 * Sizes and spans as memwatch writes them.
 *
 * @module
 */

const KIB = 1024;
const MIB = 1024 * 1024;

/** To two decimals, halves away from zero. */
function rounded(value) {
  return (Math.sign(value) * Math.round(Math.abs(value) * 100)) / 100;
}

/**
 * @param {number} bytes
 * @returns {string} such as `11.67 mb`, `-2.07 kb`, `1024 bytes`
 */
function niceSize(bytes) {
  const size = Math.abs(bytes);
  if (size > MIB) return `${rounded(bytes / MIB)} mb`;
  if (size > KIB) return `${rounded(bytes / KIB)} kb`;
  return `${bytes} bytes`;
}

/**
 * @param {number} seconds
 * @returns {string} such as `1h 2m 3s`, `60s`
 */
function niceSpan(seconds) {
  let text = '';
  let rest = Math.trunc(seconds);
  for (const [unit, length] of [
    ['h', 3600],
    ['m', 60],
  ]) {
    if (rest <= length) continue;
    text += `${Math.floor(rest / length)}${unit} `;
    rest %= length;
  }
  return `${text}${rest}s`;
}

module.exports = { niceSize, niceSpan };
