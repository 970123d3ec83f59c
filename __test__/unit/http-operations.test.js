'use strict';

/** Operations: their places, their limits, their ends; with a backend of which every failure can be asked for. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { RsprofError } = require('../../lib/errors.js');
const { kindsHere, kindOfRoute, readCapture } = require('../../lib/http/capture-kinds.js');
const { Captures } = require('../../lib/http/captures.js');
const { Operations } = require('../../lib/http/operations.js');
const { readProfilerLimits } = require('../../lib/http/profiler-limits.js');
const { Limits } = require('../../lib/watch/limits.js');
const { assertIdle, code, deferred, tempDir, until, useFakeBackend } = require('./support.js');
const {
  HOUR,
  LARGE_DISK,
  SMALL_HEAP,
  START,
  putCapture,
  readLedger,
} = require('./watch-support.js');

test.afterEach(assertIdle);

// Timers of operations keep no process alive; a server does.
let alive;
test.before(() => {
  alive = setInterval(() => {}, 1000);
});
test.after(() => clearInterval(alive));

process.env.RSPROF_STRATEGY = 'inline';

/** Operations over a folder of their own, at a time that the test sets (`world.now`). */
function makeWorld(t, { limits: given, heap = {}, disk = {}, explorer = {}, ...options } = {}) {
  const world = { dir: tempDir(t), tmpDir: tempDir(t), now: START, changes: [] };
  const limits = readProfilerLimits({ minFreeDisk: 1, ...given });
  const clock = () => world.now;
  world.captures = new Captures({ dir: world.dir, limits });
  world.another = () =>
    new Limits({
      dir: world.dir,
      tmpDir: world.tmpDir,
      limits,
      clock,
      freeBytes: () => ({ ...LARGE_DISK, ...disk }),
      forecast: () => ({ ...SMALL_HEAP, ...heap }),
      canFork: () => true,
      random: () => 0,
    });
  world.operations = new Operations({
    dir: world.dir,
    captures: world.captures,
    explorer,
    limits,
    clock,
    admission: world.another(),
    ...options,
  });
  world.operations.on('change', (operation) => world.changes.push(operation));
  t.after(() => world.operations.close());
  return world;
}

const names = (dir) => fs.readdirSync(dir).filter((name) => name !== 'rsprof-ledger.json');

/** The recording of the capture that has begun. */
async function nextOf(recordings) {
  await until(() => recordings.length > 0);
  return recordings[0];
}

const refused = (name, seconds) =>
  code(name, ({ retryAfter }) => assert.equal(retryAfter, seconds) ?? true);

test('a heap snapshot from its beginning to its end', async (t) => {
  const { recordings } = useFakeBackend(t, { wait: true });
  const world = makeWorld(t);
  const begun = await world.operations.start('heapSnapshot', { reason: 'a "look"\n' });
  assert.deepEqual(begun, {
    id: begun.id,
    kind: 'heapSnapshot',
    state: 'running',
    percent: null,
    phase: 'snapshot',
    seconds: null,
    canStop: false,
    canCancel: true,
    startedAt: new Date(START).toISOString(),
    endedAt: null,
    captures: [],
    capture: null,
    verdict: null,
    figures: null,
    error: null,
  });
  assert.deepEqual(world.operations.list(), [begun]);
  assert.equal(world.operations.isCapturing, true);
  await until(() => world.changes.some(({ percent }) => percent === 25));
  world.now += 1000;
  (await nextOf(recordings)).end();
  const ended = await world.operations.whenEnded(begun.id);
  assert.deepEqual(
    [ended.state, ended.percent, ended.phase, ended.canCancel, ended.error],
    ['done', 100, null, false, null],
  );
  assert.equal(ended.endedAt, new Date(START + 1000).toISOString());
  assert.equal(ended.figures.nodeCount, 3);
  assert.ok(!JSON.stringify(ended).includes(world.dir), 'no path goes to a client');
  const capture = await world.captures.find(ended.capture);
  assert.equal(capture.reason, 'profiler: a "look"\\n');
  assert.equal(world.operations.isCapturing, false);
  assert.deepEqual(world.operations.get(begun.id), ended);
  assert.deepEqual(world.changes.at(-1), ended);
  const [entry] = readLedger(world.dir).entries;
  assert.deepEqual([entry.rule, entry.files.length, entry.endedAt], ['profiler', 2, START + 1000]);
});

