'use strict';

// rsprof's figures against Chrome DevTools' own, node by node, on snapshots of real processes.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { heapColumns } = require('../../native/index.js');
const { tempDir } = require('../support/tempdir.js');
const { devtoolsDump } = require('./dump.js');
const { subjects, takeSnapshots } = require('./subjects.js');

const SHOWN = 5;

test('rsprof agrees with DevTools in every node', async (t) => {
  for (const subject of await subjects()) {
    await t.test(subject.name, async (t) => {
      const folder = tempDir(t);
      const { before } = await takeSnapshots(subject, folder);
      const expected = await devtoolsDump(before, folder);
      const found = await heapColumns(before);
      for (const name of ['idom', 'self', 'retained', 'distance']) {
        assert.equal(differences(expected, name, found[name], expected[name]), '', name);
      }
      const names = [classNames(found), classNames(expected)];
      assert.equal(differences(expected, 'class name', ...names), '');
    });
  }
});

const classNames = ({ className, classOf }) => Array.from(classOf, (at) => className[at]);

/** What is wrong with a column, in words; nothing where all is as expected. */
function differences(devtools, title, found, expected) {
  if (found.length !== expected.length) return `${found.length} nodes, not ${expected.length}`;
  const wrong = [];
  for (let node = 0; node < expected.length; node++) {
    if (found[node] !== expected[node]) wrong.push(node);
  }
  if (wrong.length === 0) return '';
  const shown = wrong
    .slice(0, SHOWN)
    .map((node) => `${found[node]} is not ${expected[node]} in ${describe(devtools, node)}`);
  return `${title} differs in ${wrong.length} of ${expected.length} nodes:\n${shown.join('\n')}`;
}

function describe({ className, classOf, idom, distance, self, retained }, node) {
  const figures = `idom ${idom[node]}, distance ${distance[node]}`;
  const sizes = `self ${self[node]}, retained ${retained[node]}`;
  return `node ${node} "${className[classOf[node]]}" (${figures}, ${sizes})`;
}
