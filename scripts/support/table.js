'use strict';

/**
 * Text of a table for the terminal: `columns` are `{ title, align: 'left' | 'right' }`, `rows` are
 * arrays of texts. Columns are as wide as their widest text.
 */
function table(columns, rows) {
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...rows.map((row) => String(row[at]).length)),
  );
  const line = (cells) =>
    cells
      .map((cell, at) => {
        const text = String(cell);
        return columns[at].align === 'right' ? text.padStart(widths[at]) : text.padEnd(widths[at]);
      })
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [line(columns.map(({ title }) => title)), rule, ...rows.map(line)]
    .map((text) => `  ${text}`)
    .join('\n');
}

const left = (title) => ({ title, align: 'left' });
const right = (title) => ({ title, align: 'right' });

/** Bytes as a person reads them, in powers of 1024. */
function size(bytes) {
  const units = ['B', 'kB', 'MB', 'GB'];
  let at = 0;
  let value = bytes;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  return `${value.toFixed(value < 10 && at > 0 ? 1 : 0)} ${units[at]}`;
}

const milliseconds = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const percent = (share) => `${(100 * share).toFixed(1)} %`;

module.exports = { table, left, right, size, milliseconds, percent };
