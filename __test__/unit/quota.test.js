'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { partialName } = require('../../lib/naming.js');
const { identity } = require('../../lib/process-identity.js');
const { Ledger } = require('../../lib/watch/ledger.js');
const { takeInventory } = require('../../lib/watch/inventory.js');
const { planRemoval } = require('../../lib/watch/quota.js');
const { tempDir } = require('./support.js');
const {
  DAY,
  HOUR,
  START,
  captureName,
  captures,
  makeWorld,
  putCapture,
  putSidecar,
} = require('./watch-support.js');

const REASON = 'rule heap: heapUsed > 80 %';

/** A capture for plans. */
const made = (name, bytes, more = {}) => ({
  name,
  files: [name],
  bytes,
  isRules: true,
  isNote: false,
  ...more,
});

/** Names that a plan removes. */
function plan(list, more = {}) {
  const usedBytes = list.reduce((sum, { bytes }) => sum + bytes, 0);
  const wish = { captures: list, usedBytes, protect: new Set(), keep: 100, quotaBytes: Infinity };
  return planRemoval({ ...wish, ...more }).map(({ name }) => name);
}

test('keeps the last so many', () => {
  const list = ['a', 'b', 'c', 'd'].map((name) => made(name, 10));
  assert.deepEqual(plan(list, { keep: 2 }), ['a', 'b']);
  assert.deepEqual(plan(list, { keep: 1 }), ['a', 'b', 'c']);
  assert.deepEqual(plan(list, { keep: 2, protect: new Set(['a']) }), ['b']);
  assert.deepEqual(plan([made('x', 9, { isRules: false }), ...list], { keep: 4 }), []);
});

test('notes of what failed push no capture out, and are kept as many', () => {
  const notes = ['m', 'n', 'o'].map((name) => made(name, 1, { isNote: true }));
  assert.deepEqual(plan([made('a', 10), made('b', 10), ...notes], { keep: 2 }), ['m']);
  assert.deepEqual(plan([made('a', 99), ...notes], { quotaBytes: 5 }), ['m', 'n', 'o']);
});

test('removes the oldest beyond the quota, never the newest', () => {
  const list = ['a', 'b', 'c'].map((name) => made(name, 10));
  assert.deepEqual(plan(list, { quotaBytes: 30 }), []);
  assert.deepEqual(plan(list, { quotaBytes: 29 }), ['a']);
  assert.deepEqual(plan(list, { quotaBytes: 15 }), ['a', 'b']);
  assert.deepEqual(plan(list, { quotaBytes: 5 }), ['a', 'b']);
});

test('makes room for what is to come, where that can be had', () => {
  const list = ['a', 'b', 'c'].map((name) => made(name, 10));
  assert.deepEqual(plan(list, { quotaBytes: 35, reserve: 12 }), ['a']);
  assert.deepEqual(plan(list, { quotaBytes: 35, reserve: 25 }), ['a', 'b']);
  assert.deepEqual(plan(list, { quotaBytes: 35, reserve: 26 }), [], 'all would not do');
  const disk = { freeBytes: 100, minFreeBytes: 95 };
  assert.deepEqual(plan(list, { ...disk, reserve: 5 }), []);
  assert.deepEqual(plan(list, { ...disk, reserve: 6 }), ['a']);
  assert.deepEqual(plan(list, { ...disk, reserve: 100 }), []);
  assert.deepEqual(plan(list, { freeBytes: 90, minFreeBytes: 95 }), ['a']);
  assert.deepEqual(plan(list, { freeBytes: Number.NaN, minFreeBytes: 95, reserve: 9 }), []);
});

test('where there is no room for what is to come, the limits hold all the same', () => {
  const others = made('theirs', 20, { isRules: false });
  const list = ['a', 'b', 'c'].map((name) => made(name, 10));
  assert.deepEqual(plan([others, ...list], { quotaBytes: 45, reserve: 100 }), ['a']);
});

test('a large file of somebody else does not cost all of these', () => {
  const others = made('big', 1000, { isRules: false });
  const list = ['a', 'b'].map((name) => made(name, 10));
  assert.deepEqual(plan([others, ...list], { quotaBytes: 500 }), []);
  assert.deepEqual(plan([others, ...list], { quotaBytes: 1015 }), ['a']);
});

