'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { Readable } = require('node:stream');
const test = require('node:test');
const { heapSnapshot, heapSnapshotStream } = require('../../index.js');
const { RsprofError } = require('../../lib/errors.js');
const {
  assertIdle,
  code,
  deferred,
  listeners,
  tempDir,
  until,
  useFakeBackend,
} = require('./support.js');

test.afterEach(assertIdle);

async function collect(stream) {
  const blocks = [];
  for await (const block of stream) blocks.push(block);
  return Buffer.concat(blocks).toString();
}

/** A stream whose backend yields `blocks` and ends when the test says so. */
async function running(t, options, blocks = []) {
  const { recordings } = useFakeBackend(t, { wait: true, blocks });
  const stream = heapSnapshotStream(options);
  await until(() => recordings.length === 1);
  return { stream, recording: recordings[0] };
}

test('it yields the bytes, then the figures', async (t) => {
  useFakeBackend(t, { blocks: [Buffer.from('{"snap'), Buffer.from('shot":1}')] });
  const { signal } = new AbortController();
  const stream = heapSnapshotStream({ signal });
  assert.ok(stream instanceof Readable);
  assert.equal(await collect(stream), '{"snapshot":1}');
  const result = await stream.result;
  assert.equal(result.nodeCount, 3);
  assert.equal(result.pauseMs, 7);
  assert.equal(result.compression, 'none');
  assert.ok(!('path' in result));
  assert.equal(listeners(signal), 0);
});

test('invalid arguments throw at once', () => {
  assert.throws(() => heapSnapshotStream({ path: 'x' }), code('INVALID_ARG'));
  assert.throws(() => heapSnapshotStream(null), code('INVALID_ARG'));
});

test('nothing is read ahead of the reader but what fits', async (t) => {
  const block = Buffer.alloc(65_536, 120);
  const { stream, recording } = await running(t, {}, Array(100).fill(block));
  let reads = 0;
  const { read } = recording;
  recording.read = function () {
    reads += 1;
    return read.call(this);
  };
  stream.read(0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(reads <= 2, `${reads} reads without a reader`);
  recording.end();
  assert.equal((await collect(stream)).length, 6_553_600);
  assert.equal(reads, 101);
});

test('the end counts only when the backend says that all was right', async (t) => {
  const { stream, recording } = await running(t, {}, [Buffer.from('half of it')]);
  const failure = new RsprofError('ERR_RSPROF_INVALID_SNAPSHOT', 'counts differ');
  let ended = false;
  stream.on('end', () => {
    ended = true;
  });
  const collected = collect(stream);
  collected.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 20));
  recording.end(failure);
  await assert.rejects(collected, (error) => error === failure);
  await assert.rejects(stream.result, (error) => error === failure);
  assert.equal(ended, false);
});

test('destroy() aborts, and closes when nothing is left; result is no unhandled rejection', async (t) => {
  const { stream, recording } = await running(t, {}, [Buffer.from('x')]);
  const gone = deferred();
  recording.abort = () => recording.calls.push('abort');
  stream.on('close', gone.resolve);
  stream.destroy();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(recording.calls, ['abort']);
  assert.equal(stream.closed ?? false, false);
  recording.end(new RsprofError('ERR_RSPROF_ABORTED', 'by destroy'));
  await gone.promise;
  await assert.rejects(stream.result, code('ABORTED'));
});

test('destroy(error) emits that error', async (t) => {
  const { stream } = await running(t, {});
  const mine = new Error('mine');
  stream.destroy(mine);
  const [error] = await once(stream, 'error');
  assert.equal(error, mine);
  await assert.rejects(
    stream.result,
    code('ABORTED', (failure) => failure.cause === mine),
  );
});

test('destroyed at once: nothing begins', async (t) => {
  const { recordings } = useFakeBackend(t);
  const stream = heapSnapshotStream();
  stream.destroy();
  await once(stream, 'close');
  await assert.rejects(stream.result, code('ABORTED'));
  assert.equal(recordings.length, 0);
});

test('the signal aborts: before, during', async (t) => {
  const reason = new Error('enough');
  const isOurs = code('ABORTED', (error) => error.cause === reason);
  const early = heapSnapshotStream({ signal: AbortSignal.abort(reason) });
  await assert.rejects(collect(early), isOurs);
  const controller = new AbortController();
  const { stream, recording } = await running(t, { signal: controller.signal });
  const collected = collect(stream);
  controller.abort(reason);
  await assert.rejects(collected, isOurs);
  await assert.rejects(stream.result, isOurs);
  assert.deepEqual(recording.calls, ['abort']);
  assert.equal(listeners(controller.signal), 0);
});

test('it holds the gate from the call on, and can queue for it', async (t) => {
  const dir = tempDir(t);
  const { recordings } = useFakeBackend(t, { wait: true, blocks: [] });
  const first = heapSnapshotStream();
  await assert.rejects(heapSnapshot({ dir }), code('BUSY'));
  await assert.rejects(collect(heapSnapshotStream()), code('BUSY'));
  const queued = heapSnapshotStream({ queue: true });
  const given = heapSnapshotStream({ queue: true });
  given.destroy();
  await once(given, 'close');
  await until(() => recordings.length === 1);
  recordings[0].end();
  await collect(first);
  await until(() => recordings.length === 2);
  recordings[1].end();
  await collect(queued);
});

test('progress ends with 100 %', async (t) => {
  useFakeBackend(t, { blocks: [Buffer.from('x')] });
  const calls = [];
  await collect(heapSnapshotStream({ onProgress: ({ percent }) => calls.push(percent) }));
  assert.equal(calls.at(-1), 100);
});
