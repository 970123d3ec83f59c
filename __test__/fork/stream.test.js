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
  ['to a slow reader', '', 5],
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

test('a stream that is destroyed half-way ends its child', async () => {
  const { left, code } = await runForJson(`
    ${CHILDREN}
    globalThis.ballast = Array.from({ length: 100_000 }, (_, i) => ({ i, list: [i] }));
    (async () => {
      const stream = rsprof.heapSnapshotStream({ strategy: 'fork', fallback: false });
      await new Promise((resolve) => stream.once('readable', resolve));
      stream.read(1000);
      stream.destroy();
      await new Promise((resolve) => stream.once('close', resolve));
      const left = children();
      const { code } = await stream.result.catch(told);
      console.log(JSON.stringify({ left, code }));
    })();
  `);
  assert.equal(code, 'ERR_RSPROF_ABORTED');
  assert.deepEqual(left, []);
});
