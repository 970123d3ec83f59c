'use strict';

/**
 * A comparison for the terminal: what grows first, the classes last.
 *
 * @module
 */

const path = require('node:path');
const { count, duration, percent, plural, signed, size } = require('../../units.js');
const { objectLabel } = require('../labels.js');
const { Page, flexible, right, way } = require('./page.js');

const MATCHED = Object.freeze({
  id: 'object by object: the files are of one process, and its ids are stable',
  class:
    'by class and retaining path: the files are of different processes, a fork without stable ids, or signatures',
});

/** Counts of a class that are shown, of as many files. */
const MOST_COUNTS = 4;

const change = (value) => signed(value, size);
const changeOfCount = (value) => signed(value, count);

function showVerdict(page, { verdict, growing }) {
  page.heading('Verdict');
  page.paragraph(verdict, growing.length > 0 ? page.style.yellow : page.style.green);
}

function showGrowing(page, growing, number, { files, verdict }) {
  const note = growing.monotonic && files.length > 2 ? 'grew from each file to the next' : '';
  page.heading(`Growth ${number}`, note);
  if (!verdict.includes(growing.sentence)) page.labelled('What', growing.sentence);
  const { countDelta, sizeDelta, retainedDelta } = growing;
  const objects = signed(countDelta, (value) => plural(value, 'object'));
  const parts = [objects, `${change(sizeDelta)} shallow`];
  page.labelled('Change', `${parts.join(', ')}, ${change(retainedDelta)} retained`);
  page.labelled('Held by', growing.pathText);
  page.path('step by step', growing.path);
}

function fileRow(file, at, files) {
  const first = files[0];
  return [
    `${at + 1}`,
    path.basename(file.path),
    size(file.totalSize),
    at === 0 ? '' : change(file.totalSize - first.totalSize),
    count(file.objects),
    at === 0 ? '' : changeOfCount(file.objects - first.objects),
  ];
}

function showFiles(page, { files, growth, matchedBy }) {
  page.heading('Files', 'oldest first');
  const columns = [
    right('#'),
    flexible('file'),
    right('heap'),
    right('change'),
    right('objects'),
    right('change'),
  ];
  page.table(columns, files.map(fileRow));
  const share = growth.totalSize / files[0].totalSize;
  const relative = Number.isFinite(share) ? ` (${signed(share, percent)})` : '';
  page.line();
  page.labelled(
    'Growth',
    `${change(growth.totalSize)}${relative}, ${changeOfCount(growth.objects)} objects`,
  );
  page.labelled('Compared', MATCHED[matchedBy] ?? matchedBy);
}

/** How the counts went on their way: `5,000 → 27,500 → 50,000`; of many files the middle is left out. */
function course({ counts }) {
  const shown = counts.map(count);
  if (shown.length > MOST_COUNTS) shown.splice(2, shown.length - MOST_COUNTS, '…');
  return shown.join(' → ');
}

const isChange = ({ countDelta, sizeDelta, retainedDelta }) =>
  countDelta !== 0 || sizeDelta !== 0 || retainedDelta !== 0;

/** Between two files what is new and deleted; of more the way the counts went. */
function countColumns(files) {
  if (files.length > 2) return [{ ...right('objects'), cell: course }];
  return [
    { ...right('new'), cell: ({ added }) => count(added) },
    { ...right('deleted'), cell: ({ removed }) => count(removed) },
  ];
}

function showClasses(page, { classes, files }) {
  const changed = classes.filter(isChange);
  if (changed.length === 0) return;
  page.heading('Classes', 'the last file against the first');
  const columns = [
    { ...flexible('class'), cell: ({ name }) => name },
    ...countColumns(files),
    { ...right('delta'), cell: ({ countDelta }) => changeOfCount(countDelta) },
    { ...right('size delta'), cell: ({ sizeDelta }) => change(sizeDelta) },
    { ...right('retained delta'), cell: ({ retainedDelta }) => change(retainedDelta) },
  ];
  page.table(
    columns,
    changed.map((one) => columns.map(({ cell }) => cell(one))),
  );
}

function showCollections(page, { collections }) {
  if (collections.length === 0) return;
  page.heading('Collections', 'arrays, Maps, Sets and objects used as maps that grew, by entries');
  const columns = [
    flexible('collection'),
    right('before'),
    right('after'),
    right('delta'),
    right('retained delta'),
    way('held by'),
  ];
  const rows = collections.map((one) => [
    objectLabel(one.object),
    one.entriesBefore === null ? 'new' : count(one.entriesBefore),
    count(one.entries),
    changeOfCount(one.entriesDelta),
    change(one.retainedDelta),
    one.pathText,
  ]);
  page.table(columns, rows);
}

/**
 * @param {object} diff of `diff()`
 * @param {{ style: object, columns: number }} how
 * @returns {string} ends with a newline
 */
function diffText(diff, { style, columns }) {
  const page = new Page(style, columns);
  showVerdict(page, diff);
  for (const [at, growing] of diff.growing.entries()) showGrowing(page, growing, at + 1, diff);
  showFiles(page, diff);
  showClasses(page, diff);
  showCollections(page, diff);
  page.line();
  page.labelled('Took', duration(diff.durationMs), style.dim);
  return String(page);
}

module.exports = { diffText };
