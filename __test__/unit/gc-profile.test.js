'use strict';

const assert = require('node:assert/strict');
const diagnosticsChannel = require('node:diagnostics_channel');
const test = require('node:test');
const v8 = require('node:v8');
const vm = require('node:vm');

const { gcProfile, startGcProfile } = require('../../index.js');
const { GcRecording } = require('../../lib/gc/recording.js');
const { assertIdle, code, listeners, pendingTimers } = require('./support.js');

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');
const minor = () => collect({ type: 'minor' });

const turn = () => new Promise((resolve) => setImmediate(resolve));

test.afterEach(assertIdle);

/** The records of each slice that a recording takes in; the recording is the real one. */
function watchSlices(t) {
  const slices = [];
  const { stop } = v8.GCProfiler.prototype;
  t.mock.method(v8.GCProfiler.prototype, 'stop', function stopAndWatch() {
    const result = stop.call(this);
    slices.push(result.statistics);
    return result;
  });
  return slices;
}

const countOf = ({ collections }, kind) => collections.find((one) => one.kind === kind)?.count ?? 0;

test('counts each collection, by kind, as one profiler over the whole time does', async () => {
  const whole = new v8.GCProfiler();
  whole.start();
  const profile = startGcProfile();
  for (let i = 0; i < 150; i++) {
    minor();
    if (i % 50 === 0) collect();
    if (i % 10 === 0) await turn();
  }
  const done = profile.stop();
  const { statistics } = whole.stop();
  const result = await done;
  for (const [name, kind] of Object.entries({
    Scavenge: 'scavenge',
    MarkSweepCompact: 'markSweepCompact',
  })) {
    const records = statistics.filter(({ gcType }) => gcType === name);
    assert.ok(records.length > 0);
    // Reading the last slice can make a collection of its own, which the longer profile sees.
    const missed = records.length - countOf(result, kind);
    assert.ok(missed === 0 || missed === 1, `${missed} of ${records.length} ${name} missed`);
  }
  assert.equal(result.forced.count, 3);
  const { floor, limitBytes } = result.heap;
  assert.ok(floor.lastBytes > 0 && floor.lastBytes < limitBytes);
});

test('takes in what the profiler has every few collections, and misses none in between', async (t) => {
  const slices = watchSlices(t);
  const profile = startGcProfile();
  for (let i = 0; i < 600; i++) {
    minor();
    if (i % 4 === 0) await turn();
  }
  const result = await profile.stop();
  assert.ok(slices.length >= 10, `${slices.length} slices`);
  assert.ok(Math.max(...slices.map((records) => records.length)) <= 64);
  assert.equal(
    slices.reduce((sum, records) => sum + records.length, 0),
    result.count,
  );
  assert.ok(countOf(result, 'scavenge') >= 600);
});

test('the result is plain data, and says what it is', async () => {
  const before = Date.now();
  const result = await gcProfile({ seconds: 0.02 });
  assert.deepEqual(JSON.parse(JSON.stringify(result)), result);
  assert.equal(result.kind, 'gcProfile');
  assert.ok(Date.parse(result.startedAt) >= before - 1);
  assert.ok(result.durationMs >= 19);
  assert.equal(result.endedBy, 'stop');
  assert.equal(result.pid, process.pid);
  assert.equal(result.threadId, 0);
  assert.ok(result.spaces.some(({ name }) => name === 'old_space'));
});

test('wrong options, and a signal that was aborted before', async () => {
  await assert.rejects(
    gcProfile({ second: 1 }),
    code('INVALID_ARG', ({ message }) => /no option 'second'/.test(message)),
  );
  await assert.rejects(gcProfile({ seconds: 0 }), code('INVALID_ARG'));
  await assert.rejects(gcProfile({ path: 'x' }), code('INVALID_ARG'));
  assert.throws(() => startGcProfile({ seconds: 1 }), code('INVALID_ARG'));
  assert.throws(() => startGcProfile({ maxSeconds: '1' }), code('INVALID_ARG'));
  assert.throws(() => startGcProfile({ signal: AbortSignal.abort() }), code('ABORTED'));
});

test('the signal ends it and leaves nothing behind', async (t) => {
  const timers = pendingTimers(t);
  const abort = new AbortController();
  const promise = gcProfile({ seconds: 60, signal: abort.signal });
  minor();
  await turn();
  abort.abort(new Error('enough'));
  await assert.rejects(
    promise,
    code('ABORTED', ({ cause }) => cause.message === 'enough'),
  );
  assert.equal(timers.size, 0);
  assert.equal(listeners(abort.signal), 0);
});

test('cancel, and an abort while the last reasons are waited for', async () => {
  const cancelled = startGcProfile();
  cancelled.cancel();
  cancelled.cancel();
  await assert.rejects(cancelled.done, code('ABORTED'));
  const abort = new AbortController();
  const late = startGcProfile({ signal: abort.signal });
  const stopped = late.stop();
  abort.abort();
  await assert.rejects(stopped, code('ABORTED'));
});

test('stop is idempotent, maxSeconds ends it, await using ends it', async (t) => {
  const timers = pendingTimers(t);
  const profile = startGcProfile({ maxSeconds: 0.01 });
  // The profile keeps no process alive.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const result = await profile.done;
  assert.equal(result.endedBy, 'limit');
  assert.equal(await profile.stop(), result);
  const used = startGcProfile();
  await used[Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose')]();
  assert.equal((await used.done).endedBy, 'stop');
  assert.equal(timers.size, 0);
});

test('several at a time count the same collections', async () => {
  const profiles = [startGcProfile(), startGcProfile(), startGcProfile()];
  for (let i = 0; i < 40; i++) {
    minor();
    if (i === 20) await profiles[0].stop();
    await turn();
  }
  const [first, ...others] = await Promise.all(profiles.map((profile) => profile.stop()));
  assert.ok(countOf(first, 'scavenge') >= 21 && countOf(first, 'scavenge') < 40);
  assert.ok(others.every((result) => countOf(result, 'scavenge') >= 40));
  assert.equal(others[0].count, others[1].count);
});

test('what came before the start does not count', async () => {
  for (let i = 0; i < 5; i++) collect();
  const profile = startGcProfile();
  await turn();
  const { forced, collections } = await profile.stop();
  assert.equal(forced.count, 0);
  assert.equal(countOf({ collections }, 'markSweepCompact'), 0);
});

test('the last collection has its reason, and one of before the start in the same turn does not count', async () => {
  const first = startGcProfile();
  collect();
  const second = startGcProfile();
  const results = await Promise.all([first.stop(), second.stop()]);
  assert.deepEqual(
    results.map(({ forced }) => forced.count),
    [1, 0],
  );
});

test('the diagnostics channel hears of it', async () => {
  const heard = [];
  const listen = ({ phase, kind, reason }) => heard.push([phase, kind, reason]);
  diagnosticsChannel.subscribe('rsprof:capture', listen);
  await gcProfile({ seconds: 0.01, reason: 'why' });
  diagnosticsChannel.unsubscribe('rsprof:capture', listen);
  assert.deepEqual(heard, [
    ['start', 'gcProfile', 'why'],
    ['end', 'gcProfile', undefined],
  ]);
});

test('a Node without v8.GCProfiler is told so', (t) => {
  const { GCProfiler } = v8;
  v8.GCProfiler = undefined;
  t.after(() => {
    v8.GCProfiler = GCProfiler;
  });
  assert.throws(
    () => new GcRecording(),
    code('UNSUPPORTED', ({ message }) => /use Node 18\.15 or later/.test(message)),
  );
});
