'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');
const zlib = require('node:zlib');
const fs = require('node:fs');
const { runForJson } = require('../support/child.js');
const { readHeapProfile } = require('../support/heapprofile.js');
const { parseHeapSnapshot } = require('../support/heapsnapshot.js');
const { tempDir } = require('./support.js');

const [nodeMajor] = process.versions.node.split('.').map(Number);
const PERMISSION = nodeMajor >= 24 ? '--permission' : '--experimental-permission';
const ROOT = path.join(__dirname, '..', '..');

/** Tries everything against the back end itself and prints what became of it. */
const script = (dir) => `
  const fs = require('node:fs');
  const v8 = require('node:v8');
  const backend = require(${JSON.stringify(path.join(ROOT, 'lib', 'inspector-backend.js'))});
  const dir = ${JSON.stringify(dir)};
  const target = (name) => {
    const file = dir + '/' + name + '.00000000-1-1-0.partial';
    fs.closeSync(fs.openSync(file, 'wx', 0o600));
    return file;
  };
  const how = { compression: 'gzip', level: 1 };
  const snapshot = { ...how, numericValues: false, exposeInternals: false, redactKey: null, strategy: 'auto' };
  const cpu = { interval: 1000, maxSamples: 1e6, callerLines: false, eager: false, title: '' };
  const heap = { interval: 16384, stackDepth: 200, includeCollected: false };
  const busy = () => { const end = Date.now() + 150; const kept = []; while (Date.now() < end) kept.push([kept.length]); return kept; };
  async function profile(start, name) {
    const recording = start();
    globalThis.kept = busy();
    const file = target(name);
    return { file, report: await recording.stop({ ...how, target: file }) };
  }
  async function stream() {
    const recording = backend.takeSnapshot({ ...snapshot, compression: 'none', target: null, tempDir: '/nowhere' });
    let bytes = 0;
    for (let block = await recording.read(); block; block = await recording.read()) bytes += block.length;
    return { bytes, report: await recording.done };
  }
  async function file() {
    const name = target('snapshot');
    return { file: name, report: await backend.takeSnapshot({ ...snapshot, target: name, tempDir: dir }).done };
  }
  const outcome = async (work) => {
    try { return await work(); } catch ({ name, code, message }) { return { name, code, message }; }
  };
  (async () => console.log(JSON.stringify({
    available: backend.available(),
    stream: await outcome(stream),
    snapshot: await outcome(file),
    cpu: await outcome(() => profile(() => backend.startCpuProfile(cpu), 'cpu')),
    quick: await outcome(() => profile(() => backend.startCpuProfile({ ...cpu, interval: 250 }), 'quick')),
    slow: await outcome(() => profile(() => backend.startCpuProfile({ ...cpu, interval: 10000 }), 'slow')),
    capped: await outcome(() => profile(() => backend.startCpuProfile({ ...cpu, maxSamples: 5 }), 'capped')),
    heap: await outcome(() => profile(() => backend.startHeapProfile(heap), 'heap')),
    again: await outcome(() => profile(() => backend.startHeapProfile({ ...heap, stackDepth: 32, includeCollected: 'all' }), 'again')),

  })))();
`;

function run(dir, ...grants) {
  const nodeArgs = [PERMISSION, '--no-warnings', `--allow-fs-read=${ROOT}`, ...grants];
  return runForJson(script(dir), { nodeArgs, preamble: '' });
}

/** An error that says which flags to grant. */
function assertUnavailable({ name, code, message }) {
  assert.equal(name, 'RsprofError', message);
  assert.equal(code, 'ERR_RSPROF_UNAVAILABLE', message);
  assert.match(message, nodeMajor >= 24 ? /--allow-inspector/ : /--allow-addons/);
  assert.match(message, /--allow-fs-write=DIR/);
}

const readJson = (file) => JSON.parse(zlib.gunzipSync(fs.readFileSync(file)));

