'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { readLimits, readRuleLimits } = require('../../lib/watch/limits.js');
const {
  DAY,
  HOUR,
  LARGE_DISK,
  SECOND,
  SMALL_HEAP,
  START,
  captures,
  makeWorld,
  putCapture,
  readLedger,
} = require('./watch-support.js');

/** Fires, writes a capture of so many bytes, ends: `null`, or why not. */
async function fire(world, { limits = world.limits, rule = 'heap', bytes = 10, ...wish } = {}) {
  const { lease, skipped } = await limits.admit({ rule, now: world.now, ...wish });
  if (skipped) return skipped;
  const reason = `rule ${rule}: heapUsed > 80 %`;
  const name = putCapture(world.dir, { at: world.now, bytes, reason });
  await lease.end({ files: [path.join(world.dir, name)] });
  return null;
}

test('defaults, and what may be given', () => {
  const { quota, minFreeDisk, ...rest } = readLimits();
  assert.deepEqual(rest, {
    cooldown: HOUR,
    count: 3,
    per: DAY,
    total: 10,
    totalPer: DAY,
    keep: 10,
    memory: undefined,
    pause: 10 * SECOND,
    grace: 30 * SECOND,
  });
  assert.deepEqual(quota, { bytes: 2 ** 31 });
  assert.deepEqual(minFreeDisk, { bytes: 2 ** 30, share: 0.05 });
  const given = readLimits({
    cooldown: '10 min',
    per: 60,
    quota: '10%',
    memory: '512MB',
    grace: 0,
  });
  assert.deepEqual(
    [given.cooldown, given.per, given.quota, given.memory, given.grace, given.count],
    [600_000, 60_000, { share: 0.1 }, 2 ** 29, 0, 3],
  );
});

test('a rule has the limits of the watcher where it says nothing', () => {
  const base = readLimits({ cooldown: '2h', count: 5 });
  assert.deepEqual(readRuleLimits({ count: 1 }, 'rules[0].limits', base), {
    cooldown: 2 * HOUR,
    count: 1,
    per: DAY,
  });
});

test('errors name the field', () => {
  const wrong = [
    [{ cooldown: 'soon' }, /limits\.cooldown must be a duration .*; got 'soon'/],
    [{ per: 0 }, /limits\.per must be a duration .*longer than nothing; got 0/],
    [{ count: 0 }, /limits\.count must be an integer from 1 to 50; got 0/],
    [{ total: 1.5 }, /limits\.total must be an integer from 1 to 100; got 1\.5/],
    [{ keep: '5' }, /limits\.keep must be an integer/],
    [{ quota: '10 parsecs' }, /limits\.quota must be a size .*share.*; got '10 parsecs'/],
    [{ minFreeDisk: '120%' }, /limits\.minFreeDisk must be/],
    [{ memory: 0 }, /limits\.memory must be a size/],
    [{ pause: -1 }, /limits\.pause must be a duration/],
    [{ cooldwn: 1 }, /limits has no 'cooldwn'; it takes cooldown, count/],
    [{ constructor: 1 }, /limits has no 'constructor'/],
    [null, /limits must be an object; got null/],
    [[], /limits must be an object/],
  ];
  for (const [value, message] of wrong)
    assert.throws(() => readLimits(value), { code: 'ERR_RSPROF_INVALID_ARG', message });
  assert.throws(() => readRuleLimits({ quota: 1 }, 'rules[2].limits'), {
    message: /^rules\[2\]\.limits has no 'quota'; it takes cooldown, count, per$/,
  });
});

test('cooldown, count and total, with figures and the moment they end', async (t) => {
  const world = makeWorld(t, { limits: { total: 4 } });
  assert.equal(await fire(world), null);
  world.now += 12 * 60 * SECOND;
  assert.deepEqual(await fire(world), {
    limit: 'cooldown',
    reason: "rule 'heap' fired 12 min ago; its cooldown is 1 h",
    until: START + HOUR,
  });
  for (const hours of [1, 2]) {
    world.now = START + hours * HOUR;
    assert.equal(await fire(world), null);
  }
  world.now += 60 * SECOND;
  assert.equal((await fire(world)).limit, 'count', 'what lasts longest');
  const lowered = world.another({ limits: readLimits({ grace: 0, count: 1 }) });
  assert.equal((await fire(world, { limits: lowered })).until, START + 2 * HOUR + DAY);
  world.now = START + 5 * HOUR;
  assert.deepEqual(await fire(world), {
    limit: 'count',
    reason: "rule 'heap' fired 3 times in 24 h; its limit is 3",
    until: START + DAY,
  });
  assert.equal(await fire(world, { rule: 'cpu' }), null, 'another rule has counts of its own');
  const skipped = await fire(world, { rule: 'delay' });
  assert.deepEqual([skipped.limit, skipped.until], ['total', START + DAY]);
  assert.match(skipped.reason, /rules fired 4 times in 24 h; limits\.total is 4/);
  world.now = START + DAY;
  assert.equal(await fire(world, { rule: 'delay' }), null, 'the window slides');
});