test('one capture at a time, and when to come again', async (t) => {
  const { recordings } = useFakeBackend(t, { wait: true });
  const world = makeWorld(t);
  const [first, second] = await Promise.allSettled([
    world.operations.start('heapSnapshot'),
    world.operations.start('report'),
  ]);
  assert.equal(first.status, 'fulfilled');
  assert.throws(
    () => {
      throw second.reason;
    },
    refused('BUSY', 5),
  );
  (await nextOf(recordings)).end();
  await world.operations.whenEnded(first.value.id);
  const profile = await world.operations.start('cpuProfile', { seconds: 40 });
  world.now += 10_000;
  await assert.rejects(world.operations.start('heapSnapshot'), refused('BUSY', 31));
  world.operations.stop(profile.id);
  const { state } = await world.operations.whenEnded(profile.id);
  assert.equal(state, 'done');
  assert.equal(world.operations.list().length, 2);
});

test('a profile ends early and is kept, once', async (t) => {
  const { recordings } = useFakeBackend(t, {});
  const world = makeWorld(t);
  const { id, canStop, seconds } = await world.operations.start('cpuProfile', { seconds: '2.5' });
  assert.deepEqual([canStop, seconds], [true, 2.5]);
  const stopped = world.operations.stop(id);
  assert.deepEqual([stopped.canStop, stopped.phase], [false, 'writing']);
  world.operations.stop(id);
  const { state, capture, figures } = await world.operations.whenEnded(id);
  assert.deepEqual([state, figures.endedBy], ['done', 'stop']);
  assert.deepEqual(recordings[0].calls, ['stop']);
  assert.equal((await world.captures.find(capture)).kind, 'cpuProfile');
  assert.equal(world.operations.stop(id).state, 'done');
});

test('a profile ends by itself after its seconds, and tells how far it is', async (t) => {
  useFakeBackend(t, {});
  const world = makeWorld(t);
  const { id } = await world.operations.start('heapProfile', { seconds: 0.6 });
  world.now += 300;
  await until(() => world.changes.some(({ percent }) => percent === 50));
  const { state, percent } = await world.operations.whenEnded(id);
  assert.deepEqual([state, percent], ['done', 100]);
});

test('cancelled: no file, no progress any more, the next may begin', async (t) => {
  const { recordings } = useFakeBackend(t, { wait: true });
  const world = makeWorld(t);
  for (const kind of ['heapSnapshot', 'cpuProfile', 'heapProfile']) {
    const { id } = await world.operations.start(kind);
    world.operations.cancel(id);
    const ended = await world.operations.whenEnded(id);
    assert.deepEqual([ended.state, ended.capture, ended.error], ['cancelled', null, null]);
    assert.equal(world.operations.cancel(id).state, 'cancelled', 'twice is harmless');
  }
  assert.deepEqual(names(world.dir), []);
  assert.deepEqual(recordings.at(-1).calls, ['cancel']);
  const { entries } = readLedger(world.dir);
  assert.deepEqual(
    entries.map(({ failed }) => failed),
    [true, true, true],
  );
});

test('a capture that fails says of what, without the folder', async (t) => {
  const { recordings } = useFakeBackend(t, { wait: true });
  const world = makeWorld(t);
  const { id } = await world.operations.start('heapSnapshot');
  const message = `rsprof cannot write ${path.join(world.dir, 'a.gz')}: the disk is full`;
  (await nextOf(recordings)).end(new RsprofError('ERR_RSPROF_DISK_FULL', message));
  const { state, error } = await world.operations.whenEnded(id);
  assert.equal(state, 'failed');
  assert.deepEqual(error, {
    code: 'ERR_RSPROF_DISK_FULL',
    message: 'rsprof cannot write a.gz: the disk is full',
  });
  assert.deepEqual(names(world.dir), []);
});

test('what cannot even begin is no operation, and holds nothing', async (t) => {
  useFakeBackend(t, {
    start() {
      throw new RsprofError('ERR_RSPROF_UNSUPPORTED', 'not here');
    },
  });
  const world = makeWorld(t);
  for (let n = 0; n < 2; n++)
    await assert.rejects(world.operations.start('cpuProfile'), code('UNSUPPORTED'));
  assert.deepEqual([world.operations.list(), world.changes], [[], []]);
  const { lease } = await world.another().admit({ rule: 'other', now: world.now });
  assert.ok(lease, 'the lock of the host is free');
  await lease.end();
});

