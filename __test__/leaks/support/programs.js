'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const rsprof = require('../../..');
const { startNode } = require('../../support/child.js');
const { root } = require('../../support/env.js');
const { tempDir } = require('../../support/tempdir.js');

const FOLDERS = {
  example: path.join(root, 'examples', 'leaks'),
  program: path.join(__dirname, '..', 'programs'),
};

/** Where a program is: one of the examples, or one that only the tests have. */
function fileOf({ example, program }) {
  return example ? path.join(FOLDERS.example, example) : path.join(FOLDERS.program, program);
}

/**
 * A compiler thread of V8 holds what it compiles for, and a snapshot of such a moment has the leak in a native handle,
 * beside its owner.
 */
const NO_COMPILER_THREADS = ['--no-concurrent-recompilation'];

/** Runs a program on this Node to its end, and analyses the snapshot that it wrote of itself. */
async function analyzeProgram(t, row) {
  const snapshot = path.join(tempDir(t), 'program.heapsnapshot');
  const file = fileOf(row);
  const { code, signal, stderr } = await startNode('', {
    file,
    args: [snapshot, ...(row.args ?? [])],
    nodeArgs: NO_COMPILER_THREADS,
  }).finished;
  assert.equal(signal ?? code, 0, stderr);
  return rsprof.analyze(snapshot);
}

/** `file.js:12` for the line of a program where `text` stands: how a place in code is shown. */
function placeOf(row, text) {
  const file = fileOf(row);
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  const at = lines.findIndex((line) => line.includes(text));
  assert.ok(at >= 0, `${file} has no line with ${text}`);
  return `${path.basename(file)}:${at + 1}`;
}

/** Runs one subtest for each row of a table, two at a time: each has a process of its own. */
function testEach(test, name, rows, check) {
  test(name, { concurrency: 2 }, async (t) => {
    const one = (row) => t.test(titleOf(row), (subtest) => check(subtest, row));
    await Promise.all(rows.map(one));
  });
}

function titleOf({ example, program, args = [] }) {
  return [example ?? program, ...args].join(' ');
}

module.exports = { analyzeProgram, placeOf, testEach };