test('a new process counts on where the last one was', async (t) => {
  const world = makeWorld(t);
  await fire(world);
  world.now += SECOND;
  assert.equal((await fire(world, { limits: world.another() })).limit, 'cooldown');
});

test('a firing counts before it is over, and when its process died in the middle', async (t) => {
  const world = makeWorld(t);
  const { lease } = await world.limits.admit({ rule: 'heap', now: world.now });
  const [entry] = readLedger(world.dir).entries;
  assert.deepEqual([entry.rule, entry.at, entry.endedAt], ['heap', START, null]);
  world.now += 10 * SECOND;
  const skipped = await fire(world, { limits: world.another(), rule: 'other' });
  assert.equal(skipped.limit, 'busy');
  assert.equal(skipped.until, world.now + 5 * SECOND);
  await lease.end({ files: [], errors: [{ action: {}, error: new Error('no room') }] });
  const [ended] = readLedger(world.dir).entries;
  assert.deepEqual([ended.endedAt, ended.failed, ended.error], [world.now, true, 'no room']);
  assert.equal(world.limits.stats().failed, 1);
});

test('the cooldown begins when the capture is over', async (t) => {
  const world = makeWorld(t, { limits: { cooldown: 60 } });
  const { lease } = await world.limits.admit({ rule: 'heap', now: world.now });
  world.now += 300 * SECOND;
  await lease.end();
  assert.equal(world.limits.mayFire('heap', world.now + 59 * SECOND), false);
  assert.equal((await fire(world, { limits: world.another() })).until, world.now + 60 * SECOND);
});

test('after a skip nothing is asked before its end', async (t) => {
  const world = makeWorld(t);
  assert.equal(world.limits.mayFire('heap', world.now), true);
  await fire(world);
  for (let second = 1; second <= 100; second++)
    assert.equal(world.limits.mayFire('heap', START + second * SECOND), false);
  assert.equal(world.limits.mayFire('heap', START + HOUR), true);
  assert.equal(world.limits.mayFire('heap', START - SECOND), true, 'the clock was set back');
  assert.equal(world.limits.stats().held.heap, 100);
});

test('asking whether a rule may fire leaves nothing on the heap', async (t) => {
  const world = makeWorld(t);
  await fire(world);
  const ask = (times) => {
    for (let n = 0; n < times; n++) world.limits.mayFire('heap', START + 1000 + (n % 1000));
  };
  ask(200_000);
  const before = process.memoryUsage().heapUsed;
  ask(100_000);
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < 500_000, `${grown} bytes for 100,000 questions`);
});

test('in the first seconds only what is urgent fires', async (t) => {
  const world = makeWorld(t, { limits: { grace: 30 } });
  world.now += 10 * SECOND;
  const skipped = await fire(world);
  assert.deepEqual(skipped, {
    limit: 'grace',
    reason: 'the process started 10 s ago; limits.grace is 30 s',
    until: START + 30 * SECOND,
  });
  assert.equal(world.limits.mayFire('heap', world.now), false);
  assert.equal(world.limits.mayFire('heap', world.now, true), true);
  assert.equal(await fire(world, { urgent: true }), null);
  world.now = START + 30 * SECOND;
  assert.equal(await fire(world, { rule: 'cpu' }), null);
});