test('the limits refuse with what they are and when to come again', async (t) => {
  useFakeBackend(t, {});
  const world = makeWorld(t, { limits: { count: 2, per: '10min' } });
  for (let n = 0; n < 2; n++) {
    const { id } = await world.operations.start('heapSnapshot');
    await world.operations.whenEnded(id);
    world.now += 60_000;
  }
  await assert.rejects(
    world.operations.start('heapSnapshot'),
    code('RATE', ({ retryAfter, message }) => {
      assert.equal(retryAfter, 480);
      assert.match(message, /2 were taken in the last 10 min, .*limits\.count/);
    }),
  );
  world.now += 480_000;
  const { id } = await world.operations.start('heapSnapshot');
  await world.operations.whenEnded(id);
});

test('another who captures on the host is waited for by the client', async (t) => {
  useFakeBackend(t, {});
  const world = makeWorld(t);
  const { lease } = await world.another().admit({ rule: 'heap', now: world.now });
  await assert.rejects(world.operations.start('heapSnapshot'), refused('BUSY', 5));
  await lease.end();
  const { id } = await world.operations.start('heapSnapshot');
  await world.operations.whenEnded(id);
});

test('quota, disk, pause and memory have codes of their own', async (t) => {
  useFakeBackend(t, {});
  const full = makeWorld(t, { limits: { quota: 100 } });
  putCapture(full.dir, { at: START - HOUR, bytes: 200 });
  await assert.rejects(full.operations.start('report'), refused('DISK_FULL', 60));
  const cases = [
    [{ disk: { freeBytes: 10 }, limits: { minFreeDisk: 20 } }, 'DISK_FULL'],
    [{ limits: { quota: '1MB' }, heap: { heapBytes: 2 ** 30 } }, 'DISK_FULL'],
    [{ heap: { forkPauseMs: 60_000 } }, 'BUDGET'],
    [{ heap: { memoryBytes: 2 ** 41 }, limits: { memory: '1GB' } }, 'BUDGET'],
  ];
  for (const [how, name] of cases) {
    const world = makeWorld(t, how);
    await assert.rejects(world.operations.start('heapSnapshot'), code(name));
    assert.deepEqual(names(world.dir), []);
    assert.equal(world.operations.isCapturing, false);
  }
});

test('a folder that cannot be made is its own error', async (t) => {
  useFakeBackend(t, {});
  const world = makeWorld(t);
  fs.rmdirSync(world.dir);
  fs.writeFileSync(world.dir, 'a file');
  t.after(() => fs.rmSync(world.dir, { force: true }));
  await assert.rejects(world.operations.start('report'), { code: 'ERR_RSPROF_EXISTS' });
});

test('parameters are text or numbers, each checked by its name', () => {
  const read = (kind, parameters) => readCapture(kind, parameters, { maxSeconds: 60 });
  assert.deepEqual(read('cpuProfile', { seconds: '2', interval: '500', reason: 'r' }), {
    kind: 'cpuProfile',
    seconds: 2,
    reason: 'r',
    options: { seconds: 2, interval: 500 },
  });
  assert.deepEqual(read('heapSnapshot', { redact: 'strings' }).options, { redact: 'strings' });
  assert.deepEqual(read('heapSnapshot', { redact: 'false' }).options, { redact: false });
  assert.equal(readCapture('cpuProfile', {}, { maxSeconds: 5 }).seconds, 5);
  const wrong = [
    ['nothing', {}, /no capture of that kind; there are heapSnapshot, cpuProfile/],
    ['__proto__', {}, /no capture of that kind/],
    ['cpuProfile', { seconds: '61' }, /'seconds' must be a number from 0\.001 to 60 seconds/],
    ['cpuProfile', { seconds: '1e1' }, /'seconds'/],
    ['cpuProfile', { seconds: '' }, /'seconds'/],
    ['cpuProfile', { seconds: ['1', '2'] }, /'seconds'/],
    ['cpuProfile', { interval: '1' }, /'interval' must be an integer from 50/],
    ['heapSnapshot', { seconds: '1' }, /takes no parameter of that name; it takes redact, reason/],
    ['heapSnapshot', { redact: 'no' }, /'redact' must be one of/],
    ['heapSnapshot', { path: '/etc/x' }, /no parameter of that name/],
    ['report', { reason: 'x'.repeat(201) }, /'reason' must be a text of 200 characters/],
    ['report', { reason: ['a'] }, /'reason'/],
    ['heapProfile', { includeCollected: 'some' }, /'includeCollected' must be one of/],
  ];
  for (const [kind, parameters, message] of wrong)
    assert.throws(() => read(kind, parameters), { code: 'ERR_RSPROF_INVALID_ARG', message });
});

