'use strict';

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const v8 = require('node:v8');
const zlib = require('node:zlib');
const backend = require('../../lib/inspector-backend.js');
const { parsePartialName } = require('../../lib/naming.js');
const { rawName } = require('../../lib/inspector/raw-snapshot.js');
const { parseHeapSnapshot } = require('../support/heapsnapshot.js');
const { assertPlanted, plant } = require('../support/planted.js');
const { KEY, partial, redactSlowly } = require('./inspector-support.js');
const { code, tempDir, until } = require('./support.js');

const nodeMajor = Number.parseInt(process.versions.node, 10);

plant();

const request = (more) => ({
  target: null,
  tempDir: '/nowhere',
  compression: 'gzip',
  level: 1,
  numericValues: false,
  exposeInternals: false,
  redactKey: null,
  strategy: 'auto',
  ...more,
});

/** A snapshot into a file: `{ report, bytes }`, uncompressed; nothing else is left in the folder. */
async function toFile(t, more) {
  const dir = tempDir(t);
  const target = partial(dir);
  const recording = backend.takeSnapshot(request({ target, ...more }));
  assert.deepEqual(fs.readdirSync(dir), [path.basename(target)], 'the raw file has no name');
  const report = await recording.done;
  assert.equal(recording.progress().finished, true);
  assert.equal(fs.statSync(target).mode & 0o777, 0o600);
  return { report, written: fs.readFileSync(target) };
}

async function drain(recording) {
  const blocks = [];
  for (let block = await recording.read(); block !== null; block = await recording.read()) {
    assert.ok(block.length <= 65_536);
    blocks.push(block);
  }
  return Buffer.concat(blocks);
}

function descriptors() {
  return fs.readdirSync('/proc/self/fd').length;
}

test('a file: whole, valid, with its figures', async (t) => {
  const { report, written } = await toFile(t);
  const raw = zlib.gunzipSync(written);
  const snapshot = parseHeapSnapshot(raw);
  assertPlanted(snapshot);
  const { pauses, topClasses, ...figures } = report;
  const { node_count: nodeCount, edge_count: edgeCount } = JSON.parse(
    raw.toString('latin1'),
  ).snapshot;
  assert.deepEqual(figures, {
    bytes: written.length,
    rawBytes: raw.length,
    sha256: createHash('sha256').update(written).digest('hex'),
    nodeCount,
    edgeCount,
    serializedOn: 'main',
    strategy: 'inline',
  });
  assert.ok(pauses.graphMs > 0);
  assert.deepEqual({ ...pauses, graphMs: 0 }, { graphMs: 0, serializeMs: 0, releaseMs: 0 });
  assert.equal(topClasses.length, 20);
  assert.ok(topClasses.some(({ name }) => name === '(string)'));
});

test('uncompressed, and zstd where there is one', async (t) => {
  const { report, written } = await toFile(t, { compression: 'none' });
  assert.equal(report.bytes, report.rawBytes);
  parseHeapSnapshot(written);
  if (zlib.zstdDecompressSync) {
    const zstd = await toFile(t, { compression: 'zstd', level: 3 });
    parseHeapSnapshot(zlib.zstdDecompressSync(zstd.written));
    return;
  }
  const target = partial(tempDir(t));
  assert.throws(
    () => backend.takeSnapshot(request({ target, compression: 'zstd' })),
    code('UNSUPPORTED'),
  );
});

test('redacted, as the oracle does with the same raw bytes', async (t) => {
  let raw;
  const { writeHeapSnapshot } = v8;
  t.after(() => {
    v8.writeHeapSnapshot = writeHeapSnapshot;
  });
  v8.writeHeapSnapshot = (file, options) => {
    writeHeapSnapshot(file, options);
    raw = fs.readFileSync(file);
  };
  Object.defineProperty(v8.writeHeapSnapshot, 'length', { value: writeHeapSnapshot.length });
  const { report, written } = await toFile(t, { compression: 'none', redactKey: KEY });
  assert.ok(written.equals(Buffer.from(redactSlowly(raw.toString('latin1')), 'latin1')));
  assert.equal(report.rawBytes, written.length);
  assertPlanted(parseHeapSnapshot(written));
});

