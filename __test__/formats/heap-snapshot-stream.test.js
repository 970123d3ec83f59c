'use strict';

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { test } = require('node:test');
const { setTimeout: delay } = require('node:timers/promises');
const zlib = require('node:zlib');

const rsprof = require('../..');
const { isNative, zlibHasZstd } = require('../support/env.js');
const { parseHeapSnapshot } = require('../support/heapsnapshot.js');
const { assertPlanted, plant } = require('../support/planted.js');
const { ownThreads } = require('../support/threads.js');
const { unpack } = require('../support/unpack.js');

plant();

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('a stream gives the bytes of a valid snapshot, uncompressed by default', async () => {
  const stream = rsprof.heapSnapshotStream();
  const bytes = await collect(stream);
  const snapshot = parseHeapSnapshot(bytes);
  assertPlanted(snapshot);
  const result = await stream.result;
  assert.equal(result.nodeCount, snapshot.nodeCount);
  assert.equal(result.bytes, bytes.length);
  assert.equal(result.rawBytes, bytes.length);
  assert.equal(result.sha256, createHash('sha256').update(bytes).digest('hex'));
  assert.equal(result.compression, 'none');
});

test('a stream can be compressed on the way', async () => {
  const stream = rsprof.heapSnapshotStream({ compression: 'gzip' });
  const bytes = await collect(stream);
  assertPlanted(parseHeapSnapshot(zlib.gunzipSync(bytes)));
  const result = await stream.result;
  assert.equal(result.bytes, bytes.length);
  if (!isNative && !zlibHasZstd) return;
  assertPlanted(
    parseHeapSnapshot(unpack(await collect(rsprof.heapSnapshotStream({ compression: 'zstd' })))),
  );
});

test('a slow reader holds the stream up: no more than its buffer is read ahead', async () => {
  const stream = rsprof.heapSnapshotStream();
  let mostAhead = 0;
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    mostAhead = Math.max(mostAhead, stream.readableLength);
    if (bytes < 2 ** 20) await delay(5);
  }
  assert.ok(bytes > 2 ** 20);
  const limit = stream.readableHighWaterMark + 64 * 1024;
  assert.ok(mostAhead <= limit, `${mostAhead} bytes were waiting, limit ${limit}`);
  await stream.result;
});

test('a stream that is destroyed half-way ends the capture and frees the next one', async () => {
  const stream = rsprof.heapSnapshotStream();
  for await (const chunk of stream) {
    assert.ok(chunk.length > 0);
    break;
  }
  assert.equal(stream.destroyed, true);
  await assert.rejects(stream.result, { code: 'ERR_RSPROF_ABORTED' });
  const next = rsprof.heapSnapshotStream({ queue: true });
  parseHeapSnapshot(await collect(next));
  await next.result;
  assert.deepEqual(ownThreads(), []);
});

test('a stream whose result nobody looks at causes no unhandled rejection', async () => {
  const unhandled = [];
  const onUnhandled = (reason) => unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  const stream = rsprof.heapSnapshotStream({ queue: true });
  stream.on('error', () => {});
  stream.destroy();
  await delay(200);
  process.off('unhandledRejection', onUnhandled);
  assert.deepEqual(unhandled, []);
});

test('an abort signal ends a stream with ERR_RSPROF_ABORTED and its reason', async () => {
  const controller = new AbortController();
  const stream = rsprof.heapSnapshotStream({ signal: controller.signal, queue: true });
  const reason = new Error('the client went away');
  const reading = (async () => {
    for await (const chunk of stream) {
      assert.ok(chunk.length > 0);
      controller.abort(reason);
    }
  })();
  await assert.rejects(reading, { code: 'ERR_RSPROF_ABORTED', cause: reason });
  await assert.rejects(stream.result, { code: 'ERR_RSPROF_ABORTED' });
});

test('options of files are refused for a stream', () => {
  assert.throws(() => rsprof.heapSnapshotStream({ path: '/tmp/x' }).destroy(), {
    code: 'ERR_RSPROF_INVALID_ARG',
    message: /path/,
  });
});