test('of eight that want to fire at once one does, and the others have the cooldown', async (t) => {
  const world = makeWorld(t);
  const all = Array.from({ length: 8 }, () => world.another());
  const answers = await Promise.all(
    all.map((limits) => limits.admit({ rule: 'heap', now: world.now })),
  );
  const leases = answers.flatMap(({ lease }) => lease ?? []);
  assert.equal(leases.length, 1);
  const reasons = answers.flatMap(({ skipped }) => skipped?.limit ?? []);
  assert.ok(
    reasons.every((limit) => ['busy', 'cooldown'].includes(limit)),
    reasons.join(),
  );
  await leases[0].end();
  world.now += 10 * SECOND;
  for (const limits of all) assert.equal((await fire(world, { limits })).limit, 'cooldown');
  assert.equal(readLedger(world.dir).entries.length, 1);
});

test('a rule that matches each second for two years makes what the limits say, and no more', async (t) => {
  const days = 60;
  const world = makeWorld(t, { limits: { per: `${days}d`, quota: 10_000, keep: 5 } });
  const years = 2 * 365 * DAY;
  let [fired, asked, most] = [0, 0, 0];
  for (let at = 0; at < years; at += SECOND) {
    if (!world.limits.mayFire('heap', START + at)) continue;
    world.now = START + at;
    asked++;
    if ((await fire(world, { bytes: 100, kinds: [] })) === null) fired++;
    most = Math.max(most, captures(world.dir).length);
  }
  assert.equal(fired, 3 * Math.ceil(years / (days * DAY)));
  assert.ok(asked < 2 * fired, `asked ${asked} times`);
  assert.equal(most, 5);
});

test('ten rules that match for ever stay within total and quota', async (t) => {
  const world = makeWorld(t, { limits: { quota: 2000, keep: 1000 } });
  let fired = 0;
  for (let minute = 0; minute < 2 * 24 * 60; minute++) {
    const now = START + minute * 60 * SECOND;
    for (let rule = 0; rule < 10; rule++) {
      if (!world.limits.mayFire(`rule ${rule}`, now)) continue;
      world.now = now;
      if ((await fire(world, { rule: `rule ${rule}`, bytes: 300, kinds: [] })) === null) fired++;
    }
  }
  assert.equal(fired, 20);
  const bytes = fs
    .readdirSync(world.dir)
    .filter((name) => !name.startsWith('rsprof'))
    .reduce((sum, name) => sum + fs.statSync(path.join(world.dir, name)).size, 0);
  assert.ok(bytes <= 2000, `${bytes} bytes`);
  assert.equal(world.limits.stats().admitted, fired);
  assert.ok(world.limits.stats().skipped.total > 0);
});

test('a disk that is nearly full', async (t) => {
  const world = makeWorld(t, {
    freeBytes: () => ({ freeBytes: 400 * 2 ** 20, totalBytes: 2 ** 40 }),
  });
  const skipped = await fire(world);
  assert.deepEqual([skipped.limit, skipped.until], ['minFreeDisk', START + 60 * SECOND]);
  assert.match(
    skipped.reason,
    /^400\.0 MB of the disk of .* are free; limits\.minFreeDisk is 1\.0 GB$/,
  );
  const small = makeWorld(t, {
    freeBytes: () => ({ freeBytes: 400 * 2 ** 20, totalBytes: 2 ** 30 }),
  });
  assert.equal(await fire(small), null, 'of a small disk a share');
});

test('a disk that says nothing about itself', async (t) => {
  const unknown = { freeBytes: Number.NaN, totalBytes: Number.NaN };
  const world = makeWorld(t, {
    freeBytes: () => unknown,
    limits: { quota: '10%', minFreeDisk: '5%' },
  });
  const { lease } = await world.limits.admit({ rule: 'heap', now: world.now });
  assert.equal(lease.fits('heapSnapshot'), null);
  await lease.end();
});

/** The answer of `fits` in a world with such a forecast and disk. */
async function fits(t, kind, { heap = {}, disk = {}, limits, canFork = true, manual = 0 } = {}) {
  const world = makeWorld(t, {
    limits,
    canFork: () => canFork,
    forecast: () => ({ ...SMALL_HEAP, ...heap }),
    freeBytes: () => ({ ...LARGE_DISK, ...disk }),
  });
  if (manual) putCapture(world.dir, { bytes: manual });
  const { lease } = await world.limits.admit({ rule: 'heap', now: world.now });
  const answer = lease.fits(kind);
  await lease.end();
  return answer;
}