test('numericValues and exposeInternals, or a clear no', async (t) => {
  if (nodeMajor < 20) {
    const target = partial(tempDir(t));
    for (const name of ['numericValues', 'exposeInternals']) {
      const named = ({ message }) => assert.match(message, new RegExp(name));
      assert.throws(
        () => backend.takeSnapshot(request({ target, [name]: true })),
        code('UNSUPPORTED', named),
      );
    }
    return;
  }
  const plain = await toFile(t, { compression: 'none' });
  const shown = await toFile(t, { compression: 'none', numericValues: true, redactKey: KEY });
  assert.equal(smallNumbers(plain.written), 0);
  assert.ok(smallNumbers(shown.written) > 10);
  const internals = await toFile(t, { exposeInternals: true, compression: 'none' });
  // Visible from Node 26 on: no hidden nodes any more.
  const hidden = countNodes(internals.written, ({ type }) => type === 'hidden');
  assert.equal(hidden > 0, nodeMajor < 26);
});

function countNodes(bytes, holds) {
  const { snapshot, nodes, strings } = JSON.parse(bytes.toString('latin1'));
  const { node_fields: fields, node_types: types } = snapshot.meta;
  let count = 0;
  for (let at = 0; at < nodes.length; at += fields.length) {
    if (holds({ type: types[0][nodes[at]], name: strings[nodes[at + 1]] })) count++;
  }
  return count;
}

function smallNumbers(bytes) {
  return countNodes(bytes, ({ type, name }) => type === 'number' && name === 'smi number');
}

test('a stream: the same bytes in blocks, and nothing left in the folder', async (t) => {
  const dir = tempDir(t);
  const before = descriptors();
  const recording = backend.takeSnapshot(request({ tempDir: dir, compression: 'none' }));
  assert.deepEqual(fs.readdirSync(dir), []);
  const bytes = await drain(recording);
  const report = await recording.done;
  assert.equal(report.bytes, bytes.length);
  assert.equal(report.sha256, createHash('sha256').update(bytes).digest('hex'));
  assertPlanted(parseHeapSnapshot(bytes));
  assert.equal(descriptors(), before);
});

test('a reader that stalls stops the work; memory stays bounded', async (t) => {
  const recording = backend.takeSnapshot(request({ tempDir: tempDir(t), compression: 'none' }));
  await recording.read();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const { done, total, finished } = recording.progress();
  assert.equal(finished, false);
  assert.ok(done < 2_000_000 && done < total, `${done} of ${total} bytes were read ahead`);
  await drain(recording);
  await recording.done;
});

test('an abort ends it, at once or in the middle, and leaves no descriptor', async (t) => {
  const dir = tempDir(t);
  const before = descriptors();
  for (const when of [0, 2, 15]) {
    for (const more of [
      { target: partial(dir, `at-${when}`) },
      { redactKey: KEY },
      { compression: 'none' },
    ]) {
      const recording = backend.takeSnapshot(request({ tempDir: dir, ...more }));
      if (when > 0) await new Promise((resolve) => setTimeout(resolve, when));
      recording.abort();
      recording.abort();
      await assert.rejects(recording.done, code('ABORTED'));
      assert.equal(await recording.read(), null);
      recording.abortSync();
    }
  }
  assert.equal(descriptors(), before);
  assert.equal(fs.readdirSync(dir).length, 3);
});

test('an abort after the end changes nothing', async (t) => {
  const recording = backend.takeSnapshot(request({ target: partial(tempDir(t)) }));
  const report = await recording.done;
  recording.abort();
  assert.equal(await recording.done, report);
});