/** The inventory of a folder whose ledger lists such files in one firing. */
async function inventory(dir, listed = []) {
  const ledger = new Ledger(dir);
  const files = listed.map((name) => ({ name, kind: 'other', bytes: 1 }));
  ledger.add({ id: 'one', rule: 'heap', at: START, endedAt: START, files });
  return takeInventory(dir, ledger);
}

const ofRules = ({ captures: list }) =>
  list.filter(({ isRules }) => isRules).map(({ files }) => files);

test('tells what rules made from what people did', async (t) => {
  const dir = tempDir(t);
  const byRule = putCapture(dir, { at: START, reason: REASON });
  const named = putCapture(dir, { at: START + 1, name: 'mine.cpuprofile', reason: REASON });
  const listed = putCapture(dir, { at: START + 2 });
  putCapture(dir, { at: START + 3 });
  const claimed = putCapture(dir, { at: START + 4, reason: 'before the deploy' });
  putCapture(dir, { at: START + 5, reason: 'out-of-memory' });
  putCapture(dir, { at: START + 6, reason: 'rule of thumb' });
  putCapture(dir, { name: 'theirs.heapsnapshot' });
  const found = await inventory(dir, [listed, claimed, 'theirs.heapsnapshot']);
  assert.deepEqual(ofRules(found), [
    [byRule, `${byRule}.json`],
    [named, `${named}.json`],
    [listed],
  ]);
});

test('counts all that is rsprof’s, and nothing else', async (t) => {
  const dir = tempDir(t);
  const put = (name, bytes) => fs.writeFileSync(path.join(dir, name), Buffer.alloc(bytes));
  const name = captureName(START);
  put(name, 1);
  put('custom.heapprofile.zst', 2);
  put(`${captureName(START)}.0badcafe-7-1-0.partial`, 4);
  put(captureName(START, { kind: 'classes.json' }), 8);
  put('rsprof-ledger.json', 1000);
  put('notes.txt', 1000);
  put('movie.0badcafe-7-1-0.partial', 1000);
  put('20240131T120000.000Z-0badcafe-7-1-0-000001.cpu.pb.gz', 1000);
  put('20240131T120000.000Z-12345678-7-1-0-000001.cpu.pb.gz', 1000);
  fs.mkdirSync(path.join(dir, 'folder.heapsnapshot'));
  fs.symlinkSync(path.join(dir, 'notes.txt'), path.join(dir, 'link.heapsnapshot'));
  assert.equal((await inventory(dir)).bytes, 15);
});

test('what a firing made goes with its capture', async (t) => {
  const dir = tempDir(t);
  const one = putCapture(dir, { at: START, reason: REASON });
  const two = putCapture(dir, { at: START + 1, reason: REASON });
  const analysis = putCapture(dir, { name: `${one}.analysis.json` });
  const notes = putCapture(dir, { name: captureName(START, { kind: 'notes.json' }) });
  const stranger = putCapture(dir, { name: `${two}.analysis.json` });
  const { captures: list, bytes } = await inventory(dir, [one, two, analysis, notes]);
  assert.deepEqual(ofRules({ captures: list }), [
    [one, analysis, `${one}.json`],
    [two, notes, `${two}.json`],
  ]);
  const sizes = list.reduce((sum, capture) => sum + capture.bytes, 0);
  assert.equal(bytes, sizes + fs.statSync(path.join(dir, stranger)).size);
});

test('a firing without a capture is one by itself', async (t) => {
  const dir = tempDir(t);
  const report = putCapture(dir, { name: 'report.20240131.120000.77.0.001.json' });
  const unlisted = putCapture(dir, { name: 'report.20240131.120000.78.0.002.json' });
  const found = await inventory(dir, [report, 'package.json']);
  assert.deepEqual(ofRules(found), [[report]]);
  assert.equal(found.bytes, 20);
  assert.ok(fs.existsSync(path.join(dir, unlisted)));
});

