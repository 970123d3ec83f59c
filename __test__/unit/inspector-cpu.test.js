'use strict';

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { test } = require('node:test');
const { Session } = require('node:inspector');
const zlib = require('node:zlib');
const backend = require('../../lib/inspector-backend.js');
const { CpuProfile } = require('../../lib/inspector/cpu-profile.js');
const { Encoder } = require('../../lib/inspector/encode.js');
const { FileSink } = require('../../lib/inspector/file-sink.js');
const { JsonWriter } = require('../../lib/inspector/json-writer.js');
const { plantedBusy, lineOf, file: busyFile } = require('../support/busy.js');
const { partial } = require('./inspector-support.js');
const { code, tempDir } = require('./support.js');

const start = (more) =>
  backend.startCpuProfile({
    interval: 1000,
    maxSamples: 1_000_000,
    callerLines: false,
    eager: true,
    title: 'ignored',
    ...more,
  });

const into = (t, more) => ({ target: partial(tempDir(t)), compression: 'gzip', level: 1, ...more });

/** Reads a file and checks that its parts fit together. */
function readCpuProfile(file) {
  const bytes = fs.readFileSync(file);
  const text = bytes[0] === 0x1f ? zlib.gunzipSync(bytes) : bytes;
  const profile = JSON.parse(text.toString('utf8'));
  const ids = new Set(profile.nodes.map(({ id }) => id));
  assert.equal(ids.size, profile.nodes.length);
  assert.ok(profile.nodes.every(({ children }) => children.every((id) => ids.has(id))));
  assert.ok(profile.samples.every((id) => ids.has(id)));
  assert.equal(profile.samples.length, profile.timeDeltas.length);
  assert.ok(profile.nodes.every(({ callFrame }) => typeof callFrame.scriptId === 'string'));
  return profile;
}

const nodesOf = (profile, name) =>
  profile.nodes.filter(({ callFrame }) => callFrame.functionName === name);

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A call through a session of somebody else. */
function post(session, method, params) {
  let answer;
  session.post(method, params, (error, result) => {
    answer = { error, result };
  });
  if (answer.error) throw answer.error;
  return answer.result;
}

test('a profile: valid, with its figures, and the busy function on top', async (t) => {
  const recording = start({ interval: 500 });
  assert.ok(recording.startMs >= 0);
  assert.equal(recording.logging, 'lazy');
  plantedBusy(300);
  const target = into(t);
  const report = await recording.stop(target);
  const written = fs.readFileSync(target.target);
  const profile = readCpuProfile(target.target);
  const { topFunctions, stopMs, ...figures } = report;
  assert.deepEqual(figures, {
    bytes: written.length,
    rawBytes: zlib.gunzipSync(written).length,
    sha256: createHash('sha256').update(written).digest('hex'),
    nodeCount: profile.nodes.length,
    sampleCount: profile.samples.length,
    startTime: profile.startTime,
    endTime: profile.endTime,
    truncated: 0,
  });
  assert.ok(stopMs > 0);
  const [top] = topFunctions;
  assert.equal(top.functionName, 'plantedBusy');
  assert.equal(top.lineNumber, lineOf('plantedBusy'));
  assert.equal(top.url, require('node:url').pathToFileURL(busyFile).href);
  assert.ok(top.selfMs > 50 && top.share > 0.25 && top.share <= 1, JSON.stringify(top));
  assert.ok(nodesOf(profile, 'plantedBusy').some((node) => node.positionTicks?.length > 0));
  assert.ok(topFunctions.every(({ functionName }) => !['(root)', '(idle)'].includes(functionName)));
});

test('it records from the very call on to the very call', async (t) => {
  const target = into(t, { compression: 'none' });
  const began = performance.now();
  const recording = start();
  plantedBusy(60);
  const stopped = recording.stop(target);
  const wall = performance.now() - began;
  plantedBusy(100);
  await stopped;
  const { startTime, endTime } = readCpuProfile(target.target);
  const ms = (endTime - startTime) / 1000;
  assert.ok(ms >= 60 && ms <= wall + 1, `${ms} of ${wall} ms`);
});

// Loads of the machine stretch every interval: only ratios are asserted.
test('profiles overlap, each with its own interval and time', async (t) => {
  const long = start({ interval: 500 });
  plantedBusy(80);
  const short = start({ interval: 5000 });
  plantedBusy(150);
  const files = [into(t), into(t)];
  const longReport = await long.stop(files[0]);
  plantedBusy(30);
  const shortReport = await short.stop(files[1]);
  for (const { target } of files) readCpuProfile(target);
  assert.ok(longReport.sampleCount > 2 * shortReport.sampleCount);
  assert.ok(
    shortReport.startTime > longReport.startTime && shortReport.endTime > longReport.endTime,
  );
});

test("somebody else's profile goes on, and ours beside it", async (t) => {
  const other = new Session();
  other.connect();
  t.after(() => other.disconnect());
  post(other, 'Profiler.enable');
  post(other, 'Profiler.start');
  const recording = start();
  plantedBusy(50);
  await recording.stop(into(t));
  start().cancel();
  plantedBusy(50);
  const { profile } = post(other, 'Profiler.stop');
  assert.ok((profile.endTime - profile.startTime) / 1000 >= 100);
  assert.ok(profile.samples.length > 10);
});

test('stop() is idempotent; cancel() ends it without a file', async (t) => {
  const recording = start();
  const target = into(t);
  const first = recording.stop(target);
  assert.equal(recording.stop(target), first);
  await first;
  const cancelled = start();
  cancelled.cancel();
  cancelled.cancel();
  cancelled.abortSync();
  await assert.rejects(cancelled.stop(into(t)), code('ABORTED'));
  const late = start();
  const stopped = late.stop(into(t));
  late.cancel();
  await assert.rejects(stopped, code('ABORTED'));
});

