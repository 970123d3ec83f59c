'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { cpuProfile, startCpuProfile } = require('../../index.js');
const { RsprofError } = require('../../lib/errors.js');
const {
  assertIdle,
  code,
  deferred,
  listeners,
  pendingTimers,
  tempDir,
  useFakeBackend,
} = require('./support.js');

const ASYNC_DISPOSE = Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose');

test.afterEach(assertIdle);

const ls = (dir) => fs.readdirSync(dir).sort();

test('start, stop: the result and the request', async (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t);
  const timers = pendingTimers(t);
  const handle = startCpuProfile({
    dir,
    mode: 'caller',
    logging: 'lazy',
    interval: 500,
    title: 'T',
  });
  assert.deepEqual(ls(dir), [], 'no partial while it records');
  const { path: file, sidecar, durationMs, startedAt, ...figures } = await handle.stop();
  assert.deepEqual(ls(dir), [path.basename(file), path.basename(sidecar)]);
  assert.equal(timers.size, 0);
  assert.match(file, /\.cpuprofile\.gz$/);
  assert.ok(durationMs > 0 && Date.parse(startedAt));
  assert.deepEqual(figures, {
    bytes: 4,
    rawBytes: 40,
    sha256: 'cd'.repeat(32),
    nodeCount: 3,
    sampleCount: 7,
    interval: 500,
    startTime: 1,
    endTime: 2,
    startMs: 0.25,
    stopMs: 0.5,
    truncated: 0,
    logging: 'eager',
    topFunctions: [],
    endedBy: 'stop',
    backend: 'native',
    compression: 'gzip',
    pid: process.pid,
    threadId: 0,
  });
  const { target, ...request } = recordings[0].request;
  assert.deepEqual(request, {
    interval: 500,
    maxSamples: 1_000_000,
    callerLines: true,
    eager: false,
    title: 'T',
  });
});

test('stop() stops at the very call and is idempotent', async (t) => {
  const { recordings } = useFakeBackend(t);
  const handle = startCpuProfile({ dir: tempDir(t) });
  const first = handle.stop();
  assert.deepEqual(recordings[0].calls, ['stop']);
  assert.equal(handle.stop(), first);
  assert.equal(handle.done, first);
  await first;
  handle.cancel();
  assert.deepEqual(recordings[0].calls, ['stop']);
});

test('invalid arguments and wrong places throw at once', (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t);
  fs.writeFileSync(path.join(dir, 'taken'), '');
  assert.throws(() => startCpuProfile({ interval: -1 }), code('INVALID_ARG'));
  assert.throws(() => startCpuProfile({ path: path.join(dir, 'taken') }), code('EXISTS'));
  assert.throws(() => startCpuProfile({ path: dir }), code('IS_DIRECTORY'));
  assert.throws(() => startCpuProfile({ signal: AbortSignal.abort() }), code('ABORTED'));
  assert.equal(recordings.length, 0);
});

test('a compression the backend does not have fails at the start, not at the stop', (t) => {
  const { backend, recordings } = useFakeBackend(t);
  backend.checkCompression = (compression) => {
    throw new RsprofError('ERR_RSPROF_UNSUPPORTED', compression);
  };
  const start = () => startCpuProfile({ dir: tempDir(t), compression: 'zstd' });
  assert.throws(
    start,
    code('UNSUPPORTED', ({ message }) => message === 'zstd'),
  );
  assert.equal(recordings.length, 0);
});

test('profiles overlap', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t);
  const handles = [startCpuProfile({ dir }), startCpuProfile({ dir }), startCpuProfile({ dir })];
  const results = await Promise.all(handles.map((handle) => handle.stop()));
  assert.equal(new Set(results.map((result) => result.path)).size, 3);
});

test('maxSeconds ends it, stop() still gives the result', async (t) => {
  useFakeBackend(t);
  const handle = startCpuProfile({ dir: tempDir(t), maxSeconds: 0.02 });
  const alive = setTimeout(() => {}, 5000);
  const result = await handle.done;
  clearTimeout(alive);
  assert.equal(result.endedBy, 'limit');
  assert.equal(await handle.stop(), result);
});

test('cancel() writes nothing; done and stop() reject, never unhandled', async (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t);
  const handle = startCpuProfile({ dir });
  handle.cancel();
  handle.cancel();
  await new Promise(setImmediate);
  await assert.rejects(
    handle.done,
    code('ABORTED', (error) => !('cause' in error)),
  );
  await assert.rejects(handle.stop(), code('ABORTED'));
  assert.deepEqual(recordings[0].calls, ['cancel']);
  assert.deepEqual(ls(dir), []);
});

