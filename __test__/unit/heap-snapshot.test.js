'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const diagnosticsChannel = require('node:diagnostics_channel');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const rsprof = require('../../index.js');
const { RsprofError } = require('../../lib/errors.js');
const {
  assertIdle,
  code,
  listeners,
  pendingTimers,
  tempDir,
  until,
  useFakeBackend,
} = require('./support.js');

const SUPPORT = require.resolve('./support.js');
const { heapSnapshot } = rsprof;

test.afterEach(assertIdle);

const ls = (dir) => fs.readdirSync(dir).sort();

/** Starts one that runs until the test ends it. */
async function running(t, options) {
  const { recordings } = useFakeBackend(t, { wait: true });
  const promise = heapSnapshot(options);
  promise.catch(() => {});
  await until(() => recordings.length === 1);
  return { promise, recording: recordings[0] };
}

test('the result and the sidecar say everything', async (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t);
  const result = await heapSnapshot({
    dir,
    compression: 'none',
    level: 3,
    redact: 'strings',
    reason: 'why',
  });
  const { path: file, sidecar, durationMs, startedAt, ...figures } = result;
  assert.equal(path.dirname(file), dir);
  assert.match(path.basename(file), /^\d{8}T\d{6}\.\d{3}Z-\d+-\d+-\d{4}\.heapsnapshot$/);
  assert.equal(sidecar, `${file}.json`);
  assert.ok(durationMs > 0 && durationMs < 60_000);
  assert.ok(Math.abs(Date.parse(startedAt) - Date.now()) < 60_000);
  assert.deepEqual(figures, {
    bytes: 4,
    rawBytes: 40,
    sha256: 'ab'.repeat(32),
    nodeCount: 3,
    edgeCount: 2,
    pauseMs: 7,
    pauses: { forkMs: 0, graphMs: 1, serializeMs: 2, releaseMs: 4 },
    fork: null,
    fallback: null,
    stableIds: true,
    strategy: 'inline',
    serializedOn: 'thread',
    redact: 'strings',
    topClasses: [{ name: 'Room', count: 1, selfSize: 24 }],
    backend: 'native',
    compression: 'none',
    pid: process.pid,
    threadId: 0,
  });
  assert.deepEqual(ls(dir), [path.basename(file), path.basename(sidecar)]);
  const document = JSON.parse(fs.readFileSync(sidecar, 'utf8'));
  assert.equal(document.kind, 'heapSnapshot');
  assert.equal(document.reason, 'why');
  assert.equal(document.result.nodeCount, 3);
  const { target, redactKey, ...request } = recordings[0].request;
  assert.match(target, /\.partial$/);
  assert.equal(redactKey.length, 16);
  assert.deepEqual(request, {
    tempDir: dir,
    compression: 'none',
    level: 3,
    numericValues: false,
    exposeInternals: false,
    stableIds: false,
    fallback: true,
    spill: 'auto',
    force: false,
    budget: { seconds: 300, memory: undefined, pauseSeconds: 10 },
  });
});

test('without a sidecar there is none; without redaction no key', async (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t);
  const result = await heapSnapshot({ path: path.join(dir, 'x.gz'), sidecar: false });
  assert.equal(result.sidecar, null);
  assert.deepEqual(ls(dir), ['x.gz']);
  assert.equal(recordings[0].request.redactKey, null);
});

test('a relative path counts from the working folder, the result is absolute', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t);
  const relative = path.relative(process.cwd(), path.join(dir, 'x.gz'));
  const result = await heapSnapshot({ path: relative });
  assert.equal(result.path, path.join(dir, 'x.gz'));
});

test('nothing is thrown synchronously', async (t) => {
  const { recordings } = useFakeBackend(t);
  for (const options of [null, 'x', { level: 'high' }, { nope: 1 }]) {
    const promise = heapSnapshot(options);
    assert.ok(promise instanceof Promise);
    await assert.rejects(promise, code('INVALID_ARG'));
  }
  assert.equal(recordings.length, 0);
});

test('a wrong place costs no pause', async (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t);
  fs.writeFileSync(path.join(dir, 'taken'), 'old');
  await assert.rejects(heapSnapshot({ path: path.join(dir, 'taken') }), code('EXISTS'));
  await assert.rejects(heapSnapshot({ path: dir }), code('IS_DIRECTORY'));
  await assert.rejects(heapSnapshot({ path: path.join(dir, 'missing', 'x') }), code('NOT_FOUND'));
  await assert.rejects(heapSnapshot({ dir: path.join(dir, 'taken') }), RsprofError);
  assert.equal(recordings.length, 0);
  assert.deepEqual(ls(dir), ['taken']);
});

test('a second one is busy, in the queue it waits', async (t) => {
  const dir = tempDir(t);
  const { promise, recording } = await running(t, { dir });
  await assert.rejects(heapSnapshot({ dir }), code('BUSY'));
  useFakeBackend(t);
  const queued = heapSnapshot({ dir, queue: true });
  recording.end();
  const [first, second] = await Promise.all([promise, queued]);
  assert.ok(first.path < second.path);
  assert.equal(ls(dir).length, 4);
});

for (const name of ['DISK_FULL', 'INVALID_SNAPSHOT', 'IO', 'EXITING']) {
  test(`${name} from the backend leaves nothing`, async (t) => {
    const dir = tempDir(t);
    const timers = pendingTimers(t);
    const controller = new AbortController();
    const { promise, recording } = await running(t, {
      dir,
      signal: controller.signal,
      onProgress() {},
    });
    assert.equal(ls(dir).length, 1);
    const failure = new RsprofError(`ERR_RSPROF_${name}`, 'from the backend');
    recording.end(failure);
    await assert.rejects(promise, (error) => error === failure);
    assert.deepEqual(ls(dir), []);
    assert.equal(listeners(controller.signal), 0);
    assert.equal(timers.size, 0);
  });
}

