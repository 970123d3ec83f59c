'use strict';

/**
 * A garbage collection profile as lines for a terminal or a log.
 *
 * @module
 */

const { count, percent, signed, size } = require('../units.js');
const { NAMES } = require('./kinds.js');
const { extent } = require('./verdict.js');

const ms = (value) => value.toFixed(1);

/** The first column to the left, the others to the right. */
function columns(rows) {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
      .join('  ')
      .trimEnd(),
  );
}

function collectionLines({ collections }) {
  if (collections.length === 0) return [];
  const header = [
    'collections',
    'count',
    'ms',
    'share',
    'p50',
    'p95',
    'p99',
    'max',
    'freed',
    'trend',
  ];
  const rows = collections.map((row) => [
    NAMES[row.kind],
    count(row.count),
    ms(row.totalMs),
    percent(row.share),
    ms(row.p50Ms),
    ms(row.p95Ms),
    ms(row.p99Ms),
    ms(row.maxMs),
    size(row.freedBytes),
    row.trend,
  ]);
  return columns([header, ...rows]);
}

function spaceLines({ spaces }) {
  const header = ['spaces', 'before', 'after', 'growth', 'peak', 'size'];
  const used = spaces.filter(({ sizeBytes, peakBytes }) => sizeBytes + peakBytes > 0);
  const rows = used.map((space) => [
    space.name,
    size(space.beforeBytes),
    size(space.afterBytes),
    signed(space.growthBytes, size),
    size(space.peakBytes),
    size(space.sizeBytes),
  ]);
  return columns([header, ...rows]);
}

function heapLines({ heap, allocationRate, promotionRate }) {
  const { firstBytes, lastBytes, slopeBytesPerMinute: slope } = heap.floor;
  const lines = [
    `allocated ${size(allocationRate)}/s, promoted ${size(promotionRate)}/s; limit ${size(heap.limitBytes)}`,
  ];
  if (firstBytes !== null) {
    const rate = slope === null ? '' : ` (${signed(slope, size)}/min)`;
    lines.push(`left by full collections: ${size(firstBytes)} → ${size(lastBytes)}${rate}`);
  }
  return lines;
}

/**
 * @param {object} result of gcProfile()
 * @returns {string} lines, the verdict first
 */
function gcText(result) {
  const paragraphs = [
    [result.verdict],
    result.advice.slice(1).map(({ text }) => `Also: ${text}`),
    [`${extent(result)}.`.replace(/^n/, 'N')],
    collectionLines(result),
    heapLines(result),
    spaceLines(result),
  ];
  const shown = paragraphs.filter((lines) => lines.length > 0);
  return `${shown.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

module.exports = { gcText };
