'use strict';

/**
 * A table for the terminal.
 *
 * @module
 */

const { cut, cutMiddle, padEnd, padStart, width } = require('./width.js');

/**
 * A column. The `flexible` ones share what the others leave, and are cut where that is too little: at the
 * end, those of a `path` in the middle.
 *
 * @typedef {{ title: string, align?: 'right', flexible?: boolean, path?: boolean,
 *   paint?: (text: string) => string }} Column
 */

const GAP = 2;
const LEAST = 8;

function natural(columns, rows) {
  return columns.map(({ title }, at) =>
    Math.max(width(title), ...rows.map((row) => width(row[at]))),
  );
}

/** Takes from the widest flexible column, one by one, until the table fits. */
function shrink(columns, widths, room) {
  const fitted = [...widths];
  const total = () => fitted.reduce((sum, one) => sum + one, GAP * (columns.length - 1));
  while (total() > room) {
    const flexible = fitted.map((one, at) => (columns[at].flexible ? one : 0));
    const widest = Math.max(...flexible);
    if (widest <= LEAST) break;
    fitted[flexible.indexOf(widest)]--;
  }
  return fitted;
}

function cell(text, columns, { align, path }) {
  const fitted = path ? cutMiddle(text, columns) : cut(text, columns);
  return align === 'right' ? padStart(fitted, columns) : padEnd(fitted, columns);
}

/**
 * @param {Column[]} columns
 * @param {string[][]} rows without controls
 * @param {{ room: number, style: object }} how `room`: columns of the terminal it may take
 * @returns {string[]} lines, the header first
 */
function table(columns, rows, { room, style }) {
  const widths = shrink(columns, natural(columns, rows), room);
  const line = (texts, paint) =>
    texts
      .map((text, at) => paint(cell(text, widths[at], columns[at]), columns[at]))
      .join(' '.repeat(GAP))
      .trimEnd();
  const header = line(
    columns.map(({ title }) => title),
    (text) => style.dim(text),
  );
  const body = rows.map((row) => line(row, (text, column) => (column.paint ?? String)(text)));
  return [header, ...body];
}

module.exports = { table };