function assertCpuProfile({ file, report, message }) {
  assert.ok(file, message);
  const profile = readJson(file);
  assert.equal(profile.nodes.length, report.nodeCount);
  assert.equal(profile.samples.length, report.sampleCount);
  assert.ok(report.sampleCount > 0 && report.topFunctions.length > 0);
  assert.ok(profile.nodes.every(({ callFrame }) => typeof callFrame.scriptId === 'string'));
  for (const { positionTicks = [] } of profile.nodes) {
    assert.equal(
      new Set(positionTicks.map(({ line }) => line)).size,
      positionTicks.length,
      'a line comes once',
    );
  }
  return profile;
}

const skip = nodeMajor < 20 && 'no permission model';

test('without --allow-inspector: snapshots work, profiles where node:v8 has them', {
  skip,
}, async (t) => {
  const dir = tempDir(t);
  const all = await run(dir, `--allow-fs-read=${dir}`, `--allow-fs-write=${dir}`);
  assert.equal(all.available.ok, true);
  assert.match(all.available.reason, /permission model/);
  assert.match(all.available.reason, nodeMajor >= 24 ? /--allow-inspector/ : /--allow-addons/);
  parseHeapSnapshot(zlib.gunzipSync(fs.readFileSync(all.snapshot.file)));
  assert.equal(fs.statSync(all.snapshot.file).size, all.snapshot.report.bytes);
  if (nodeMajor >= 24) assertCpuProfile(all.cpu);
  else assertUnavailable(all.cpu);
  if (nodeMajor >= 26) {
    const { file, report } = all.heap;
    assert.equal(readHeapProfile(file).totalBytes, report.totalBytes);
    assert.ok(all.again.report.totalBytes > 0);
  } else {
    assertUnavailable(all.heap);
  }
});

test('without --allow-inspector: an interval of its own, or a clear no', { skip }, async (t) => {
  const dir = tempDir(t);
  const all = await run(dir, `--allow-fs-read=${dir}`, `--allow-fs-write=${dir}`);
  if (nodeMajor < 24) {
    assertUnavailable(all.quick);
    return;
  }
  assert.equal(all.quick.code, 'ERR_RSPROF_UNSUPPORTED', all.quick.message);
  assert.match(all.quick.message, /--allow-inspector/);
  if (nodeMajor >= 26) assert.ok(assertCpuProfile(all.slow).samples.length < 40);
  else assert.equal(all.slow.code, 'ERR_RSPROF_UNSUPPORTED', all.slow.message);
  assert.ok(assertCpuProfile(all.capped).samples.length <= 5);
  assert.ok(all.capped.report.truncated > 0);
});

test('without any file: a stream works all the same; a file is an access error', {
  skip,
}, async (t) => {
  const { stream, snapshot } = await run(tempDir(t));
  assert.equal(stream.bytes, stream.report.bytes, stream.message);
  assert.ok(stream.report.nodeCount > 10_000);
  assert.ok(stream.report.pauses.graphMs > 0);
  assert.ok(snapshot.code, 'the file is not made');
});

test('with --allow-inspector everything works', {
  skip: skip || (nodeMajor < 24 && 'the flag came with Node 24'),
}, async (t) => {
  const dir = tempDir(t);
  const all = await run(
    dir,
    `--allow-fs-read=${dir}`,
    `--allow-fs-write=${dir}`,
    '--allow-inspector',
  );
  assert.deepEqual(all.available, { ok: true, reason: 'node:v8 and node:inspector serve' });
  parseHeapSnapshot(zlib.gunzipSync(fs.readFileSync(all.snapshot.file)));
  assertCpuProfile(all.cpu);
  const counts = [all.quick, all.slow].map((outcome) => assertCpuProfile(outcome).samples.length);
  assert.ok(counts[0] > counts[1], counts.join());
  assert.equal(all.heap.code, 'ERR_RSPROF_UNSUPPORTED', '200 frames are too many for a session');
  readHeapProfile(all.again.file);
});
