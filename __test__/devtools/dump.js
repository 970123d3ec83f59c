'use strict';

// What the oracle wrote, read back. It runs in a process of its own: DevTools prints what it thinks of
// a file, and takes a lot of memory.

const fs = require('node:fs');
const path = require('node:path');

const { must } = require('../../scripts/support/run.js');

const oracle = path.join(__dirname, 'oracle.js');

/** The columns and tables of one file. */
async function devtoolsDump(file, folder) {
  await must('loading a snapshot in DevTools', process.execPath, [oracle, file, folder]);
  return {
    idom: column(folder, 'idom.u32', Uint32Array),
    retained: column(folder, 'retained.f64', Float64Array),
    self: column(folder, 'self.f64', Float64Array),
    distance: column(folder, 'distance.i32', Int32Array),
    classOf: column(folder, 'class.u32', Uint32Array),
    keyOf: column(folder, 'key.u32', Uint32Array),
    ...json(folder, 'classes.json'),
    aggregates: json(folder, 'aggregates.json'),
    duplicates: json(folder, 'duplicates.json'),
    summary: json(folder, 'summary.json'),
  };
}

/** The Comparison view of two files: `{ rows, lost }`, as the oracle says. */
async function devtoolsComparison({ before, after }, folder) {
  await must('comparing two in DevTools', process.execPath, [oracle, before, after, folder]);
  return json(folder, 'comparison.json');
}

function column(folder, name, Type) {
  const bytes = fs.readFileSync(path.join(folder, name));
  // A copy: a pooled buffer need not begin where the type wants it.
  return new Type(Uint8Array.from(bytes).buffer);
}

const json = (folder, name) => JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'));

module.exports = { devtoolsComparison, devtoolsDump };