test('the note of a failed snapshot at out-of-memory is a rule’s, too', async (t) => {
  const dir = tempDir(t);
  const name = captureName(START);
  putSidecar(dir, name, { reason: 'rule oom: near the heap limit', error: { code: 'X' } });
  const { captures: list, nearLimit } = await inventory(dir);
  assert.deepEqual(
    list.map(({ files, isNote, isRules }) => ({ files, isNote, isRules })),
    [{ files: [`${name}.json`], isNote: true, isRules: true }],
  );
  assert.deepEqual([nearLimit[0].rule, nearLimit[0].at], ['oom', START]);
});

test('after each capture the oldest go with their sidecars; by hand and baselines stay', async (t) => {
  let baseline;
  const made = [];
  const world = makeWorld(t, {
    limits: { keep: 3, cooldown: 0, count: 50, total: 100 },
    protect: () =>
      baseline ? [path.join(world.dir, baseline), path.join(world.tmpDir, made[1] ?? 'x')] : [],
  });
  const byHand = putCapture(world.dir, { at: START - DAY, reason: 'by hand' });
  for (let n = 0; n < 6; n++) {
    const { lease } = await world.limits.admit({ rule: 'heap', now: world.now });
    made.push(putCapture(world.dir, { at: world.now, reason: REASON }));
    baseline ??= made[0];
    await lease.end({ files: [path.join(world.dir, made.at(-1))] });
    world.now += HOUR;
  }
  const kept = [byHand, ...made.slice(3), made[0]];
  assert.deepEqual(captures(world.dir), kept.sort());
  const sidecars = fs.readdirSync(world.dir).filter((name) => name.endsWith('.gz.json'));
  assert.deepEqual(sidecars.sort(), kept.map((name) => `${name}.json`).sort());
});

test('over the quota by the hand of man: told, and nothing of rules is lost', async (t) => {
  const world = makeWorld(t, { limits: { quota: 1000 } });
  const old = putCapture(world.dir, { at: START - DAY, reason: REASON });
  const newest = putCapture(world.dir, { at: START - HOUR, reason: REASON });
  const byHand = putCapture(world.dir, { at: START - DAY, bytes: 2000 });
  const { skipped } = await world.limits.admit({ rule: 'heap', now: world.now });
  assert.deepEqual([skipped.limit, skipped.until], ['quota', START + 60_000]);
  assert.match(
    skipped.reason,
    /take 2\.\d kB; limits\.quota is 1000 B, .*move some away, or raise it$/,
  );
  assert.deepEqual(captures(world.dir), [byHand, old, newest].sort());
});

test('room is made before the capture', async (t) => {
  const world = makeWorld(t, { limits: { quota: 3000 } });
  const old = putCapture(world.dir, { at: START - DAY, bytes: 1500, reason: REASON });
  const newest = putCapture(world.dir, { at: START - HOUR, bytes: 1000, reason: REASON });
  const { lease } = await world.limits.admit({ rule: 'heap', now: world.now });
  assert.deepEqual(captures(world.dir), [newest]);
  assert.equal(fs.existsSync(path.join(world.dir, `${old}.json`)), false);
  assert.equal(lease.fits('heapSnapshot'), null);
  await lease.end();
  assert.deepEqual(world.limits.stats().removed.files, 2);
});

test('what dead processes left half-way goes first', async (t) => {
  const world = makeWorld(t, { limits: { quota: 1000 } });
  const dead = { ...identity(), pid: spawnSync(process.execPath, ['-e', '']).pid };
  const half = partialName(path.join(world.dir, captureName(START)), dead);
  fs.writeFileSync(half, Buffer.alloc(5000));
  const { lease } = await world.limits.admit({ rule: 'heap', now: world.now });
  assert.equal(fs.existsSync(half), false);
  await lease.end();
});

test('what cannot be removed is told, and does not stop anything', async (t) => {
  const world = makeWorld(t, { limits: { keep: 1 } });
  for (let n = 0; n < 3; n++) putCapture(world.dir, { at: START - DAY + n, reason: REASON });
  const { unlink } = fs.promises;
  t.after(() => {
    fs.promises.unlink = unlink;
  });
  fs.promises.unlink = async () => {
    throw Object.assign(new Error('operation not permitted'), { code: 'EPERM' });
  };
  const { lease } = await world.limits.admit({ rule: 'heap', now: world.now });
  assert.match(world.reports[0], /rsprof cannot remove from .* what is over the limits: \d{8}T/);
  fs.promises.unlink = unlink;
  await lease.end();
  assert.equal(captures(world.dir).length, 1);
});

