'use strict';

/**
 * A course of values on one line.
 *
 * @module
 */

const BARS = '▁▂▃▄▅▆▇█';

/** The highest value of each column; undefined where there is none. */
function columnsOf(points, from, to, columns) {
  const highest = new Array(columns);
  for (const { time, value } of points) {
    const at = Math.min(columns - 1, Math.floor(((time - from) / (to - from)) * columns));
    if (at >= 0 && !(highest[at] >= value)) highest[at] = value;
  }
  return highest;
}

/**
 * @param {{ time: number, value: number }[]} points
 * @param {{ from: number, to: number, columns: number, top: number }} how `top`: the value of a full bar; from
 *   0 up
 * @returns {string} `columns` wide, with a space where nothing is known
 */
function sparkline(points, { from, to, columns, top }) {
  const bar = (value) => {
    if (value === undefined) return ' ';
    const share = top > 0 ? value / top : 0;
    const at = Math.floor(share * BARS.length);
    return BARS[Math.max(0, Math.min(BARS.length - 1, at))];
  };
  return Array.from(columnsOf(points, from, to, columns), bar).join('');
}

module.exports = { sparkline };
