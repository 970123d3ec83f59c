'use strict';

const assert = require('node:assert/strict');
const inspector = require('node:inspector');
const { constants } = require('node:os');
const test = require('node:test');
const { backendWith } = require('./fake-addon.js');
const { code } = require('./support.js');

const { prototype } = inspector.Session;
const originalPost = prototype.post;

test.afterEach(() => assert.equal(prototype.post, originalPost, 'the guard is off'));

const REQUEST = {
  target: '/t/x.partial',
  tempDir: '/t',
  compression: 'gzip',
  level: 1,
  numericValues: false,
  exposeInternals: true,
  redactKey: null,
  strategy: 'auto',
};
const FIGURES = {
  bytes: 1,
  rawBytes: 2,
  sha256: 'ab',
  nodeCount: 3,
  edgeCount: 4,
  serializeMs: 50,
  topClasses: [],
};

/** An addon whose recordings end with `outcome`; `log` is what was called. */
function addonWith(outcome, { tracks = false, stopped = {} } = {}) {
  const log = [];
  const recording = (kind) => ({
    graphMs: 5,
    startMs: 1,
    stopMs: 2,
    done: async () => outcome,
    stop: async (target) => {
      log.push(['stop', target]);
      return outcome;
    },
    progress: () => ({ done: 1, total: 2, rawBytes: 3, finished: false }),
    abort: () => log.push('abort'),
    finishSerializing: () => log.push('finishSerializing'),
    read: async () => null,
    release: () => {
      log.push(`release ${kind}`);
      return 7;
    },
    ...stopped,
  });
  const start = (kind) => (request) => {
    log.push([kind, request]);
    return recording(kind);
  };
  return {
    log,
    probe: () => ({ supported: true, reason: 'fake' }),
    tracksAllocations: () => tracks,
    takeSnapshot: start('snapshot'),
    startCpuProfile: start('cpu'),
    startHeapProfile: start('heap'),
  };
}

function backendOn(t, addon) {
  return backendWith(t, { '../native/index.js': addon }).current();
}

test('a snapshot: request, report, release', async (t) => {
  const addon = addonWith({ ok: FIGURES });
  const recording = backendOn(t, addon).takeSnapshot(REQUEST);
  const report = await recording.done;
  assert.deepEqual(addon.log, [
    [
      'snapshot',
      {
        path: '/t/x.partial',
        compression: 'gzip',
        level: 1,
        numericValues: false,
        exposeInternals: true,
        serializeOnMain: false,
      },
    ],
    'release snapshot',
  ]);
  const { serializeMs, ...figures } = FIGURES;
  assert.deepEqual(report, {
    ...figures,
    pauses: { graphMs: 5, serializeMs: 0, releaseMs: 7 },
    serializedOn: 'thread',
    strategy: 'inline',
  });
});

test('a stream has no path, a redacted one has its key', async (t) => {
  const addon = addonWith({ ok: FIGURES });
  const redactKey = Buffer.alloc(16, 1);
  await backendOn(t, addon).takeSnapshot({ ...REQUEST, target: null, redactKey }).done;
  const [, request] = addon.log[0];
  assert.ok(!('path' in request));
  assert.equal(request.redactKey, redactKey);
});

test('while allocations are tracked V8 serialises on the JS thread, and that is a pause', async (t) => {
  const addon = addonWith({ ok: FIGURES }, { tracks: true });
  const { pauses, serializedOn } = await backendOn(t, addon).takeSnapshot(REQUEST).done;
  assert.equal(addon.log[0][1].serializeOnMain, true);
  assert.deepEqual([pauses.serializeMs, serializedOn], [50, 'main']);
});

test('so does an inspector that is open', async (t) => {
  const addon = addonWith({ ok: FIGURES });
  inspector.open(0);
  t.after(() => inspector.close());
  await backendOn(t, addon).takeSnapshot(REQUEST).done;
  assert.equal(addon.log[0][1].serializeOnMain, true);
});

test('a session that touches the heap waits for the serialiser', async (t) => {
  const addon = addonWith({ ok: FIGURES });
  const recording = backendOn(t, addon).takeSnapshot(REQUEST);
  const session = new inspector.Session();
  session.connect();
  session.post('HeapProfiler.enable');
  session.disconnect();
  await recording.done;
  assert.deepEqual(addon.log.slice(1), [
    'finishSerializing',
    'finishSerializing',
    'release snapshot',
  ]);
});

