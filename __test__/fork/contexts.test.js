'use strict';

// Snapshots by fork in the company that real servers are in.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { readCpuProfile, nodesOf } = require('../support/cpuprofile.js');
const { runForJson, startNode, nextMessage } = require('../support/child.js');
const { root } = require('../support/env.js');
const { BALLAST, CHILDREN } = require('../support/fork.js');
const { readHeapProfile } = require('../support/heapprofile.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { tempDir } = require('../support/tempdir.js');

const instances = (snapshot, name) =>
  snapshot.nodesNamed(name).filter((node) => snapshot.propertyNames(node).includes('plantedField'));

const WORKERS = `
  const { Worker } = require('node:worker_threads');
  const { once } = require('node:events');
  const startWorker = (script, workerData) => new Worker(
    'const rsprof = require(' + ${JSON.stringify(JSON.stringify(root))} + ');' +
    'const { parentPort, workerData } = require("node:worker_threads");' + script,
    { eval: true, workerData },
  );
`;

/** Allocates and calls for about a fifth of its time, for ever: its child has the lowest priority. */
const HARD = `
  const work = (ms) => {
    const kept = [];
    for (const end = performance.now() + ms; performance.now() < end; ) {
      kept.push({ at: kept.length, text: 'work ' + kept.length, list: [kept] });
      if (kept.length > 5000) kept.length = 0;
    }
  };
  setInterval(() => work(3), 15);
`;

test("a worker's snapshot by fork shows the worker's heap and nobody else's", async (t) => {
  const dir = tempDir(t);
  const [main, worker] = await runForJson(`
    ${WORKERS}
    class PlantedInMain { plantedField = 'main'; }
    globalThis.planted = new PlantedInMain();
    const dir = ${JSON.stringify(dir)};
    const script = \`
      class PlantedInWorker { plantedField = 'worker'; }
      globalThis.planted = new PlantedInWorker();
      rsprof.heapSnapshot({ dir: workerData, strategy: 'fork', fallback: false })
        .then((result) => parentPort.postMessage(result));
    \`;
    (async () => {
      // Both at a time: two children of one process.
      const message = once(startWorker(script, dir), 'message');
      const main = await rsprof.heapSnapshot({ dir, strategy: 'fork', fallback: false });
      console.log(JSON.stringify([main, ...(await message)]));
    })();
  `);
  for (const [result, own, other] of [
    [main, 'PlantedInMain', 'PlantedInWorker'],
    [worker, 'PlantedInWorker', 'PlantedInMain'],
  ]) {
    assert.equal(result.strategy, 'fork');
    const snapshot = readHeapSnapshot(result.path);
    assert.equal(instances(snapshot, own).length, 1);
    assert.equal(instances(snapshot, other).length, 0);
  }
  assert.notEqual(main.threadId, worker.threadId);
});

test('with two workers that run JS hard every snapshot is whole, and by fork', async (t) => {
  const dir = tempDir(t);
  const results = await runForJson(`
    ${WORKERS}
    class PlantedInMain { plantedField = 'main'; }
    globalThis.planted = new PlantedInMain();
    (async () => {
      const workers = [1, 2].map(() => startWorker(${JSON.stringify(HARD)} + 'parentPort.postMessage("up")'));
      await Promise.all(workers.map((worker) => once(worker, 'message')));
      const results = [];
      for (let i = 0; i < 3; i++) {
        results.push(await rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, strategy: 'fork' }));
      }
      console.log(JSON.stringify(results));
      process.exit();
    })();
  `);
  for (const { path: file, strategy, fork, fallback } of results) {
    assert.equal(strategy, 'fork', JSON.stringify(fallback));
    assert.equal(fork.attempts, fork.retries.length + 1);
    for (const reason of fork.retries) assert.match(reason, /lock that another thread held/);
    assert.equal(instances(readHeapSnapshot(file), 'PlantedInMain').length, 1);
  }
  t.diagnostic(`attempts: ${results.map(({ fork }) => fork.attempts).join()}`);
});

const JEMALLOC = [
  process.env.JEMALLOC,
  `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/libjemalloc.so.2`,
  '/usr/lib/libjemalloc.so.2',
  '/usr/lib64/libjemalloc.so.2',
].find((file) => file && fs.existsSync(file));

// Many run Node so, for its RSS. Its locks and its own fork handlers are in the child, too.
test('with jemalloc in the place of malloc, and two workers that allocate hard', {
  skip: !JEMALLOC && 'no jemalloc is installed (JEMALLOC may name its file)',
}, async (t) => {
  const dir = tempDir(t);
  const { results, spilled } = await runForJson(
    `
      ${WORKERS} ${CHILDREN}
      class PlantedInMain { plantedField = 'main'; }
      globalThis.planted = new PlantedInMain();
      const take = (options) =>
        rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, strategy: 'fork', fallback: false, ...options });
      (async () => {
        const results = [await take()];
        const workers = [1, 2].map(() => startWorker(${JSON.stringify(HARD)} + 'parentPort.postMessage("up")'));
        await Promise.all(workers.map((worker) => once(worker, 'message')));
        for (let i = 0; i < 3; i++) results.push(await take());
        const spilled = await take({ spill: true }).catch(told);
        console.log(JSON.stringify({ results, spilled }));
        process.exit();
      })();`,
    { env: { LD_PRELOAD: JEMALLOC } },
  );
  for (const { path: file, strategy } of results) {
    assert.equal(strategy, 'fork');
    assert.equal(instances(readHeapSnapshot(file), 'PlantedInMain').length, 1);
  }
  // Which shows, too, that it was jemalloc indeed.
  assert.equal(spilled.code, 'ERR_RSPROF_UNSUPPORTED', JSON.stringify(spilled));
  assert.match(spilled.message, /allocator of its own/);
});

test('with a CPU profile and an allocation profile running all three files are whole', async (t) => {
  const dir = tempDir(t);
  const { snapshots, cpu, heap } = await runForJson(`
    function plantedBusy(ms) {
      const kept = [];
      for (const end = performance.now() + ms; performance.now() < end; ) kept.push(new Array(100).fill(0));
      return kept;
    }
    (async () => {
      const dir = ${JSON.stringify(dir)};
      const cpuProfile = rsprof.startCpuProfile({ dir, interval: 500 });
      const heapProfile = rsprof.startHeapProfile({ dir, interval: 16_384 });
      globalThis.kept = plantedBusy(50);
      const timer = setInterval(() => plantedBusy(5), 20);
      const snapshots = [];
      for (let i = 0; i < 3; i++) {
        snapshots.push(await rsprof.heapSnapshot({ dir, strategy: 'fork', fallback: false }));
      }
      clearInterval(timer);
      const [cpu, heap] = [await cpuProfile.stop(), await heapProfile.stop()];
      console.log(JSON.stringify({ snapshots, cpu, heap }));
    })();
  `);
  for (const { path: file, strategy } of snapshots) {
    assert.equal(strategy, 'fork');
    readHeapSnapshot(file);
  }
  assert.ok(nodesOf(readCpuProfile(cpu.path), 'plantedBusy').length > 0);
  const { nodes } = readHeapProfile(heap.path);
  assert.ok(nodes.some((node) => node.callFrame.functionName === 'plantedBusy'));
});

test("the program's own children keep their exit codes, and can be started during a snapshot", async (t) => {
  const dir = tempDir(t);
  const { codes, output, strategy, signals } = await runForJson(`
    ${CHILDREN} ${BALLAST}
    const { spawn, execFile, spawnSync } = require('node:child_process');
    let signals = 0;
    process.on('SIGCHLD', () => { signals++; });
    const exitOf = (child) => new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)));
    const shell = (text) => exitOf(spawn('/bin/sh', ['-c', text]));
    (async () => {
      const early = [shell('sleep 0.05; exit 3'), shell('sleep 0.4; exit 4'), shell('kill -9 $$')];
      const snapshot = rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, strategy: 'fork', fallback: false });
      let over = false;
      snapshot.finally(() => { over = true; });
      await pause(100);
      if (over) throw new Error('over already');
      const during = [shell('exit 5'), spawnSync('/bin/sh', ['-c', 'exit 6']).status];
      const output = new Promise((resolve) => execFile('/bin/echo', ['hello'], (error, text) => resolve(text)));
      const lasting = shell('while kill -0 $PPID 2>/dev/null && [ ! -e ${dir}/end ]; do sleep 0.02; done; exit 8');
      const { strategy } = await snapshot;
      require('node:fs').writeFileSync('${dir}/end', '');
      const codes = await Promise.all([...early, ...during, lasting]);
      console.log(JSON.stringify({ codes, output: await output, strategy, signals }));
    })();
  `);
  assert.equal(strategy, 'fork');
  assert.deepEqual(codes, [3, 4, 'SIGKILL', 5, 6, 8]);
  assert.equal(output, 'hello\n');
  assert.ok(signals > 0, "the program's own listener for SIGCHLD is served");
});

test('in a cluster primary and workers each take theirs, and the workers end as told', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'cluster.js');
  fs.writeFileSync(
    file,
    `
    const cluster = require('node:cluster');
    const http = require('node:http');
    const rsprof = require(${JSON.stringify(root)});
    const take = () => rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, strategy: 'fork', fallback: false });
    if (cluster.isPrimary) {
      const results = [];
      const codes = [];
      for (let i = 0; i < 2; i++) {
        const worker = cluster.fork();
        worker.on('message', (result) => results.push(result));
        worker.on('exit', (code) => codes.push(code));
      }
      (async () => {
        results.push(await take());
        while (codes.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
        console.log(JSON.stringify({ results, codes: codes.sort() }));
      })();
    } else {
      class PlantedWorker { plantedField = 'worker'; }
      globalThis.planted = new PlantedWorker();
      http.createServer((request, response) => response.end('ok')).listen(0, async function () {
        const snapshot = take();
        const answer = await new Promise((resolve) => http.get({ port: this.address().port }, resolve));
        if (answer.statusCode !== 200) process.exit(1);
        process.send(await snapshot, () => process.exit(10 + cluster.worker.id));
      });
    }`,
  );
  const { results, codes } = await runForJson('', { file, stdio: ['ignore', 'pipe', 'pipe'] });
  assert.deepEqual(codes, [11, 12]);
  assert.equal(new Set(results.map(({ pid }) => pid)).size, 3);
  const planted = results.map((result) => {
    assert.equal(result.strategy, 'fork');
    return instances(readHeapSnapshot(result.path), 'PlantedWorker').length;
  });
  assert.deepEqual(planted.sort(), [0, 1, 1]);
});

