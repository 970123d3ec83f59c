'use strict';

/**
 * The report of a profile for the terminal: the verdict first, the tables last.
 *
 * @module
 */

const path = require('node:path');
const { count, duration, percent, plural } = require('../../units.js');
const {
  fileLabel,
  functionLabel,
  functionPlace,
  labelsLabel,
  partLabel,
  placeLabel,
  ruleLabel,
  shellWord,
  weightLabel,
} = require('../labels.js');
const { Page, bar, flexible, right } = require('./page.js');

const BAR = 24;

/** What is less of the time is not worth a line of text. */
const LEAST_SHARE = 0.001;

const WORDS =
  'self: in the function itself. total: with what it calls. Shares are of the time in which something was done.';

function showVerdict(page, report) {
  const { file, findings, verdict } = report;
  page.heading('Verdict', `${path.basename(file.path)}  ${fileLabel(file)}`);
  page.paragraph(verdict, findings.length > 0 ? page.style.yellow : page.style.green);
}

function showFinding(page, finding, number, { verdict, overview }) {
  page.heading(`Finding ${number}`, ruleLabel(finding.rule));
  const { full, rest } = bar(finding.share, BAR);
  const part = `${percent(finding.share)}, ${weightLabel(finding.weight, overview.unit)}`;
  page.line(`  ${page.style.yellow(full)}${page.style.dim(rest)}  ${part}`);
  page.line();
  if (!verdict.includes(finding.sentence)) page.labelled('What', finding.sentence);
  page.prose('Why', finding.explanation);
  if (finding.function?.url) page.labelled('Where', placeOf(finding.function));
  for (const [at, caller] of finding.callers.entries()) {
    page.labelled(at === 0 ? 'Called from' : '', `${functionLabel(caller)}  ${placeOf(caller)}`);
  }
  page.prose('What to do', finding.advice, page.style.cyan);
}

/** A file by its path: that is what terminals and editors open. */
const placeOf = ({ url, line, column }) =>
  placeLabel({ file: url.replace(/^file:\/\//, ''), line, column });

function partRow({ name, weight, share }, unit) {
  return [partLabel(name), weightLabel(weight, unit), percent(share), bar(share, BAR).full];
}

function showOverview(page, { kind, overview, labels }) {
  const { unit, totalWeight, idleShare, samples, interval, functions } = overview;
  page.heading('Overview');
  const figures = [plural(functions, 'function')];
  if (samples > 0) figures.push(`${plural(samples, 'sample')}, one each ${interval} µs`);
  const idle = kind === 'cpuProfile' ? `, idle for ${percent(idleShare)} of it` : '';
  page.labelled('Recorded', `${weightLabel(totalWeight, unit)}${idle}: ${figures.join(', ')}`);
  const columns = (title) => [flexible(title), right('self'), right('share'), flexible('')];
  const shown = ({ share }) => share >= LEAST_SHARE;
  const rows = (parts) => parts.filter(shown).map((part) => partRow(part, unit));
  page.labelledTable('By whose code', columns('code'), rows(overview.categories));
  page.labelledTable('By package', columns('package'), rows(overview.packages));
  page.labelledTable('By label', columns('label'), rows(labels.map(labelPart)));
}

const labelPart = ({ labels, ...part }) => ({ ...part, name: labelsLabel(labels) });

function callerNames({ callers }) {
  const [first] = callers;
  return first ? `${functionLabel(first)} ${percent(first.share)}` : '';
}

function showFunctions(page, title, rows, unit) {
  if (rows.length === 0) return;
  page.heading('Functions', title);
  const columns = [
    flexible('function'),
    flexible('at'),
    right('self'),
    right('share'),
    right('total'),
    right('share'),
    flexible('called most from'),
  ];
  const cells = (row) => [
    functionLabel(row),
    functionPlace(row),
    weightLabel(row.selfWeight, unit),
    percent(row.selfShare),
    weightLabel(row.totalWeight, unit),
    percent(row.totalShare),
    callerNames(row),
  ];
  page.table(columns, rows.map(cells));
}

/** Below this share of all the time a line is not told. */
const LEAST_LINE = 0.01;

/** The hot lines of all functions, each with its share of the time. */
function lineRows({ bySelf }) {
  const rows = bySelf.flatMap((of) =>
    of.hotLines.map((line) => ({ ...line, of, share: line.share * of.selfShare })),
  );
  return rows.filter(({ of, share }) => of.url !== '' && share >= LEAST_LINE);
}

function showLines(page, report, most) {
  const rows = lineRows(report).sort((a, b) => b.share - a.share);
  if (rows.length === 0) return;
  page.heading('Hot lines');
  const columns = [flexible('line'), right('share'), right('samples'), flexible('text')];
  const cells = ({ of, line, share, hits, text }) => [
    `${path.basename(of.url)}:${line}`,
    percent(share),
    count(hits),
    text ?? functionLabel(of),
  ];
  page.table(columns, rows.slice(0, most).map(cells));
}

function showNext(page, { durationMs }, word) {
  page.line();
  page.command('As a page', `npx rsprof analyze ${word} --html flame.html`);
  page.labelled('Words', WORDS, page.style.dim);
  page.labelled('Took', duration(durationMs), page.style.dim);
}

/**
 * @param {object} report of `analyze()` on a profile
 * @param {{ style: object, columns: number, names: string[] }} how `names`: of the files, as they were typed
 * @returns {string} ends with a newline
 */
function profileText(report, { style, columns, names }) {
  const page = new Page(style, columns);
  const { unit } = report.overview;
  showVerdict(page, report);
  for (const [at, finding] of report.findings.entries()) showFinding(page, finding, at + 1, report);
  showOverview(page, report);
  showFunctions(page, 'by own time', report.bySelf, unit);
  showFunctions(page, 'with what they call', report.byTotal, unit);
  showLines(page, report, 10);
  showNext(page, report, shellWord(names[0]));
  return String(page);
}

module.exports = { profileText };
