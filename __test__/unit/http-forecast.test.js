'use strict';

/** What captures would cost: by what earlier ones took, by estimates, or not known. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const v8 = require('node:v8');
const backends = require('../../lib/backend.js');
const { RsprofError } = require('../../lib/errors.js');
const { Captures } = require('../../lib/http/captures.js');
const { forecastAll } = require('../../lib/http/forecast.js');
const { readProfilerLimits } = require('../../lib/http/profiler-limits.js');
const { tempDir, useFakeBackend } = require('./support.js');
const { START, captureName, putCapture, putSidecar } = require('./watch-support.js');

const KINDS = ['heapSnapshot', 'cpuProfile', 'heapProfile', 'report', 'classHistogram'];
const MIB = 2 ** 20;

/** A forecast where there is, or is not, a fork. */
function world(t, { limits: given = {}, unforkable } = {}) {
  const { backend } = useFakeBackend(t, {});
  if (unforkable !== null) backend.unforkable = () => unforkable;
  const dir = tempDir(t);
  const limits = readProfilerLimits({ minFreeDisk: 1, ...given });
  const captures = new Captures({ dir, limits });
  return { dir, ask: () => forecastAll({ captures, limits }) };
}

/** A capture of this process, with what its sidecar says. */
function put(dir, { kind, bytes = 1000, age = 0, process: figures, ...result }) {
  const at = Date.now() - age;
  const name = putCapture(dir, { bytes, name: captureName(at, { kind, pid: process.pid }) });
  putSidecar(dir, name, { at, reason: 'x', result, process: figures, host: { pid: process.pid } });
}

const near = (value, expected) =>
  assert.ok(value > expected * 0.8 && value < expected * 1.25, `${value}, not about ${expected}`);

test('without a past: estimates of a snapshot, nothing about what nobody knows', async (t) => {
  process.env.RSPROF_STRATEGY = '';
  const { ask, dir } = world(t);
  const all = await ask();
  assert.deepEqual(Object.keys(all), KINDS);
  const { strategy, pauseMs, memoryBytes, fileBytes, durationMs, refused } = all.heapSnapshot;
  assert.deepEqual([strategy, durationMs, refused], ['fork', null, null]);
  near(pauseMs, 10 + process.memoryUsage.rss() / MIB / 10);
  near(memoryBytes, 10 * v8.getHeapStatistics().used_heap_size);
  near(fileBytes, 0.45 * v8.getHeapStatistics().used_heap_size);
  const nothing = { strategy: null, pauseMs: null, memoryBytes: null, fileBytes: null };
  for (const kind of ['cpuProfile', 'heapProfile', 'report'])
    assert.deepEqual(all[kind], { ...nothing, durationMs: null, refused: null });
  assert.deepEqual(fs.readdirSync(dir), [], 'a look makes nothing');
});

test('by a past of this process, as large as it is now', async (t) => {
  const { dir, ask } = world(t);
  const heapUsed = v8.getHeapStatistics().used_heap_size / 10;
  const rss = process.memoryUsage.rss() / 10;
  const figures = { process: { heapUsed, rss } };
  const fork = { addedBytes: 3000 };
  put(dir, {
    kind: 'heapsnapshot.gz',
    strategy: 'fork',
    pauseMs: 2,
    durationMs: 7,
    fork,
    ...figures,
  });
  put(dir, { kind: 'heapsnapshot.gz', strategy: 'inline', pauseMs: 999, age: -9, ...figures });
  put(dir, { kind: 'cpuprofile.gz', bytes: 70, startMs: 3, stopMs: 4 });
  put(dir, { kind: 'cpuprofile.gz', bytes: 50, startMs: 1, stopMs: 1, age: 500 });
  put(dir, { kind: 'report.json', bytes: 60, pauseMs: 5, durationMs: 8 });
  const { heapSnapshot, cpuProfile, report } = await ask();
  near(heapSnapshot.pauseMs, 20);
  near(heapSnapshot.memoryBytes, 30_000);
  near(heapSnapshot.durationMs, 70);
  near(heapSnapshot.fileBytes, 12_500);
  assert.deepEqual(
    [cpuProfile.pauseMs, cpuProfile.fileBytes, cpuProfile.durationMs],
    [7, 70, null],
  );
  assert.deepEqual([report.pauseMs, report.fileBytes, report.durationMs], [5, 60, 8]);
});

test('the pauses of another process say nothing about this one', async (t) => {
  const { dir, ask } = world(t);
  const name = putCapture(dir, { name: captureName(START, { kind: 'cpuprofile' }), bytes: 44 });
  putSidecar(dir, name, { reason: 'x', result: { startMs: 5000, stopMs: 5000 } });
  const { cpuProfile } = await ask();
  assert.deepEqual([cpuProfile.pauseMs, cpuProfile.fileBytes], [null, 44]);
});

test('where there is no fork a snapshot stops the process, and classes cannot be counted', async (t) => {
  const { ask } = world(t, { unforkable: 'a debugger is attached', limits: { pause: 1 } });
  const { heapSnapshot, classHistogram } = await ask();
  assert.equal(heapSnapshot.strategy, 'inline');
  near(heapSnapshot.pauseMs, (100 * v8.getHeapStatistics().used_heap_size) / MIB);
  assert.match(classHistogram.refused, /a debugger is attached/);
  assert.deepEqual([classHistogram.pauseMs, classHistogram.strategy], [null, null]);
});

test('says what the limits would refuse; what may go makes room', async (t) => {
  const { dir, ask } = world(t, { limits: { quota: '100kB', pause: 0.001 } });
  const all = await ask();
  assert.match(all.cpuProfile.refused, /limits\.quota is 100\.0 kB/);
  assert.match(all.heapSnapshot.refused, /limits\.quota/);
  const roomy = world(t, { limits: { pause: 0.001 } });
  assert.match((await roomy.ask()).heapSnapshot.refused, /limits\.pause is 1 ms/);
  const small = world(t, { limits: { quota: '2MB' } });
  const big = { bytes: 3 * MIB, reason: 'by hand' };
  const name = putCapture(small.dir, big);
  assert.match((await small.ask()).classHistogram.refused, /captures take 3\.0 MB/);
  putSidecar(small.dir, name, { reason: 'profiler: asked for' });
  assert.equal((await small.ask()).classHistogram.refused, null);
  assert.deepEqual(fs.readdirSync(dir), []);
});

test('a disk that is too full is refused, unless what may go makes room', async (t) => {
  const { bavail, bsize } = fs.statfsSync(tempDir(t));
  const GIB = 2 ** 30;
  const minFreeDisk = bavail * bsize + 32 * GIB;
  const { dir, ask } = world(t, { limits: { minFreeDisk, quota: 1024 * GIB } });
  const name = putCapture(dir);
  fs.truncateSync(path.join(dir, name), 64 * GIB);
  assert.match((await ask()).report.refused, /of the disk are free, and limits\.minFreeDisk/);
  putSidecar(dir, name, { reason: 'profiler: asked for' });
  assert.equal((await ask()).report.refused, null);
});

test('where no back end works there is nothing to foresee', async (t) => {
  const { ask } = world(t);
  const { current } = backends;
  t.after(() => {
    backends.current = current;
  });
  backends.current = () => {
    throw new RsprofError('ERR_RSPROF_UNAVAILABLE', 'none here');
  };
  for (const { refused, pauseMs } of Object.values(await ask()))
    assert.deepEqual([refused, pauseMs], ['none here', null]);
});