test('maxSamples ends V8 by time; what comes later is counted as truncated', async (t) => {
  const recording = start({ interval: 1000, maxSamples: 50 });
  const end = performance.now() + 400;
  while (performance.now() < end) {
    plantedBusy(5);
    await sleep(0);
  }
  const target = into(t);
  const report = await recording.stop(target);
  const profile = readCpuProfile(target.target);
  assert.ok(report.sampleCount <= 50 && report.sampleCount > 0, `${report.sampleCount} samples`);
  assert.ok(report.truncated > 100, `${report.truncated} truncated`);
  assert.equal(profile.samples.length, report.sampleCount);
});

test('maxSamples cuts what came while the event loop stood still', async (t) => {
  const recording = start({ interval: 500, maxSamples: 20 });
  plantedBusy(200);
  const report = await recording.stop(into(t));
  assert.equal(report.sampleCount, 20);
  assert.ok(report.truncated > 0);
});

test('after the cap a profile can be cancelled', async (t) => {
  const recording = start({ interval: 1000, maxSamples: 5 });
  await sleep(30);
  recording.cancel();
  await assert.rejects(recording.stop(into(t)), code('ABORTED'));
});

test("mode 'caller' is refused with advice", () => {
  assert.throws(
    () => start({ callerLines: true }),
    code('UNSUPPORTED', ({ message }) => assert.match(message, /leaf/)),
  );
});

test('a file that cannot be written rejects, and the profiler has ended', async (t) => {
  const missing = { ...into(t), target: '/nowhere/x.partial' };
  await assert.rejects(start().stop(missing), code('NOT_FOUND'));
  if (zlib.createZstdCompress) return;
  await assert.rejects(start().stop(into(t, { compression: 'zstd' })), code('UNSUPPORTED'));
});

test('many profiles in a row leave no session behind', async () => {
  for (let i = 0; i < 60; i++) start().cancel();
  const other = new Session();
  other.connect();
  post(other, 'Profiler.enable');
  post(other, 'Profiler.setSamplingInterval', { interval: 777 });
  other.disconnect();
});

const frame = (functionName, url, lineNumber) => ({
  functionName,
  scriptId: 7,
  url,
  lineNumber,
  columnNumber: 2,
});

test("Node's own shape is converted: paths, ids, ticks by line, nothing that is empty", async (t) => {
  const profile = {
    nodes: [
      {
        id: 1,
        hitCount: 0,
        callFrame: { ...frame('(root)', '', -1), columnNumber: -1 },
        children: [2],
      },
      {
        id: 2,
        hitCount: 6,
        callFrame: frame('', '/srv/a b.js', 3),
        positionTicks: [
          { line: 5, ticks: 1 },
          { line: 9, ticks: 3 },
          { line: 5, ticks: 2 },
        ],
        deoptReason: 'not a Smi',
      },
    ],
    startTime: 1000,
    endTime: 13_000,
    samples: Array(6).fill(2),
    timeDeltas: Array(6).fill(2000),
  };
  const target = partial(tempDir(t));
  const encoder = new Encoder({ compression: 'none', level: 1, sink: new FileSink(target) });
  const file = new CpuProfile(profile, 4, 10);
  await file.write(new JsonWriter(encoder));
  await encoder.finish();
  const url = 'file:///srv/a%20b.js';
  assert.deepEqual(JSON.parse(fs.readFileSync(target, 'utf8')), {
    nodes: [
      {
        id: 1,
        callFrame: {
          functionName: '(root)',
          scriptId: '7',
          url: '',
          lineNumber: -1,
          columnNumber: -1,
        },
        hitCount: 0,
        children: [2],
      },
      {
        id: 2,
        callFrame: { functionName: '', scriptId: '7', url, lineNumber: 3, columnNumber: 2 },
        hitCount: 6,
        children: [],
        deoptReason: 'not a Smi',
        positionTicks: [
          { line: 5, ticks: 3 },
          { line: 9, ticks: 3 },
        ],
      },
    ],
    startTime: 1000,
    endTime: 13_000,
    samples: [2, 2, 2, 2],
    timeDeltas: [2000, 2000, 2000, 2000],
  });
  assert.deepEqual(file.figures(), {
    nodeCount: 2,
    sampleCount: 4,
    truncated: 12,
    startTime: 1000,
    endTime: 13_000,
    topFunctions: [{ functionName: '(anonymous)', url, lineNumber: 4, selfMs: 12, share: 1 }],
  });
});

test('a million samples are written without stopping the event loop for long', async (t) => {
  const nodes = [{ id: 1, hitCount: 1, callFrame: frame('(root)', '', -1), children: [] }];
  const numbers = Array(1_000_000).fill(1);
  const profile = { nodes, startTime: 0, endTime: 1e6, samples: numbers, timeDeltas: numbers };
  const target = partial(tempDir(t));
  const encoder = new Encoder({ compression: 'gzip', level: 1, sink: new FileSink(target) });
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await new CpuProfile(profile, 1e6).write(new JsonWriter(encoder));
  const { rawBytes } = await encoder.finish();
  clearInterval(timer);
  assert.ok(turns >= 5, `${turns} turns`);
  assert.ok(rawBytes > 4e6);
  assert.equal(JSON.parse(zlib.gunzipSync(fs.readFileSync(target))).samples.length, 1_000_000);
});
