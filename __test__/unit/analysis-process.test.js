'use strict';

/** The process of the analysis, as of heapSnapshot({ analyze: true }), with children that do what a test asks for. */

const assert = require('node:assert/strict');
const childProcess = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const test = require('node:test');
const rsprof = require('../../index.js');
const { faced, leaky } = require('./report-fixtures.js');
const { assertIdle, code, listeners, tempDir, until, useFakeBackend } = require('./support.js');

const MODULE = require.resolve('../../lib/analysis-process.js');

test.afterEach(assertIdle);

/** A child that runs `script` in the place of the command line; gives what it was started with. */
function useChild(t, script) {
  const started = [];
  const { spawn } = childProcess;
  t.mock.method(childProcess, 'spawn', (file, args, options) => {
    const child = spawn(file, ['-e', script], options);
    started.push({ file, args, options, child });
    return child;
  });
  delete require.cache[MODULE];
  t.after(() => delete require.cache[MODULE]);
  return started;
}

const print = (value) => `process.stdout.write(${JSON.stringify(JSON.stringify(value))})`;
const FOREVER = 'setInterval(() => {}, 1000)';

test('the report of the child is in the result', async (t) => {
  const report = faced(leaky());
  const started = useChild(t, print(report));
  useFakeBackend(t);
  const result = await rsprof.heapSnapshot({ dir: tempDir(t), analyze: true });
  assert.deepEqual(result.analysis, report);
  assert.ok(!('analysisError' in result));
  const [{ file, args, options }] = started;
  assert.equal(file, process.execPath);
  assert.deepEqual(args.slice(1), ['analyze', result.path, '--json']);
  assert.ok(fs.existsSync(args[0]));
  assert.equal(options.stdio[0], 'ignore');
});

test('without the option there is no child and no analysis; a variable asks for one', async (t) => {
  const started = useChild(t, print(faced(leaky())));
  useFakeBackend(t);
  assert.ok(!('analysis' in (await rsprof.heapSnapshot({ dir: tempDir(t) }))));
  assert.equal(started.length, 0);
  t.after(() => delete process.env.RSPROF_ANALYZE);
  process.env.RSPROF_ANALYZE = '1';
  assert.ok((await rsprof.heapSnapshot({ dir: tempDir(t) })).analysis);
  process.env.RSPROF_ANALYZE = 'false';
  assert.ok(!('analysis' in (await rsprof.heapSnapshot({ dir: tempDir(t) }))));
  process.env.RSPROF_ANALYZE = 'perhaps';
  await assert.rejects(rsprof.heapSnapshot(), code('INVALID_ARG'));
  delete process.env.RSPROF_ANALYZE;
  await assert.rejects(rsprof.heapSnapshot({ analyze: 1 }), code('INVALID_ARG'));
});

test('the child inherits nothing that would change or break it', async (t) => {
  const variables = {
    NODE_OPTIONS: '--require=nowhere',
    NODE_DEBUG: 'x',
    RSPROF_TOP: '1',
    KEPT: 'x',
  };
  Object.assign(process.env, variables);
  t.after(() => {
    for (const name of Object.keys(variables)) delete process.env[name];
  });
  const started = useChild(t, print(faced(leaky())));
  useFakeBackend(t);
  await rsprof.heapSnapshot({ dir: tempDir(t), analyze: true });
  const { env } = started[0].options;
  assert.equal(env.KEPT, 'x');
  assert.equal(env.PATH, process.env.PATH);
  for (const name of Object.keys(env)) assert.doesNotMatch(name, /^(NODE|RSPROF)_/);
});

