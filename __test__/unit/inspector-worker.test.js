'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');
const zlib = require('node:zlib');
const { parseHeapSnapshot } = require('../support/heapsnapshot.js');
const { partial } = require('./inspector-support.js');
const { tempDir, until } = require('./support.js');

const BACKEND = path.join(__dirname, '..', '..', 'lib', 'inspector-backend.js');

const PREAMBLE = `
  const { parentPort, workerData } = require('node:worker_threads');
  const backend = require(${JSON.stringify(BACKEND)});
  const request = {
    target: null, tempDir: workerData.dir, compression: 'gzip', level: 1, numericValues: false,
    exposeInternals: false, redactKey: null, strategy: 'auto',
  };
  class OnlyInTheWorker { constructor() { this.kept = 1; } }
  globalThis.kept = Array.from({ length: 20_000 }, () => new OnlyInTheWorker());
`;

function start(dir, script, targets = {}) {
  const worker = new Worker(PREAMBLE + script, { eval: true, workerData: { dir, ...targets } });
  const errors = [];
  worker.on('error', (error) => errors.push(error));
  return { worker, errors };
}

const message = (worker) => new Promise((resolve) => worker.once('message', resolve));

test('a worker captures its own isolate, all kinds at once, beside the main thread', async (t) => {
  const dir = tempDir(t);
  const targets = { snapshot: partial(dir, 'a'), cpu: partial(dir, 'b'), heap: partial(dir, 'c') };
  const { worker, errors } = start(
    dir,
    `
      const how = { compression: 'gzip', level: 1 };
      const cpu = backend.startCpuProfile({ interval: 1000, maxSamples: 1e6, callerLines: false });
      const heap = backend.startHeapProfile({ interval: 1024, stackDepth: 32, includeCollected: false });
      (function inTheWorker() { const end = Date.now() + 50; while (Date.now() < end) kept.push([1]); })();
      Promise.all([
        backend.takeSnapshot({ ...request, target: workerData.snapshot }).done,
        cpu.stop({ ...how, target: workerData.cpu }),
        heap.stop({ ...how, target: workerData.heap }),
      ]).then((reports) => parentPort.postMessage(reports));
    `,
    targets,
  );
  const backend = require(BACKEND);
  const own = backend.startCpuProfile({ interval: 1000, maxSamples: 1e6, callerLines: false });
  const [snapshot, cpu, heap] = await message(worker);
  own.cancel();
  await worker.terminate();
  assert.deepEqual(errors, []);
  assert.ok(
    snapshot.topClasses.some(({ name, count }) => name === 'OnlyInTheWorker' && count >= 20_000),
  );
  parseHeapSnapshot(zlib.gunzipSync(fs.readFileSync(targets.snapshot)));
  for (const { topFunctions } of [cpu, heap]) {
    assert.ok(topFunctions.some(({ functionName }) => functionName === 'inTheWorker'));
  }
});

test('a worker that ends in the middle hangs nobody and leaves no raw file', async (t) => {
  const dir = tempDir(t);
  for (const [round, delay] of [0, 5, 20, 60].entries()) {
    const { worker, errors } = start(
      dir,
      `
        backend.startCpuProfile({ interval: 1000, maxSamples: 1e6, callerLines: false });
        backend.startHeapProfile({ interval: 1024, stackDepth: 32, includeCollected: false });
        parentPort.postMessage('started');
        backend.takeSnapshot({ ...request, target: workerData.target, redactKey: Buffer.alloc(16) }).done
          .then(() => parentPort.postMessage('done'));
        backend.takeSnapshot(request);
      `,
      { target: partial(dir, `round-${round}`) },
    );
    await message(worker);
    await new Promise((resolve) => setTimeout(resolve, delay));
    await worker.terminate();
    assert.deepEqual(errors, []);
  }
  assert.deepEqual(
    fs.readdirSync(dir).filter((name) => name.includes('.raw')),
    [],
  );
});

test('process.exit() in the middle of everything ends a worker', async (t) => {
  const dir = tempDir(t);
  const { worker } = start(
    dir,
    `
      const recordings = [
        backend.takeSnapshot({ ...request, target: workerData.target }),
        backend.takeSnapshot(request),
        backend.startCpuProfile({ interval: 1000, maxSamples: 1e6, callerLines: false }),
        backend.startHeapProfile({ interval: 1024, stackDepth: 32, includeCollected: false }),
      ];
      process.on('exit', () => recordings.forEach((recording) => recording.abortSync()));
      setImmediate(() => process.exit(7));
    `,
    { target: partial(dir) },
  );
  const code = await new Promise((resolve) => worker.once('exit', resolve));
  assert.equal(code, 7);
  await until(() => fs.readdirSync(dir).length === 1);
});
