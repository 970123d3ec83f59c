'use strict';

const { median } = require('./median.js');

const BASE = 'v8.writeHeapSnapshot';
const MB = 2 ** 20;

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

/** A table whose first column is a name, the others figures. */
function table(titles, lines) {
  const rule = ['', ...titles].map((_, at) => (at === 0 ? '---' : '--:'));
  return [row(['', ...titles]), row(rule), ...lines.map(row)].join('\n');
}

const byContender = (figures) =>
  Object.entries(figures).map(([name, rounds]) => [name, medians(rounds)]);

function startsTable(heap, figures) {
  const found = byContender(figures);
  const titles = ['first start ms', 'later starts ms', 'longest later start ms', 'stop ms'];
  const lines = found.map(([name, one]) => [
    name,
    number(one.startMs, 1),
    number(one.againMs, 1),
    number(one.longestAgainMs, 1),
    number(one.stopMs, 1),
  ]);
  const used = number(found[0][1].heapUsed / MB);
  const title = `### Starts of a CPU profile, 20,000 functions, ${heap} MB asked for (${used} MB used)`;
  return `${title}\n\n${table(titles, lines)}`;
}

/** With the extremes over the rounds: on a shared machine the spread tells what a median is worth. */
function withRange(rounds, field) {
  const values = rounds.map((one) => one[field]);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${number(median(values), 1)} (${number(least, 1)} to ${number(most, 1)})`;
}

function runningTable(interval, figures) {
  const titles = ['more time %', 'more CPU of all threads %', 'units of work per second'];
  const lines = Object.entries(figures).map(([name, rounds]) => [
    name,
    withRange(rounds, 'wallPercent'),
    withRange(rounds, 'cpuPercent'),
    number(median(rounds.map(({ unitsPerSecond }) => unitsPerSecond))),
  ]);
  const title = `### A CPU profile running at ${interval} microseconds: what the same work needs more`;
  return `${title}\n\n${table(titles, lines)}`;
}

function profilesTable({ bytes, figures }) {
  const base = median(figures['JSON.parse'].map(({ seconds }) => seconds));
  const titles = ['seconds', 'of JSON.parse', 'CPU seconds', 'peak RSS + MB', 'found'];
  const lines = Object.entries(figures).map(([name, rounds]) => {
    const { failed, found } = rounds[0];
    if (failed) return [name, '-', '-', '-', '-', failed.slice(0, 80)];
    const one = medians(
      rounds.map(({ seconds, cpuSeconds, peakBytes }) => ({ seconds, cpuSeconds, peakBytes })),
    );
    const peak = number(one.peakBytes && one.peakBytes / MB);
    const time = [number(one.seconds, 2), ratio(one.seconds, base), number(one.cpuSeconds, 2)];
    return [name, ...time, peak, found.replaceAll('|', '\\|').slice(0, 80)];
  });
  const title = `### Analysing a .cpuprofile of ${number(bytes / MB)} MB`;
  return `${title}\n\n${table(titles, lines)}`;
}

const each = (tables, draw) => Object.entries(tables ?? {}).map(([key, one]) => draw(key, one));

/** The whole report as Markdown. */
function markdown({ machine, missing, snapshots, starts, running, profiles }) {
  const { node, v8, cpus, memory, load, rounds } = machine;
  const parts = [
    `Node ${node}, V8 ${v8}, ${cpus}, ${memory}, load ${load}; medians of ${rounds} rounds.`,
    ...missing,
    ...each(snapshots, snapshotTable),
    ...each(starts, startsTable),
    ...each(running, runningTable),
    ...(profiles ? [profilesTable(profiles)] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

module.exports = { markdown, medians, number, ratio, row };
