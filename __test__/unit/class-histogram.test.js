'use strict';

// What classHistogram() makes of a child's answer; that children do answer is tested in __test__/fork.

const assert = require('node:assert/strict');
const diagnosticsChannel = require('node:diagnostics_channel');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');
const { classHistogram } = require('../../index.js');
const { usedHeapBytes, whyNoRoom } = require('../../lib/forecast.js');
const { assertIdle, code, tempDir, useFakeBackend } = require('./support.js');

test.afterEach(assertIdle);

const REPORT = Object.freeze({
  bytes: 4,
  sha256: 'ab'.repeat(32),
  objectCount: 12,
  classCount: 2,
  classes: [{ name: 'Room', count: 10 }],
  pauses: { forkMs: 1, graphMs: 0, serializeMs: 0, releaseMs: 2 },
  fork: { addedBytes: 1, confined: true },
});

/** A back end whose children write `data` and report, after the failures it is given. */
function useForks(t, { queries = true, failures = [], passing = true } = {}) {
  const { backend } = useFakeBackend(t);
  const requests = [];
  backend.queriesObjects = () => queries;
  backend.isPassing = () => passing;
  backend.unforkable = () => undefined;
  backend.forkSnapshot = (request) => {
    requests.push(request);
    const failure = failures.shift();
    if (!failure) fs.writeFileSync(request.target, 'data');
    const done = failure ? Promise.reject(failure) : Promise.resolve(structuredClone(REPORT));
    return { done, abort() {}, abortSync() {}, pauseMs: () => 4, progress: () => ({}) };
  };
  return requests;
}

/** This process is left `bytes` of memory until the test ends. */
function leave(t, bytes) {
  if (process.availableMemory) t.mock.method(process, 'availableMemory', () => bytes);
  else t.mock.method(os, 'freemem', () => bytes);
}

test('the child is asked for the classes, and its answer is what the caller gets', async (t) => {
  const dir = tempDir(t);
  const requests = useForks(t);
  const result = await classHistogram({ dir, reason: 'a test' });
  const [{ classes, compression, spill, fallback }] = requests;
  assert.equal(classes.query, true);
  assert.deepEqual(Object.keys(JSON.parse(classes.head())), [
    'format',
    'at',
    'node',
    'rsprof',
    'how',
  ]);
  assert.deepEqual(
    { compression, spill, fallback },
    { compression: 'none', spill: false, fallback: false },
  );
  const { bytes, rawBytes, objectCount, classCount, how, pauseMs } = result;
  assert.deepEqual(
    { bytes, rawBytes, objectCount, classCount, how, pauseMs },
    {
      bytes: 4,
      rawBytes: 4,
      objectCount: 12,
      classCount: 2,
      how: 'query',
      pauseMs: 3,
    },
  );
  assert.deepEqual(result.fork, { ...REPORT.fork, attempts: 1, retries: [] });
  assert.deepEqual(
    fs.readdirSync(dir).sort(),
    [result.path, result.sidecar].map((one) => path.basename(one)),
  );
});

test('a try that meets a lock is followed by another one; its pause counts', async (t) => {
  const requests = useForks(t, {
    failures: [Object.assign(new Error('a lock'), { code: 'ERR_RSPROF_FORK' })],
  });
  const { fork, pauseMs } = await classHistogram({ dir: tempDir(t) });
  assert.equal(requests.length, 2);
  assert.deepEqual([fork.attempts, fork.retries, pauseMs], [2, ['a lock'], 7]);
});

test('subscribers are told what begins and what comes of it', async (t) => {
  useForks(t);
  const seen = [];
  const listen = ({ phase, kind, path }) => seen.push([phase, kind, typeof path]);
  diagnosticsChannel.subscribe('rsprof:capture', listen);
  t.after(() => diagnosticsChannel.unsubscribe('rsprof:capture', listen));
  await classHistogram({ dir: tempDir(t) });
  assert.deepEqual(seen, [
    ['start', 'classHistogram', 'string'],
    ['end', 'classHistogram', 'string'],
  ]);
});

test('what it took is no forecast for snapshots', async (t) => {
  useForks(t);
  leave(t, usedHeapBytes());
  assert.match(whyNoRoom({ force: false }), /MiB/);
  await classHistogram({ dir: tempDir(t) });
  assert.match(whyNoRoom({ force: false }), /MiB/);
});

test('where V8 cannot be asked it takes a snapshot for it, if there is room for one', async (t) => {
  const dir = tempDir(t);
  const requests = useForks(t, { queries: false });
  assert.equal((await classHistogram({ dir, sidecar: false })).how, 'snapshot');
  assert.equal(requests[0].classes.query, false);
  leave(t, 1e6);
  await assert.rejects(
    classHistogram({ dir }),
    code('BUDGET', ({ message }) => /heap snapshot for it/.test(message)),
  );
  assert.equal(requests.length, 1);
  assert.equal(fs.readdirSync(dir).length, 1);
});

test('without a fork it is refused with the reason', async (t) => {
  const dir = tempDir(t);
  const { backend } = useFakeBackend(t);
  await assert.rejects(
    classHistogram({ dir }),
    code('UNSUPPORTED', ({ message }) => /native back end/.test(message)),
  );
  backend.unforkable = () => 'no fork that V8 survives';
  await assert.rejects(
    classHistogram({ dir }),
    code('UNSUPPORTED', ({ message }) => /survives/.test(message)),
  );
  assert.deepEqual(fs.readdirSync(dir), []);
});

test('a child that fails for good is told, and nothing is left', async (t) => {
  const dir = tempDir(t);
  const failure = Object.assign(new Error('killed'), { code: 'ERR_RSPROF_FORK' });
  useForks(t, { failures: [failure], passing: false });
  await assert.rejects(
    classHistogram({ dir }),
    code('FORK', ({ message }) => message === 'killed'),
  );
  assert.deepEqual(fs.readdirSync(dir), []);
});
