'use strict';

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const rsprof = require('../..');
const { backend, isNative, nodeMajor, zlibHasZstd } = require('../support/env.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { assertPlanted, plant } = require('../support/planted.js');
const { names, tempDir } = require('../support/tempdir.js');
const { unpackFile } = require('../support/unpack.js');

const EXTENSIONS = { gzip: '.heapsnapshot.gz', zstd: '.heapsnapshot.zst', none: '.heapsnapshot' };
const supportsZstd = isNative || zlibHasZstd;

plant();

function countOf(snapshot, type) {
  let count = 0;
  for (let node = 0; node < snapshot.nodeCount; node++) if (snapshot.type(node) === type) count++;
  return count;
}

function sha256(file) {
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}

for (const compression of ['gzip', 'none', ...(supportsZstd ? ['zstd'] : [])]) {
  test(`a ${compression} heap snapshot validates, holds the planted object and is what the result says`, async (t) => {
    const dir = tempDir(t);
    const result = await rsprof.heapSnapshot({ dir, compression });

    const snapshot = readHeapSnapshot(result.path);
    assertPlanted(snapshot);
    assert.equal(result.nodeCount, snapshot.nodeCount);
    assert.equal(result.edgeCount, snapshot.edgeCount);
    assert.ok(result.path.endsWith(EXTENSIONS[compression]), result.path);
    assert.equal(result.bytes, fs.statSync(result.path).size);
    assert.equal(result.rawBytes, unpackFile(result.path).length);
    assert.equal(result.sha256, sha256(result.path));
    assert.equal(result.compression, compression);
    assert.equal(result.backend, backend);
    assert.equal(result.strategy, 'inline');
    if (compression === 'none') assert.equal(result.bytes, result.rawBytes);
    else assert.ok(result.bytes < result.rawBytes / 2, 'compression shrinks the file');
  });
}

if (!supportsZstd) {
  test('zstd is refused with a clear error where neither the addon nor node:zlib has it', async (t) => {
    const dir = tempDir(t);
    const attempt = rsprof.heapSnapshot({ dir, compression: 'zstd' });
    await assert.rejects(attempt, { name: 'RsprofError', code: 'ERR_RSPROF_UNSUPPORTED' });
    assert.deepEqual(names(dir), [], 'nothing is left behind');
  });
}

test('the figures of a result are complete and make sense', async (t) => {
  const dir = tempDir(t);
  const before = Date.now();
  const result = await rsprof.heapSnapshot({ dir });
  assert.equal(result.pid, process.pid);
  assert.equal(result.threadId, 0);
  assert.equal(result.redact, false);
  assert.ok(result.pauseMs > 0 && result.pauseMs <= result.durationMs + 1);
  const { graphMs, serializeMs, releaseMs } = result.pauses;
  assert.ok(graphMs > 0 && serializeMs >= 0 && releaseMs >= 0);
  assert.ok(['thread', 'main'].includes(result.serializedOn));
  const startedAt = Date.parse(result.startedAt);
  assert.ok(startedAt >= before - 5 && startedAt <= Date.now());
  assert.ok(result.durationMs <= Date.now() - before + 5);
});

test('the top classes are the largest of the heap by self size, as counted in the file', async (t) => {
  const dir = tempDir(t);
  const result = await rsprof.heapSnapshot({ dir });
  assert.equal(result.topClasses.length, 20);
  const sizes = result.topClasses.map((one) => one.selfSize);
  assert.deepEqual(
    sizes,
    [...sizes].sort((a, b) => b - a),
  );
  const snapshot = readHeapSnapshot(result.path);
  const strings = result.topClasses.find((one) => one.name === '(string)');
  const expected = { count: 0, selfSize: 0 };
  for (let node = 0; node < snapshot.nodeCount; node++) {
    if (!/string/.test(snapshot.type(node))) continue;
    expected.count++;
    expected.selfSize += snapshot.selfSize(node);
  }
  assert.deepEqual({ count: strings.count, selfSize: strings.selfSize }, expected);
});

test('the default name is sortable and unique, and the folder is made when it is missing', async (t) => {
  const dir = path.join(tempDir(t), 'made', 'for', 'captures');
  const first = await rsprof.heapSnapshot({ dir });
  const second = await rsprof.heapSnapshot({ dir });
  const pattern = new RegExp(`^\\d{8}T\\d{6}\\.\\d{3}Z-${process.pid}-0-\\d+\\.heapsnapshot\\.gz$`);
  assert.match(path.basename(first.path), pattern);
  assert.match(path.basename(second.path), pattern);
  assert.ok(first.path < second.path, 'names sort by time');
  assert.equal(fs.statSync(dir).mode & 0o777, 0o700);
  assert.equal(path.isAbsolute(first.path), true);
});

test('the file and its sidecar are for their owner alone', async (t) => {
  const dir = tempDir(t);
  const result = await rsprof.heapSnapshot({ dir });
  assert.equal(fs.statSync(result.path).mode & 0o777, 0o600);
  assert.equal(fs.statSync(result.sidecar).mode & 0o777, 0o600);
});

test('the sidecar says what, why, when, the cost and the versions, and nothing of the environment', async (t) => {
  const dir = tempDir(t);
  process.env.RSPROF_TEST_SECRET = 'a secret of the environment';
  t.after(() => delete process.env.RSPROF_TEST_SECRET);
  const result = await rsprof.heapSnapshot({ dir, reason: 'a test asked for it' });
  assert.equal(result.sidecar, `${result.path}.json`);
  const text = fs.readFileSync(result.sidecar, 'utf8');
  const sidecar = JSON.parse(text);
  assert.equal(sidecar.format, 'rsprof-sidecar/1');
  assert.equal(sidecar.file, path.basename(result.path));
  assert.equal(sidecar.reason, 'a test asked for it');
  assert.equal(sidecar.versions.node, process.versions.node);
  assert.equal(sidecar.versions.v8, process.versions.v8);
  assert.equal(sidecar.versions.rsprof, rsprof.version);
  assert.equal(sidecar.host.pid, process.pid);
  assert.ok(sidecar.process.rss > 0 && sidecar.process.heapUsed > 0);
  assert.ok(text.includes(result.sha256) && text.includes(String(result.nodeCount)));
  assert.ok(!text.includes('a secret of the environment'));
});

test('sidecar: false writes the file alone', async (t) => {
  const dir = tempDir(t);
  const result = await rsprof.heapSnapshot({ dir, sidecar: false });
  assert.equal(result.sidecar, null);
  assert.deepEqual(names(dir), [path.basename(result.path)]);
});

test('a path names the file, and its extension the compression', async (t) => {
  const dir = tempDir(t);
  const plain = await rsprof.heapSnapshot({ path: path.join(dir, 'plain.heapsnapshot') });
  assert.equal(plain.path, path.join(dir, 'plain.heapsnapshot'));
  assert.equal(plain.compression, 'none');
  readHeapSnapshot(plain.path);
  const packed = await rsprof.heapSnapshot({ path: path.join(dir, 'packed.heapsnapshot.gz') });
  assert.equal(packed.compression, 'gzip');
  readHeapSnapshot(packed.path);
});

test('a higher level gives a smaller file of the same content', async (t) => {
  const dir = tempDir(t);
  const fast = await rsprof.heapSnapshot({ dir, level: 1 });
  const small = await rsprof.heapSnapshot({ dir, level: 9 });
  assert.ok(small.bytes < fast.bytes, `${small.bytes} < ${fast.bytes}`);
  readHeapSnapshot(small.path);
});

// Node 18 has no numericValues in node:v8; V8 itself has.
const supportsNumbers = isNative || nodeMajor >= 20;

if (supportsNumbers) {
  test('numbers stay out of a snapshot unless numericValues asks for them', async (t) => {
    const dir = tempDir(t);
    const number = 40_000_000 + (process.pid % 1000) + 424_242;
    globalThis.rsprofPlantedNumber = { plantedSecretNumber: number };
    t.after(() => delete globalThis.rsprofPlantedNumber);
    const without = await rsprof.heapSnapshot({ dir });
    const withNumbers = await rsprof.heapSnapshot({ dir, numericValues: true });
    assert.ok(!readHeapSnapshot(without.path).strings.includes(String(number)));
    assert.ok(readHeapSnapshot(withNumbers.path).strings.includes(String(number)));
  });
} else {
  test('numericValues is refused with a clear error where node:v8 does not have it', async (t) => {
    const dir = tempDir(t);
    const attempt = rsprof.heapSnapshot({ dir, numericValues: true });
    await assert.rejects(attempt, { code: 'ERR_RSPROF_UNSUPPORTED', message: /numericValues/ });
    assert.deepEqual(names(dir), []);
  });
}

if (isNative || nodeMajor >= 20) {
  test('exposeInternals shows what V8 hides otherwise', async (t) => {
    const dir = tempDir(t);
    const plain = readHeapSnapshot((await rsprof.heapSnapshot({ dir })).path);
    const { path: file } = await rsprof.heapSnapshot({ dir, exposeInternals: true });
    const exposed = readHeapSnapshot(file);
    assertPlanted(exposed);
    assert.ok(countOf(plain, 'hidden') > 1000);
    // Until V8 13 the option changes how roots are shown, and hidden nodes stay hidden.
    if (nodeMajor >= 26) assert.equal(countOf(exposed, 'hidden'), 0);
  });
} else {
  test('exposeInternals is refused with a clear error where node:v8 does not have it', async (t) => {
    const attempt = rsprof.heapSnapshot({ dir: tempDir(t), exposeInternals: true });
    await assert.rejects(attempt, { code: 'ERR_RSPROF_UNSUPPORTED', message: /exposeInternals/ });
  });
}

test('progress is told in order, up to the whole', async (t) => {
  const dir = tempDir(t);
  const seen = [];
  const result = await rsprof.heapSnapshot({ dir, onProgress: (event) => seen.push({ ...event }) });
  assert.ok(seen.length > 0, 'at least the end is told');
  for (let at = 1; at < seen.length; at++) assert.ok(seen[at].done >= seen[at - 1].done);
  const last = seen.at(-1);
  assert.equal(last.done, last.total);
  assert.ok(seen.every(({ done, total }) => done >= 0 && done <= total));
  readHeapSnapshot(result.path);
});