for (const nodeArgs of [[], ['--stress-incremental-marking']]) {
  test(`under heavy allocation, with marking under way: ${nodeArgs}`, async (t) => {
    const dir = tempDir(t);
    const results = await runForJson(
      `
      ${HARD}
      class PlantedInMain { plantedField = 'main'; }
      globalThis.planted = new PlantedInMain();
      // Survivors, so that the old generation grows and has to be marked.
      const ring = [];
      setInterval(() => { ring.push(Array.from({ length: 2000 }, (_, i) => ({ i, list: [i] }))); if (ring.length > 30) ring.splice(0, 10); }, 5);
      (async () => {
        const results = [];
        for (let i = 0; i < 3; i++) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          results.push(await rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, strategy: 'fork' }));
        }
        console.log(JSON.stringify(results));
        process.exit();
      })();`,
      { nodeArgs },
    );
    for (const { path: file, strategy, fallback } of results) {
      assert.equal(strategy, 'fork', JSON.stringify(fallback));
      assert.equal(instances(readHeapSnapshot(file), 'PlantedInMain').length, 1);
    }
  });
}

test('as the first statement of a program', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'first.js');
  fs.writeFileSync(
    file,
    `require(${JSON.stringify(root)}).heapSnapshot({ dir: ${JSON.stringify(dir)}, strategy: 'fork', fallback: false })
      .then((result) => console.log(JSON.stringify(result)));`,
  );
  const result = await runForJson('', { file });
  assert.equal(result.strategy, 'fork');
  readHeapSnapshot(result.path);
});

