'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { setTimeout: delay } = require('node:timers/promises');
const { pathToFileURL } = require('node:url');

const rsprof = require('../..');
const busy = require('../support/busy.js');
const { nodesOf, readCpuProfile } = require('../support/cpuprofile.js');
const { backend, isNative } = require('../support/env.js');
const { names, tempDir } = require('../support/tempdir.js');
const { unpackFile } = require('../support/unpack.js');

/** Lets the profiler see the busy function while the event loop also turns. */
async function work(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    busy.plantedBusy(20);
    await delay(1);
  }
}

test('a CPU profile validates and knows the busy function, its file and its line', async (t) => {
  const dir = tempDir(t);
  const handle = rsprof.startCpuProfile({ dir });
  await work(400);
  const result = await handle.stop();

  const profile = readCpuProfile(result.path);
  const [node] = nodesOf(profile, 'plantedBusy');
  assert.equal(node.callFrame.url, pathToFileURL(busy.file).href);
  assert.equal(node.callFrame.lineNumber, busy.lineOf('plantedBusy') - 1);
  const [top] = result.topFunctions.filter((one) => one.functionName === 'plantedBusy');
  assert.equal(top.url, pathToFileURL(busy.file).href);
  assert.equal(top.lineNumber, busy.lineOf('plantedBusy'), 'lines of the result are 1-based');
  assert.ok(top.selfMs > 100 && top.share > 0.3 && top.share <= 1, JSON.stringify(top));
  assert.ok(result.topFunctions.indexOf(top) < 3, 'it is one of the first');
});

test('the figures of a CPU profile are those of its file', async (t) => {
  const dir = tempDir(t);
  const handle = rsprof.startCpuProfile({ dir, interval: 500, reason: 'why not' });
  await work(100);
  const result = await handle.stop();
  const profile = readCpuProfile(result.path);
  assert.equal(result.nodeCount, profile.nodes.length);
  assert.equal(result.sampleCount, profile.samples.length);
  assert.equal(result.startTime, profile.startTime);
  assert.equal(result.endTime, profile.endTime);
  assert.equal(result.bytes, fs.statSync(result.path).size);
  assert.equal(result.rawBytes, unpackFile(result.path).length);
  assert.equal(result.interval, 500);
  assert.equal(result.endedBy, 'stop');
  assert.equal(result.truncated, 0);
  assert.equal(result.backend, backend);
  assert.equal(result.logging, isNative ? 'eager' : 'lazy');
  assert.ok(result.startMs >= 0 && result.stopMs >= 0 && result.durationMs >= 100);
  assert.match(path.basename(result.path), /-\d+-0-\d+\.cpuprofile\.gz$/);
  const sidecar = JSON.parse(fs.readFileSync(result.sidecar, 'utf8'));
  assert.equal(sidecar.reason, 'why not');
  assert.equal(sidecar.kind, 'cpuProfile');
});

test('the samples cover the time that was profiled, at the interval that was asked for', async (t) => {
  const dir = tempDir(t);
  const rates = [];
  // On a machine that is busy V8's thread cannot sample when it wants to.
  while (rates.length < 20 && !rates.some((rate) => rate > 300 && rate < 1100)) {
    const handle = rsprof.startCpuProfile({ dir, interval: 1000 });
    busy.plantedBusy(500);
    const profile = readCpuProfile((await handle.stop()).path);
    const seconds = (profile.endTime - profile.startTime) / 1e6;
    assert.ok(seconds > 0.45 && seconds < 60, `${seconds} s`);
    rates.push(profile.samples.length / seconds);
  }
  assert.ok(rates.at(-1) > 300 && rates.at(-1) < 1100, `${rates} samples a second`);
});

test('position ticks tell the lines on which the time went', async (t) => {
  const handle = rsprof.startCpuProfile({ dir: tempDir(t), interval: 200 });
  busy.plantedBusy(300);
  const profile = readCpuProfile((await handle.stop()).path);
  const lines = nodesOf(profile, 'plantedBusy').flatMap((node) => node.positionTicks ?? []);
  assert.ok(lines.length > 0, 'the busy function has position ticks');
  const first = busy.lineOf('plantedBusy');
  for (const { line } of lines) assert.ok(line >= first && line <= first + 7, `line ${line}`);
});

test('the reason why a function is not optimised is kept', async (t) => {
  function plantedSlow(count) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += Math.sqrt(i);
    return sum;
  }
  const handle = rsprof.startCpuProfile({ dir: tempDir(t) });
  busy.neverOptimize(plantedSlow);
  const end = performance.now() + 200;
  while (performance.now() < end) plantedSlow(20_000);
  const profile = readCpuProfile((await handle.stop()).path);
  const reasons = nodesOf(profile, 'plantedSlow').map((node) => node.deoptReason);
  assert.ok(reasons.includes('Optimization is always disabled'), JSON.stringify(reasons));
});

