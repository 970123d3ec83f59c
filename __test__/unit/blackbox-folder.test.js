'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { identity, startTimeOf } = require('../../lib/process-identity.js');
const {
  findEarlier,
  listBlackboxes,
  pruneBlackboxes,
} = require('../../lib/watch/blackbox/folder.js');
const { readBlackbox } = require('../../lib/watch/blackbox/reader.js');
const { SMALL, makeBlackbox, nameIn } = require('../support/blackbox.js');
const { DEATHS } = require('../support/deaths.js');
const { tempDir } = require('./support.js');

const HOUR = 3_600_000;

/** The pid of a process that has ended. */
const deadPid = () => spawnSync('true').pid;

/** A box of this host in `dir`, written `age` ms ago. */
function leave(dir, writer, { age = 0, ...how } = {}) {
  const file = makeBlackbox(nameIn(dir, writer), {
    seconds: 2,
    tiers: SMALL,
    info: writer,
    ...how,
  });
  const time = new Date(Date.now() - age);
  fs.utimesSync(file, time, time);
  return path.basename(file);
}

const own = identity();
const pid = deadPid();
let started = 1;

/** Another process that has ended. */
const dead = () => ({ ...own, pid, startTime: String(started++) });

test('of the dead the newest stay, of the living all', async (t) => {
  const dir = tempDir(t);
  const boxes = [1, 2, 3, 4].map((age) => leave(dir, dead(), { age: age * HOUR }));
  leave(dir, own, { age: 9 * HOUR });
  leave(dir, { ...own, pid: process.ppid, startTime: startTimeOf(process.ppid) });
  assert.deepEqual(await pruneBlackboxes(dir, 2), [boxes[2], boxes[3]]);
  assert.deepEqual(await pruneBlackboxes(dir, 2), []);
  assert.equal((await listBlackboxes(dir)).length, 4);
  assert.deepEqual(await pruneBlackboxes(path.join(dir, 'missing')), []);
});

test('of other hosts what was silent for long goes; of threads what has ended', async (t) => {
  const dir = tempDir(t);
  const foreign = { ...own, hostTag: own.hostTag === '00000000' ? '11111111' : '00000000' };
  const old = leave(dir, foreign, { age: 2 * HOUR });
  leave(dir, { ...foreign, pid: 1 });
  const over = leave(dir, { ...own, threadId: 98 }, { end: 'exit code 0', age: 60_000 });
  leave(dir, { ...own, threadId: 99 });
  assert.deepEqual((await pruneBlackboxes(dir, 0)).sort(), [old, over].sort());
});

test('files of others, folders and links stay', async (t) => {
  const dir = tempDir(t);
  fs.writeFileSync(path.join(dir, 'blackbox-mine.rsprof'), '');
  fs.writeFileSync(path.join(dir, `x${path.basename(nameIn(dir, dead()))}`), '');
  fs.mkdirSync(nameIn(dir, dead()));
  fs.symlinkSync(path.join(dir, 'blackbox-mine.rsprof'), nameIn(dir, dead()));
  const before = fs.readdirSync(dir);
  assert.deepEqual(await pruneBlackboxes(dir, 0), []);
  assert.deepEqual(fs.readdirSync(dir), before);
});

test('a death is told once', async (t) => {
  const dir = tempDir(t);
  const [killed, left] = [dead(), dead()];
  const name = leave(dir, killed, { age: HOUR, ...DEATHS.memory, seconds: 2 });
  leave(dir, left, { end: 'exit code 1' });
  leave(dir, own);
  fs.writeFileSync(nameIn(dir, { ...own, pid: 5 }), 'not a black box');
  const [death, ...others] = await findEarlier(dir);
  assert.deepEqual(others, []);
  assert.equal(death.path, path.join(dir, name));
  assert.equal(death.pid, killed.pid);
  assert.equal(death.kind, 'memory');
  assert.match(death.text, /it did not end by itself.*most likely killed for memory \(OOM\)/);
  assert.deepEqual(await findEarlier(dir), []);
  const box = await readBlackbox(death.path);
  assert.equal(box.reported, true);
  assert.ok(Date.now() - fs.statSync(death.path).mtimeMs > HOUR / 2, 'its time stays');
  assert.deepEqual(await findEarlier(path.join(dir, 'missing')), []);
});

test('of a process the main thread speaks for its workers', async (t) => {
  const dir = tempDir(t);
  const [ended, killed] = [dead(), dead()];
  leave(dir, ended, { end: 'exit code 0' });
  leave(dir, { ...ended, threadId: 3 });
  leave(dir, { ...killed, threadId: 1 });
  leave(dir, killed);
  const deaths = await findEarlier(dir);
  assert.deepEqual(
    deaths.map((death) => path.basename(death.path)),
    [path.basename(nameIn(dir, killed))],
  );
});

test('of another container it is dead when it has been silent for some seconds', async (t) => {
  const dir = tempDir(t);
  const tail = { ...DEATHS.unknown.tail };
  leave(dir, { ...own, hostTag: own.hostTag === '00000000' ? '11111111' : '00000000' }, { tail });
  assert.deepEqual(await findEarlier(dir, tail.time + 8000), []);
  const [death] = await findEarlier(dir, tail.time + 12_000);
  assert.equal(death.kind, 'unknown');
});
