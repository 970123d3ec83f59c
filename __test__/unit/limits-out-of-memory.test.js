'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const {
  DAY,
  SECOND,
  SMALL_HEAP,
  START,
  captureName,
  captures,
  makeWorld,
  putCapture,
} = require('./watch-support.js');

test('at out-of-memory: what former lives left counts, also when it is gone', async (t) => {
  const world = makeWorld(t, { limits: { keep: 2 } });
  const reason = 'rule oom: near the heap limit';
  const answers = [];
  for (let life = 0; life < 6; life++) {
    const { skipped } = await world.another().reserveForOutOfMemory({ rule: 'oom' });
    answers.push(skipped?.limit ?? 'armed');
    if (!skipped) putCapture(world.dir, { at: world.now, reason, bytes: 50 });
    world.now += 60 * SECOND;
  }
  assert.deepEqual(answers, ['armed', 'armed', 'armed', 'count', 'count', 'count']);
  assert.equal(captures(world.dir).length, 2);
  world.now = START + DAY;
  assert.deepEqual(await world.another().reserveForOutOfMemory({ rule: 'oom' }), { skipped: null });
});

test('at out-of-memory: files that are still written, or never were finished, count', async (t) => {
  const world = makeWorld(t);
  for (let n = 0; n < 3; n++) {
    const name = captureName(world.now, { pid: 5000 + n });
    fs.writeFileSync(path.join(world.dir, `${name}.0badcafe-6000-1-0.partial`), 'half');
  }
  const { skipped } = await world.limits.reserveForOutOfMemory({ rule: 'oom' });
  assert.equal(skipped.limit, 'count');
});

test('at out-of-memory: quota and disk', async (t) => {
  const forecast = () => ({ ...SMALL_HEAP, heapLimitBytes: 2 ** 30 });
  const world = makeWorld(t, { forecast, limits: { quota: '300MB' } });
  const { skipped } = await world.limits.reserveForOutOfMemory({ rule: 'oom' });
  assert.equal(skipped.limit, 'quota');
  assert.match(skipped.reason, /one more could take 460\.8 MB; limits\.quota is 300\.0 MB/);
  const full = { freeBytes: 1.1 * 2 ** 30, totalBytes: 2 ** 40 };
  const disk = makeWorld(t, { forecast, freeBytes: () => full });
  assert.equal(
    (await disk.limits.reserveForOutOfMemory({ rule: 'oom' })).skipped.limit,
    'minFreeDisk',
  );
});

test('at out-of-memory: while another captures it is answered without the lock', async (t) => {
  const world = makeWorld(t);
  const { lease } = await world.limits.admit({ rule: 'heap', now: world.now });
  const before = fs.readdirSync(world.dir);
  const alive = setInterval(() => {}, 1000);
  assert.deepEqual(await world.another().reserveForOutOfMemory({ rule: 'oom' }), { skipped: null });
  clearInterval(alive);
  assert.deepEqual(fs.readdirSync(world.dir), before);
  await lease.end();
});
