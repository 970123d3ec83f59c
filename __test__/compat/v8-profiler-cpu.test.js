'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { PassThrough } = require('node:stream');
const { test } = require('node:test');
const v8 = require('node:v8');

const next = require('../../compat/v8-profiler-next.js');
const old = require('../../compat/v8-profiler.js');
const { NO_INLINING } = require('../support/child.js');

for (const flag of NO_INLINING) v8.setFlagsFromString(flag);

/** Calls `work` until some milliseconds have gone by: samples are taken, however slow the machine is. */
function burn(milliseconds) {
  const end = performance.now() + milliseconds;
  let sum = 0;
  while (performance.now() < end) sum += spin();
  return sum;
}

function spin() {
  let sum = 0;
  for (let i = 0; i < 1e4; i++) sum += Math.sqrt(i);
  return sum;
}

/** The nodes of a tree, by a walk of its own. */
function nodesOf(node, found = []) {
  found.push(node);
  for (const child of node.children) nodesOf(child, found);
  return found;
}

function record(profiler, work) {
  profiler.startProfiling('recorded');
  work();
  return profiler.stopProfiling('recorded');
}

/** A profile of which `holds` is true: on a machine that is busy the first may have hardly a sample. */
function recordUntil(profiler, work, holds) {
  for (let left = 50; ; left--) {
    const profile = record(profiler, work);
    if (left === 0 || holds(profile)) return profile;
    profile.delete();
  }
}

/** What `console.error` was given while `work` ran. */
function errorsOf(work) {
  const { error } = console;
  const lines = [];
  console.error = (line) => lines.push(line);
  try {
    work();
  } finally {
    console.error = error;
  }
  return lines;
}

test('a profile is a tree in whole seconds, with lines and columns from 1', () => {
  const hits = (node) => node.functionName === 'spin' && node.hitCount > 0;
  const profile = recordUntil(
    next,
    () => burn(50),
    ({ head }) => nodesOf(head).some(hits),
  );
  assert.deepEqual(Object.keys(profile), [
    'delete',
    'typeId',
    'uid',
    'title',
    'head',
    'startTime',
    'endTime',
    'samples',
    'timestamps',
  ]);
  assert.ok(Number.isInteger(profile.startTime) && profile.endTime >= profile.startTime);
  const { timestamps } = profile;
  assert.equal(timestamps.length, profile.samples.length);
  assert.ok(timestamps.every((time) => Math.abs(time / 1e6 - profile.startTime) < 60));

  const nodes = nodesOf(profile.head);
  const ids = new Set(nodes.map(({ id }) => id));
  assert.ok(profile.samples.length > 0 && profile.samples.every((id) => ids.has(id)));
  const spinning = nodes.find(hits);
  const { children, lineTicks, hitCount, id, scriptId, ...frame } = spinning;
  const lines = spin.toString().split('\n').length;
  const source = require('node:fs').readFileSync(__filename, 'utf8').split('\n');
  const line = source.findIndex((text) => text.startsWith('function spin')) + 1;
  assert.deepEqual(frame, {
    functionName: 'spin',
    url: __filename,
    lineNumber: line,
    columnNumber: source[line - 1].indexOf('(') + 1,
    bailoutReason: frame.bailoutReason,
  });
  assert.ok(hitCount > 0 && Number.isInteger(id) && Number.isInteger(scriptId));
  assert.ok(Array.isArray(children) && typeof frame.bailoutReason === 'string');
  assert.equal(
    lineTicks.reduce((sum, tick) => sum + tick.hitCount, 0),
    hitCount,
  );
  assert.ok(lineTicks.every((tick) => tick.line >= line && tick.line < line + lines));
  profile.delete();
});

test('setGenerateType(1) makes a list in microseconds', () => {
  next.setGenerateType(1);
  const isSpin = (node) => node.callFrame.functionName === 'spin';
  const profile = recordUntil(
    next,
    () => burn(30),
    ({ nodes }) => nodes.some((node) => isSpin(node) && node.callFrame.lineTicks.length > 0),
  );
  next.setGenerateType(0);
  assert.deepEqual(Object.keys(profile), [
    'delete',
    'typeId',
    'uid',
    'title',
    'nodes',
    'startTime',
    'endTime',
    'samples',
    'timeDeltas',
  ]);
  const ids = profile.nodes.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(profile.nodes[0].callFrame.functionName, '(root)');
  const children = profile.nodes.flatMap((node) => node.children);
  assert.deepEqual(new Set([ids[0], ...children]), new Set(ids));
  assert.equal(profile.timeDeltas.length, profile.samples.length);
  const last = profile.timeDeltas.reduce((sum, delta) => sum + delta, profile.startTime);
  assert.ok(last >= profile.startTime && last <= profile.endTime + 1e6);
  const { callFrame } = profile.nodes.find(isSpin);
  assert.equal(callFrame.url, __filename);
  assert.ok(callFrame.lineTicks.length > 0);
  assert.equal(Object.hasOwn(callFrame, 'bailoutReason'), true);
  profile.delete();
});

test('profiles of different names overlap; the one without a name is the last one', () => {
  next.startProfiling('first');
  burn(5);
  next.startProfiling('second');
  next.startProfiling('second');
  burn(5);
  assert.equal(next.stopProfiling('never started'), undefined);
  const first = next.stopProfiling('first');
  assert.equal(first.title, 'first');
  next.startProfiling(7);
  assert.equal(next.stopProfiling(7), undefined);
  assert.throws(() => next.stopProfiling(null), {
    name: 'TypeError',
    message: 'Wrong argument [0] type (wait String)',
  });
  const [seventh, second] = [next.stopProfiling(''), next.stopProfiling()];
  assert.deepEqual([seventh.title, second.title], ['7', 'second']);
  assert.deepEqual(
    [next.stopProfiling(), next.stopProfiling('second'), next.stopProfiling('')],
    [undefined, undefined, undefined],
  );
  assert.ok(first.timestamps[0] <= second.timestamps[0]);
  next.deleteAllProfiles();
});

