'use strict';

// However the readings end, or what they belong to: nothing is left, nobody is hurt.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { startNode, runForJson } = require('../support/child.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { READINGS } = require('../support/readings.js');
const { tempDir } = require('../support/tempdir.js');

const run = (body, options) => runForJson(`${READINGS}(async () => {${body}})();`, options);
const GC = { nodeArgs: ['--expose-gc'] };

test('stopped is stopped, also twice', async () => {
  const { during, after, last } = await run(
    `
    const readings = start();
    const during = await threads(1);
    readings.stop();
    readings.stop();
    readings.write(0, new Uint8Array(8));
    global.gc();
    const last = Object.values(read(readings));
    print({ during, after: await threads(0), last, error: readings.mirrorError() });
  `,
    GC,
  );
  assert.deepEqual(during, ['rsprof-watch']);
  assert.deepEqual(after, []);
  assert.ok(last.every((number) => number === null));
});

test('two in one thread count for themselves', async () => {
  const { first, second, after, left } = await run(
    `
    const [one, two] = [start(), start()];
    read(one);
    read(two);
    global.gc();
    const first = read(one);
    one.stop();
    global.gc();
    const second = read(two);
    const left = await threads(1);
    two.stop();
    global.gc();
    print({ first, second, left, after: await threads(0) });
  `,
    GC,
  );
  assert.equal(first.markSweeps, 1);
  assert.equal(second.markSweeps, 2);
  assert.deepEqual([left, after], [['rsprof-watch'], []]);
});

test('readings that nobody holds any more end by themselves', async () => {
  const left = await run(
    `
    (() => { for (let i = 0; i < 20; i++) read(start()); })();
    const collecting = setInterval(() => global.gc(), 5);
    print(await threads(0));
    clearInterval(collecting);
  `,
    GC,
  );
  assert.deepEqual(left, []);
});

/** A worker that reads, writes its mirror and makes garbage, as fast as it can. */
const BUSY = (dir) => `
  ${READINGS}
  const readings = start({ intervalMs: 1 });
  readings.mirrorTo({ path: ${JSON.stringify(dir)} + '/' + require('node:worker_threads').threadId, bytes: 65536, tailOffset: 0 });
  require('node:worker_threads').parentPort.postMessage('up');
  const bytes = new Uint8Array(256);
  globalThis.kept = [];
  const turn = () => {
    for (let i = 0; i < 50; i++) {
      readings.read(row, first);
      readings.write(4096, bytes);
      globalThis.kept = [globalThis.kept.slice(0, 10), new Array(1000).fill(i)];
    }
    setImmediate(turn);
  };
  turn();
`;

test('a worker may be terminated at any moment', async (t) => {
  const dir = tempDir(t);
  const { codes, left, here } = await run(`
    const { Worker } = require('node:worker_threads');
    const { once } = require('node:events');
    const readings = start();
    const codes = [];
    const one = async (delay) => {
      const worker = new Worker(${JSON.stringify(BUSY(dir))}, { eval: true });
      await once(worker, 'message');
      await wait(delay);
      codes.push(await worker.terminate());
    };
    for (let round = 0; round < 8; round++) await Promise.all([one(round), one(round * 3)]);
    const here = read(readings);
    readings.stop();
    print({ codes, left: await threads(0), here });
  `);
  assert.deepEqual(codes, new Array(16).fill(1));
  assert.deepEqual(left, []);
  assert.ok(here.heapUsed > 0);
});

for (const [how, end, code] of [
  ['process.exit()', 'process.exit(7)', 7],
  ['an error nobody catches', 'throw new Error("planned")', 1],
  ['its last event', '', 0],
]) {
  test(`a process that ends with ${how} ends`, async (t) => {
    const dir = JSON.stringify(tempDir(t));
    const script = `
      ${READINGS}
      const readings = start();
      readings.mirrorTo({ path: ${dir} + '/mirror', bytes: 4096, tailOffset: 0 });
      readings.write(1024, Buffer.from('the last word'));
      setTimeout(() => {
        readings.write(2048, Buffer.from('the very last word'));
        ${end}
      }, 20);
      process.on('exit', () => read(readings));
    `;
    const result = await startNode(script, { timeout: 30_000 }).finished;
    assert.equal(result.code, code, result.stderr);
    const bytes = require('node:fs').readFileSync(`${JSON.parse(dir)}/mirror`, 'latin1');
    assert.ok(bytes.includes('the last word') && bytes.includes('the very last word'));
  });
}

for (const strategy of ['inline', 'fork']) {
  test(`a heap snapshot is taken meanwhile (${strategy})`, async (t) => {
    const { taken, reading } = await run(
      `
      const readings = start();
      read(readings);
      const taken = await rsprof.heapSnapshot({ dir: ${JSON.stringify(tempDir(t))}, strategy: '${strategy}' });
      print({ taken, reading: read(readings) });
      readings.stop();
    `,
    );
    assert.equal(taken.strategy, strategy);
    readHeapSnapshot(taken.path);
    assert.ok(reading.heapUsed > 0);
  });
}
