'use strict';

const assert = require('node:assert/strict');
const diagnosticsChannel = require('node:diagnostics_channel');
const path = require('node:path');
const { test } = require('node:test');

const rsprof = require('../..');
const { ballast } = require('../support/ballast.js');
const { runForJson, runNode } = require('../support/child.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { names, tempDir } = require('../support/tempdir.js');
const { ownThreads } = require('../support/threads.js');

test('a second snapshot while one runs is refused as busy; the first is not disturbed', async (t) => {
  const dir = tempDir(t);
  const first = rsprof.heapSnapshot({ dir });
  await assert.rejects(rsprof.heapSnapshot({ dir }), { code: 'ERR_RSPROF_BUSY' });
  readHeapSnapshot((await first).path);
  readHeapSnapshot((await rsprof.heapSnapshot({ dir })).path);
});

test('queue: true waits for its turn instead', async (t) => {
  const dir = tempDir(t);
  const results = await Promise.all([1, 2, 3].map(() => rsprof.heapSnapshot({ dir, queue: true })));
  assert.equal(new Set(results.map((result) => result.path)).size, 3);
  for (const result of results) readHeapSnapshot(result.path);
});

test('a capture that waits in the queue can be aborted; the others go on', async (t) => {
  const dir = tempDir(t);
  const controller = new AbortController();
  const first = rsprof.heapSnapshot({ dir, queue: true });
  const second = rsprof.heapSnapshot({ dir, queue: true, signal: controller.signal });
  const third = rsprof.heapSnapshot({ dir, queue: true });
  controller.abort();
  await assert.rejects(second, { code: 'ERR_RSPROF_ABORTED' });
  await Promise.all([first, third]);
  assert.equal(names(dir).filter((name) => name.endsWith('.gz')).length, 2);
});

test('captures of different kinds run side by side', async (t) => {
  const dir = tempDir(t);
  const results = await Promise.all([
    rsprof.cpuProfile({ dir, seconds: 0.2 }),
    rsprof.heapProfile({ dir, seconds: 0.2 }),
    rsprof.heapSnapshot({ dir }),
  ]);
  assert.equal(results.length, 3);
  readHeapSnapshot(results[2].path);
});

test('a signal that is aborted already starts nothing and gives its reason as cause', async (t) => {
  const dir = tempDir(t);
  const reason = new Error('too late');
  const signal = AbortSignal.abort(reason);
  await assert.rejects(rsprof.heapSnapshot({ dir, signal }), {
    name: 'RsprofError',
    code: 'ERR_RSPROF_ABORTED',
    cause: reason,
  });
  assert.deepEqual(names(dir), []);
});

test('an abort during a snapshot removes the file, joins the threads and frees the next', async (t) => {
  const dir = tempDir(t);
  for (const wait of [0, 1, 5, 20]) {
    const controller = new AbortController();
    const capture = rsprof.heapSnapshot({ dir, signal: controller.signal, level: 9 });
    setTimeout(() => controller.abort(), wait);
    const outcome = await capture.then(
      () => 'done',
      (error) => error.code,
    );
    assert.ok(['done', 'ERR_RSPROF_ABORTED'].includes(outcome), outcome);
    assert.deepEqual(ownThreads(), []);
    assert.deepEqual(
      names(dir).filter((name) => name.endsWith('.partial')),
      [],
    );
  }
  readHeapSnapshot((await rsprof.heapSnapshot({ dir })).path);
});

test('an onProgress that throws is a process warning, told once; the capture goes on', async (t) => {
  const { path: file, warnings } = await runForJson(
    `${ballast(100_000)}
    const warnings = [];
    process.on('warning', ({ name, message }) => warnings.push({ name, message }));
    rsprof.heapSnapshot({
      dir: ${JSON.stringify(tempDir(t))},
      level: 9,
      onProgress() { throw new Error('planted'); },
    }).then(({ path }) => setTimeout(() => console.log(JSON.stringify({ path, warnings })), 20));`,
    { nodeArgs: ['--no-warnings'] },
  );
  readHeapSnapshot(file);
  assert.equal(warnings.length, 1, JSON.stringify(warnings));
  assert.match(warnings[0].message, /onProgress.*planted/s);
});

test('unknown options and wrong types are refused by name, before anything starts', async (t) => {
  const dir = tempDir(t);
  const wrong = [
    { compresion: 'gzip' },
    { compression: 'brotli' },
    { level: 0 },
    { level: 10 },
    { redact: true },
    { strategy: 'spoon' },
    { signal: {} },
    { onProgress: 1 },
    { path: '' },
    { overwrite: 'yes' },
  ];
  for (const options of wrong) {
    const [name] = Object.keys(options);
    await assert.rejects(rsprof.heapSnapshot({ dir, ...options }), (error) => {
      assert.equal(error.code, 'ERR_RSPROF_INVALID_ARG');
      assert.ok(error.message.includes(name), error.message);
      return true;
    });
  }
  for (const options of [
    { interval: 0 },
    { maxSamples: -1 },
    { logging: 'never' },
    { mode: 'x' },
  ]) {
    assert.throws(() => rsprof.startCpuProfile({ dir, ...options }), {
      code: 'ERR_RSPROF_INVALID_ARG',
    });
  }
  assert.deepEqual(names(dir), []);
});

test('RSPROF_* variables give what the call leaves open; an argument goes before them', async (t) => {
  const dir = tempDir(t);
  const other = tempDir(t);
  const env = { RSPROF_DIR: dir, RSPROF_COMPRESSION: 'none', RSPROF_REDACT: 'strings' };
  const { byEnv, byArgument } = await runForJson(
    `(async () => {
      const byEnv = await rsprof.heapSnapshot();
      const byArgument = await rsprof.heapSnapshot({
        dir: ${JSON.stringify(other)}, compression: 'gzip', redact: false,
      });
      console.log(JSON.stringify({ byEnv, byArgument }));
    })();`,
    { env },
  );
  assert.equal(path.dirname(byEnv.path), dir);
  assert.equal(byEnv.compression, 'none');
  assert.equal(byEnv.redact, 'strings');
  assert.equal(path.dirname(byArgument.path), other);
  assert.equal(byArgument.compression, 'gzip');
  assert.equal(byArgument.redact, false);
});

test('a wrong RSPROF_* variable is an error that names it', async (t) => {
  const env = { RSPROF_COMPRESSION: 'lzma' };
  const { code, message } = await runForJson(
    `rsprof.heapSnapshot({ dir: ${JSON.stringify(tempDir(t))} })
      .catch(({ code, message }) => console.log(JSON.stringify({ code, message })));`,
    { env },
  );
  assert.equal(code, 'ERR_RSPROF_INVALID_ARG');
  assert.match(message, /RSPROF_COMPRESSION/);
});

test('the channel rsprof:capture tells the start, the end and the failure of captures', async (t) => {
  const dir = tempDir(t);
  const seen = [];
  const onMessage = (message) => seen.push(message);
  const channel = diagnosticsChannel.channel('rsprof:capture');
  channel.subscribe(onMessage);
  t.after(() => channel.unsubscribe(onMessage));
  const result = await rsprof.heapSnapshot({ dir });
  await rsprof.heapSnapshot({ dir, signal: AbortSignal.abort() }).catch(() => {});
  await rsprof.heapSnapshot({ path: dir }).catch(() => {});
  const phases = seen.filter(({ kind }) => kind === 'heapSnapshot').map(({ phase }) => phase);
  assert.deepEqual(phases.slice(0, 2), ['start', 'end']);
  assert.ok(phases.slice(2).every((phase) => phase === 'start' || phase === 'error'));
  assert.ok(phases.includes('error'), phases.join());
  const end = seen.find(({ phase }) => phase === 'end');
  assert.equal(end.result?.path ?? end.path, result.path);
});

test('NODE_DEBUG=rsprof writes lines to standard error, and without it nothing is written', async (t) => {
  const script = `rsprof.heapSnapshot({ dir: ${JSON.stringify(tempDir(t))} })`;
  const loud = await runNode(script, { env: { NODE_DEBUG: 'rsprof' } });
  assert.match(loud.stderr, /RSPROF \d+: .*heapSnapshot/);
  const quiet = await runNode(script);
  assert.equal(quiet.stdout + quiet.stderr, '');
});
