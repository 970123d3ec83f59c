'use strict';

// Snapshots by fork that are ended half-way: by the caller, by the process, by whoever kills it.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { setTimeout: delay } = require('node:timers/promises');

const { runForJson, runNode, startNode, nextMessage } = require('../support/child.js');
const { root } = require('../support/env.js');
const { CHILDREN, takeByFork } = require('../support/fork.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { names, tempDir } = require('../support/tempdir.js');

function assertNothingLeft(dir, { left }) {
  assert.deepEqual(left, [], 'no child, no zombie');
  assert.deepEqual(names(dir), []);
}

// --- The caller ends it ------------------------------------------------------------------------

test('aborted before it begins: nothing is forked', async (t) => {
  const dir = tempDir(t);
  const result = await takeByFork(dir, 'signal: AbortSignal.abort(new Error("planted reason"))');
  assert.equal(result.code, 'ERR_RSPROF_ABORTED');
  assertNothingLeft(dir, result);
});

for (const moment of [0, 1, 5, 20, 60, 200, 500]) {
  test(`aborted after ${moment} ms: told soon, the child gone, no file`, async (t) => {
    const dir = tempDir(t);
    const result = await takeByFork(dir, 'signal: ending.signal', {
      before: 'const ending = new AbortController(); let at;',
      during: `await pause(${moment}); at = performance.now(); ending.abort(new Error('planted reason'));
        await snapshot; const answered = performance.now() - at; snapshot.then((one) => { one.answered = answered; });`,
    });
    assert.equal(result.code, 'ERR_RSPROF_ABORTED', JSON.stringify(result));
    assert.equal(result.cause.message, 'planted reason');
    assert.ok(result.answered < 1500, `after ${result.answered} ms`);
    assertNothingLeft(dir, result);
  });
}

test('aborted as soon as the child is there, twenty times: no child, descriptor or thread is left', async (t) => {
  const dir = tempDir(t);
  const { codes, left, grown } = await runForJson(
    `
    ${CHILDREN}
    const fs = require('node:fs');
    const count = () => fs.readdirSync('/proc/self/fd').length + fs.readdirSync('/proc/self/task').length;
    (async () => {
      const dir = ${JSON.stringify(dir)};
      await rsprof.heapSnapshot({ dir, strategy: 'fork' }).then(({ path, sidecar }) => {
        fs.unlinkSync(path); fs.unlinkSync(sidecar);
      });
      await pause(100);
      const before = count();
      const codes = new Set();
      for (let i = 0; i < 20; i++) {
        const ending = new AbortController();
        const snapshot = rsprof.heapSnapshot({ dir, strategy: 'fork', signal: ending.signal });
        snapshot.catch(() => {});
        await forked();
        ending.abort();
        await snapshot.catch(({ code }) => codes.add(code));
      }
      await pause(100);
      console.log(JSON.stringify({ codes: [...codes], left: children(), grown: count() - before }));
    })();
  `,
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  assert.deepEqual(codes, ['ERR_RSPROF_ABORTED']);
  assert.deepEqual(left, []);
  assert.equal(grown, 0);
  assert.deepEqual(names(dir), []);
});

// --- The process ends first --------------------------------------------------------------------

/** Waits until a process is gone; how long it took in milliseconds. */
async function goneAfter(pid) {
  const begin = performance.now();
  while (fs.existsSync(`/proc/${pid}`)) {
    // A zombie of a dead parent is init's to reap: it does nothing any more.
    if (/^State:\s+Z/m.test(statusOf(pid))) break;
    assert.ok(performance.now() - begin < 10_000, `process ${pid} is still there`);
    await delay(5);
  }
  return performance.now() - begin;
}

function statusOf(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

/** A process in the middle of a snapshot: `{ parent, pid }` of the process and its forked child. */
async function midway(dir, then = '') {
  const parent = startNode(`
    ${CHILDREN}
    class Ballast { constructor(i) { this.a = i; this.b = [i]; } }
    globalThis.ballast = Array.from({ length: 100_000 }, (_, i) => new Ballast(i));
    rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, strategy: 'fork' }).catch(() => {});
    forked().then(async (pid) => {
      await pause(100);
      process.send(pid);
      ${then}
    });
  `);
  return { parent, pid: await nextMessage(parent) };
}

test('process.exit half-way ends the child and leaves no file', async (t) => {
  const dir = tempDir(t);
  const { parent, pid } = await midway(dir, 'setTimeout(() => process.exit(7), 50);');
  const { code } = await parent.finished;
  assert.equal(code, 7);
  await goneAfter(pid);
  assert.deepEqual(names(dir), []);
});

test('an uncaught exception half-way ends the child and leaves no file', async (t) => {
  const dir = tempDir(t);
  const { parent, pid } = await midway(
    dir,
    "setTimeout(() => { throw new Error('planted'); }, 50);",
  );
  const { code, stderr } = await parent.finished;
  assert.equal(code, 1);
  assert.match(stderr, /planted/);
  await goneAfter(pid);
  assert.deepEqual(names(dir), []);
});

for (const signal of ['SIGKILL', 'SIGTERM', 'SIGABRT']) {
  test(`a process that ${signal} ends half-way takes its child with it; the next one sweeps`, async (t) => {
    const dir = tempDir(t);
    const { parent, pid } = await midway(dir);
    parent.kill(signal);
    assert.equal((await parent.finished).signal, signal);
    await goneAfter(pid);
    assert.ok(
      names(dir).every((name) => name.endsWith('.partial')),
      names(dir).join(),
    );
    await runNode(`rsprof.heapSnapshot({ path: ${JSON.stringify(`${dir}/next.heapsnapshot`)} });`);
    assert.deepEqual(names(dir), ['next.heapsnapshot', 'next.heapsnapshot.json']);
  });
}

test('a snapshot that was asked for last is finished before the process ends by itself', async (t) => {
  const dir = tempDir(t);
  await runNode(
    `rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, strategy: 'fork', fallback: false });`,
  );
  assert.equal(names(dir).length, 2);
  readHeapSnapshot(path.join(dir, names(dir)[0]));
});

test('a worker that is terminated half-way leaves no child, no thread, no file', async (t) => {
  const dir = tempDir(t);
  const { left, threads } = await runForJson(`
    ${CHILDREN}
    const { Worker } = require('node:worker_threads');
    const script = 'const rsprof = require(' + ${JSON.stringify(JSON.stringify(root))} + ');' +
      'globalThis.ballast = Array.from({ length: 50_000 }, (_, i) => ({ i, list: [i] }));' +
      'rsprof.heapSnapshot({ dir: require("node:worker_threads").workerData, strategy: "fork" }).catch(() => {});';
    (async () => {
      for (const moment of [0, 20, 100, 250]) {
        const worker = new Worker(script, { eval: true, workerData: ${JSON.stringify(dir)} });
        await forked();
        await pause(moment);
        await worker.terminate();
      }
      await pause(100);
      const threads = require('node:fs').readdirSync('/proc/self/task')
        .map((id) => require('node:fs').readFileSync('/proc/self/task/' + id + '/comm', 'utf8').trim())
        .filter((name) => name.startsWith('rsprof'));
      console.log(JSON.stringify({ left: children(), threads }));
    })();
  `);
  assert.deepEqual(left, []);
  assert.deepEqual(threads, []);
  assert.deepEqual(names(dir), []);
});

test('a worker that is terminated before its fork leaves no file either', async (t) => {
  const dir = tempDir(t);
  const { rounds } = await runForJson(`
    ${CHILDREN}
    const fs = require('node:fs');
    const { Worker } = require('node:worker_threads');
    const script = 'const rsprof = require(' + ${JSON.stringify(JSON.stringify(root))} + ');' +
      'rsprof.heapSnapshot({ dir: require("node:worker_threads").workerData, strategy: "fork" }).catch(() => {});';
    (async () => {
      let rounds = 0;
      for (; rounds < 10; rounds++) {
        const dir = fs.mkdtempSync(${JSON.stringify(`${dir}/worker-`)});
        const worker = new Worker(script, { eval: true, workerData: dir });
        while (fs.readdirSync(dir).length === 0) await new Promise(setImmediate);
        await worker.terminate();
      }
      await pause(100);
      console.log(JSON.stringify({ rounds }));
    })();
  `);
  assert.equal(rounds, 10);
  const left = names(dir).flatMap((folder) => names(path.join(dir, folder)));
  assert.deepEqual(left, []);
});