test('the limits of the profiler have defaults of their own', () => {
  const { grace, cooldown, count, per } = readProfilerLimits();
  assert.deepEqual([grace, cooldown, count, per], [0, 0, 30, HOUR]);
  assert.equal(readProfilerLimits({ count: 2, cooldown: '5s' }).cooldown, 5000);
  for (const wrong of [null, [], { counts: 1 }, { count: 'x' }])
    assert.throws(() => readProfilerLimits(wrong), code('INVALID_ARG'));
});

test('kinds, their routes, and why some cannot be had', (t) => {
  useFakeBackend(t, {}).backend.unforkable = () => 'it is a worker';
  const kinds = kindsHere();
  assert.deepEqual(
    kinds.map(({ route }) => kindOfRoute(route)),
    kinds.map(({ kind }) => kind),
  );
  assert.equal(kindOfRoute('__proto__'), undefined);
  const unavailable = kinds.filter(({ available }) => !available);
  assert.deepEqual(
    unavailable.map(({ kind }) => kind),
    ['classHistogram'],
  );
  assert.match(unavailable[0].reason, /a forked child has to count, and it is a worker/);
});

/** An explorer of which each answer can be given. */
function fakeExplorer() {
  const calls = [];
  const answer =
    (name) =>
    (...values) => {
      const how = values.pop();
      const { promise, resolve, reject } = deferred();
      how.signal.addEventListener('abort', () =>
        reject(new RsprofError('ERR_RSPROF_ABORTED', 'aborted')),
      );
      calls.push({ name, files: values, resolve, reject, ...how });
      return promise;
    };
  return { calls, open: answer('open'), compare: answer('compare') };
}

async function withCapture(t, options) {
  const explorer = fakeExplorer();
  const world = makeWorld(t, { explorer, ...options });
  const name = putCapture(world.dir);
  const [{ id }] = await world.captures.list();
  return { ...world, explorer, name, id, file: path.join(world.dir, name) };
}

test('an analysis: its progress, its verdict beside the capture, its report', async (t) => {
  const world = await withCapture(t);
  const { operations, captures, explorer } = world;
  const begun = await operations.start('analysis', { capture: world.id });
  assert.deepEqual(
    [begun.kind, begun.phase, begun.captures, begun.canStop],
    ['analysis', 'reading', [world.id], false],
  );
  const [call] = explorer.calls;
  assert.deepEqual([call.name, call.files], ['open', [world.file]]);
  assert.throws(() => operations.analysis(world.id), code('NOT_FOUND'));
  call.onProgress({ phase: 'dominators', percent: 40.7 });
  const { percent, phase } = operations.get(begun.id);
  assert.deepEqual([percent, phase], [40, 'dominators']);
  await assert.rejects(operations.start('analysis', { capture: world.id }), code('BUSY'));
  const report = { kind: 'heapSnapshot', verdict: 'Room holds 80 %.' };
  call.resolve(report);
  const ended = await operations.whenEnded(begun.id);
  assert.deepEqual([ended.state, ended.verdict, ended.capture], ['done', 'Room holds 80 %.', null]);
  assert.equal(operations.analysis(world.id), report);
  assert.equal((await captures.find(world.id)).verdict, 'Room holds 80 %.');
  assert.throws(() => operations.comparison(begun.id), code('NOT_FOUND'));
});

test('a comparison is kept by its operation', async (t) => {
  const world = await withCapture(t);
  const other = putCapture(world.dir, { at: START + 1 });
  const [{ id: after }] = await world.captures.list();
  const parameters = { before: world.id, after };
  const { id, captures } = await world.operations.start('comparison', parameters);
  assert.deepEqual(captures, [world.id, after]);
  const [{ name, files, resolve }] = world.explorer.calls;
  assert.deepEqual([name, files], ['compare', [world.file, path.join(world.dir, other)]]);
  resolve({ kind: 'heapDiff', verdict: null });
  const { state, verdict } = await world.operations.whenEnded(id);
  assert.deepEqual([state, verdict], ['done', null]);
  assert.equal(world.operations.comparison(id).kind, 'heapDiff');
  assert.equal(fs.readdirSync(world.dir).length, 2, 'no verdict of a comparison');
});

