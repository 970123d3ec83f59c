'use strict';

/**
 * The difference of two short texts, line by line.
 *
 * @module
 */

/** Lines around a change. */
const CONTEXT = 3;

/** Lengths of the longest common subsequences of what is left from each pair of lines on. */
function commonLengths(a, b) {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const isSame = a[i] === b[j];
      lengths[i][j] = isSame
        ? lengths[i + 1][j + 1] + 1
        : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  return lengths;
}

/** `' line'`, `'-line'` and `'+line'`, in order. */
function changes(a, b) {
  const lengths = commonLengths(a, b);
  const lines = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && a[i] === b[j]) lines.push(` ${a[i++]}`) && j++;
    else if (i < a.length && (j === b.length || lengths[i + 1][j] >= lengths[i][j + 1]))
      lines.push(`-${a[i++]}`);
    else lines.push(`+${b[j++]}`);
  }
  return lines;
}

/**
 * @param {string} before
 * @param {string} after
 * @returns {string} lines that begin with `-`, `+` or a space, with three lines around; `''`: the same
 */
function lineDiff(before, after) {
  const lines = changes(before.split(/\r?\n/), after.split(/\r?\n/));
  const isNear = (_, at) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some((line) => line[0] !== ' ');
  const shown = lines.filter(isNear);
  return shown.length === 0 ? '' : `${shown.join('\n')}\n`;
}

module.exports = { lineDiff };