test('a snapshot that does not fit the quota, and a profile that does', async (t) => {
  const limits = { quota: '100MB' };
  const heap = { heapBytes: 2 ** 30 };
  const answer = await fits(t, 'heapSnapshot', { heap, limits, manual: 1000 });
  assert.equal(
    answer.reason,
    'a heap snapshot (about 460.8 MB) does not fit: captures take 1000 B of the folder, and limits.quota is 100.0 MB',
  );
  assert.equal(answer.figures.bytes, Math.ceil(0.45 * 2 ** 30));
  assert.equal(await fits(t, 'cpuProfile', { heap, limits }), null);
  assert.match(
    (await fits(t, 'cpuProfile', { limits: { quota: '1MB' } })).reason,
    /^a CPU profile/,
  );
  assert.equal(await fits(t, 'classHistogram', { limits: { quota: '1MB' } }), null);
});

test('a snapshot that would leave too little of the disk', async (t) => {
  const answer = await fits(t, 'heapSnapshot', {
    heap: { heapBytes: 2 ** 30 },
    disk: { freeBytes: 1.2 * 2 ** 30 },
  });
  assert.match(answer.reason, /1\.2 GB of the disk are free, and limits\.minFreeDisk is 1\.0 GB/);
});

test('a pause over the budget, in this process and by fork', async (t) => {
  const heap = { pauseMs: 20_000, forkPauseMs: 60 };
  assert.equal(await fits(t, 'heapSnapshot', { heap }), null);
  const answer = await fits(t, 'heapSnapshot', { heap, canFork: false });
  assert.match(answer.reason, /could stop the process for 20\.0 s, and limits\.pause is 10\.0 s/);
  const strict = await fits(t, 'heapSnapshot', { heap, limits: { pause: '50ms' } });
  assert.match(strict.reason, /for 60 ms, and limits\.pause is 50 ms/);
  assert.equal(await fits(t, 'cpuProfile', { heap, canFork: false }), null);
});

test('memory that is not there: in a file, where the disk has room', async (t) => {
  const heap = { memoryBytes: 2 ** 32, availableBytes: 2 ** 29 };
  assert.equal(await fits(t, 'heapSnapshot', { heap }), null);
  const noDisk = await fits(t, 'heapSnapshot', { heap, disk: { freeBytes: 2 ** 32 } });
  assert.match(
    noDisk.reason,
    /could take 4\.0 GB of memory, and 512\.0 MB are left for it; to keep/,
  );
  const inline = await fits(t, 'heapSnapshot', { heap, canFork: false });
  assert.match(inline.reason, /could take 4\.0 GB of memory, and 512\.0 MB are left for it$/);
  const limits = { memory: '1GB' };
  const budget = { heap: { memoryBytes: 2 ** 31 }, limits, canFork: false };
  assert.match((await fits(t, 'heapSnapshot', budget)).reason, /2\.0 GB of memory, and 1\.0 GB/);
});

test('options that keep a snapshot within the limits', async (t) => {
  const options = async (limits, heap) => {
    const world = makeWorld(t, { limits, forecast: () => ({ ...SMALL_HEAP, ...heap }) });
    const { lease } = await world.limits.admit({ rule: 'heap', now: world.now });
    const answer = lease.snapshotOptions();
    await lease.end();
    return answer;
  };
  assert.deepEqual(await options({}, {}), { budget: { pauseSeconds: 10 }, spill: 'auto' });
  assert.deepEqual(await options({ memory: 1000, pause: 2 }, { memoryBytes: 2000 }), {
    budget: { pauseSeconds: 2, memory: 1000 },
    spill: true,
  });
});

test('what was promised counts, and the next forecast is what the last file took', async (t) => {
  const heap = { heapBytes: 1000 };
  const world = makeWorld(t, {
    forecast: () => ({ ...SMALL_HEAP, ...heap }),
    limits: { quota: 1000, cooldown: 0 },
  });
  const first = (await world.limits.admit({ rule: 'heap', now: world.now })).lease;
  assert.equal(first.fits('heapSnapshot'), null);
  assert.equal(first.fits('heapSnapshot'), null);
  assert.match(first.fits('heapSnapshot').reason, /captures take 900 B/);
  const name = putCapture(world.dir, { at: world.now, bytes: 100 });
  await first.end({ files: [{ path: path.join(world.dir, name), kind: 'heapSnapshot' }] });
  world.now += SECOND;
  heap.heapBytes = 8000;
  const second = (await world.limits.admit({ rule: 'heap', now: world.now })).lease;
  const { figures } = second.fits('heapSnapshot');
  assert.deepEqual([figures.bytes, figures.usedBytes], [1000, 100]);
  await second.end();
});

