'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { runForJson } = require('../support/child.js');
const { CHILDREN } = require('../support/fork.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { names, tempDir } = require('../support/tempdir.js');

/** Reads a stream and gives its bytes in a file; the reader is as slow as `rest` milliseconds a chunk. */
const STREAM = (file, options, rest) => `
  (async () => {
    const stream = rsprof.heapSnapshotStream({ strategy: 'fork', fallback: false, ${options} });
    const chunks = [];
    for await (const chunk of stream) {
      chunks.push(chunk);
      if (${rest}) await new Promise((resolve) => setTimeout(resolve, ${rest}));
    }
    const bytes = Buffer.concat(chunks);
    require('node:fs').writeFileSync(${JSON.stringify(file)}, bytes);
    console.log(JSON.stringify({ read: bytes.length, ...(await stream.result) }));
  })();
`;

for (const [what, options, rest] of [
  ['plain', '', 0],
  ['gzip', "compression: 'gzip'", 0],
  ['to a slow reader', '', 25],
]) {
  test(`a stream by fork is the whole snapshot: ${what}`, async (t) => {
    const dir = tempDir(t);
    const file = `${dir}/streamed`;
    const script = `
      class PlantedKeeper { constructor() { this.plantedSecret = 'a planted text of the program'; } }
      globalThis.planted = new PlantedKeeper();
      ${STREAM(file, options, rest)}
    `;
    const result = await runForJson(script);
    assert.equal(result.strategy, 'fork');
    assert.equal(result.read, result.bytes);
    const snapshot = readHeapSnapshot(file);
    assert.ok(snapshot.strings.includes('a planted text of the program'));
    assert.equal(snapshot.nodeCount, result.nodeCount);
    assert.deepEqual(names(dir), ['streamed']);
  });
}

test('a reader that never comes back does not make the server hold the snapshot', async () => {
  const { grown, rawBytes } = await runForJson(`
    const rss = () => process.memoryUsage().rss;
    class Ballast { constructor(i) { this.a = i; this.b = [i]; } }
    globalThis.ballast = Array.from({ length: 150_000 }, (_, i) => new Ballast(i));
    (async () => {
      const stream = rsprof.heapSnapshotStream({ strategy: 'fork', fallback: false });
      await new Promise((resolve) => stream.once('readable', resolve));
      stream.read(1000);
      const before = rss();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const grown = rss() - before;
      let rawBytes = 0;
      for await (const chunk of stream) rawBytes += chunk.length;
      console.log(JSON.stringify({ grown, rawBytes }));
    })();
  `);
  assert.ok(rawBytes > 15e6, `${rawBytes} bytes were read in the end`);
  assert.ok(grown < 8e6, `${grown} bytes were held for the reader`);
});

test('streams that are destroyed half-way end their children, and say that they were aborted', async () => {
  const { left, codes } = await runForJson(`
    ${CHILDREN}
    globalThis.ballast = Array.from({ length: 20_000 }, (_, i) => ({ i, list: [i] }));
    (async () => {
      const left = [];
      const codes = new Set();
      for (let i = 0; i < 8; i++) {
        const stream = rsprof.heapSnapshotStream({ strategy: 'fork', fallback: false });
        await new Promise((resolve) => stream.once('readable', resolve));
        stream.read(1000);
        stream.destroy();
        await new Promise((resolve) => stream.once('close', resolve));
        left.push(...children());
        await stream.result.catch(({ code }) => codes.add(code));
      }
      console.log(JSON.stringify({ left, codes: [...codes] }));
    })();
  `);
  assert.deepEqual(codes, ['ERR_RSPROF_ABORTED']);
  assert.deepEqual(left, []);
});
