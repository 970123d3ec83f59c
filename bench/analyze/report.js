'use strict';

const { medians, number, ratio, row } = require('../support/report.js');
const { TASKS } = require('./contenders.js');

const MB = 1e6;
const BASE = 'rsprof';
const TITLES = ['', 'wall s', 'ratio', 'CPU s', 'ratio', 'peak RSS MB', 'ratio', 'RSS / file'];

/** The medians of the rounds that ended well, or the reason why none did. */
function judge(rounds) {
  const good = rounds.filter(({ failed }) => failed === undefined);
  if (good.length === 0) return { ...figuresOf(rounds[0]), failed: rounds[0].failed };
  return medians(good.map(figuresOf));
}

const figuresOf = ({ seconds, cpuSeconds, peakBytes }) => ({ seconds, cpuSeconds, peakBytes });

function line(name, one, base, fileBytes) {
  if (one.failed !== undefined) {
    const seen = `after ${number(one.seconds, 1)} s and ${number(megabytes(one))} MB`;
    return row([name, `fails ${seen}: ${one.failed.replaceAll('|', '/')}`, '', '', '', '', '', '']);
  }
  return row([
    name,
    number(one.seconds, 2),
    over(one.seconds, base?.seconds),
    number(one.cpuSeconds, 2),
    over(one.cpuSeconds, base?.cpuSeconds),
    number(megabytes(one)),
    over(one.peakBytes, base?.peakBytes),
    ratio(one.peakBytes, fileBytes),
  ]);
}

const megabytes = ({ peakBytes }) => peakBytes && peakBytes / MB;
const over = (value, base) => (base === undefined ? '-' : ratio(value, base));

/** `base` is what the ratios are to, where there is such a run. */
function table(task, bytes, figures, base) {
  const lines = Object.entries(figures).map(([name, rounds]) =>
    line(name, judge(rounds), base, bytes),
  );
  return [
    `**${TASKS[task]}**`,
    '',
    row(TITLES),
    row(TITLES.map((_, at) => (at === 0 ? '---' : '--:'))),
    ...lines,
  ].join('\n');
}

/** rsprof in the same task; the gzip file is compared with the plain one. */
function baseOf(task, tasks) {
  const rounds = tasks[task === 'gzip' ? 'analyze' : task]?.[BASE];
  if (rounds === undefined) return undefined;
  const judged = judge(rounds);
  return judged.failed === undefined ? judged : undefined;
}

/** The whole report as Markdown. */
function markdown({ machine, missing, sizes }) {
  const parts = [
    `Node ${machine.node}, ${machine.cpus}, ${machine.memory}, load ${machine.load} at the start; ` +
      `medians of ${machine.rounds} rounds. Ratios are to rsprof in the same run. MB is 10^6 bytes.`,
    ...missing,
  ];
  for (const { bytes, gzipBytes, tasks } of Object.values(sizes)) {
    parts.push(`### File of ${number(bytes / MB)} MB (gzip ${number(gzipBytes / MB)} MB)`);
    for (const [task, figures] of Object.entries(tasks)) {
      parts.push(table(task, bytes, figures, baseOf(task, tasks)));
    }
  }
  return `${parts.join('\n\n')}\n`;
}

module.exports = { markdown };
