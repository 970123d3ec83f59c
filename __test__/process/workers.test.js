'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { ballast } = require('../support/ballast.js');
const { runForJson } = require('../support/child.js');
const { root } = require('../support/env.js');
const { readCpuProfile, nodesOf } = require('../support/cpuprofile.js');
const { readHeapProfile } = require('../support/heapprofile.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { names, tempDir } = require('../support/tempdir.js');

/** Script text that starts workers on script text; `rsprof` is at hand in both. */
const WORKERS = `
  const { Worker } = require('node:worker_threads');
  const { once } = require('node:events');
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const startWorker = (script, workerData) => new Worker(
    'const rsprof = require(' + ${JSON.stringify(JSON.stringify(root))} + ');' +
    'const { parentPort, workerData } = require("node:worker_threads");' + script,
    { eval: true, workerData },
  );
`;

test("each worker captures its own isolate: its planted object and nobody else's", async (t) => {
  const dir = tempDir(t);
  const results = await runForJson(`
    ${WORKERS}
    class PlantedInMain { plantedField = 0; }
    globalThis.planted = new PlantedInMain();
    const plantAndCapture = \`
      class PlantedInWorkerNUMBER { plantedField = 1; }
      globalThis.planted = new PlantedInWorkerNUMBER();
      rsprof.heapSnapshot({ dir: ${JSON.stringify(JSON.stringify(dir)).slice(1, -1)} })
        .then((result) => parentPort.postMessage(result));
    \`;
    (async () => {
      const workers = [1, 2, 3].map((number) => startWorker(plantAndCapture.replaceAll('NUMBER', number)));
      const messages = workers.map((worker) => once(worker, 'message').then(([result]) => result));
      const main = rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)} });
      console.log(JSON.stringify([await main, ...(await Promise.all(messages))]));
    })();
  `);
  const classes = ['PlantedInMain', 'PlantedInWorker1', 'PlantedInWorker2', 'PlantedInWorker3'];
  assert.equal(new Set(results.map((result) => result.path)).size, 4);
  assert.equal(new Set(results.map((result) => result.threadId)).size, 4);
  results.forEach((result, own) => {
    const snapshot = readHeapSnapshot(result.path);
    classes.forEach((name, index) => {
      const instances = snapshot
        .nodesNamed(name)
        .filter((node) => snapshot.edgesOf(node).some((edge) => edge.name === 'plantedField'))
        .concat(snapshot.nodesNamed(name));
      assert.equal(instances.length > 0, index === own, `${name} in snapshot ${own}`);
    });
  });
});

test('CPU and allocation profiles of a worker show what that worker does', async (t) => {
  const dir = tempDir(t);
  const [cpu, allocations] = await runForJson(`
    ${WORKERS}
    const script = \`
      function plantedWorkerBusy(ms) {
        const kept = [];
        const end = performance.now() + ms;
        while (performance.now() < end) kept.push(new Array(100).fill(kept.length));
        return kept;
      }
      const dir = workerData;
      const cpu = rsprof.startCpuProfile({ dir });
      const heap = rsprof.startHeapProfile({ dir, interval: 16384 });
      globalThis.kept = plantedWorkerBusy(200);
      Promise.all([cpu.stop(), heap.stop()]).then((results) => parentPort.postMessage(results));
    \`;
    once(startWorker(script, ${JSON.stringify(dir)}), 'message')
      .then(([results]) => console.log(JSON.stringify(results)));
  `);
  assert.ok(nodesOf(readCpuProfile(cpu.path), 'plantedWorkerBusy').length > 0);
  const { nodes } = readHeapProfile(allocations.path);
  assert.ok(nodes.some((node) => node.callFrame.functionName === 'plantedWorkerBusy'));
  assert.ok(cpu.threadId > 0);
});

const CAPTURES = {
  'a heap snapshot': 'rsprof.heapSnapshot({ dir }).catch(() => {});',
  'a snapshot stream': 'rsprof.heapSnapshotStream().on("error", () => {}).resume();',
  'a CPU profile': 'const p = rsprof.startCpuProfile({ dir }); setTimeout(() => p.stop(), 30);',
  'an allocation profile':
    'const p = rsprof.startHeapProfile({ dir }); setTimeout(() => p.stop(), 30);',
};

for (const [what, capture] of Object.entries(CAPTURES)) {
  test(`a worker that is terminated during ${what} neither crashes nor hangs the process, 20 times`, async (t) => {
    const dir = tempDir(t);
    const { ended, after } = await runForJson(`
      ${WORKERS}
      const script = \`
        const dir = workerData;
        globalThis.heap = Array.from({ length: 5000 }, (_, i) => ({ i: [i] }));
        parentPort.postMessage('up');
        ${capture}
      \`;
      (async () => {
        let ended = 0;
        for (let round = 0; round < 20; round++) {
          const worker = startWorker(script, ${JSON.stringify(dir)});
          await once(worker, 'message');
          await wait((round % 10) * 8);
          await worker.terminate();
          ended++;
        }
        await wait(100);
        const { path } = await rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)} });
        const fs = require('node:fs');
        const own = fs.readdirSync('/proc/self/task')
          .map((id) => fs.readFileSync('/proc/self/task/' + id + '/comm', 'utf8'))
          .filter((name) => name.startsWith('rsprof'));
        console.log(JSON.stringify({ ended, after: { path, own } }));
      })();
    `);
    assert.equal(ended, 20);
    assert.deepEqual(after.own, []);
    readHeapSnapshot(after.path);
    const partials = names(dir).filter((name) => name.endsWith('.partial'));
    assert.ok(partials.length <= 20, partials.join());
  });

  test(`a worker that ends by itself during ${what} does no harm`, async (t) => {
    const dir = tempDir(t);
    const { codes } = await runForJson(`
      ${WORKERS}
      const script = \`
        const dir = workerData.dir;
        ${capture}
        setTimeout(() => process.exit(3), workerData.wait);
      \`;
      (async () => {
        const codes = [];
        for (const wait of [0, 5, 40, 120]) {
          const worker = startWorker(script, { dir: ${JSON.stringify(dir)}, wait });
          const [code] = await once(worker, 'exit');
          codes.push(code);
        }
        await rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)} });
        console.log(JSON.stringify({ codes }));
      })();
    `);
    assert.deepEqual(codes, [3, 3, 3, 3]);
    assert.deepEqual(
      names(dir).filter((name) => name.endsWith('.partial')),
      [],
    );
  });
}

test('workers may start and end at any moment of a capture of the main thread', async (t) => {
  const dir = tempDir(t);
  const { path, workers } = await runForJson(`
    ${WORKERS}
    ${ballast(50_000)}
    (async () => {
      let running = true;
      let workers = 0;
      const churn = async () => {
        while (running) {
          const worker = startWorker('parentPort.postMessage(rsprof.backend().name)');
          await once(worker, 'message');
          if (workers % 2) await worker.terminate();
          workers++;
        }
      };
      const churning = [churn(), churn()];
      await wait(50);
      const { path } = await rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, level: 9 });
      running = false;
      await Promise.all(churning);
      console.log(JSON.stringify({ path, workers }));
    })();
  `);
  assert.ok(workers > 0);
  readHeapSnapshot(path);
});

test('the process can exit while several workers capture', async (t) => {
  const dir = tempDir(t);
  const { started } = await runForJson(`
    ${WORKERS}
    (async () => {
      const script = 'parentPort.postMessage(1); rsprof.heapSnapshot({ dir: workerData }).catch(() => {});';
      const workers = [1, 2, 3].map(() => startWorker(script, ${JSON.stringify(dir)}));
      await Promise.all(workers.map((worker) => once(worker, 'message')));
      await wait(20);
      console.log(JSON.stringify({ started: workers.length }));
      process.exit(0);
    })();
  `);
  assert.equal(started, 3);
});