test('the child steps back behind everybody else', {
  skip: os.platform() !== 'linux',
}, async (t) => {
  const started = useChild(t, FOREVER);
  useFakeBackend(t);
  const controller = new AbortController();
  const { signal } = controller;
  const promise = rsprof.heapSnapshot({ dir: tempDir(t), analyze: true, signal });
  await until(() => started.length === 1);
  const { pid } = started[0].child;
  assert.equal(os.getPriority(pid), os.constants.priority.PRIORITY_LOW);
  assert.equal(fs.readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'), '1000\n');
  controller.abort();
  await promise;
});

test('what the analysis fails of is told, the snapshot stays', async (t) => {
  const error = { code: 'ERR_RSPROF_INVALID_SNAPSHOT', message: 'byte 7' };
  const children = {
    INVALID_SNAPSHOT: `${print({ error })}; process.exitCode = 2`,
    FORK: 'console.error("first"); console.error("out of luck"); process.exitCode = 3',
    INVALID_ARG: `${print({ error: { ...error, code: 'ERR_RSPROF_INVALID_ARG' } })}`,
  };
  for (const [name, script] of Object.entries(children)) {
    useChild(t, script);
    useFakeBackend(t);
    const result = await rsprof.heapSnapshot({ dir: tempDir(t), analyze: true });
    assert.equal(result.analysis, null);
    code(name, ({ message }) => /byte 7|exit code 3: out of luck/.test(message))(
      result.analysisError,
    );
    assert.ok(fs.existsSync(result.path));
    t.mock.restoreAll();
  }
});

test('of a child that crashed its error is told', async (t) => {
  useChild(t, 'throw new TypeError("the reason")');
  useFakeBackend(t);
  const { analysisError } = await rsprof.heapSnapshot({ dir: tempDir(t), analyze: true });
  code('FORK', ({ message }) => /exit code 1: TypeError: the reason;/.test(message))(analysisError);
});

test('a child that is killed, or prints what is no report', async (t) => {
  const children = {
    'process.kill(process.pid, "SIGKILL")': /ended by SIGKILL/,
    'console.log("[]")': /exit code 0/,
    'console.log("{")': /exit code 0/,
    [print({ error: { code: 'EVIL', message: 'x' } })]: /exit code 0/,
    [print({ kind: 'heapDiff', verdict: 'of another command' })]: /exit code 0/,
  };
  for (const [script, text] of Object.entries(children)) {
    useChild(t, script);
    useFakeBackend(t);
    const { analysisError } = await rsprof.heapSnapshot({ dir: tempDir(t), analyze: true });
    code('FORK', ({ message }) => text.test(message))(analysisError);
    t.mock.restoreAll();
  }
});

test('a child that cannot be started is told', async (t) => {
  useFakeBackend(t);
  const failures = { ERR_ACCESS_DENIED: 'ACCESS', EAGAIN: 'FORK' };
  for (const [system, name] of Object.entries(failures)) {
    t.mock.method(childProcess, 'spawn', () => {
      throw Object.assign(new Error(`spawn ${system}`), { code: system });
    });
    delete require.cache[MODULE];
    const result = await rsprof.heapSnapshot({ dir: tempDir(t), analyze: true });
    assert.equal(result.analysis, null);
    code(name)(result.analysisError);
    t.mock.restoreAll();
  }
  delete require.cache[MODULE];
});

test('the signal ends the child, not the snapshot', async (t) => {
  const started = useChild(t, FOREVER);
  useFakeBackend(t);
  const controller = new AbortController();
  const { signal } = controller;
  const promise = rsprof.heapSnapshot({ dir: tempDir(t), analyze: true, signal });
  await until(() => started.length === 1);
  const reason = new Error('enough');
  controller.abort(reason);
  const result = await promise;
  code('ABORTED', (error) => error.cause === reason)(result.analysisError);
  assert.equal(started[0].child.signalCode, 'SIGKILL');
  assert.ok(fs.existsSync(result.path));
  assert.equal(listeners(signal), 0);
});

test('over the budget the child is ended', async (t) => {
  const started = useChild(t, FOREVER);
  useFakeBackend(t);
  const budget = { seconds: 0.05 };
  const result = await rsprof.heapSnapshot({ dir: tempDir(t), analyze: true, budget });
  code('BUDGET')(result.analysisError);
  assert.equal(started[0].child.signalCode, 'SIGKILL');
});

test('a budget beyond what a timer can wait ends nothing', async (t) => {
  useChild(t, print(faced(leaky())));
  useFakeBackend(t);
  const budget = { seconds: 1e9 };
  const { analysis } = await rsprof.heapSnapshot({ dir: tempDir(t), analyze: true, budget });
  assert.ok(analysis);
});

test('profiles are analysed there, too, and captures compared', async (t) => {
  const answers = { cpuProfile: 'cpuProfile', heapProfile: 'heapProfile' };
  for (const [name, kind] of Object.entries(answers)) {
    const started = useChild(t, print({ kind, verdict: name }));
    const { analyzeInProcess } = require(MODULE);
    assert.deepEqual(await analyzeInProcess('/a', {}), { kind, verdict: name });
    assert.deepEqual(started[0].args.slice(1), ['analyze', '/a', '--json']);
    t.mock.restoreAll();
  }
  for (const kind of ['heapDiff', 'cpuProfileDiff', 'heapProfileDiff']) {
    const started = useChild(t, print({ kind, verdict: '' }));
    const { diffInProcess } = require(MODULE);
    assert.deepEqual(await diffInProcess('/a', '/b', { seconds: 60 }), { kind, verdict: '' });
    assert.deepEqual(started[0].args.slice(1), ['diff', '/a', '/b', '--json']);
    t.mock.restoreAll();
  }
});

test('the next snapshot need not wait for the analysis of the last one', async (t) => {
  const started = useChild(t, FOREVER);
  useFakeBackend(t);
  const controller = new AbortController();
  const { signal } = controller;
  const promise = rsprof.heapSnapshot({ dir: tempDir(t), analyze: true, signal });
  await until(() => started.length === 1);
  await rsprof.heapSnapshot({ dir: tempDir(t) });
  controller.abort();
  await promise;
});