test('a failure has its code, is released and ends the guard', async (t) => {
  const { ENOSPC, EACCES, EIO } = constants.errno;
  const cases = [
    [{ code: 'ERR_RSPROF_DISK_FULL', message: 'no space', errno: ENOSPC }, 'DISK_FULL'],
    [{ code: 'ERR_RSPROF_IO', message: 'no space', errno: ENOSPC }, 'DISK_FULL'],
    [{ code: 'ERR_RSPROF_IO', message: 'denied', errno: EACCES }, 'ACCESS'],
    [{ code: 'ERR_RSPROF_IO', message: 'broken', errno: EIO }, 'IO'],
    [{ code: 'ERR_RSPROF_INVALID_SNAPSHOT', message: 'at byte 7' }, 'INVALID_SNAPSHOT'],
    [{ code: 'GenericFailure', message: 'odd' }, 'INTERNAL'],
  ];
  for (const [error, expected] of cases) {
    const addon = addonWith({ error });
    const recording = backendOn(t, addon).takeSnapshot(REQUEST);
    const said = error.errno && error.errno !== EIO ? '/t/x.partial' : error.message;
    await assert.rejects(
      recording.done,
      code(expected, ({ message }) => message.includes(said)),
    );
    assert.ok(addon.log.includes('release snapshot'));
  }
  const system = { code: 'ERR_RSPROF_IO', message: 'no space', errno: ENOSPC };
  const { done } = backendOn(t, addonWith({ error: system })).takeSnapshot(REQUEST);
  await assert.rejects(done, (error) => error.cause.code === 'ENOSPC');
});

test('what the addon throws becomes an RsprofError', (t) => {
  const addon = addonWith({ ok: FIGURES });
  addon.takeSnapshot = () => {
    throw Object.assign(new Error('cannot'), { code: 'ERR_RSPROF_UNSUPPORTED' });
  };
  addon.startCpuProfile = () => {
    throw new Error('panic');
  };
  const backend = backendOn(t, addon);
  assert.throws(() => backend.takeSnapshot(REQUEST), code('UNSUPPORTED'));
  assert.throws(() => backend.startCpuProfile({ eager: true }), code('INTERNAL'));
});

test('a CPU profile: hits become time and share', async (t) => {
  const frame = { functionName: 'f', url: 'file:///f.js', lineNumber: 3 };
  const figures = {
    startTime: 1_000_000,
    endTime: 3_000_000,
    hits: 200,
    busyHits: 100,
    truncated: 4,
  };
  const addon = addonWith({ ok: { ...figures, topFunctions: [{ ...frame, weight: 50 }] } });
  const recording = backendOn(t, addon).startCpuProfile({
    interval: 9,
    maxSamples: 8,
    callerLines: true,
    eager: false,
  });
  assert.deepEqual([recording.startMs, recording.logging], [1, 'lazy']);
  const report = await recording.stop({ target: '/t/x', compression: 'zstd', level: 3 });
  assert.deepEqual(report, {
    startTime: 1_000_000,
    endTime: 3_000_000,
    truncated: 4,
    topFunctions: [{ ...frame, selfMs: 500, share: 0.5 }],
    stopMs: 2,
  });
  assert.deepEqual(addon.log, [
    ['cpu', { interval: 9, maxSamples: 8, callerLines: true, eager: false }],
    ['stop', { path: '/t/x', compression: 'zstd', level: 3 }],
    'release cpu',
  ]);
});

test('a heap profile: V8 flags, bytes and share', async (t) => {
  const frame = { functionName: 'f', url: '', lineNumber: 0 };
  const addon = addonWith({ ok: { totalBytes: 400, topFunctions: [{ ...frame, weight: 100 }] } });
  const backend = backendOn(t, addon);
  const flags = [false, 'major', 'all'].map((includeCollected) => {
    backend.startHeapProfile({ interval: 1, stackDepth: 2, includeCollected }).cancel();
    return addon.log.at(-2)[1].includeCollected;
  });
  assert.deepEqual(flags, [0, 1, 2]);
  const report = await backend
    .startHeapProfile({ interval: 1, stackDepth: 2 })
    .stop({ target: '/t/x' });
  assert.deepEqual(report.topFunctions, [{ ...frame, bytes: 100, share: 0.25 }]);
});

test('a profile whose file fails is released', async (t) => {
  const addon = addonWith({ error: { code: 'ERR_RSPROF_DISK_FULL', message: 'no space' } });
  const recording = backendOn(t, addon).startHeapProfile({});
  await assert.rejects(recording.stop({ target: '/t/x' }), code('DISK_FULL'));
  assert.equal(addon.log.at(-1), 'release heap');
});