test('several profiles may overlap, each with its own time and file', async (t) => {
  const dir = tempDir(t);
  const outer = rsprof.startCpuProfile({ dir });
  await work(100);
  const inner = rsprof.startCpuProfile({ dir });
  await work(200);
  const innerResult = await inner.stop();
  await work(100);
  const outerResult = await outer.stop();
  assert.notEqual(innerResult.path, outerResult.path);
  const [outerProfile, innerProfile] = [outerResult, innerResult].map((r) =>
    readCpuProfile(r.path),
  );
  assert.ok(outerProfile.startTime < innerProfile.startTime);
  assert.ok(outerProfile.endTime > innerProfile.endTime);
  for (const profile of [outerProfile, innerProfile]) {
    assert.ok(nodesOf(profile, 'plantedBusy').length > 0);
  }
});

test('stop() is the same promise however often it is called, and done is settled by it', async (t) => {
  const handle = rsprof.startCpuProfile({ dir: tempDir(t) });
  const first = handle.stop();
  assert.equal(handle.stop(), first);
  const result = await first;
  assert.deepEqual(await handle.done, result);
});

test('maxSeconds ends a profile by itself: the file is there and stop() gives its result', async (t) => {
  const dir = tempDir(t);
  const handle = rsprof.startCpuProfile({ dir, maxSeconds: 0.2 });
  // The profile keeps no process alive: this work does.
  await work(400);
  const result = await handle.done;
  assert.equal(result.endedBy, 'limit');
  assert.deepEqual(await handle.stop(), result);
  readCpuProfile(result.path);
  assert.ok(result.endTime - result.startTime > 150_000);
});

test('maxSamples caps what is kept and the result says so', async (t) => {
  const handle = rsprof.startCpuProfile({ dir: tempDir(t), maxSamples: 50, interval: 500 });
  await work(400);
  const result = await handle.stop();
  const profile = readCpuProfile(result.path);
  assert.ok(profile.samples.length > 0 && profile.samples.length <= 50);
  assert.equal(result.sampleCount, profile.samples.length);
  assert.ok(result.truncated > 0, 'it says how many samples are missing');
});

test('cpuProfile({ seconds }) profiles that long and gives the result', async (t) => {
  const worked = work(300);
  const result = await rsprof.cpuProfile({ dir: tempDir(t), seconds: 0.3 });
  await worked;
  const seconds = (result.endTime - result.startTime) / 1e6;
  assert.ok(seconds >= 0.29 && seconds < 30, `${seconds} s`);
  readCpuProfile(result.path);
});

test('cancel() writes nothing and done rejects with ERR_RSPROF_ABORTED', async (t) => {
  const dir = tempDir(t);
  const handle = rsprof.startCpuProfile({ dir });
  handle.cancel();
  await assert.rejects(handle.done, { code: 'ERR_RSPROF_ABORTED' });
  assert.deepEqual(names(dir), []);
});

test('a signal cancels a profile with its reason', async (t) => {
  const dir = tempDir(t);
  const controller = new AbortController();
  const handle = rsprof.startCpuProfile({ dir, signal: controller.signal });
  const reason = new Error('not needed any more');
  controller.abort(reason);
  await assert.rejects(handle.done, { code: 'ERR_RSPROF_ABORTED', cause: reason });
  assert.deepEqual(names(dir), []);
});

if (Symbol.asyncDispose) {
  test('a handle can be disposed of: the profile ends', async (t) => {
    const dir = tempDir(t);
    const handle = rsprof.startCpuProfile({ dir });
    await handle[Symbol.asyncDispose]();
    await handle.done.catch((error) => assert.equal(error.code, 'ERR_RSPROF_ABORTED'));
  });
}

for (const mode of ['leaf', 'caller']) {
  test(`line numbers of mode '${mode}' give a valid profile`, async (t) => {
    const dir = tempDir(t);
    let handle;
    try {
      handle = rsprof.startCpuProfile({ dir, mode });
    } catch (error) {
      assert.equal(error.code, 'ERR_RSPROF_UNSUPPORTED');
      assert.ok(!isNative && mode === 'caller', error.message);
      return;
    }
    await work(150);
    const profile = readCpuProfile((await handle.stop()).path);
    assert.ok(nodesOf(profile, 'plantedBusy').length > 0);
  });
}

test('compression none writes the plain JSON', async (t) => {
  const dir = tempDir(t);
  const handle = rsprof.startCpuProfile({ path: path.join(dir, 'plain.cpuprofile') });
  await work(50);
  const result = await handle.stop();
  assert.equal(result.path, path.join(dir, 'plain.cpuprofile'));
  assert.ok(fs.readFileSync(result.path, 'utf8').startsWith('{"nodes":['));
  readCpuProfile(result.path);
});