test('trouble in a forecast is an answer, no throw', async (t) => {
  let isBroken = false;
  const forecast = () => {
    if (isBroken) throw new Error('no descriptor left');
    return SMALL_HEAP;
  };
  const world = makeWorld(t, { forecast });
  const { lease } = await world.limits.admit({ rule: 'heap', now: world.now });
  isBroken = true;
  assert.match(lease.fits('heapSnapshot').reason, /no descriptor left/);
  await lease.end();
  world.now += HOUR;
  const { skipped } = await world.limits.admit({ rule: 'heap', now: world.now });
  assert.deepEqual([skipped.limit, skipped.until], ['dir', world.now + 60 * SECOND]);
});

test('a folder that cannot be is a reason to skip, told once', async (t) => {
  const world = makeWorld(t);
  const file = path.join(world.dir, 'file');
  fs.writeFileSync(file, '');
  const limits = world.another({ dir: path.join(file, 'captures') });
  for (let n = 0; n < 2; n++) {
    const { skipped } = await limits.admit({ rule: 'heap', now: world.now });
    assert.equal(skipped.limit, 'dir');
    assert.match(skipped.reason, /rsprof cannot create the folder .*not a folder/);
  }
  assert.equal(world.reports.length, 1);
  assert.equal(limits.stats().skipped.dir, 2);
});

test('an action that made files elsewhere has none of them noted', async (t) => {
  const world = makeWorld(t);
  const { lease } = await world.limits.admit({ rule: 'heap', now: world.now });
  const inside = putCapture(world.dir);
  const both = 'both.cpuprofile';
  for (const dir of [world.dir, world.tmpDir]) putCapture(dir, { name: both });
  const files = [
    path.join(world.tmpDir, both),
    path.join(world.tmpDir, 'x.cpuprofile'),
    '/etc/passwd',
    '../x',
    undefined,
    7,
    inside,
  ];
  await lease.end({ files });
  await lease.end({ files: [] });
  const [entry] = readLedger(world.dir).entries;
  assert.deepEqual(entry.files, [{ name: inside, kind: 'heapSnapshot', bytes: 10 }]);
});

test('what was skipped is counted with its reason', async (t) => {
  const world = makeWorld(t);
  await fire(world);
  world.now += SECOND;
  await fire(world);
  const { admitted, skipped, last, problems } = world.limits.stats();
  assert.deepEqual([admitted, skipped, problems], [1, { cooldown: 1 }, []]);
  assert.deepEqual(last.heap, {
    limit: 'cooldown',
    reason: "rule 'heap' fired 1 s ago; its cooldown is 1 h",
    until: START + HOUR,
    at: world.now,
  });
});

test('the profiler does not count among the total of rules, nor they among its own', async (t) => {
  const world = makeWorld(t, { limits: { total: 2, cooldown: 0, count: 3 } });
  for (let n = 0; n < 3; n++) {
    world.now += SECOND;
    assert.equal(await fire(world, { rule: 'profiler' }), null);
  }
  for (let n = 0; n < 2; n++) {
    world.now += SECOND;
    assert.equal(await fire(world), null);
  }
  assert.equal((await fire(world, { rule: 'other' })).limit, 'total');
  assert.equal((await fire(world, { rule: 'profiler' })).limit, 'count');
});

test('what does not fit says whether the disk is why; a folder’s trouble has its code', async (t) => {
  const noDisk = await fits(t, 'cpuProfile', { limits: { quota: '1MB' } });
  const noTime = await fits(t, 'heapSnapshot', { heap: { forkPauseMs: 60_000 } });
  assert.deepEqual([noDisk.isDisk, noTime.isDisk], [true, false]);
  const world = makeWorld(t);
  fs.rmdirSync(world.dir);
  fs.writeFileSync(world.dir, '');
  t.after(() => fs.rmSync(world.dir, { force: true }));
  const { limit, code } = await fire(world);
  assert.deepEqual([limit, code], ['dir', 'ERR_RSPROF_EXISTS']);
});
