'use strict';

// The real thing, each time: a process that runs out of memory, and what it leaves behind.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const test = require('node:test');
const { setTimeout: delay } = require('node:timers/promises');

const { nextMessage, runForJson, startNode } = require('../support/child.js');
const { isNative, root } = require('../support/env.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { names, tempDir } = require('../support/tempdir.js');

const LIMIT_MB = 32;
const nodeArgs = [`--max-old-space-size=${LIMIT_MB}`];

/** Small arrays of small objects: V8 10.2 needs minutes for the snapshot of a large one. */
const LEAK = `
class Leaked { constructor(n) { this.numbers = [n, n + 1]; } }
const kept = (globalThis.kept = []);
const leak = () => kept.push(Array.from({ length: 500 }, (_, n) => new Leaked(n)));
function leakForEver() { leak(); setImmediate(leakForEver); }
`;

const arm = (folder, more = {}) =>
  `const watch = rsprof.snapshotOnOutOfMemory(${JSON.stringify({ dir: folder, ...more })});\n`;

/** Runs a script until it is dead: `{ code, signal, stderr, at }`. */
async function runToDeath(script, options) {
  const child = startNode(script, { nodeArgs, timeout: 60_000, ...options });
  const exit = new Promise((resolve) => child.once('exit', () => resolve(Date.now())));
  const result = await child.finished;
  const at = await exit;
  return { ...result, at, closedAfterMs: Date.now() - at };
}

/** Waits until nobody writes in a folder any more: the names in it. */
async function settled(folder, seconds = 150) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = names(folder);
    if (found.length > 0 && !found.some((name) => name.endsWith('.partial'))) {
      if (found.some((name) => name.endsWith('.json'))) return found;
    }
    if (Date.now() > end) throw new Error(`not done after ${seconds} s: ${found.join(', ')}`);
    await delay(100);
  }
}

function readSidecar(folder, found) {
  const name = found.find((one) => one.endsWith('.json'));
  return JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'));
}

function assertDiedOfMemory({ code, signal, stderr }) {
  assert.ok(signal === 'SIGABRT' || code === 134, `ended with ${signal ?? code}: ${stderr}`);
  assert.match(stderr, /JavaScript heap out of memory/);
}

function countLeaked(folder, name) {
  return readHeapSnapshot(path.join(folder, name)).nodesNamed('Leaked').length;
}

/** Why the rest of this file does not apply here. */
const skip = isNative && process.platform === 'linux' ? false : 'needs fork and the native backend';

test('dies as ever, and the whole heap is on the disk later', { skip }, async (t) => {
  const folder = tempDir(t);
  const bare = await runToDeath(`${LEAK}leakForEver();`);
  assertDiedOfMemory(bare);

  const dead = await runToDeath(`${arm(folder)}${LEAK}leakForEver();`);
  assertDiedOfMemory(dead);
  assert.equal(dead.signal, bare.signal);
  // The pipes are closed by now: a child that held them would be done.
  const atDeath = names(folder);
  assert.equal(atDeath.length, 1);
  assert.match(atDeath[0], /\.partial$/, 'the child outlives it');

  const found = await settled(folder);
  assert.equal(found.length, 2, `one file and its sidecar: ${found}`);
  const [file] = found;
  assert.match(file, /^\d{8}T\d{6}\.\d{3}Z-\d+-0-\d{4}\.heapsnapshot\.gz$/);
  assert.ok(countLeaked(folder, file) > 10_000);
  const {
    reason,
    kind,
    result,
    process: figures,
    startedAt,
    host,
    error,
  } = readSidecar(folder, found);
  assert.deepEqual([kind, reason, error], ['heapSnapshot', 'out-of-memory', undefined]);
  assert.equal(result.bytes, fs.statSync(path.join(folder, file)).size);
  assert.equal(result.strategy, 'fork');
  assert.ok(result.fork.confined);
  assert.equal(figures.initialHeapLimit >> 20 >= LIMIT_MB, true);
  assert.ok(file.includes(`-${host.pid}-0-`));
  assert.equal(file.split('-')[0], startedAt.replace(/[-:]/g, ''));
});

