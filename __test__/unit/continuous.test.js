'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { continuous } = require('../../index.js');
const { startReceiver } = require('../support/pyroscope.js');
const { assertIdle, code, listeners, tempDir, until } = require('./support.js');

test.afterEach(assertIdle);

const INDEX = require.resolve('../../index.js');
const ASYNC_DISPOSE = Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose');
const FAST = Object.freeze({ window: 0.02, minFreeBytes: 0 });

test('one at a time in a thread; stop() is idempotent and lets the next one start', async (t) => {
  const dir = tempDir(t);
  const handle = continuous({ ...FAST, dir });
  assert.throws(() => continuous({ dir }), code('BUSY'));
  const stopped = handle.stop();
  assert.equal(handle.stop(), stopped);
  assert.equal(handle.done, stopped);
  const stats = await stopped;
  assert.deepEqual(stats, { ...handle.stats(), durationMs: stats.durationMs });
  const next = continuous({ ...FAST, dir });
  await next[ASYNC_DISPOSE]();
  assert.equal(next.stats().running, false);
});

test('what cannot start throws and leaves nothing running', (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'file');
  fs.writeFileSync(file, '');
  assert.throws(() => continuous({ dir: path.join(file, 'x') }), code('NOT_FOUND'));
  assert.throws(() => continuous({ dir, signal: AbortSignal.abort() }), code('ABORTED'));
  assert.deepEqual(fs.readdirSync(dir), ['file']);
});

test('the signal ends it at once: nothing more is written or sent', async (t) => {
  const dir = tempDir(t);
  const receiver = await startReceiver(t);
  receiver.decide = () => 'hang';
  const controller = new AbortController();
  const { signal } = controller;
  const push = { url: receiver.url, appName: 'app' };
  const handle = continuous({ ...FAST, window: 60, dir, push, signal });
  assert.equal(listeners(signal), 1);
  controller.abort();
  const stats = await handle.done;
  assert.deepEqual([stats.windows, stats.written, stats.running], [0, 0, false]);
  assert.deepEqual(fs.readdirSync(dir), []);
  assert.equal(listeners(signal), 0);
});

test('the signal while a request hangs', async (t) => {
  const receiver = await startReceiver(t);
  receiver.decide = () => 'hang';
  const controller = new AbortController();
  const errors = [];
  const handle = continuous({
    ...FAST,
    push: { url: receiver.url, appName: 'app', timeout: 300 },
    signal: controller.signal,
    onError: (error) => errors.push(error),
  });
  await until(() => receiver.requests > 0, 60_000);
  controller.abort();
  const { queued, dropped } = await handle.done;
  assert.equal(queued, 0);
  assert.ok(dropped > 0, 'what waited in memory is gone, and counted');
  await until(() => receiver.connections === 0, 60_000);
  assert.match(errors.at(-1).message, /dropped \d+ unsent/);
});

test('a queue in memory is bounded: the oldest go, counted and told', async (t) => {
  const receiver = await startReceiver(t);
  const errors = [];
  receiver.decide = () => 500;
  const handle = continuous({
    ...FAST,
    window: 0.05,
    interval: 200,
    push: {
      url: receiver.url,
      appName: 'app',
      maxQueueBytes: 65_536,
      retryDelay: 60,
      flushTimeout: 0,
    },
    onError: (error) => errors.push(error),
  });
  // What does not compress.
  const names = Array.from({ length: 400 }, () => `f${randomBytes(200).toString('hex')}`);
  const source = names.map((name) => `function ${name}(n) { while (performance.now() < n); }`);
  const work = new Function(`${source.join('\n')} return [${names}]`)();
  let turns = 0;
  await until(() => {
    for (let n = 0; n < 40; n++) work[turns++ % work.length](performance.now() + 0.3);
    assert.ok(handle.stats().queuedBytes <= 65_536);
    return handle.stats().dropped > 0;
  }, 60_000);
  await handle.stop();
  assert.ok(errors.some(({ message }) => /push.maxQueueBytes allow no more/.test(message)));
});

test('onError that fails is a warning, once, and harms nothing', async (t) => {
  const dir = tempDir(t);
  const warnings = [];
  const listen = (warning) => warnings.push(warning);
  process.on('warning', listen);
  t.after(() => process.off('warning', listen));
  let calls = 0;
  const handle = continuous({
    ...FAST,
    dir,
    minFreeBytes: 2 ** 50,
    onError: () => {
      calls++;
      throw new Error('of the caller');
    },
  });
  await until(() => handle.stats().failed > 2, 60_000);
  await handle.stop();
  assert.equal(calls, 1);
  assert.deepEqual(
    warnings.map((one) => one.code),
    ['RSPROF_ON_ERROR', 'ERR_RSPROF_DISK_FULL'],
  );
});

test('without onError the first failure of each code is a warning', async (t) => {
  const dir = tempDir(t);
  const warnings = [];
  const listen = (warning) => warnings.push(warning);
  process.on('warning', listen);
  t.after(() => process.off('warning', listen));
  const handle = continuous({ ...FAST, dir, minFreeBytes: 2 ** 50 });
  await until(() => handle.stats().failed > 2, 60_000);
  await handle.stop();
  assert.deepEqual(
    warnings.map((one) => one.code),
    ['ERR_RSPROF_DISK_FULL'],
  );
  assert.equal(warnings[0].name, 'RsprofWarning');
});

test('without the addon it says so at the start, whatever the back end', () => {
  const script = `
    const Module = require('node:module');
    const load = Module._load;
    Module._load = (name, ...rest) => {
      if (/native/.test(name) && !/backend/.test(name)) throw new Error('no binary for this system.');
      return load(name, ...rest);
    };
    try {
      require(${JSON.stringify(INDEX)}).continuous({ dir: '.' });
    } catch ({ code, message }) {
      console.log(code, message);
    }`;
  const env = { ...process.env, RSPROF_BACKEND: 'inspector' };
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', env });
  assert.match(
    stdout,
    /^ERR_RSPROF_UNSUPPORTED .*pprof needs the native addon.*no binary for this/,
    stderr,
  );
});
