'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { Ring, parseName, windowName } = require('../../lib/continuous-ring.js');
const { stamp } = require('../../lib/naming.js');
const { identity } = require('../../lib/process-identity.js');
const { tempDir } = require('./support.js');

const HOUR = 3_600_000;

/** Writes a file of a ring: by this thread unless said otherwise, `at` ms since the epoch. */
function put(dir, at, { kind = 'cpu', bytes = 10, number = 1, ...other } = {}) {
  const { hostTag, pid, startTime, threadId } = { ...identity(), ...other };
  const order = String(number).padStart(6, '0');
  const writer = `${hostTag}-${pid}-${startTime}-${threadId}-${order}`;
  const name = `${stamp(new Date(at))}-${writer}.${kind}.pb.gz`;
  fs.writeFileSync(path.join(dir, name), Buffer.alloc(bytes));
  return name;
}

const ring = (dir, limits) => new Ring({ dir, keep: 100, maxBytes: 1e9, window: 60, ...limits });
const ls = (dir) => fs.readdirSync(dir).sort();

test('names sort by time and are read back', () => {
  const at = Date.parse('2026-03-04T05:06:07.089Z');
  const [one, other] = [windowName(at), windowName(at)];
  assert.ok(one < other);
  assert.match(one, /^20260304T050607\.089Z-/);
  const { hostTag, pid, startTime, threadId } = identity();
  const parsed = parseName(`${one}.heap.pb.gz`);
  assert.deepEqual(
    [parsed.at, parsed.window, parsed.hostTag, parsed.pid, parsed.startTime, parsed.threadId],
    [at, one, hostTag, pid, startTime, threadId],
  );
  for (const name of [one, `${one}.gc.pb.gz`, `x${one}.cpu.pb.gz`, `${one}.cpu.pb.gz.partial`]) {
    assert.equal(parseName(name), null, name);
  }
});

test('keep counts windows, not files', async (t) => {
  const dir = tempDir(t);
  const all = [1, 2, 3].flatMap((number) =>
    ['cpu', 'heap'].map((kind) => put(dir, 1e12 + number, { kind, number })),
  );
  const removed = await ring(dir, { keep: 2 }).prune();
  assert.deepEqual(ls(dir), all.slice(2));
  assert.deepEqual(
    [...removed],
    all.slice(0, 2).map((name) => path.join(dir, name)),
  );
});

test('maxBytes: as many of the newest as fit, one in any case', async (t) => {
  const dir = tempDir(t);
  const all = [1, 2, 3].map((number) => put(dir, 1e12 + number, { bytes: 400, number }));
  await ring(dir, { maxBytes: 800 }).prune();
  assert.deepEqual(ls(dir), all.slice(1));
  await ring(dir, { maxBytes: 1 }).prune();
  assert.deepEqual(ls(dir), all.slice(2));
});

test('a small window behind a large one goes as well: a ring has no holes', async (t) => {
  const dir = tempDir(t);
  const all = [10, 900, 10].map((bytes, number) => put(dir, 1e12 + number, { bytes, number }));
  await ring(dir, { maxBytes: 500 }).prune();
  assert.deepEqual(ls(dir), all.slice(2));
});

/** A process id that nobody has. */
const NOBODY = 4_194_303 + 1;

test('inherited are files of processes that are gone, not of those that live', async (t) => {
  const dir = tempDir(t);
  const long = Date.now() - 2 * HOUR;
  const gone = [
    put(dir, long, { pid: NOBODY, number: 11 }),
    put(dir, long, { startTime: '1', number: 12 }),
    put(dir, long, { hostTag: '00000000', number: 13 }),
    put(dir, long, { threadId: 77, number: 14 }),
  ];
  const living = [
    put(dir, long, { pid: process.ppid, startTime: '0', number: 21 }),
    put(dir, long, { hostTag: '11111111', number: 22 }),
    put(dir, Date.now(), { hostTag: '11111111', number: 23 }),
    put(dir, long, { threadId: 78, number: 24 }),
    put(dir, Date.now(), { threadId: 78, number: 25 }),
  ];
  const own = put(dir, Date.now());
  const foreign = ['notes.txt', '20260304T050607.089Z-1-0-0001.cpuprofile.gz'];
  for (const name of foreign) fs.writeFileSync(path.join(dir, name), 'x');
  const removed = await ring(dir, { keep: 1 }).prune();
  assert.deepEqual([...removed].map((file) => path.basename(file)).sort(), gone.sort());
  assert.deepEqual(ls(dir), [...living, ...foreign, own].sort());
});

test('where windows are long a silent writer is waited for longer', async (t) => {
  const dir = tempDir(t);
  put(dir, Date.now() - 2 * HOUR, { hostTag: '00000000' });
  put(dir, Date.now());
  assert.equal((await ring(dir, { keep: 1, window: 3600 }).prune()).size, 0);
  assert.equal((await ring(dir, { keep: 1, window: 60 }).prune()).size, 1);
});

test('a folder that is gone, or what cannot be removed, fails nothing', async (t) => {
  const dir = tempDir(t);
  assert.equal((await ring(path.join(dir, 'none'), {}).prune()).size, 0);
  const name = put(dir, 1e12, { number: 1 });
  put(dir, 2e12, { number: 2 });
  fs.unlinkSync(path.join(dir, name));
  fs.mkdirSync(path.join(dir, name));
  assert.equal((await ring(dir, { keep: 1 }).prune()).size, 0);
});
