'use strict';

// Threads that end, a process that ends, and how much memory a walk over a snapshot takes.

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');

const { runForJson, runNode, startNode } = require('../support/child.js');
const { isNative, root } = require('../support/env.js');

const MODULE = JSON.stringify(path.join(root, 'compat', 'v8-profiler-next.js'));
const PREAMBLE = `const profiler = require(${MODULE});\n`;

/** In a worker: everything once, each thing left as it is when it runs. */
const IN_WORKER = `
  const { parentPort } = require('node:worker_threads');
  const profiler = require(${MODULE});
  class PlantedInWorker {}
  globalThis.planted = new PlantedInWorker();
  profiler.startProfiling('worker');
  profiler.startSamplingHeapProfiling();
  const snapshot = profiler.takeSnapshot();
  let planted = 0;
  for (let index = 0; index < snapshot.nodesCount; index++) {
    if (snapshot.getNode(index).name === 'PlantedInWorker') planted++;
  }
  const profile = profiler.stopProfiling('worker');
  const heap = profiler.stopSamplingHeapProfiling();
  profiler.startProfiling('never stopped');
  profiler.startSamplingHeapProfiling();
  let length = 0;
  snapshot.serialize((text) => { length += text.length; }, () => {});
  parentPort.postMessage({ planted, length, root: profile.head.functionName, heap: typeof heap.head });
`;

test('a worker profiles itself, whatever the main thread does, and ends with all of it open', async () => {
  const result = await runForJson(
    `
    const { Worker } = require('node:worker_threads');
    const { once } = require('node:events');
    (async () => {
      profiler.startProfiling('main');
      const worker = new Worker(${JSON.stringify(IN_WORKER)}, { eval: true });
      const exited = once(worker, 'exit');
      const [message] = await once(worker, 'message');
      const [code] = await exited;
      const own = profiler.takeSnapshot();
      const names = new Set();
      for (let index = 0; index < own.nodesCount; index++) {
        const { type, name } = own.getNode(index);
        if (type === 'Object') names.add(name);
      }
      const { title } = profiler.stopProfiling();
      console.log(JSON.stringify({ ...message, code, title, seen: names.has('PlantedInWorker') }));
    })();
  `,
    { preamble: PREAMBLE },
  );
  assert.ok(result.planted > 0 && result.length > 51_200);
  const { code, root: head, heap, title, seen } = result;
  assert.deepEqual(
    { code, head, heap, title, seen },
    {
      code: 0,
      head: '(root)',
      heap: 'object',
      title: 'main',
      seen: false,
    },
  );
});

test('a worker that is terminated in the middle of a snapshot takes nobody along', async () => {
  const script = `
    const { parentPort } = require('node:worker_threads');
    const profiler = require(${MODULE});
    profiler.startProfiling('cut off');
    const snapshot = profiler.takeSnapshot();
    snapshot.serialize(() => { parentPort.postMessage('now'); for (;;) {} }, () => {});
  `;
  const { code } = await runForJson(
    `
    const { Worker } = require('node:worker_threads');
    const { once } = require('node:events');
    (async () => {
      const worker = new Worker(${JSON.stringify(script)}, { eval: true });
      await once(worker, 'message');
      const code = await worker.terminate();
      profiler.takeSnapshot().delete();
      console.log(JSON.stringify({ code }));
    })();
  `,
    { preamble: PREAMBLE },
  );
  assert.equal(code, 1);
});

test('process.exit in the middle of everything is an exit', async () => {
  const child = startNode(
    `
    profiler.startProfiling('a');
    profiler.startProfiling('b', true, 1);
    profiler.startSamplingHeapProfiling();
    const kept = profiler.takeSnapshot();
    const node = kept.getNode(7);
    profiler.takeSnapshot().serialize(() => process.exit(3), () => {});
  `,
    { preamble: PREAMBLE },
  );
  const { code, signal, stderr } = await child.finished;
  assert.deepEqual({ code, signal, stderr }, { code: 3, signal: null, stderr: '' });
});

test('nothing that is left running keeps the process alive, or says a word', async () => {
  const { stdout, stderr } = await runNode(
    `
    profiler.startProfiling();
    profiler.startSamplingHeapProfiling();
    profiler.takeSnapshot();
    profiler.getHeapObjectId({});
  `,
    { preamble: PREAMBLE },
  );
  assert.deepEqual({ stdout, stderr }, { stdout: '', stderr: '' });
});

test('requiring it loads no back end', async () => {
  const loaded = await runForJson(
    `console.log(JSON.stringify(Object.keys(require.cache).filter((file) =>
      /native.index\\.js|-backend\\.js|\\.node$/.test(file))));`,
    { preamble: PREAMBLE },
  );
  assert.deepEqual(loaded, []);
});

const WALK = `
  class Item { constructor(number) { this.number = number; } }
  globalThis.items = Array.from({ length: 100_000 }, (_, number) => new Item(number));
  const used = () => { gc(); return process.memoryUsage().heapUsed; };
  const snapshot = profiler.takeSnapshot();
  const before = used();
  let [visited, most] = [0, 0];
  for (let index = 0; index < snapshot.nodesCount; index++) {
    if (snapshot.getNode(index).type) visited++;
    if (index % 50_000 === 49_999) most = Math.max(most, used() - before);
  }
  const within = most;
  setTimeout(() => {
    const after = used() - before;
    console.log(JSON.stringify({ visited, nodes: snapshot.nodesCount, within, after }));
  }, 0);
`;

test('a walk over all nodes keeps none of them', async () => {
  const { visited, nodes, within, after } = await runForJson(WALK, {
    preamble: PREAMBLE,
    nodeArgs: ['--expose-gc'],
  });
  assert.equal(visited, nodes);
  assert.ok(nodes > 100_000);
  // A node takes some 100 bytes.
  const least = nodes * 100;
  assert.ok(after < least / 5, `${after} bytes after ${nodes} nodes`);
  // On the inspector back end a WeakRef keeps its node until the program returns to the event loop.
  if (isNative) assert.ok(within < least / 5, `${within} bytes within the walk`);
});
