'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');

const next = require('../../compat/v8-profiler-next.js');
const { isNative } = require('../support/env.js');

test('an object has the id that the snapshot gives it, and is found by it', () => {
  class Sought {}
  const sought = new Sought();
  assert.equal(next.getHeapObjectId(sought), 0);
  const snapshot = next.takeSnapshot();
  const id = next.getHeapObjectId(sought);
  assert.ok(id > 0);
  assert.equal(snapshot.getNodeById(id).name, 'Sought');
  assert.equal(next.getObjectByHeapObjectId(id), sought);
  assert.equal(next.getObjectByHeapObjectId(String(id)), sought);
  const later = next.takeSnapshot();
  assert.equal(next.getHeapObjectId(sought), id);
  assert.equal(later.getNodeById(id).name, 'Sought');
  next.deleteAllSnapshots();
});

test('profiles between two snapshots leave the ids alone', () => {
  const kept = { kept: true };
  next.takeSnapshot().delete();
  const id = next.getHeapObjectId(kept);
  next.startProfiling('between');
  next.startSamplingHeapProfiling();
  next.stopSamplingHeapProfiling();
  next.stopProfiling('between').delete();
  next.takeSnapshot().delete();
  assert.equal(next.getHeapObjectId(kept), id);
});

test('what has no id, and ids that nothing has', () => {
  next.takeSnapshot().delete();
  assert.equal(next.getHeapObjectId(), undefined);
  assert.equal(next.getHeapObjectId(1), 0);
  assert.equal(next.getHeapObjectId({}), 0);
  const ofUndefined = next.getHeapObjectId(undefined);
  // The inspector knows objects only.
  assert.equal(ofUndefined > 0, isNative);
  globalThis.unnumbered = { never: 'in a snapshot' };
  for (const none of ['no number', 0, '0', NaN]) {
    assert.equal(next.getObjectByHeapObjectId(none), undefined);
  }
  assert.equal(next.getObjectByHeapObjectId(), undefined);
  assert.equal(next.getObjectByHeapObjectId(2 ** 30 + 1), undefined);
  const expected = isNative ? 'Preview is not available' : undefined;
  assert.equal(next.getObjectByHeapObjectId(ofUndefined), expected);
});

test('every id of the heap gives a value of JavaScript, or nothing', { timeout: 120_000 }, () => {
  const snapshot = next.takeSnapshot();
  const kinds = new Set();
  const step = Math.ceil(snapshot.nodesCount / 40);
  for (let index = 0; index < snapshot.nodesCount; index += step) {
    kinds.add(typeof next.getObjectByHeapObjectId(snapshot.getNode(index).id));
  }
  for (const kind of kinds) {
    assert.ok(['undefined', 'object', 'function', 'string', 'number', 'symbol'].includes(kind));
  }
  snapshot.delete();
});

test('heap statistics: triples, the last id, and an iterator that ends it', () => {
  if (!isNative) {
    const unsupported = { name: 'RsprofError', code: 'ERR_RSPROF_UNSUPPORTED' };
    assert.throws(() => next.startTrackingHeapObjects(), unsupported);
    assert.throws(() => next.getHeapStats(), unsupported);
    assert.equal(next.stopTrackingHeapObjects(), undefined);
    return;
  }
  next.startTrackingHeapObjects();
  const collected = [];
  let ended = 0;
  const lastId = next.getHeapStats(
    (samples) => {
      collected.push(...samples);
    },
    () => ended++,
  );
  assert.equal(ended, 1);
  assert.ok(collected.length > 0 && collected.length % 3 === 0);
  assert.ok(collected[1] > 1000 && collected[2] > collected[1]);
  globalThis.tracked = Array.from({ length: 5000 }, (_, number) => ({ number }));
  let stopped = 0;
  const later = next.getHeapStats(
    () => {
      stopped++;
      return false;
    },
    () => ended++,
  );
  assert.deepEqual([stopped, ended], [1, 1]);
  assert.ok(later >= lastId + 2 * 5000);
  assert.ok(next.getHeapStats() >= later);
  next.stopTrackingHeapObjects();
  next.stopTrackingHeapObjects();
  delete globalThis.tracked;
});

function allocate() {
  return Array.from({ length: 20_000 }, (_, number) => ({ number, text: `text ${number}` }));
}

test('a sampling heap profile is a tree of frames and bytes', async () => {
  next.startSamplingHeapProfiling(1024, 32);
  // As V8 has it: a second one is not started, and nobody is told.
  next.startSamplingHeapProfiling();
  globalThis.sampled = allocate();
  const profile = next.stopSamplingHeapProfiling();
  delete globalThis.sampled;
  assert.deepEqual(Object.keys(profile), ['head']);
  const nodes = [];
  const pending = [profile.head];
  while (pending.length > 0) {
    const node = pending.pop();
    assert.deepEqual(Object.keys(node), ['callFrame', 'selfSize', 'children']);
    nodes.push(node);
    pending.push(...node.children);
  }
  const own = nodes.filter(({ callFrame }) => callFrame.url === __filename);
  assert.ok(own.some(({ callFrame }) => callFrame.lineNumber > 1));
  assert.ok(own.reduce((sum, { selfSize }) => sum + selfSize, 0) > 100_000);
  const [frame] = own.map(({ callFrame }) => callFrame);
  assert.deepEqual(Object.keys(frame), [
    'functionName',
    'scriptId',
    'url',
    'lineNumber',
    'columnNumber',
  ]);
  assert.equal(typeof frame.scriptId, 'number');
  let piped = '';
  const stream = profile.export();
  stream.setEncoding('utf8').on('data', (chunk) => {
    piped += chunk;
  });
  await once(stream, 'end');
  assert.deepEqual(JSON.parse(piped), JSON.parse(JSON.stringify(profile)));
});

test('a stray stop is undefined; arguments are checked as the package checks them', () => {
  assert.equal(next.stopSamplingHeapProfiling(), undefined);
  const start = next.startSamplingHeapProfiling;
  const error = (message) => ({ name: 'TypeError', message });
  assert.throws(() => start(-1, 16), error('first argument type must be uint32'));
  assert.throws(() => start('1024', 16), error('first argument type must be uint32'));
  assert.throws(() => start(1024, '16'), error('first argument type must be number'));
  assert.equal(next.stopSamplingHeapProfiling(), undefined);
  // V8 itself ends the process for this one.
  start(0, 0);
  assert.ok(next.stopSamplingHeapProfiling().head);
  // One argument is as none.
  start('anything');
  assert.ok(next.stopSamplingHeapProfiling().head);
});
