'use strict';

const assert = require('node:assert/strict');
const { createHash, randomBytes } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const zlib = require('node:zlib');
const { BLOCK_BYTES, BlockQueue, HIGH_WATER } = require('../../lib/inspector/block-queue.js');
const { Encoder, checkCompression } = require('../../lib/inspector/encode.js');
const { FileSink } = require('../../lib/inspector/file-sink.js');
const { RsprofError } = require('../../lib/errors.js');
const { partial } = require('./inspector-support.js');
const { code, tempDir } = require('./support.js');

const hasZstd = typeof zlib.createZstdCompress === 'function';
const UNPACK = {
  none: (bytes) => bytes,
  gzip: (bytes) => zlib.gunzipSync(bytes),
  zstd: (bytes) => zlib.zstdDecompressSync(bytes),
};

/** Half random, half not: about 3 MB. */
function someBytes() {
  return Buffer.concat([randomBytes(1_500_000), Buffer.alloc(1_500_001, 'abcdefg')]);
}

function descriptors() {
  return fs.readdirSync('/proc/self/fd').length;
}

async function writeAll(encoder, bytes, size) {
  const writes = [];
  for (let at = 0; at < bytes.length; at += size)
    writes.push(encoder.write(bytes.subarray(at, at + size)));
  await Promise.all(writes);
}

for (const compression of ['none', 'gzip', ...(hasZstd ? ['zstd'] : [])]) {
  test(`${compression}: bytes, sizes and hash`, async (t) => {
    const file = partial(tempDir(t));
    const bytes = someBytes();
    const encoder = new Encoder({ compression, level: 1, sink: new FileSink(file) });
    await writeAll(encoder, bytes, 70_001);
    const result = await encoder.finish();
    const written = fs.readFileSync(file);
    assert.ok(UNPACK[compression](written).equals(bytes));
    assert.deepEqual(result, {
      bytes: written.length,
      rawBytes: bytes.length,
      sha256: createHash('sha256').update(written).digest('hex'),
    });
  });

  test(`${compression}: nothing at all is a whole file too`, async (t) => {
    const file = partial(tempDir(t));
    const encoder = new Encoder({ compression, level: 1, sink: new FileSink(file) });
    await encoder.finish();
    assert.equal(UNPACK[compression](fs.readFileSync(file)).length, 0);
  });

  test(`${compression}: a failing sink fails everything, once, and leaves no descriptor`, async (t) => {
    const file = partial(tempDir(t));
    const before = descriptors();
    const sink = new FileSink(file);
    const full = new RsprofError('ERR_RSPROF_DISK_FULL', 'full');
    sink.write = async () => {
      throw full;
    };
    const encoder = new Encoder({ compression, level: 1, sink });
    await assert.rejects(writeAll(encoder, someBytes(), 262_144), code('DISK_FULL'));
    await assert.rejects(encoder.write(Buffer.from('x')), code('DISK_FULL'));
    await assert.rejects(encoder.finish(), code('DISK_FULL'));
    await encoder.destroy(new Error('later'));
    assert.equal(encoder.error, full);
    assert.equal(descriptors(), before);
  });

  test(`${compression}: fail() wakes a writer whom a stalled reader keeps waiting`, async () => {
    const queue = new BlockQueue();
    const encoder = new Encoder({ compression, level: 1, sink: queue });
    const writing = writeAll(encoder, someBytes(), 262_144);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const stopped = new RsprofError('ERR_RSPROF_ABORTED', 'stopped');
    encoder.fail(stopped);
    await assert.rejects(writing, code('ABORTED'));
    await encoder.destroy(stopped);
    assert.equal(await queue.read(), null);
  });
}

test('a queue holds a bounded number of bytes while nobody reads, and gives all of them', async () => {
  const queue = new BlockQueue();
  const bytes = someBytes();
  let written = false;
  const encoder = new Encoder({ compression: 'none', level: 1, sink: queue });
  const writing = encoder.write(bytes).then(() => {
    written = true;
    return encoder.finish();
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(written, false);
  const blocks = [];
  for (let block = await queue.read(); block !== null; block = await queue.read()) {
    assert.ok(block.length > 0 && block.length <= BLOCK_BYTES);
    blocks.push(block);
  }
  assert.ok(Buffer.concat(blocks).equals(bytes));
  assert.equal((await writing).bytes, bytes.length);
  assert.equal(await queue.read(), null);
  assert.ok(HIGH_WATER <= 4 * BLOCK_BYTES);
});

test('readers who wait get blocks in order, and null at the end', async () => {
  const queue = new BlockQueue();
  const reads = [queue.read(), queue.read(), queue.read()];
  await queue.write(Buffer.from('a'));
  await queue.write(Buffer.from('b'));
  await queue.finish();
  assert.deepEqual((await Promise.all(reads)).map(String), ['a', 'b', 'null']);
});

test('blocks are copies: the writer may use its buffer again', async () => {
  const queue = new BlockQueue();
  const buffer = Buffer.from('first');
  await queue.write(buffer);
  buffer.fill('x');
  assert.equal(String(await queue.read()), 'first');
});

test('a symbolic link in the place of the partial is refused', (t) => {
  const dir = tempDir(t);
  const link = path.join(dir, 'link');
  fs.writeFileSync(path.join(dir, 'other'), '');
  fs.symlinkSync(path.join(dir, 'other'), link);
  assert.throws(() => new FileSink(link), code('IO'));
  assert.throws(() => new FileSink(path.join(dir, 'missing')), code('NOT_FOUND'));
});

test('zstd is refused with advice where node:zlib has none', () => {
  checkCompression('gzip');
  checkCompression('none');
  if (hasZstd) checkCompression('zstd');
  else
    assert.throws(
      () => checkCompression('zstd'),
      code('UNSUPPORTED', ({ message }) => assert.match(message, /gzip/)),
    );
});