test('disarmed, it leaves nothing but the folder it made', { skip }, async (t) => {
  const folder = path.join(tempDir(t), 'made');
  const script = `${arm(folder)}watch.disarm(); watch.disarm();${LEAK}leakForEver();`;
  assertDiedOfMemory(await runToDeath(script));
  await delay(500);
  assert.deepEqual(names(folder), []);
});

test('is armed once in a thread, and again after disarm()', { skip }, async (t) => {
  const folder = tempDir(t);
  const found = await runForJson(
    `${arm(folder)}
    const codes = [];
    const tryIt = (options) => {
      try { return rsprof.snapshotOnOutOfMemory(options); } catch (error) { codes.push(error.code); }
    };
    tryIt({ dir: ${JSON.stringify(folder)} });
    watch.disarm();
    tryIt({ unknown: 1 });
    tryIt({ extension: -1 });
    tryIt({ path: ${JSON.stringify(path.join(folder, 'absent', 'a.heapsnapshot'))} });
    const second = tryIt({ dir: ${JSON.stringify(folder)} });
    watch.disarm();
    tryIt({ dir: ${JSON.stringify(folder)} });
    second.disarm();
    console.log(JSON.stringify(codes));`,
  );
  assert.deepEqual(found, [
    'ERR_RSPROF_BUSY',
    'ERR_RSPROF_INVALID_ARG',
    'ERR_RSPROF_INVALID_ARG',
    'ERR_RSPROF_NOT_FOUND',
    'ERR_RSPROF_BUSY',
  ]);
  assert.deepEqual(names(folder), []);
});

test('with an extension a program that recovers goes on, without zombies', { skip }, async (t) => {
  const folder = tempDir(t);
  const script = `${arm(folder, { extension: 256 << 20 })}${LEAK}
    const fs = require('node:fs');
    const zombies = () => fs.readdirSync('/proc').filter((pid) => /^\\d+$/.test(pid)).filter((pid) => {
      try {
        const [, rest] = fs.readFileSync('/proc/' + pid + '/stat', 'latin1').split(') ');
        const [state, parent] = rest.split(' ');
        return state === 'Z' && Number(parent) === process.pid;
      } catch { return false; }
    }).length;
    function go() {
      for (let n = 0; n < 20; n++) leak();
      if (process.memoryUsage().heapUsed < ${(LIMIT_MB + 16) << 20}) return void setImmediate(go);
      kept.length = 0;
      const timer = setInterval(() => {
        const found = fs.readdirSync(${JSON.stringify(folder)});
        if (!found.some((name) => name.endsWith('.json')) || found.some((name) => name.endsWith('.partial'))) return;
        clearInterval(timer);
        setTimeout(() => console.log(JSON.stringify({ zombies: zombies() })), 1000);
      }, 100);
    }
    go();`;
  const found = await runForJson(script, { nodeArgs, timeout: 150_000 });
  assert.deepEqual(found, { zombies: 0 });
  const [file, , ...rest] = names(folder);
  assert.deepEqual(rest, []);
  assert.ok(countLeaked(folder, file) > 10_000);
});

test('with a wait the file is there before the process ends', { skip }, async (t) => {
  const folder = tempDir(t);
  const file = path.join(folder, 'at-the-end.heapsnapshot');
  const script = `rsprof.snapshotOnOutOfMemory(${JSON.stringify({ path: file, wait: 100 })});${LEAK}leakForEver();`;
  assertDiedOfMemory(await runToDeath(script, { timeout: 120_000 }));
  assert.deepEqual(names(folder), ['at-the-end.heapsnapshot', 'at-the-end.heapsnapshot.json']);
  assert.ok(countLeaked(folder, 'at-the-end.heapsnapshot') > 10_000);
});

test('a child over its budget leaves a note and no file', { skip }, async (t) => {
  const folder = tempDir(t);
  const script = `${arm(folder, { budget: { seconds: 0.05 } })}${LEAK}leakForEver();`;
  assertDiedOfMemory(await runToDeath(script));
  const found = await settled(folder);
  assert.equal(found.length, 1);
  const { error, reason, result } = readSidecar(folder, found);
  assert.equal(reason, 'out-of-memory');
  assert.equal(error.code, 'ERR_RSPROF_BUDGET');
  assert.equal(result, undefined);
});

