'use strict';

/**
 * The report of an analysis for the terminal: the verdict first, the tables last.
 *
 * @module
 */

const path = require('node:path');
const { count, duration, percent, plural, size } = require('../../units.js');
const {
  fileLabel,
  objectLabel,
  placeLabel,
  ruleLabel,
  shareLabel,
  shellWord,
} = require('../labels.js');
const { Page, bar, flexible, left, right, way } = require('./page.js');

const BAR = 24;

/** What is less of the heap is not worth a line of text. */
const LEAST_SHARE = 0.001;

/** What the columns mean, for whom the report is the first one. */
const WORDS =
  'shallow: its own bytes. retained: what would be freed with it. share: of all bytes in the snapshot.';

const CLASS_COLUMNS = [
  flexible('class'),
  right('objects'),
  right('shallow'),
  right('retained'),
  right('share'),
];

function classRow({ name, count: objects, selfSize, retainedSize, share }) {
  return [name, count(objects), size(selfSize), size(retainedSize), percent(share)];
}

function showVerdict(page, report) {
  const found = report.suspects.length > 0;
  page.heading('Verdict', `${path.basename(report.file.path)}  ${fileLabel(report.file)}`);
  page.paragraph(report.verdict, found ? page.style.yellow : page.style.green);
}

function showShare(page, suspect) {
  const { full, rest } = bar(suspect.share, BAR);
  page.line(`  ${page.style.yellow(full)}${page.style.dim(rest)}  ${shareLabel(suspect)}`);
}

function showSuspect(page, suspect, number, verdict) {
  page.heading(`Suspect ${number}`, ruleLabel(suspect.rule));
  showShare(page, suspect);
  page.line();
  if (!verdict.includes(suspect.sentence)) page.labelled('What', suspect.sentence);
  page.prose('Why', suspect.explanation);
  page.labelled('Defined at', placeLabel(suspect.object?.location));
  page.labelled('Held by', suspect.pathText);
  page.path('step by step', suspect.path);
  page.labelledTable('Inside', CLASS_COLUMNS, suspect.contents.map(classRow));
  page.prose('What to do', suspect.advice, page.style.cyan);
}

/** Bytes that lie outside V8's heap. */
function outside({ arrayBufferBytes, externalStringBytes, extraNativeBytes }) {
  const parts = [`${size(arrayBufferBytes)} of it in ArrayBuffers`];
  if (externalStringBytes > 0) parts.push(`${size(externalStringBytes)} in external strings`);
  if (extraNativeBytes > 0) parts.push(`and ${size(extraNativeBytes)} of native memory besides`);
  return parts.join(', ');
}

function kindRow({ kind, count: objects, selfSize, share }) {
  return [kind, count(objects), size(selfSize), percent(share), bar(share, BAR).full];
}

function showOverview(page, { overview, rss }) {
  const { totalSize, objects, edges, roots, kinds } = overview;
  const figures = [plural(objects, 'object'), plural(edges, 'reference'), plural(roots, 'root')];
  page.heading('Overview');
  page.labelled('Heap', `${size(totalSize)}: ${figures.join(', ')}`);
  page.labelled('Outside V8', outside(overview));
  page.labelled('Process', rss?.sentence);
  const columns = [flexible('kind'), right('objects'), right('shallow'), right('share'), left('')];
  const rows = kinds.filter(({ share }) => share >= LEAST_SHARE).map(kindRow);
  page.labelledTable('Made of', columns, rows);
}

function showClasses(page, { classes }) {
  if (classes.length === 0) return;
  page.heading('Classes', 'by retained size');
  page.table(CLASS_COLUMNS, classes.map(classRow));
}

function showObjects(page, { objects }) {
  if (objects.length === 0) return;
  page.heading('Biggest objects', 'by retained size');
  const columns = [flexible('object'), right('retained'), right('share'), way('held by')];
  const rows = objects.map((object) => [
    objectLabel(object),
    size(object.retainedSize),
    percent(object.share),
    object.pathText,
  ]);
  page.table(columns, rows);
}

function showStrings(page, { duplicateStrings, overview }) {
  const least = LEAST_SHARE * overview.totalSize;
  const worth = duplicateStrings.filter(({ wasted }) => wasted >= least);
  if (worth.length === 0) return;
  page.heading('Duplicate strings', 'what one copy of each would save');
  const columns = [flexible('text'), right('copies'), right('all of them'), right('wasted')];
  const rows = worth.map(({ text, count: copies, selfSize, wasted }) => [
    `"${text}"`,
    count(copies),
    size(selfSize),
    size(wasted),
  ]);
  page.table(columns, rows);
}

function showCollections(page, { collections }) {
  if (collections.length === 0) return;
  page.heading('Collections', 'by room for entries');
  const columns = [
    flexible('collection'),
    right('entries'),
    right('room for'),
    right('filled'),
    right('retained'),
    way('held by'),
  ];
  const rows = collections.map(({ object, entries, capacity, fill, pathText }) => [
    objectLabel(object),
    count(entries),
    count(capacity),
    percent(fill),
    size(object.retainedSize),
    pathText,
  ]);
  page.table(columns, rows);
}

/** What to look at next. */
function showNext(page, { suspects, durationMs }, word) {
  const point = suspects[0]?.accumulationPoint ?? suspects[0]?.object;
  page.line();
  if (point)
    page.labelled('Look closer', `npx rsprof inspect ${word} @${point.id}`, page.style.dim);
  page.labelled('As a page', `npx rsprof analyze ${word} --html report.html`, page.style.dim);
  page.labelled('Words', WORDS, page.style.dim);
  page.labelled('Took', duration(durationMs), page.style.dim);
}

/**
 * @param {object} report of `analyze()`
 * @param {{ style: object, columns: number, names: string[] }} how `names`: of the files, as they were typed
 * @returns {string} ends with a newline
 */
function reportText(report, { style, columns, names }) {
  const page = new Page(style, columns);
  showVerdict(page, report);
  for (const [at, suspect] of report.suspects.entries()) {
    showSuspect(page, suspect, at + 1, report.verdict);
  }
  for (const show of [showOverview, showClasses, showObjects, showStrings, showCollections]) {
    show(page, report);
  }
  showNext(page, report, shellWord(names[0]));
  return String(page);
}

module.exports = { reportText };
