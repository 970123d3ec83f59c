'use strict';

// V8 numbers objects in the process that takes the snapshot: a child's numbers end with it, unless
// the parent numbers them before the fork.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');

const { runForJson } = require('../support/child.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { tempDir } = require('../support/tempdir.js');

/** Names of the planted objects: some are old at the first snapshot, some are made between the two. */
const OLD = 20;
const YOUNG = 20;

/**
 * Takes three snapshots in one process: planted `old` objects are in all of them, `young` ones from
 * the second on. In between much is allocated and collected, so that objects move and addresses
 * are used again.
 */
function takeThree(dir, options) {
  return runForJson(
    `
    class PlantedStone { constructor(name) { this.plantedName = name; } }
    globalThis.old = Array.from({ length: ${OLD} }, (_, i) => new PlantedStone('old ' + i));
    const churn = () => {
      let kept = [];
      for (let i = 0; i < 300_000; i++) kept.push({ i, list: [i] });
      kept = null;
      gc();
    };
    const take = (options) => rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, fallback: false, ...options });
    (async () => {
      const results = [];
      for (const options of ${JSON.stringify(options)}) {
        results.push(await take(options));
        churn();
        globalThis.young ??= Array.from({ length: ${YOUNG} }, (_, i) => new PlantedStone('young ' + i));
        churn();
      }
      console.log(JSON.stringify(results));
    })();`,
    { nodeArgs: ['--expose-gc'] },
  );
}

/** Name -> id of the planted objects in a file. */
function ids(file) {
  const snapshot = readHeapSnapshot(file);
  const found = new Map();
  for (const node of snapshot.nodesNamed('PlantedStone')) {
    const edge = snapshot.edgesOf(node).find((one) => one.name === 'plantedName');
    if (!edge) continue;
    found.set(
      snapshot.name(edge.to),
      snapshot.nodes[node * snapshot.nodeSize + snapshot.nodeAt.id],
    );
  }
  return found;
}

/** The planted objects that two files have in common, and how many have one number in both. */
function compare(first, second) {
  const common = [...first.keys()].filter((name) => second.has(name));
  return {
    common: common.length,
    equal: common.filter((name) => first.get(name) === second.get(name)).length,
  };
}

for (const strategy of ['fork', 'inline']) {
  test(`with stableIds an object has one number in all snapshots: ${strategy}`, async (t) => {
    const options = Array(3).fill({ strategy, stableIds: true });
    const results = await takeThree(tempDir(t), options);
    for (const result of results) {
      assert.equal(result.strategy, strategy);
      assert.equal(result.stableIds, true);
      const sidecar = JSON.parse(fs.readFileSync(result.sidecar, 'utf8'));
      assert.equal(sidecar.result.stableIds, true);
      assert.equal(sidecar.options.stableIds, true);
    }
    const [first, second, third] = results.map(({ path }) => ids(path));
    assert.deepEqual([first.size, second.size, third.size], [OLD, OLD + YOUNG, OLD + YOUNG]);
    assert.deepEqual(compare(first, second), { common: OLD, equal: OLD });
    assert.deepEqual(compare(second, third), { common: OLD + YOUNG, equal: OLD + YOUNG });
    const used = new Set(first.values());
    const fresh = [...second].filter(([name]) => name.startsWith('young'));
    assert.ok(
      fresh.every(([, id]) => !used.has(id)),
      'a new object has a number of its own',
    );
  });
}

test('a snapshot in the process goes on with the numbers of those by fork', async (t) => {
  const results = await takeThree(tempDir(t), [
    { strategy: 'fork', stableIds: true },
    { strategy: 'inline', stableIds: true },
    { strategy: 'fork', stableIds: true },
  ]);
  const [first, second, third] = results.map(({ path }) => ids(path));
  assert.deepEqual(compare(first, second), { common: OLD, equal: OLD });
  assert.deepEqual(compare(second, third), { common: OLD + YOUNG, equal: OLD + YOUNG });
});

test('without stableIds the result says that numbers mean nothing, and they do not agree', async (t) => {
  const results = await takeThree(tempDir(t), Array(3).fill({ strategy: 'fork' }));
  for (const result of results) {
    assert.equal(result.stableIds, false);
    assert.equal(JSON.parse(fs.readFileSync(result.sidecar, 'utf8')).result.stableIds, false);
  }
  const [, second, third] = results.map(({ path }) => ids(path));
  const { common, equal } = compare(second, third);
  t.diagnostic(`${equal} of ${common} planted objects happen to have one number in both`);
  assert.equal(common, OLD + YOUNG);
  assert.ok(equal < common, 'each child numbers anew');
});

test('a snapshot that says stable is stable against the others that say so, whatever came between', async (t) => {
  const results = await takeThree(tempDir(t), [
    { strategy: 'fork', stableIds: true },
    { strategy: 'fork' },
    { strategy: 'fork', stableIds: true },
  ]);
  assert.deepEqual(
    results.map((one) => one.stableIds),
    [true, false, true],
  );
  const [first, , third] = results.map(({ path }) => ids(path));
  assert.deepEqual(compare(first, third), { common: OLD, equal: OLD });
});

test('snapshots in the process that were not asked for stable ids have them all the same, and say so', async (t) => {
  const results = await takeThree(tempDir(t), Array(3).fill({ strategy: 'inline' }));
  assert.deepEqual(
    results.map((one) => one.stableIds),
    [true, true, true],
  );
  const [, second, third] = results.map(({ path }) => ids(path));
  assert.deepEqual(compare(second, third), { common: OLD + YOUNG, equal: OLD + YOUNG });
});
