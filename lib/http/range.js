'use strict';

/**
 * `Range` and `If-Range` of a request for a file of known size.
 *
 * @module
 */

const BYTES = /^bytes=(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))$/;

/** The first and the last byte, as far as they are there. */
function spanOf([, first, last, suffix], size) {
  if (suffix !== undefined) return { start: Math.max(0, size - Number(suffix)), end: size - 1 };
  const start = Number(first);
  const end = last === undefined ? size - 1 : Math.min(Number(last), size - 1);
  return { start, end };
}

/**
 * @param {object} headers of the request
 * @param {{ size: number, etag: string }} file
 * @returns {{ start: number, end: number, isPart: boolean }|null} both bytes included; null: what is asked for is
 *   not there (416). Several ranges, and what is no range, are answered with the whole file, as RFC 9110 allows
 */
function rangeOf({ range, 'if-range': condition }, { size, etag }) {
  const whole = { start: 0, end: size - 1, isPart: false };
  const match = typeof range === 'string' ? BYTES.exec(range.trim()) : null;
  if (!match) return whole;
  // A date was never given: whoever has one has it from somebody else.
  if (condition !== undefined && condition !== etag) return whole;
  const [, first, last, suffix] = match;
  if (last !== undefined && Number(last) < Number(first)) return whole;
  const { start, end } = spanOf(match, size);
  if (start >= size || Number(suffix) === 0) return null;
  return { start, end, isPart: true };
}

module.exports = { rangeOf };