test("a SIGTERM to the process group runs the server's handler once, in the server", async (t) => {
  const dir = tempDir(t);
  const log = path.join(dir, 'handled');
  const server = startNode(
    `
    ${CHILDREN} ${BALLAST}
    const fs = require('node:fs');
    process.on('SIGTERM', () => fs.appendFileSync(${JSON.stringify(log)}, process.pid + '\\n'));
    const snapshot = rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, strategy: 'fork' });
    forked().then(() => pause(50)).then(() => process.send(process.pid));
    snapshot.then((result) => { console.log(JSON.stringify(result)); process.disconnect(); });
    `,
    { detached: true },
  );
  const pid = await nextMessage(server);
  process.kill(-pid, 'SIGTERM');
  const { code, stdout, stderr } = await server.finished;
  assert.equal(code, 0, stderr);
  assert.equal(fs.readFileSync(log, 'utf8'), `${pid}\n`);
  const result = JSON.parse(stdout);
  assert.equal(result.strategy, 'fork');
  assert.match(
    result.fork.retries[0],
    /signal 15/,
    'the child had the default action, another one followed',
  );
  readHeapSnapshot(result.path);
});

test('two at a time in one thread: the second is refused, or waits when it is told to', async (t) => {
  const dir = tempDir(t);
  const { code, first, second } = await runForJson(`
    const options = { dir: ${JSON.stringify(dir)}, strategy: 'fork', fallback: false };
    (async () => {
      const first = rsprof.heapSnapshot(options);
      const { code } = await rsprof.heapSnapshot(options).catch((error) => error);
      const second = rsprof.heapSnapshot({ ...options, queue: true });
      console.log(JSON.stringify({ code, first: await first, second: await second }));
    })();
  `);
  assert.equal(code, 'ERR_RSPROF_BUSY');
  readHeapSnapshot(first.path);
  readHeapSnapshot(second.path);
});
