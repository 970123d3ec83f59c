'use strict';

/** Actions that run: order, outputs, failures, ends; and what is taken where a snapshot does not fit. */

const assert = require('node:assert/strict');
const childProcess = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { RsprofError } = require('../../lib/errors.js');
const { readAction, runActions } = require('../../lib/watch/actions.js');
const { contextOf, run, told } = require('./actions-support.js');
const {
  assertIdle,
  code,
  deferred,
  listeners,
  tempDir,
  until,
  useFakeBackend,
} = require('./support.js');

test.afterEach(assertIdle);

const MODULE = require.resolve('../../lib/analysis-process.js');

/** Children that print `answer(command, files)` in the place of the command line. */
function useChild(t, answer) {
  const started = [];
  const { spawn } = childProcess;
  t.mock.method(childProcess, 'spawn', (file, [, command, ...files], options) => {
    files.pop();
    started.push([command, ...files]);
    const text = JSON.stringify(answer(command, files));
    return spawn(file, ['-e', `process.stdout.write(${JSON.stringify(text)})`], options);
  });
  delete require.cache[MODULE];
  t.after(() => delete require.cache[MODULE]);
  return started;
}

const analysis = { kind: 'heapSnapshot', verdict: '1 Manager holds 84.9 %', suspects: [] };

test('each action waits for the one before; a later one sees what it gave', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t);
  const [first, order] = [deferred(), []];
  const promise = run(
    [
      'heapSnapshot',
      {
        type: 'call',
        id: 'slow',
        fn: ({ outputs }) => first.promise.then(() => order.push(outputs.heapSnapshot.path)),
      },
      ({ outputs, files }) => order.push(outputs.slow.value, files.length) && 'done',
    ],
    { dir },
  );
  await until(() => fs.readdirSync(dir).length === 2);
  await new Promise(setImmediate);
  assert.deepEqual(order, []);
  first.resolve();
  const { outputs, files, errors, skipped, events } = await promise;
  assert.deepEqual(order, [outputs.heapSnapshot.path, 1, 2]);
  assert.equal(outputs.call.value, 'done');
  assert.deepEqual([errors, skipped], [[], []]);
  assert.deepEqual(files, [outputs.heapSnapshot.path, outputs.heapSnapshot.sidecar]);
  assert.ok(files.every((file) => path.isAbsolute(file) && fs.existsSync(file)));
  const steps = ['heapSnapshot', 'slow', 'call'].flatMap((id) => [`start ${id}`, `end ${id}`]);
  assert.deepEqual(told(events), steps);
  assert.equal(events[1].output, outputs.heapSnapshot);
});

test('what a rule makes says so in its sidecar', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t);
  const seconds = 0.001;
  const actions = [
    'heapSnapshot',
    { type: 'cpuProfile', seconds },
    { type: 'heapProfile', seconds },
    'report',
  ];
  const { files, errors } = await run(actions, { dir, reason: 'a\nb' });
  assert.deepEqual(errors, []);
  const reasons = files
    .filter((_, at) => at % 2 === 1)
    .map((file) => JSON.parse(fs.readFileSync(file)).reason);
  assert.deepEqual(reasons, Array(4).fill('rule heap: a\\nb'));
  assert.deepEqual(fs.readdirSync(dir).sort(), files.map((file) => path.basename(file)).sort());
});

test('a failure is told and the next ones run; or not, where asked', async () => {
  const fail = (more) => ({
    type: 'call',
    fn: () => Promise.reject(new Error('of the user')),
    ...more,
  });
  const { outputs, errors, events } = await run([fail(), () => 1]);
  assert.deepEqual(Object.keys(outputs), ['call-2']);
  assert.equal(errors.length, 1);
  assert.deepEqual(errors[0].action, { type: 'call', id: 'call' });
  code(
    'CALL',
    ({ message, cause }) => /of the user/.test(message) && cause.message === 'of the user',
  )(errors[0].error);
  assert.deepEqual(told(events), ['start call', 'error call', 'start call-2', 'end call-2']);
  assert.equal(events[1].error, errors[0].error);
  const stopped = await run([() => 1, fail({ onFailure: 'stop' }), () => 1, () => 1]);
  assert.deepEqual(told(stopped.events), [
    'start call',
    'end call',
    'start call-2',
    'error call-2',
  ]);
  assert.deepEqual(
    stopped.skipped.map(({ id }) => id),
    ['call-3', 'call-4'],
  );
});

