'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const test = require('node:test');
const { heapProfile, startHeapProfile } = require('../../index.js');
const { assertIdle, code, tempDir, useFakeBackend } = require('./support.js');

test.afterEach(assertIdle);

test('start, stop: the result and the request', async (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t);
  const handle = startHeapProfile({ dir, interval: 1024, stackDepth: 8, includeCollected: 'all' });
  const { path: file, sidecar, durationMs, startedAt, ...figures } = await handle.stop();
  assert.match(file, /\.heapprofile\.gz$/);
  assert.ok(fs.existsSync(sidecar) && durationMs > 0 && startedAt);
  assert.deepEqual(figures, {
    bytes: 4,
    rawBytes: 40,
    sha256: 'cd'.repeat(32),
    nodeCount: 3,
    totalBytes: 99,
    interval: 1024,
    stackDepth: 8,
    includeCollected: 'all',
    startMs: 0.25,
    stopMs: 0.5,
    topFunctions: [],
    endedBy: 'stop',
    backend: 'native',
    compression: 'gzip',
    pid: process.pid,
    threadId: 0,
  });
  const { target, ...request } = recordings[0].request;
  assert.deepEqual(request, { interval: 1024, stackDepth: 8, includeCollected: 'all' });
});

test('one at a time; the next one may start when it has ended, however', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t);
  const first = startHeapProfile({ dir });
  assert.throws(() => startHeapProfile({ dir }), code('BUSY'));
  await assert.rejects(heapProfile({ dir, seconds: 0.01 }), code('BUSY'));
  const queued = heapProfile({ dir, seconds: 0.01, queue: true });
  await first.stop();
  await queued;
  startHeapProfile({ dir }).cancel();
  await new Promise(setImmediate);
  await startHeapProfile({ dir }).stop();
});

test('a start that fails leaves the gate open', (t) => {
  const dir = tempDir(t);
  assert.throws(() => startHeapProfile({ signal: AbortSignal.abort() }), code('ABORTED'));
  assert.throws(() => startHeapProfile({ path: dir }), code('IS_DIRECTORY'));
  useFakeBackend(t, {
    start() {
      throw new Error('a defect');
    },
  });
  assert.throws(() => startHeapProfile({ dir }), code('INTERNAL'));
});
