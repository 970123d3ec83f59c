'use strict';

// Writes the mappings of source maps, whatever they say.

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function vlq(value) {
  let rest = value < 0 ? -value * 2 + 1 : value * 2;
  let text = '';
  do {
    const digit = rest % 32;
    rest = Math.floor(rest / 32);
    text += DIGITS[rest > 0 ? digit + 32 : digit];
  } while (rest > 0);
  return text;
}

/**
 * @param {number[][][]} lines of segments: [column], [column, source, line, column] or [..., name], all from 0
 * @returns {string}
 */
function mappings(lines) {
  const last = [0, 0, 0, 0, 0];
  const relative = (segment) =>
    segment.map((value, field) => {
      const change = value - last[field];
      last[field] = value;
      return vlq(change);
    });
  return lines
    .map((segments) => {
      last[0] = 0;
      return segments.map((segment) => relative(segment).join('')).join(',');
    })
    .join(';');
}

module.exports = { mappings, vlq };