test('whatever a function throws, and whoever is told of it, nothing is thrown', async () => {
  const hostile = {
    get message() {
      throw new Error('no message');
    },
    toString() {
      throw new Error('no text');
    },
  };
  for (const thrown of [undefined, null, 7, 'text', Symbol('x'), hostile, Object.create(null)]) {
    const fn = () => {
      throw thrown;
    };
    const report = () => {
      throw new Error('of a listener');
    };
    const { errors } = await run([fn, async () => fn()], { report });
    assert.equal(errors.length, 2);
    for (const { error } of errors) code('CALL')(error);
  }
});

test('the time limit ends an action, and the next one runs', async () => {
  let ended;
  const fn = ({ signal }) =>
    new Promise(() => signal.addEventListener('abort', () => (ended = true)));
  const keepAlive = setInterval(() => {}, 1000);
  const { errors, outputs } = await run([{ type: 'call', fn, timeout: 0.02 }, () => 'next']);
  clearInterval(keepAlive);
  assert.ok(ended);
  code('BUDGET', ({ message }) =>
    /ended the action call after 0.02 s, as its timeout says/.test(message),
  )(errors[0].error);
  assert.equal(outputs['call-2'].value, 'next');
});

test('the time limit ends a capture, of which nothing is left', async (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t, { wait: true });
  const keepAlive = setInterval(() => {}, 1000);
  const { errors, files } = await run([{ type: 'heapSnapshot', timeout: 0.05 }], { dir });
  clearInterval(keepAlive);
  code('BUDGET')(errors[0].error);
  assert.deepEqual(recordings[0].calls, ['abort']);
  assert.deepEqual([files, fs.readdirSync(dir)], [[], []]);
});

test('an abort ends the one that runs, and the rest', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t, { wait: true });
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error('the watcher ends');
  const promise = run([() => 1, 'heapSnapshot', () => 1, 'report'], { dir, signal });
  await until(() => fs.readdirSync(dir).length === 1);
  controller.abort(reason);
  const { errors, skipped, events, outputs } = await promise;
  code('ABORTED', ({ cause }) => cause === reason)(errors[0].error);
  assert.deepEqual(
    skipped.map(({ id }) => id),
    ['call-2', 'report'],
  );
  assert.deepEqual(told(events).at(-1), 'error heapSnapshot');
  assert.deepEqual(Object.keys(outputs), ['call']);
  assert.deepEqual(fs.readdirSync(dir), []);
  assert.equal(listeners(signal), 0);
});

test('with a signal that has aborted nothing starts', async () => {
  const { skipped, events, errors } = await run([() => 1, () => 2], {
    signal: AbortSignal.abort(),
  });
  assert.deepEqual([events, errors], [[], []]);
  assert.equal(skipped.length, 2);
});

test('analyze reads the newest capture, or the one it is told', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t);
  const started = useChild(t, () => analysis);
  const { outputs, files, errors } = await run(
    [
      'heapSnapshot',
      { type: 'cpuProfile', seconds: 0.001 },
      'analyze',
      { type: 'analyze', of: 'heapSnapshot' },
      'analyze',
    ],
    { dir },
  );
  assert.deepEqual(errors, []);
  const [snapshot, profile] = [outputs.heapSnapshot.path, outputs.cpuProfile.path];
  assert.deepEqual(started, [
    ['analyze', profile],
    ['analyze', snapshot],
    ['analyze', profile],
  ]);
  const { verdict, kind } = analysis;
  assert.deepEqual(outputs.analyze, { verdict, kind, path: profile, report: analysis });
  assert.equal(files.length, 4);
});

test('diff: the first capture is kept, the next one compared with it and kept in its place', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t);
  const answer = { kind: 'heapDiff', verdict: 'Room grew' };
  const started = useChild(t, () => answer);
  const baselines = new Map();
  const once = (rule) => run(['heapSnapshot', 'diff'], { dir, baselines, ...rule });
  const one = await once();
  assert.deepEqual(started, []);
  assert.equal(one.outputs.diff.verdict, null);
  assert.match(one.outputs.diff.because, /first capture/);
  assert.deepEqual(one.keep, one.files);
  assert.deepEqual(one.outputs.diff.keep, one.files);
  const two = await once();
  assert.deepEqual(started, [
    ['diff', one.outputs.heapSnapshot.path, two.outputs.heapSnapshot.path],
  ]);
  assert.equal(two.outputs.diff.verdict, 'Room grew');
  assert.equal(two.outputs.diff.with, one.outputs.heapSnapshot.path);
  assert.deepEqual(two.outputs.diff.report, answer);
  assert.deepEqual(two.keep, two.files);
  const other = await once({ rule: { name: 'another' } });
  assert.equal(other.outputs.diff.with, null);
  assert.deepEqual(other.keep, [...two.files, ...other.files]);
  fs.rmSync(two.outputs.heapSnapshot.path);
  const four = await once();
  assert.match(four.outputs.diff.because, /is gone/);
  assert.equal(started.length, 1);
});