test('a backend that throws at the start leaves nothing', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t, {
    start() {
      throw new TypeError('a defect');
    },
  });
  await assert.rejects(heapSnapshot({ dir }), code('INTERNAL'));
  assert.deepEqual(ls(dir), []);
});

test('a full disk at the sidecar leaves nothing', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t);
  t.mock.method(fs.promises, 'writeFile', async () => {
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  });
  await assert.rejects(heapSnapshot({ dir }), code('DISK_FULL'));
  assert.deepEqual(ls(dir), []);
});

test('aborted before the start: nothing begins', async (t) => {
  const dir = path.join(tempDir(t), 'new');
  const { recordings } = useFakeBackend(t);
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  await assert.rejects(
    heapSnapshot({ dir, signal }),
    code('ABORTED', (error) => error.cause === reason),
  );
  assert.equal(recordings.length, 0);
  assert.ok(!fs.existsSync(dir));
});

test('aborted between the call and the capture: no pause', async (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t);
  const controller = new AbortController();
  const promise = heapSnapshot({ dir, signal: controller.signal });
  controller.abort();
  await assert.rejects(promise, code('ABORTED'));
  assert.equal(recordings.length, 0);
  assert.deepEqual(ls(dir), []);
  assert.equal(listeners(controller.signal), 0);
});

test('aborted during the capture: the backend is told, nothing is left', async (t) => {
  const dir = tempDir(t);
  const controller = new AbortController();
  const { promise, recording } = await running(t, { dir, signal: controller.signal });
  const reason = { why: 'enough' };
  controller.abort(reason);
  await assert.rejects(
    promise,
    code('ABORTED', (error) => error.cause === reason),
  );
  assert.deepEqual(recording.calls, ['abort']);
  assert.deepEqual(ls(dir), []);
  assert.equal(listeners(controller.signal), 0);
});

test('aborted when the backend has just ended: nothing is left', async (t) => {
  const dir = tempDir(t);
  const controller = new AbortController();
  const { promise, recording } = await running(t, { dir, signal: controller.signal });
  recording.end();
  controller.abort();
  await assert.rejects(promise, code('ABORTED'));
  assert.deepEqual(ls(dir), []);
});

test('progress ends with 100 %, a failing callback harms nothing', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t);
  const calls = [];
  await heapSnapshot({ dir, onProgress: (progress) => calls.push(progress) });
  assert.deepEqual(calls, [{ percent: 100, done: 4, total: 4, rawBytes: 40 }]);
  const warnings = [];
  const listen = (warning) => warnings.push(warning.code);
  process.on('warning', listen);
  t.after(() => process.off('warning', listen));
  const result = await heapSnapshot({
    dir,
    onProgress() {
      throw new Error('in the callback');
    },
  });
  assert.ok(fs.existsSync(result.path));
  await until(() => warnings.length > 0);
  assert.deepEqual(warnings, ['RSPROF_ON_PROGRESS']);
});

test('subscribers of rsprof:capture hear of start, end and error', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t);
  const heard = [];
  const listen = (message) => heard.push(message);
  diagnosticsChannel.channel('rsprof:capture').subscribe(listen);
  t.after(() => diagnosticsChannel.channel('rsprof:capture').unsubscribe(listen));
  const result = await heapSnapshot({ dir, reason: 'why' });
  await assert.rejects(heapSnapshot({ path: dir }));
  assert.deepEqual(
    heard.map(({ phase, kind }) => [phase, kind]),
    [
      ['start', 'heapSnapshot'],
      ['end', 'heapSnapshot'],
      ['error', 'heapSnapshot'],
    ],
  );
  assert.equal(heard[0].id, heard[1].id);
  assert.equal(heard[0].reason, 'why');
  assert.equal(heard[1].result, result);
  assert.equal(heard[2].error.code, 'ERR_RSPROF_IS_DIRECTORY');
});

test('at process exit the recording is stopped and its partial removed', (t) => {
  const dir = tempDir(t);
  const script = `
    const { useFakeBackend, until } = require(${JSON.stringify(SUPPORT)});
    const { heapSnapshot } = require(${JSON.stringify(require.resolve('../../index.js'))});
    const fs = require('node:fs');
    const { recordings } = useFakeBackend({ after() {} }, { wait: true });
    heapSnapshot({ dir: process.argv[1] });
    until(() => recordings.length === 1).then(() => {
      process.on('exit', () => console.log(before, recordings[0].calls.join(), fs.readdirSync(process.argv[1]).length));
      const before = fs.readdirSync(process.argv[1]).length;
      process.exit(3);
    });`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script, dir], {
    encoding: 'utf8',
  });
  assert.deepEqual([status, stdout], [3, '1 abortSync 0\n'], stderr);
});

test('what dead processes left in the folder goes with the first capture', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t);
  const { identity } = require('../../lib/process-identity.js');
  const { partialName } = require('../../lib/naming.js');
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  fs.writeFileSync(partialName(path.join(dir, 'old'), { ...identity(), pid }), 'half');
  const result = await heapSnapshot({ dir, sidecar: false });
  assert.deepEqual(ls(dir), [path.basename(result.path)]);
});