test('the signal ends it without a file', async (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t);
  const controller = new AbortController();
  const handle = startCpuProfile({ dir, signal: controller.signal });
  const reason = new Error('enough');
  controller.abort(reason);
  await assert.rejects(
    handle.stop(),
    code('ABORTED', (error) => error.cause === reason),
  );
  assert.deepEqual(recordings[0].calls, ['cancel']);
  assert.deepEqual(ls(dir), []);
  assert.equal(listeners(controller.signal), 0);
});

test('the signal while the file is written leaves no file', async (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t);
  const controller = new AbortController();
  const handle = startCpuProfile({ dir, signal: controller.signal });
  const writing = deferred();
  recordings[0].stopped = () => writing.promise;
  const promise = handle.stop();
  controller.abort();
  writing.resolve(recordings[0].report);
  await assert.rejects(promise, code('ABORTED'));
  assert.deepEqual(ls(dir), []);
  assert.equal(listeners(controller.signal), 0);
});

test('a failing write leaves nothing', async (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t);
  const handle = startCpuProfile({ dir });
  recordings[0].stopped = async () => {
    throw new RsprofError('ERR_RSPROF_DISK_FULL', 'no space');
  };
  await assert.rejects(handle.stop(), code('DISK_FULL'));
  assert.deepEqual(ls(dir), []);
});

test('a folder that has gone meanwhile ends the recording', async (t) => {
  const dir = path.join(tempDir(t), 'd');
  const { recordings } = useFakeBackend(t);
  const handle = startCpuProfile({ dir });
  fs.rmdirSync(dir);
  await assert.rejects(handle.stop(), code('NOT_FOUND'));
  assert.deepEqual(recordings[0].calls, ['cancel']);
});

test('a file that has appeared meanwhile stays', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t);
  const file = path.join(dir, 'x.cpuprofile');
  const handle = startCpuProfile({ path: file });
  fs.writeFileSync(file, 'theirs');
  await assert.rejects(handle.stop(), code('EXISTS'));
  assert.deepEqual(ls(dir), ['x.cpuprofile']);
  assert.equal(fs.readFileSync(file, 'utf8'), 'theirs');
});

test('asyncDispose stops, swallows the result and an earlier cancel, not a failure', async (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t);
  assert.equal(await startCpuProfile({ dir, sidecar: false })[ASYNC_DISPOSE](), undefined);
  assert.equal(ls(dir).length, 1);
  const cancelled = startCpuProfile({ dir });
  cancelled.cancel();
  await cancelled[ASYNC_DISPOSE]();
  const failing = startCpuProfile({ dir });
  recordings[2].stopped = async () => {
    throw new RsprofError('ERR_RSPROF_DISK_FULL', 'no space');
  };
  await assert.rejects(failing[ASYNC_DISPOSE](), code('DISK_FULL'));
});

test('cpuProfile stops after its seconds, or earlier by its limit or its signal', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t);
  assert.equal((await cpuProfile({ dir, seconds: 0.02 })).endedBy, 'stop');
  assert.equal((await cpuProfile({ dir, seconds: 60, maxSeconds: 0.02 })).endedBy, 'limit');
  const timers = pendingTimers(t);
  const controller = new AbortController();
  const aborted = cpuProfile({ dir, seconds: 60, signal: controller.signal });
  controller.abort();
  await assert.rejects(aborted, code('ABORTED'));
  assert.equal(timers.size, 0);
  await assert.rejects(cpuProfile({ seconds: 'ten' }), code('INVALID_ARG'));
  assert.equal(ls(dir).length, 4);
});

test('a profile nobody stops keeps no process alive and leaves no file', (t) => {
  const dir = tempDir(t);
  const script = `
    const { useFakeBackend } = require(${JSON.stringify(require.resolve('./support.js'))});
    const { startCpuProfile } = require(${JSON.stringify(require.resolve('../../index.js'))});
    const { recordings } = useFakeBackend({ after() {} });
    startCpuProfile({ dir: process.argv[1] });
    process.on('exit', () => console.log(recordings[0].calls.join()));`;
  const how = { encoding: 'utf8', timeout: 20_000 };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script, dir], how);
  assert.deepEqual([status, stdout], [0, 'abortSync\n'], stderr);
  assert.deepEqual(ls(dir), []);
});