test('diff with a given file keeps nothing; one that fails is told, and the newer file is kept', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t);
  const error = { code: 'ERR_RSPROF_INVALID_SNAPSHOT', message: 'byte 7' };
  let answer = { kind: 'heapDiff', verdict: 'x' };
  const started = useChild(t, () => answer);
  const given = await run(['heapSnapshot', { type: 'diff', with: '/tmp/then' }], { dir });
  assert.deepEqual(started, [['diff', '/tmp/then', given.outputs.heapSnapshot.path]]);
  assert.deepEqual([given.keep, given.outputs.diff.keep], [[], undefined]);
  answer = { error };
  const baselines = new Map();
  await run(['heapSnapshot', 'diff'], { dir, baselines });
  const failed = await run(['heapSnapshot', 'diff'], { dir, baselines });
  code('INVALID_SNAPSHOT')(failed.errors[0].error);
  assert.deepEqual(failed.keep, failed.files);
});

test('actions that were read one by one run, too; what they lack is told', async () => {
  const actions = ['analyze', { type: 'diff', of: 'nothing' }, () => 1, () => 2].map((one, at) =>
    readAction(one, `a[${at}]`),
  );
  const { errors, outputs } = await runActions({
    actions,
    context: contextOf({ outputs: undefined }),
  });
  for (const { error } of errors)
    code('NOT_FOUND', ({ message }) => /nothing to/.test(message))(error);
  assert.deepEqual(
    errors.map(({ action }) => action.id),
    ['analyze', 'diff'],
  );
  assert.deepEqual(outputs, { call: { value: 1 }, 'call-2': { value: 2 } });
});

const histogram = { path: null, sidecar: null, classes: [{ name: 'Room', count: 31_356 }] };
const ladder = { type: 'heapSnapshot', insteadSeconds: 0.001 };

test('a snapshot that does not fit: classes and allocations instead, and these are analysed', async (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t);
  const started = useChild(t, () => ({ kind: 'heapProfile', verdict: 'allocated' }));
  const asked = [];
  const fits = (kind) =>
    asked.push(kind) && (kind === 'heapSnapshot' ? { reason: 'the disk has 3 MB' } : null);
  const file = path.join(dir, 'classes.json');
  const calls = [];
  const classHistogram = async (how) =>
    calls.push(how) && { ...histogram, path: file, sidecar: `${file}.json` };
  const { outputs, files, errors, events } = await run([ladder, 'analyze'], {
    dir,
    fits,
    classHistogram,
  });
  assert.deepEqual(errors, []);
  const { heapSnapshot: output } = outputs;
  assert.equal(output.path, null);
  assert.equal(output.insteadOf, 'heapSnapshot');
  assert.equal(output.because, 'the disk has 3 MB');
  assert.deepEqual(output.classHistogram.classes, histogram.classes);
  assert.match(output.heapProfile.path, /\.heapprofile/);
  assert.deepEqual(asked, ['heapSnapshot', 'classHistogram', 'heapProfile']);
  assert.equal(recordings.length, 1);
  assert.equal(calls[0].dir, dir);
  assert.equal(calls[0].reason, 'rule heap: heapUsed is 900 MB');
  assert.deepEqual(files, [
    file,
    `${file}.json`,
    output.heapProfile.path,
    output.heapProfile.sidecar,
  ]);
  assert.deepEqual(started, [['analyze', output.heapProfile.path]]);
  assert.equal(outputs.analyze.verdict, 'allocated By number of objects: 31,356 Room.');
  assert.deepEqual(told(events).slice(0, 2), ['start heapSnapshot', 'end heapSnapshot']);
});

test('the same where the snapshot itself finds no room; other failures are failures', async (t) => {
  for (const name of ['BUDGET', 'DISK_FULL', 'FORK', 'IO']) {
    const dir = tempDir(t);
    useFakeBackend(t, {
      start: (request) => {
        if ('tempDir' in request) throw new RsprofError(`ERR_RSPROF_${name}`, 'no room');
      },
    });
    const { outputs, errors } = await run([ladder], { dir, classHistogram: () => histogram });
    if (name === 'IO') {
      code('IO')(errors[0].error);
      continue;
    }
    assert.deepEqual(errors, []);
    assert.equal(outputs.heapSnapshot.because, 'no room');
    assert.ok(outputs.heapSnapshot.heapProfile.path);
  }
});

