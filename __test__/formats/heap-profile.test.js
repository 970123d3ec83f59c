'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { setTimeout: delay } = require('node:timers/promises');
const { pathToFileURL } = require('node:url');

const rsprof = require('../..');
const busy = require('../support/busy.js');
const { backend, isNative, nodeMajor } = require('../support/env.js');
const { readHeapProfile } = require('../support/heapprofile.js');
const { names, tempDir } = require('../support/tempdir.js');
const { unpackFile } = require('../support/unpack.js');

test('an allocation profile validates and knows the function that allocates', async (t) => {
  const handle = rsprof.startHeapProfile({ dir: tempDir(t), interval: 16_384 });
  const kept = busy.plantedAllocator(20);
  const result = await handle.stop();
  assert.equal(kept.length, 200);

  const profile = readHeapProfile(result.path);
  const nodes = profile.nodes.filter((one) => one.callFrame.functionName === 'plantedAllocator');
  const bytes = nodes.reduce((sum, node) => sum + node.selfSize, 0);
  assert.ok(bytes > 10e6 && bytes < 60e6, `${bytes} bytes of about 20 MB`);
  assert.equal(nodes[0].callFrame.url, pathToFileURL(busy.file).href);
  assert.equal(nodes[0].callFrame.lineNumber, busy.lineOf('plantedAllocator') - 1);
  const [top] = result.topFunctions;
  assert.equal(top.functionName, 'plantedAllocator');
  assert.equal(top.lineNumber, busy.lineOf('plantedAllocator'), 'lines of the result are 1-based');
  assert.equal(top.bytes, bytes);
  assert.ok(top.share > 0.5 && top.share <= 1);
});

test('the figures of an allocation profile are those of its file', async (t) => {
  const handle = rsprof.startHeapProfile({ dir: tempDir(t), interval: 65_536, reason: 'because' });
  const kept = busy.plantedAllocator(5);
  const result = await handle.stop();
  assert.ok(kept.length > 0);
  const profile = readHeapProfile(result.path);
  assert.equal(result.nodeCount, profile.nodes.length);
  assert.equal(result.totalBytes, profile.totalBytes);
  assert.equal(result.bytes, fs.statSync(result.path).size);
  assert.equal(result.rawBytes, unpackFile(result.path).length);
  assert.equal(result.backend, backend);
  assert.ok(result.startMs >= 0 && result.stopMs >= 0);
  assert.match(path.basename(result.path), /-\d+-0-\d+\.heapprofile\.gz$/);
  const sidecar = JSON.parse(fs.readFileSync(result.sidecar, 'utf8'));
  assert.equal(sidecar.kind, 'heapProfile');
  assert.equal(sidecar.reason, 'because');
});

test('stackDepth limits how deep the tree goes', async (t) => {
  const dig = (depth) => (depth === 0 ? busy.plantedAllocator(5) : dig(depth - 1));
  const handle = rsprof.startHeapProfile({ dir: tempDir(t), interval: 16_384, stackDepth: 4 });
  const kept = dig(20);
  const { path: file } = await handle.stop();
  assert.ok(kept.length > 0);
  const depthOf = (node) => 1 + Math.max(0, ...node.children.map(depthOf));
  const depth = depthOf(readHeapProfile(file).head);
  assert.ok(depth <= 4 + 2, `depth ${depth}`);
});

// V8 can count what was collected since 11.3 (Node 20).
if (nodeMajor >= 20) {
  test("includeCollected: 'all' counts what was allocated and freed again", async (t) => {
    const handle = rsprof.startHeapProfile({
      dir: tempDir(t),
      interval: 16_384,
      includeCollected: 'all',
    });
    for (let round = 0; round < 10; round++) busy.plantedAllocator(10);
    const profile = readHeapProfile((await handle.stop()).path);
    const bytes = profile.nodes
      .filter((one) => one.callFrame.functionName === 'plantedAllocator')
      .reduce((sum, node) => sum + node.selfSize, 0);
    assert.ok(bytes > 70e6, `${bytes} bytes of about 100 MB`);
  });
} else {
  test('includeCollected is refused or honoured, never ignored', async (t) => {
    let handle;
    try {
      handle = rsprof.startHeapProfile({ dir: tempDir(t), includeCollected: 'all' });
    } catch (error) {
      assert.equal(error.code, 'ERR_RSPROF_UNSUPPORTED');
      return;
    }
    assert.ok(isNative, 'only V8 itself knows the flag on this line');
    await handle.stop();
  });
}

test('heapProfile({ seconds }) profiles that long and gives the result', async (t) => {
  const kept = [];
  const timer = setInterval(() => kept.push(busy.plantedAllocator(1)), 20);
  const result = await rsprof.heapProfile({ dir: tempDir(t), seconds: 0.2, interval: 16_384 });
  clearInterval(timer);
  assert.ok(result.totalBytes > 0);
  readHeapProfile(result.path);
});

test('maxSeconds ends an allocation profile by itself', async (t) => {
  const handle = rsprof.startHeapProfile({ dir: tempDir(t), maxSeconds: 0.1 });
  // The profile keeps no process alive: this timer does.
  await delay(400);
  const result = await handle.done;
  assert.equal(result.endedBy, 'limit');
  readHeapProfile(result.path);
});

test('cancel() writes nothing and frees the profiler for the next profile', async (t) => {
  const dir = tempDir(t);
  const handle = rsprof.startHeapProfile({ dir });
  handle.cancel();
  await assert.rejects(handle.done, { code: 'ERR_RSPROF_ABORTED' });
  assert.deepEqual(names(dir), []);
  const next = rsprof.startHeapProfile({ dir });
  await next.stop();
});

test('a second allocation profile while one runs is refused as busy', async (t) => {
  const dir = tempDir(t);
  const handle = rsprof.startHeapProfile({ dir });
  assert.throws(() => rsprof.startHeapProfile({ dir }), { code: 'ERR_RSPROF_BUSY' });
  await handle.stop();
});
