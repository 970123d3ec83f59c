'use strict';

const BASE = 'v8.writeHeapSnapshot';
const MB = 2 ** 20;

function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `{ pauseMs, totalMs, ... }`: the median of each figure over the rounds. */
function medians(rounds) {
  const names = Object.keys(rounds[0]);
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((one) => one[name]))]));
}

const row = (cells) => `| ${cells.join(' | ')} |`;
const ratio = (value, base) => (value === undefined ? '-' : `${(value / base).toFixed(2)}`);
const number = (value, digits = 0) => (value === undefined ? '-' : value.toFixed(digits));

function snapshotTable(heap, figures) {
  const found = Object.fromEntries(
    Object.entries(figures).map(([name, rounds]) => [name, medians(rounds)]),
  );
  const base = found[BASE];
  const lines = Object.entries(found).map(([name, one]) =>
    row([
      name,
      number(one.pauseMs),
      ratio(one.pauseMs, base.pauseMs),
      number(one.toolPauseMs),
      number(one.totalMs),
      ratio(one.totalMs, base.totalMs),
      number(one.bytes / MB, 1),
      ratio(one.bytes, base.bytes),
      number(one.peakBytes && one.peakBytes / MB),
      ratio(one.peakBytes, base.peakBytes),
    ]),
  );
  const titles = [
    '',
    'pause ms',
    'ratio',
    'own word ms',
    'total ms',
    'ratio',
    'file MB',
    'ratio',
    'peak RSS + MB',
    'ratio',
  ];
  return [
    `### Heap snapshot, ${heap} MB of heap (${number(base.heapUsed / MB)} MB used)`,
    '',
    row(titles),
    row(titles.map((_, at) => (at === 0 ? '---' : '--:'))),
    ...lines,
  ].join('\n');
}

function cpuTable(figures) {
  const found = Object.entries(figures).map(([name, rounds]) => [name, medians(rounds)]);
  const base = found.find(([name]) => name === 'no profiler')[1];
  const titles = [
    '',
    'first start ms',
    'next start ms',
    'stop ms',
    'work per second',
    'of no profiler',
  ];
  return [
    '### CPU profile of an app with 20,000 functions',
    '',
    row(titles),
    row(titles.map((_, at) => (at === 0 ? '---' : '--:'))),
    ...found.map(([name, one]) =>
      row([
        name,
        number(one.startMs, 1),
        number(one.againMs, 1),
        number(one.stopMs, 1),
        number(one.unitsPerSecond),
        ratio(one.unitsPerSecond, base.unitsPerSecond),
      ]),
    ),
  ].join('\n');
}

/** The whole report as Markdown. */
function markdown({ machine, missing, snapshots = {}, cpu }) {
  const parts = [
    `Node ${machine.node}, V8 ${machine.v8}, ${machine.cpus}, ${machine.memory}; medians of ${machine.rounds} rounds.`,
    ...missing,
    ...Object.entries(snapshots).map(([heap, figures]) => snapshotTable(heap, figures)),
    ...(cpu ? [cpuTable(cpu)] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

module.exports = { markdown, medians, number, ratio, row };