test('armed by a rule it says so, and a crash loop ends in a full count', { skip }, async (t) => {
  const folder = tempDir(t);
  const script = `
    const { armOutOfMemory } = require(${JSON.stringify(path.join(root, 'lib/out-of-memory.js'))});
    const { Limits, readLimits } = require(${JSON.stringify(path.join(root, 'lib/watch/limits.js'))});
    const dir = ${JSON.stringify(folder)};
    const limits = new Limits({
      dir,
      tmpDir: ${JSON.stringify(tempDir(t))},
      limits: readLimits({ count: 2, minFreeDisk: 1 }),
    });
    ${LEAK}
    limits.reserveForOutOfMemory({ rule: 'full' }).then(({ skipped }) => {
      if (!skipped) armOutOfMemory({ dir, budget: { seconds: 0.05 } }, 'rule full: near the heap limit');
      console.log(JSON.stringify(skipped));
      leakForEver();
    });`;
  const answers = [];
  for (let life = 0; life < 3; life++) {
    const { stdout, ...death } = await runToDeath(script);
    assertDiedOfMemory(death);
    answers.push(JSON.parse(stdout));
    if (life < 2) await settled(folder);
  }
  assert.deepEqual(answers.slice(0, 2), [null, null]);
  assert.equal(answers[2].limit, 'count');
  assert.match(answers[2].reason, /rule 'full' fired 2 times in 24 h; its limit is 2/);
  const notes = names(folder).filter((name) => name.includes('heapsnapshot'));
  assert.equal(notes.length, 2);
  assert.equal(readSidecar(folder, notes).reason, 'rule full: near the heap limit');
});

test('ports are free at once', { skip }, async (t) => {
  const folder = tempDir(t);
  const script = `${arm(folder)}${LEAK}
    const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
      process.send(server.address().port);
      leakForEver();
    });`;
  const child = startNode(script, { nodeArgs });
  const port = await nextMessage(child);
  assertDiedOfMemory(await child.finished);
  assert.ok(names(folder)[0].endsWith('.partial'), 'the child is still at work');
  const server = net.createServer();
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => server.close(resolve));
  await settled(folder);
});

test('in a worker Node ends the worker, and the process goes on', { skip }, async (t) => {
  const folder = tempDir(t);
  const inWorker = `const rsprof = require(${JSON.stringify(path.join(__dirname, '..', '..'))});
    ${arm(folder)}${LEAK}leakForEver();`;
  const script = `
    const { Worker } = require('node:worker_threads');
    const worker = new Worker(${JSON.stringify(inWorker)}, {
      eval: true,
      resourceLimits: { maxOldGenerationSizeMb: ${LIMIT_MB} },
    });
    worker.on('error', (error) => { globalThis.code = error.code; });
    worker.on('exit', () => console.log(JSON.stringify({ code, threadId: 1 })));`;
  const { code } = await runForJson(script, { timeout: 60_000 });
  assert.equal(code, 'ERR_WORKER_OUT_OF_MEMORY');
  const found = await settled(folder);
  assert.equal(found.length, 2);
  const { host, error } = readSidecar(folder, found);
  assert.equal(error, undefined);
  assert.equal(host.threadId, 1);
  assert.ok(countLeaked(folder, found[0]) > 10_000);
});

test('workers that come and go take their watch with them', { skip }, async (t) => {
  const folder = tempDir(t);
  const inWorker = `const rsprof = require(${JSON.stringify(path.join(__dirname, '..', '..'))});
    ${arm(folder)}${LEAK}for (let n = 0; n < 20; n++) leak();`;
  const script = `
    const { Worker } = require('node:worker_threads');
    let left = 12;
    const next = () => {
      if (left-- <= 0) return;
      const worker = new Worker(${JSON.stringify(inWorker)}, { eval: true });
      worker.on('exit', next);
      if (left % 3 === 0) worker.on('online', () => worker.terminate());
    };
    process.on('exit', () => console.log('{}'));
    next(); next();`;
  await runForJson(script, { timeout: 60_000 });
  assert.deepEqual(names(folder), []);
});