test('numbers, titles and the list of profiles', () => {
  next.deleteAllProfiles();
  next.startProfiling();
  const unnamed = next.stopProfiling();
  assert.equal(unnamed.title, `Profile ${unnamed.uid}`);
  next.startProfiling(true);
  const flagged = next.stopProfiling();
  assert.equal(Number(flagged.uid), Number(unnamed.uid) + 1);
  assert.deepEqual(Object.keys(next.profiles), [unnamed.uid, flagged.uid]);
  assert.equal(next.profiles[flagged.uid], flagged);
  assert.deepEqual(flagged.getHeader(), { typeId: 'CPU', uid: flagged.uid, title: flagged.title });

  const { delete: remove } = unnamed;
  assert.equal(remove(), undefined);
  remove();
  assert.deepEqual(Object.keys(next.profiles), [flagged.uid]);
  assert.ok(Array.isArray(next.profiles));
  next.deleteAllProfiles();
  assert.deepEqual(Object.keys(next.profiles), []);

  next.startProfiling('without samples', false);
  burn(5);
  const bare = next.stopProfiling('without samples');
  assert.deepEqual([bare.samples, bare.timestamps], [[], []]);
  bare.delete();
});

test('v8-profiler has names and numbers of its own, and callUID', () => {
  old.startProfiling();
  burn(30);
  const profile = old.stopProfiling();
  assert.equal(profile.title, 'undefined');
  assert.equal(profile.uid, '1');
  const nodes = nodesOf(profile.head);
  const numbers = new Map();
  for (const { functionName, url, lineNumber, columnNumber, callUID } of nodes) {
    assert.ok(Number.isInteger(callUID));
    const key = [functionName, url, lineNumber, columnNumber].join();
    assert.equal(numbers.get(key) ?? callUID, callUID);
    numbers.set(key, callUID);
  }
  assert.equal(new Set(numbers.values()).size, numbers.size);
  old.startProfiling(true);
  assert.equal(old.stopProfiling('').title, 'Profile 2');
  old.deleteAllProfiles();
  assert.equal('setGenerateType' in old, false);
  assert.equal('collectSample' in old, false);
});

test('settings are checked as the package checks them', () => {
  next.startProfiling('running');
  assert.throws(() => next.setSamplingInterval(500), {
    message: 'setSamplingInterval must be called when there are no profiles being recorded.',
  });
  next.stopProfiling('running').delete();
  next.setSamplingInterval('200');
  // What a quarter of the gaps stays below: of a thread that has to wait many are long.
  const gap = ({ timestamps }) => {
    const gaps = timestamps.slice(1).map((time, at) => time - timestamps[at]);
    return gaps.sort((a, b) => a - b)[gaps.length >> 2];
  };
  const isFine = (profile) => gap(profile) < 700;
  assert.ok(isFine(recordUntil(next, () => burn(60), isFine)));
  next.setSamplingInterval('nonsense');
  assert.ok(!isFine(record(next, () => burn(60))));
  next.deleteAllProfiles();
  assert.deepEqual(
    errorsOf(() => {
      next.setGenerateType(2);
      next.setGenerateType(0);
      next.setProfilesCleanupLimit('x');
      next.setProfilesCleanupLimit('5');
    }),
    ['type should in [0, 1], got 2.', 'limit should be number.'],
  );
  assert.equal(next.collectSample(), undefined);
});

test('a profile exports itself on the next tick, by callback and by stream', async () => {
  const profile = record(next, () => burn(10));
  let returned = false;
  const text = await new Promise((resolve, reject) => {
    const answer = profile.export((error, json) => {
      assert.ok(returned);
      if (error) reject(error);
      else resolve(json);
    });
    assert.equal(answer, undefined);
    returned = true;
  });
  assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(profile)));

  const stream = profile.export();
  const given = new PassThrough();
  assert.equal(profile.export(given), given);
  for (const source of [stream, given]) {
    let piped = '';
    source.setEncoding('utf8').on('data', (chunk) => {
      piped += chunk;
    });
    await once(source, 'end');
    assert.equal(piped, text);
  }
  profile.delete();
});

test('a profile that cannot be written says so: to the callback, and as an event', async () => {
  const profile = record(next, () => {});
  profile.self = profile;
  const [error, text] = await new Promise((resolve) => {
    profile.export((...given) => resolve(given));
  });
  assert.ok(error instanceof TypeError);
  assert.equal(text, undefined);
  const stream = profile.export(new PassThrough());
  const [seen] = await once(stream, 'error');
  assert.ok(seen instanceof TypeError);
  profile.delete();
});

test('the last one that was required is process.profiler', () => {
  assert.equal(process.profiler, old);
  assert.deepEqual(Object.keys(next), [
    'snapshots',
    'takeSnapshot',
    'deleteAllSnapshots',
    'startTrackingHeapObjects',
    'stopTrackingHeapObjects',
    'getHeapStats',
    'getObjectByHeapObjectId',
    'getHeapObjectId',
    'profiles',
    'setGenerateType',
    'setProfilesCleanupLimit',
    'startProfiling',
    'stopProfiling',
    'setSamplingInterval',
    'deleteAllProfiles',
    'collectSample',
    'startSamplingHeapProfiling',
    'stopSamplingHeapProfiling',
  ]);
});
