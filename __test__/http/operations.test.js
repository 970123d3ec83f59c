'use strict';

// Operations that take real captures, and what can go wrong: full disks, other processes, exits, removed files.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const rsprof = require('../..');
const { verdictPath } = require('../../lib/verdict-file.js');
const { plantedBusy } = require('../support/busy.js');
const { nextMessage, startNode } = require('../support/child.js');
const { readCpuProfile } = require('../support/cpuprofile.js');
const { isNative, root } = require('../support/env.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { LIMITS, makeProfiler, take } = require('../support/profiler.js');
const { smallDisk } = require('../support/small-disk.js');
const { names, tempDir } = require('../support/tempdir.js');
const { until } = require('../unit/support.js');

// Timers of operations keep no process alive; a server does.
let alive;
test.before(() => {
  alive = setInterval(() => {}, 1000);
});
test.after(() => clearInterval(alive));

const captured = (dir) => names(dir).filter((name) => !/^rsprof[-.]/.test(name));

test('a heap snapshot: progress, a whole file, a sidecar that says who asked', async (t) => {
  const profiler = makeProfiler(t);
  const { operation, capture } = await take(profiler, 'heapSnapshot', { reason: 'a look' });
  readHeapSnapshot(capture.path);
  assert.equal(operation.figures.sha256.length, 64);
  assert.ok(operation.figures.topClasses.length <= 100);
  assert.ok(!JSON.stringify(operation).includes(profiler.dir));
  assert.deepEqual(
    [capture.reason, capture.ofThisProcess, capture.pid],
    ['profiler: a look', true, process.pid],
  );
  const states = profiler.changes.map(({ state }) => state);
  assert.deepEqual([states[0], states.at(-1)], ['running', 'done']);
  const percents = profiler.changes.map(({ percent }) => percent ?? 0);
  assert.deepEqual(
    percents,
    [...percents].sort((one, other) => one - other),
  );
});

test('a CPU profile that is stopped early is kept, and has what ran', async (t) => {
  const profiler = makeProfiler(t);
  const { id } = await profiler.operations.start('cpuProfile', { seconds: 100 });
  plantedBusy(200);
  profiler.operations.stop(id);
  const { state, capture, figures } = await profiler.operations.whenEnded(id);
  assert.deepEqual([state, figures.endedBy], ['done', 'stop']);
  const { path: file } = await profiler.captures.find(capture);
  const text = JSON.stringify(readCpuProfile(file));
  assert.ok(text.includes('plantedBusy'));
});

test('an allocation profile, a report and a count of classes', async (t) => {
  const profiler = makeProfiler(t);
  const { capture } = await take(profiler, 'heapProfile', { seconds: 0.2, interval: 1024 });
  assert.equal(capture.kind, 'heapProfile');
  const { capture: report } = await take(profiler, 'report');
  const { header } = JSON.parse(fs.readFileSync(report.path, 'utf8'));
  assert.equal(header.processId, process.pid);
  assert.equal(fs.statSync(report.path).mode & 0o777, 0o600);
  const counting = take(profiler, 'classHistogram');
  if (isNative) assert.equal((await counting).capture.kind, 'classHistogram');
  else await assert.rejects(counting, /UNSUPPORTED/);
});

test('cancelled in the middle: nothing is left, of any kind', async (t) => {
  const profiler = makeProfiler(t);
  for (const kind of ['heapSnapshot', 'cpuProfile', 'heapProfile', 'report']) {
    const { id } = await profiler.operations.start(kind);
    profiler.operations.cancel(id);
    const { state } = await profiler.operations.whenEnded(id);
    // A report is written in one go: it may have been faster.
    assert.ok(state === 'cancelled' || (kind === 'report' && state === 'done'), `${kind} ${state}`);
  }
  assert.deepEqual(
    captured(profiler.dir).filter((name) => !name.includes('.report.')),
    [],
  );
});

test('a disk that is too small is refused before, one that fills up fails and is left clean', async (t) => {
  const dir = smallDisk(t, 512);
  if (!dir) return t.skip('no right to mount');
  const strict = makeProfiler(t, { dir, limits: { minFreeDisk: '1MB' } });
  await assert.rejects(strict.operations.start('heapSnapshot'), (error) => {
    assert.equal(error.code, 'ERR_RSPROF_DISK_FULL');
    assert.ok(error.retryAfter > 0);
    return true;
  });
  const profiler = makeProfiler(t, { dir, admission: await blindAdmission(dir) });
  const { id } = await profiler.operations.start('heapSnapshot');
  const { state, error } = await profiler.operations.whenEnded(id);
  assert.deepEqual([state, error.code], ['failed', 'ERR_RSPROF_DISK_FULL']);
  assert.ok(!error.message.includes(dir), error.message);
  assert.deepEqual(captured(dir), []);
});

/** Limits that do not see that the disk is small. */
async function blindAdmission(dir) {
  const { Limits, readLimits } = require('../../lib/watch/limits.js');
  const freeBytes = () => ({ freeBytes: 2 ** 40, totalBytes: 2 ** 41 });
  const limits = readLimits({ ...LIMITS, grace: 0, cooldown: 0 });
  return new Limits({ dir, limits, freeBytes });
}

/** Operations of another process over that folder. */
const inChild = (dir) => `
  const { makeProfiler } = require(${JSON.stringify(path.join(root, '__test__/support/profiler.js'))});
  const { dir, operations } = makeProfiler({ after() {} }, { dir: ${JSON.stringify(dir)} });
  setInterval(() => {}, 1000);
`;

test('another process that captures, or a rule of it, is waited for; killed, it holds up nobody', async (t) => {
  const dir = tempDir(t);
  const { operations } = makeProfiler(t, { dir });
  const child = startNode(`${inChild(dir)}
    operations.start('cpuProfile', { seconds: 100 }).then(() => process.send('begun'));`);
  assert.equal(await nextMessage(child), 'begun');
  await assert.rejects(operations.start('cpuProfile'), (error) => {
    assert.equal(error.code, 'ERR_RSPROF_BUSY');
    assert.ok(error.retryAfter >= 5 && error.retryAfter <= 10);
    return true;
  });
  child.kill('SIGKILL');
  await child.finished;
  const { id } = await operations.start('cpuProfile', { seconds: 0.1 });
  assert.equal((await operations.whenEnded(id)).state, 'done');
});

test('a process that exits half-way leaves no file, and the count goes on', async (t) => {
  const dir = tempDir(t);
  const child = startNode(`${inChild(dir)}
    operations.start('heapSnapshot').then(() => process.exit(3));`);
  assert.equal((await child.finished).code, 3);
  assert.deepEqual(captured(dir), []);
  const profiler = makeProfiler(t, { dir, limits: { count: 2 } });
  await take(profiler, 'cpuProfile', { seconds: 0.1 });
  await assert.rejects(profiler.operations.start('report'), { code: 'ERR_RSPROF_RATE' });
});

test('beside watch() in the same folder: one ledger, one at a time, its baselines stay', async (t) => {
  const dir = tempDir(t);
  const rules = [{ name: 'always', when: 'heapUsed > 1MB', actions: ['cpuProfile'] }];
  rules[0].actions = [{ type: 'cpuProfile', seconds: 0.3 }, { type: 'diff' }];
  const limits = { ...LIMITS, grace: 0, count: 1, total: 1 };
  const watcher = rsprof.watch({ dir, rules, limits, interval: 0.1, blackbox: false });
  t.after(() => watcher.stop());
  const done = new Promise((resolve) => watcher.on('done', resolve));
  await new Promise((resolve) => watcher.on('fire', resolve));
  const profiler = makeProfiler(t, { dir, limits: { keep: 1 } });
  await assert.rejects(profiler.operations.start('report'), { code: 'ERR_RSPROF_BUSY' });
  const { files } = await done;
  await until(
    () => !fs.readFileSync(path.join(dir, 'rsprof-ledger.json'), 'utf8').includes('"endedAt":null'),
  );
  for (let n = 0; n < 3; n++) await take(profiler, 'report');
  const ledger = fs.readFileSync(path.join(dir, 'rsprof-ledger.json'), 'utf8');
  const { entries, baselines } = JSON.parse(ledger);
  assert.deepEqual(
    entries.map(({ rule }) => rule),
    ['always', ...Array(3).fill('profiler')],
  );
  const list = await profiler.captures.list();
  assert.deepEqual(
    list.map(({ reason }) => reason.split(':')[0]),
    ['profiler', 'rule always'],
    'keep counts for each',
  );
  assert.deepEqual(
    baselines.map((one) => one.files),
    [files.map((file) => path.basename(file)).slice(0, 2)],
  );
  assert.ok(fs.existsSync(files[0]));
});

/** The explorer's calls by the process of an analysis. */
function processExplorer() {
  const { analyzeInProcess, diffInProcess } = require('../../lib/analysis-process.js');
  return {
    open: (file, how) => analyzeInProcess(file, how),
    compare: (before, after, how) => diffInProcess(before, after, how),
  };
}

test('an analysis and a comparison by a real process; the verdict outlives this one', {
  skip: !isNative,
}, async (t) => {
  const profiler = makeProfiler(t, { explorer: processExplorer() });
  const { operations, captures } = profiler;
  const first = await take(profiler, 'cpuProfile', { seconds: 0.2 });
  const { id } = await operations.start('analysis', { capture: first.capture.id });
  const { state, verdict } = await operations.whenEnded(id);
  assert.equal(state, 'done');
  assert.ok(verdict.length > 10, verdict);
  assert.equal(operations.analysis(first.capture.id).kind, 'cpuProfile');
  const { captures: again } = makeProfiler(t, { dir: profiler.dir });
  assert.equal((await again.list())[0].verdict, verdict);
  const second = await take(profiler, 'cpuProfile', { seconds: 0.2 });
  const parameters = { before: first.capture.id, after: second.capture.id };
  const comparison = await operations.start('comparison', parameters);
  assert.equal((await operations.whenEnded(comparison.id)).state, 'done');
  assert.equal(operations.comparison(comparison.id).kind, 'cpuProfileDiff');
  await captures.remove(first.capture.id);
  assert.equal(fs.existsSync(verdictPath(first.capture.path)), false);
  assert.equal(captured(profiler.dir).length, 2);
});

test('a capture that is removed before its analysis is a failed operation', {
  skip: !isNative,
}, async (t) => {
  const explorer = processExplorer();
  const profiler = makeProfiler(t, {
    explorer: {
      ...explorer,
      open(file, how) {
        fs.rmSync(file);
        return explorer.open(file, how);
      },
    },
  });
  const { capture } = await take(profiler, 'cpuProfile', { seconds: 0.1 });
  const { id } = await profiler.operations.start('analysis', { capture: capture.id });
  const { state, error } = await profiler.operations.whenEnded(id);
  assert.deepEqual([state, error.code], ['failed', 'ERR_RSPROF_NOT_FOUND']);
  assert.ok(!error.message.includes(profiler.dir), error.message);
});

test('a rule that analyses leaves its verdict where the list finds it', {
  skip: !isNative,
}, async (t) => {
  const dir = tempDir(t);
  const rules = [
    {
      name: 'once',
      when: 'heapUsed > 1MB',
      actions: [{ type: 'cpuProfile', seconds: 0.2 }, { type: 'analyze' }],
    },
  ];
  const limits = { ...LIMITS, grace: 0, count: 1 };
  const watcher = rsprof.watch({ dir, rules, limits, interval: 0.1, blackbox: false });
  t.after(() => watcher.stop());
  const { verdict } = await new Promise((resolve) => watcher.on('done', resolve));
  const { captures } = makeProfiler(t, { dir });
  const [capture] = await captures.list();
  assert.equal(capture.verdict, verdict);
});