test('where nothing fits the figures have to do, and the readings; that is no exception', async (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t);
  const fits = (kind) => ({ reason: `no ${kind}` });
  const dirs = [];
  const classHistogram = ({ dir: where }) => {
    dirs.push(where);
    assert.ok(fs.statSync(where).isDirectory());
    return { ...histogram, path: path.join(where, 'x') };
  };
  const { outputs, errors, files } = await run([ladder, 'analyze'], { dir, fits, classHistogram });
  assert.deepEqual(outputs.heapSnapshot, {
    kind: 'heapSnapshot',
    path: null,
    sidecar: null,
    insteadOf: 'heapSnapshot',
    because: 'no heapSnapshot',
    heapProfile: { path: null, error: 'no heapProfile' },
    classHistogram: histogram,
    readings: { rss: 1024, cpu: Number.NaN },
  });
  assert.deepEqual([files, recordings, fs.readdirSync(dir)], [[], [], []]);
  assert.equal(dirs.length, 1);
  assert.ok(dirs[0] !== dir && !fs.existsSync(dirs[0]));
  assert.deepEqual(errors, []);
  const verdict = 'By number of objects: 31,356 Room.';
  assert.deepEqual(outputs.analyze, { verdict, kind: 'classHistogram', path: null, report: null });
  const bare = await run([ladder, 'analyze'], { dir, fits });
  code('NOT_FOUND', ({ message }) => /no heapSnapshot; no heapProfile/.test(message))(
    bare.errors[0].error,
  );
});

test('a snapshot keeps within the limits of the watcher, whichever are less', async (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t);
  const snapshotOptions = () => ({ budget: { memory: 5e8, pauseSeconds: 3 }, spill: true });
  const strategy = 'inline';
  const own = { memory: 9e8, pauseSeconds: 2, seconds: 7 };
  const actions = [
    { type: 'heapSnapshot', strategy },
    { type: 'heapSnapshot', strategy, budget: own, spill: false },
  ];
  const { errors } = await run(actions, { dir, snapshotOptions });
  assert.deepEqual(errors, []);
  assert.deepEqual(
    recordings.map(({ request: { budget, spill } }) => ({ ...budget, spill })),
    [
      { seconds: 300, memory: 5e8, pauseSeconds: 3, spill: true },
      { seconds: 7, memory: 5e8, pauseSeconds: 2, spill: false },
    ],
  );
});

test('a histogram that fails, is missing, or finds the disk full', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t);
  const fits = (kind) => (kind === 'heapSnapshot' ? { reason: 'x' } : null);
  const full = ({ dir: where }) => {
    if (where === dir) throw new RsprofError('ERR_RSPROF_DISK_FULL', 'full');
    return histogram;
  };
  const bad = () => Promise.reject(new Error('bad'));
  const ways = [
    [undefined, null],
    [bad, { path: null, error: 'bad' }],
    [() => undefined, { path: null, error: 'it gave no result' }],
    [full, histogram],
  ];
  for (const [classHistogram, expected] of ways) {
    const { outputs, errors } = await run([ladder], { dir, fits, classHistogram });
    assert.deepEqual(errors, []);
    assert.deepEqual(outputs.heapSnapshot.classHistogram, expected);
    assert.ok(outputs.heapSnapshot.heapProfile.path);
  }
});

test('an abort goes through the ladder, too', async (t) => {
  const controller = new AbortController();
  const dir = tempDir(t);
  const classHistogram = ({ signal }) => {
    controller.abort();
    assert.ok(signal.aborted);
    throw new Error('ended');
  };
  const { errors, outputs } = await run([ladder], {
    dir,
    signal: controller.signal,
    fits: () => ({ reason: 'x' }),
    classHistogram,
  });
  code('ABORTED')(errors[0].error);
  assert.deepEqual(outputs, {});
});

test('a question for room that fails is a no', async (t) => {
  const dir = tempDir(t);
  useFakeBackend(t);
  const fits = () => {
    throw new Error('no statfs');
  };
  const { outputs, errors } = await run(
    [ladder, { type: 'cpuProfile', seconds: 0.001 }, 'report'],
    { dir, fits },
  );
  assert.match(outputs.heapSnapshot.because, /no statfs/);
  assert.deepEqual(
    errors.map(({ error }) => error.code),
    ['ERR_RSPROF_BUDGET', 'ERR_RSPROF_BUDGET'],
  );
  assert.deepEqual(fs.readdirSync(dir), []);
});