const BY_PROFILER = 'profiler: asked for';

test('what the profiler made may go, too; each maker keeps its own number', async (t) => {
  const dir = tempDir(t);
  const byRule = putCapture(dir, { at: START, reason: REASON });
  const byProfiler = putCapture(dir, { at: START + 1, reason: BY_PROFILER });
  putCapture(dir, { at: START + 2, reason: 'profiler of mine' });
  const found = await inventory(dir);
  assert.deepEqual(
    found.captures.map(({ isRules, isProfilers }) => [isRules, isProfilers]),
    [
      [true, false],
      [true, true],
      [false, false],
    ],
  );
  assert.deepEqual(ofRules(found), [
    [byRule, `${byRule}.json`],
    [byProfiler, `${byProfiler}.json`],
  ]);
  const list = ['a', 'b', 'c'].map((name) => made(name, 10));
  const pressed = ['x', 'y', 'z'].map((name) => made(name, 10, { isProfilers: true }));
  assert.deepEqual(plan([...list, ...pressed], { keep: 2 }), ['a', 'x']);
  assert.deepEqual(plan([...list, ...pressed], { keep: 3 }), []);
  assert.deepEqual(plan([...list, ...pressed], { quotaBytes: 35 }), ['a', 'b', 'c']);
});

test('without a sidecar the ledger tells that the profiler made it', async (t) => {
  const dir = tempDir(t);
  const name = putCapture(dir, { at: START });
  const ledger = new Ledger(dir);
  const files = [{ name, kind: 'heapSnapshot', bytes: 1 }];
  ledger.add({ id: 'one', rule: 'profiler', at: START, endedAt: START, files });
  const { captures: list } = await takeInventory(dir, ledger);
  assert.deepEqual([list[0].isRules, list[0].isProfilers], [true, true]);
});

test('a verdict counts and goes with its capture, whoever made that', async (t) => {
  const dir = tempDir(t);
  const one = putCapture(dir, { at: START, reason: BY_PROFILER });
  const byHand = putCapture(dir, { at: START + 1, name: 'mine.cpuprofile' });
  for (const name of [one, byHand, 'gone.heapsnapshot'])
    putCapture(dir, { name: `${name}.verdict.json`, bytes: 7 });
  const half = partialName(path.join(dir, 'mine.cpuprofile.verdict.json'), identity());
  fs.writeFileSync(half, Buffer.alloc(3));
  const { captures: list, bytes } = await inventory(dir);
  assert.deepEqual(
    list.map(({ files }) => files),
    [
      [one, `${one}.verdict.json`, `${one}.json`],
      [`${byHand}.verdict.json`, byHand],
    ],
  );
  assert.equal(list[1].bytes, 17);
  assert.equal(bytes, list[0].bytes + 17 + 7 + 3, 'one without a capture is only counted');
});

test('the profiler makes room among its own and those of rules, and leaves baselines alone', async (t) => {
  const kept = [];
  const world = makeWorld(t, {
    limits: { keep: 2, cooldown: 0, count: 50, total: 100 },
    protect: () => kept.map((name) => path.join(world.dir, name)),
  });
  const profiler = world.another({ protect: undefined });
  const take = async (limits, rule, reason) => {
    const { lease } = await limits.admit({ rule, now: world.now });
    const name = putCapture(world.dir, { at: world.now, reason });
    await lease.end({ files: [path.join(world.dir, name)] });
    world.now += HOUR;
    return name;
  };
  kept.push(await take(world.limits, 'heap', REASON));
  // The first one could not yet be noted when it was made.
  const rules = [await take(world.limits, 'heap', REASON)];
  const pressed = [];
  for (let n = 0; n < 4; n++) pressed.push(await take(profiler, 'profiler', BY_PROFILER));
  rules.push(await take(profiler, 'profiler', REASON), await take(profiler, 'profiler', REASON));
  const left = [kept[0], ...rules.slice(-2), ...pressed.slice(-2)];
  assert.deepEqual(captures(world.dir), left.sort());
});