test('analyses of what is not there, or cannot be read', async (t) => {
  const world = await withCapture(t);
  const start = (kind, parameters) => world.operations.start(kind, parameters);
  await assert.rejects(start('analysis', { capture: 'none' }), code('NOT_FOUND'));
  await assert.rejects(start('analysis', {}), code('INVALID_ARG'));
  await assert.rejects(start('comparison', { before: world.id }), code('INVALID_ARG'));
  putCapture(world.dir, { name: 'a.report.json' });
  const report = (await world.captures.list()).find(({ kind }) => kind === 'report');
  await assert.rejects(start('analysis', { capture: report.id }), code('INVALID_ARG'));
  const { id } = await start('analysis', { capture: world.id });
  world.explorer.calls[0].reject(new RsprofError('ERR_RSPROF_INVALID_SNAPSHOT', 'cut off'));
  const { state, error } = await world.operations.whenEnded(id);
  assert.deepEqual([state, error.code], ['failed', 'ERR_RSPROF_INVALID_SNAPSHOT']);
});

test('a capture and an analysis run side by side', async (t) => {
  const { recordings } = useFakeBackend(t, { wait: true });
  const world = await withCapture(t);
  const analysis = await world.operations.start('analysis', { capture: world.id });
  const capture = await world.operations.start('heapSnapshot');
  (await nextOf(recordings)).end();
  assert.equal((await world.operations.whenEnded(capture.id)).state, 'done');
  world.operations.cancel(analysis.id);
  assert.equal((await world.operations.whenEnded(analysis.id)).state, 'cancelled');
});

test('the oldest operations are forgotten, and of reports all but a few', async (t) => {
  const world = await withCapture(t);
  const ids = [];
  for (let n = 0; n < 103; n++) {
    const { id } = await world.operations.start('comparison', {
      before: world.id,
      after: world.id,
    });
    world.explorer.calls[n].resolve({ verdict: null });
    await world.operations.whenEnded(id);
    ids.push(id);
  }
  const list = world.operations.list();
  assert.deepEqual([list.length, list[0].id], [100, ids.at(-1)]);
  assert.throws(() => world.operations.get(ids[0]), code('NOT_FOUND'));
  assert.throws(() => world.operations.comparison(ids[90]), code('NOT_FOUND'));
  assert.ok(world.operations.comparison(ids[96]));
});

test('unknown ids, and operations that cannot be stopped', async (t) => {
  const { recordings } = useFakeBackend(t, { wait: true });
  const { operations } = makeWorld(t);
  for (const act of ['get', 'cancel', 'stop'])
    assert.throws(() => operations[act]('none'), code('NOT_FOUND'));
  await assert.rejects(operations.whenEnded('none'), code('NOT_FOUND'));
  const { id } = await operations.start('heapSnapshot');
  assert.throws(() => operations.stop(id), code('INVALID_ARG'));
  (await nextOf(recordings)).end();
  await operations.whenEnded(id);
});

test('closed: what runs is cancelled, what is about to begin as well, nothing more begins', async (t) => {
  useFakeBackend(t, { wait: true });
  const world = await withCapture(t);
  const analysis = await world.operations.start('analysis', { capture: world.id });
  const capture = await world.operations.start('heapSnapshot');
  await world.operations.close();
  assert.equal(world.operations.get(analysis.id).state, 'cancelled');
  assert.equal(world.operations.get(capture.id).state, 'cancelled');
  await assert.rejects(world.operations.start('heapSnapshot'), code('UNAVAILABLE'));
  const second = await withCapture(t);
  const late = second.operations.start('heapSnapshot');
  await second.operations.close();
  await late.then(
    ({ id }) => assert.equal(second.operations.get(id).state, 'cancelled'),
    code('ABORTED'),
  );
  assert.deepEqual(names(second.dir), [second.name]);
});

test('whoever listens and throws stops nothing', async (t) => {
  useFakeBackend(t, {});
  const world = makeWorld(t);
  world.operations.on('change', () => {
    throw new Error('mine');
  });
  const { id } = await world.operations.start('heapSnapshot');
  assert.equal((await world.operations.whenEnded(id)).state, 'done');
});