test('the event loop turns while the snapshot is checked and compressed', async (t) => {
  globalThis.ballast = Array.from({ length: 60_000 }, (_, i) => ({ text: `ballast ${i}` }));
  t.after(() => delete globalThis.ballast);
  const recording = backend.takeSnapshot(request({ target: partial(tempDir(t)), redactKey: KEY }));
  let turns = 0;
  const count = () => {
    turns++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  await recording.done;
  clearImmediate(timer);
  assert.ok(turns >= 20, `${turns} turns`);
});

test('progress runs from 0 to the whole', async (t) => {
  const recording = backend.takeSnapshot(request({ target: partial(tempDir(t)), redactKey: KEY }));
  const { total } = recording.progress();
  assert.ok(total > 1e6);
  let last = 0;
  while (!recording.progress().finished) {
    const { done } = recording.progress();
    assert.ok(done >= last && done <= total);
    last = done;
    await new Promise(setImmediate);
  }
  assert.deepEqual(recording.progress(), { done: total, total, rawBytes: total, finished: true });
  await recording.done;
});

test('what V8 wrote incompletely is refused', async (t) => {
  const { writeHeapSnapshot } = v8;
  t.after(() => {
    v8.writeHeapSnapshot = writeHeapSnapshot;
  });
  for (const text of ['', '{"snapshot":{']) {
    v8.writeHeapSnapshot = (file) => fs.writeFileSync(file, text);
    const recording = backend.takeSnapshot(request({ target: partial(tempDir(t)) }));
    await assert.rejects(recording.done, code('INVALID_SNAPSHOT'));
    const stream = backend.takeSnapshot(request({ tempDir: tempDir(t) }));
    await drain(stream);
    await assert.rejects(stream.done, code('INVALID_SNAPSHOT'));
  }
});

test('a failing start throws, closes the target and leaves no raw file', (t) => {
  const dir = tempDir(t);
  const before = descriptors();
  const { writeHeapSnapshot } = v8;
  t.after(() => {
    v8.writeHeapSnapshot = writeHeapSnapshot;
  });
  const target = partial(dir);
  v8.writeHeapSnapshot = () => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };
  assert.throws(() => backend.takeSnapshot(request({ target })), code('DISK_FULL'));
  assert.throws(() => backend.takeSnapshot(request({ tempDir: dir })), code('DISK_FULL'));
  assert.throws(
    () => backend.takeSnapshot(request({ tempDir: path.join(dir, 'none') })),
    code('NOT_FOUND'),
  );
  assert.throws(
    () => backend.takeSnapshot(request({ target: path.join(dir, 'none') })),
    code('NOT_FOUND'),
  );
  assert.deepEqual(fs.readdirSync(dir), [path.basename(target)]);
  assert.equal(descriptors(), before);
});

test('where a descriptor has no path the raw file has a name that the sweep knows, until it is written', async (t) => {
  const { platform } = process;
  const { writeHeapSnapshot } = v8;
  const dir = tempDir(t);
  let seen;
  t.after(() => {
    Object.defineProperty(process, 'platform', { value: platform });
    v8.writeHeapSnapshot = writeHeapSnapshot;
  });
  Object.defineProperty(process, 'platform', { value: 'elsewhere' });
  v8.writeHeapSnapshot = (file) => {
    seen = { file, mode: fs.statSync(file).mode & 0o777 };
    return writeHeapSnapshot(file);
  };
  const target = partial(dir);
  const recording = backend.takeSnapshot(request({ target }));
  assert.equal(path.dirname(seen.file), dir);
  assert.equal(parsePartialName(path.basename(seen.file)).pid, process.pid);
  assert.equal(seen.mode, 0o600);
  assert.deepEqual(fs.readdirSync(dir), [path.basename(target)]);
  await recording.done;
});

test('names of raw files', () => {
  const beside = rawName('/captures/a.heapsnapshot.gz.00000000-1-1-0.partial', '/tmp');
  assert.match(
    beside,
    /^\/captures\/a\.heapsnapshot\.gz\..*\.raw\.[0-9a-f]{8}-\d+-\d+-\d+\.partial$/,
  );
  assert.ok(parsePartialName(path.basename(beside)));
  const inTemp = rawName(null, '/tmp');
  assert.equal(path.dirname(inTemp), '/tmp');
  assert.ok(parsePartialName(path.basename(inTemp)));
  assert.notEqual(inTemp, rawName(null, '/tmp'));
});

test('two at once do not disturb each other', async (t) => {
  const [a, b] = [partial(tempDir(t)), partial(tempDir(t))];
  const recordings = [a, b].map((target) => backend.takeSnapshot(request({ target })));
  await Promise.all(recordings.map(({ done }) => done));
  await until(() => recordings.every((recording) => recording.progress().finished));
  for (const file of [a, b]) parseHeapSnapshot(zlib.gunzipSync(fs.readFileSync(file)));
});

test('the back end says what it is', () => {
  assert.equal(backend.name, 'inspector');
  assert.deepEqual(backend.available(), { ok: true, reason: 'node:v8 and node:inspector serve' });
});
