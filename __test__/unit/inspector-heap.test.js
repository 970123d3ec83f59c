'use strict';

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { test } = require('node:test');
const { Session } = require('node:inspector');
const zlib = require('node:zlib');
const backend = require('../../lib/inspector-backend.js');
const { limitDepth } = require('../../lib/inspector/stack-depth.js');
const { plantedAllocator, lineOf } = require('../support/busy.js');
const { readHeapProfile } = require('../support/heapprofile.js');
const { partial } = require('./inspector-support.js');
const { code, tempDir } = require('./support.js');

const nodeMajor = Number.parseInt(process.versions.node, 10);

const start = (more) =>
  backend.startHeapProfile({ interval: 16_384, stackDepth: 32, includeCollected: false, ...more });

const into = (t, more) => ({ target: partial(tempDir(t)), compression: 'gzip', level: 1, ...more });

function post(session, method, params) {
  let answer;
  session.post(method, params, (error, result) => {
    answer = { error, result };
  });
  if (answer.error) throw answer.error;
  return answer.result;
}

function connect(t) {
  const session = new Session();
  session.connect();
  t.after(() => session.disconnect());
  return session;
}

test('a profile: valid, with its figures, and the allocating function on top', async (t) => {
  const recording = start();
  assert.ok(recording.startMs >= 0);
  globalThis.kept = plantedAllocator(20);
  const target = into(t);
  const report = await recording.stop(target);
  delete globalThis.kept;
  const written = fs.readFileSync(target.target);
  const { nodes, totalBytes } = readHeapProfile(target.target);
  const { topFunctions, stopMs, ...figures } = report;
  assert.deepEqual(figures, {
    bytes: written.length,
    rawBytes: zlib.gunzipSync(written).length,
    sha256: createHash('sha256').update(written).digest('hex'),
    nodeCount: nodes.length,
    totalBytes,
  });
  assert.ok(stopMs > 0);
  assert.ok(totalBytes > 10e6);
  const [top] = topFunctions;
  assert.equal(top.functionName, 'plantedAllocator');
  assert.equal(top.lineNumber, lineOf('plantedAllocator'));
  assert.ok(top.url.startsWith('file:///'));
  assert.ok(top.bytes > 10e6 && top.share > 0.5 && top.share <= 1);
});

test('stop() is idempotent; cancel() ends it without a file; both free the sampler', async (t) => {
  const recording = start();
  const target = into(t);
  assert.equal(recording.stop(target), recording.stop(target));
  await recording.stop(target);
  const cancelled = start();
  cancelled.cancel();
  cancelled.abortSync();
  await assert.rejects(cancelled.stop(into(t)), code('ABORTED'));
  start().cancel();
});

test('a sampler that runs already is BUSY, and goes on unharmed', async (t) => {
  const other = connect(t);
  post(other, 'HeapProfiler.startSampling', { samplingInterval: 16_384 });
  assert.throws(() => start(), code('BUSY'));
  globalThis.kept = plantedAllocator(5);
  assert.throws(() => start(), code('BUSY'));
  const { profile } = post(other, 'HeapProfiler.stopSampling');
  delete globalThis.kept;
  assert.match(JSON.stringify(profile), /plantedAllocator/);
  start().cancel();
});

test('a sampler that somebody else ended is an error, not a crash', async (t) => {
  const recording = start();
  post(connect(t), 'HeapProfiler.stopSampling');
  await assert.rejects(recording.stop(into(t)), code('INTERNAL'));
  const cancelled = start();
  post(connect(t), 'HeapProfiler.stopSampling');
  cancelled.cancel();
});

/** Allocates `megabytes` at the end of a stack of `frames` frames. */
function deep(frames, megabytes) {
  return frames > 0 ? deep(frames - 1, megabytes) : plantedAllocator(megabytes);
}

const depthOf = (node) => 1 + Math.max(0, ...node.children.map(depthOf));

test('stackDepth frames stay, those nearest to the allocation', async (t) => {
  const recording = start({ stackDepth: 6 });
  globalThis.kept = deep(40, 5);
  const target = into(t, { compression: 'none' });
  const report = await recording.stop(target);
  delete globalThis.kept;
  const { head, nodes, totalBytes } = readHeapProfile(target.target);
  assert.ok(depthOf(head) <= 7, `${depthOf(head)} levels`);
  assert.equal(report.nodeCount, nodes.length);
  assert.equal(report.topFunctions[0].functionName, 'plantedAllocator');
  assert.equal(report.totalBytes, totalBytes);
});

test('128 frames are kept; more are refused (V8 would end the process)', async (t) => {
  const named = ({ message }) => assert.match(message, /128/);
  assert.throws(() => start({ stackDepth: 129 }), code('UNSUPPORTED', named));
  const recording = start({ stackDepth: 128 });
  globalThis.kept = deep(400, 5);
  const target = into(t);
  await recording.stop(target);
  delete globalThis.kept;
  assert.ok(depthOf(readHeapProfile(target.target).head) > 100);
});

test('what was collected is counted where asked, or a clear no', async (t) => {
  if (nodeMajor < 20) {
    for (const includeCollected of ['major', 'all']) {
      assert.throws(() => start({ includeCollected }), code('UNSUPPORTED'));
    }
    return;
  }
  const totals = {};
  for (const includeCollected of [false, 'major', 'all']) {
    const recording = start({ includeCollected });
    for (let i = 0; i < 10; i++) plantedAllocator(5);
    totals[includeCollected] = (await recording.stop(into(t))).totalBytes;
  }
  assert.ok(totals.all > 30e6 && totals.all > 2 * totals.false, JSON.stringify(totals));
});

test('a file that cannot be written rejects, and the sampler has ended', async (t) => {
  const missing = { ...into(t), target: '/nowhere/x.partial' };
  await assert.rejects(start().stop(missing), code('NOT_FOUND'));
  start().cancel();
});

const node = (functionName, selfSize, children = []) => ({
  callFrame: { functionName, scriptId: '1', url: '', lineNumber: 0, columnNumber: 0 },
  selfSize,
  id: 0,
  children,
});

const shape = ({ callFrame, selfSize, children }) =>
  children.length > 0
    ? { [`${callFrame.functionName} ${selfSize}`]: children.map(shape) }
    : `${callFrame.functionName} ${selfSize}`;

test('cutting stacks merges what becomes equal and loses no byte', () => {
  const tree = node('(root)', 1, [
    node('main', 0, [node('a', 2, [node('leaf', 4)]), node('b', 0, [node('leaf', 8)])]),
    node('leaf', 16),
  ]);
  assert.equal(limitDepth(tree, 3), tree);
  assert.deepEqual(shape(limitDepth(tree, 2)), {
    '(root) 1': [{ 'main 0': ['a 2'] }, { 'a 0': ['leaf 4'] }, { 'b 0': ['leaf 8'] }, 'leaf 16'],
  });
  assert.deepEqual(shape(limitDepth(tree, 1)), { '(root) 1': ['a 2', 'leaf 28'] });
  const ids = JSON.stringify(limitDepth(tree, 1)).match(/"id":\d+/g);
  assert.equal(new Set(ids).size, ids.length);
});

test('stacks of any depth are cut without recursion', () => {
  let tree = node('leaf', 1);
  for (let i = 0; i < 50_000; i++) tree = node(`f${i}`, 1, [tree]);
  const cut = limitDepth(node('(root)', 0, [tree]), 3);
  assert.equal(cut.children.length, 49_999);
});
