'use strict';

// rsprof's class table and its diff against DevTools' Summary and Comparison views. DevTools tells
// classes of one name apart by where they are written; the rows are summed up by name here.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { analyzeHeap, diffHeaps } = require('../../native/index.js');
const { tempDir } = require('../support/tempdir.js');
const { devtoolsComparison, devtoolsDump } = require('./dump.js');
const { subjects, takeSnapshots } = require('./subjects.js');

/** More rows than there are classes. */
const ALL = 1_000_000;
const COMPARED = ['added', 'removed', 'countDelta', 'addedSize', 'removedSize', 'sizeDelta'];

/** The varied program changes more classes than this between its snapshots. */
const LEAST_ROWS = 10;

test('the class table is that of DevTools', async (t) => {
  for (const subject of await subjects()) {
    await t.test(subject.name, async (t) => {
      const folder = tempDir(t);
      const { before } = await takeSnapshots(subject, folder);
      const expected = await devtoolsDump(before, folder);
      const { classes } = await result(analyzeHeap(before, { top: ALL }, null));
      const found = sumsByName(classes, ['count', 'selfSize']);
      assert.deepEqual(sorted(found), sorted(sumsOfColumns(expected)));
      assert.deepEqual(sorted(retainedOf(classes, expected)), sorted(retainedByDevtools(expected)));
    });
  }
});

test('the diff is the Comparison view of DevTools, row by row', async (t) => {
  for (const subject of await subjects()) {
    await t.test(subject.name, async (t) => {
      const folder = tempDir(t);
      const { before, after } = await takeSnapshots(subject, folder);
      const { rows } = await devtoolsComparison({ before, after }, folder);
      const diff = await result(diffHeaps([before, after], { top: ALL }, null));
      assert.equal(diff.matchedBy, 'id');
      const changed = diff.classes.filter(({ added, removed }) => added + removed > 0);
      const found = sumsByName(changed, COMPARED);
      assert.deepEqual(sorted(found), sorted(sumsByName(Object.values(rows).map(named), COMPARED)));
      assert.ok(changed.length >= LEAST_ROWS, `${changed.length} rows`);
    });
  }
});

/** A row of DevTools with rsprof's names for its fields. */
const named = ({ addedCount, removedCount, ...row }) => ({
  ...row,
  added: addedCount,
  removed: removedCount,
});

async function result(analysis) {
  const { ok, error } = await analysis.done;
  assert.equal(error, undefined);
  return JSON.parse(ok);
}

/** `{ name: { field: sum } }`. */
function sumsByName(rows, fields) {
  const sums = {};
  for (const row of rows) {
    sums[row.name] ??= Object.fromEntries(fields.map((field) => [field, 0]));
    for (const field of fields) sums[row.name][field] += row[field];
  }
  return sums;
}

/** From the columns and not from DevTools' own table, which loses a row where two keys are alike. */
function sumsOfColumns({ className, classOf, self }) {
  const rows = [];
  for (let node = 0; node < self.length; node++) {
    if (self[node] === 0) continue;
    rows.push({ name: className[classOf[node]], count: 1, selfSize: self[node] });
  }
  return sumsByName(rows, ['count', 'selfSize']);
}

/** Retained sizes of the names that DevTools has one whole row for. */
function retainedByDevtools(devtools) {
  const sums = sumsOfColumns(devtools);
  const rows = Object.values(devtools.aggregates);
  const whole = rows.filter(({ name, count }) => sums[name].count === count);
  return Object.fromEntries(whole.map(({ name, maxRet }) => [name, maxRet]));
}

function retainedOf(classes, devtools) {
  const comparable = retainedByDevtools(devtools);
  const rows = classes.filter(({ name }) => name in comparable);
  return Object.fromEntries(rows.map(({ name, retainedSize }) => [name, retainedSize]));
}

/** In one order, so that a difference is shown as one. */
const sorted = (record) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
