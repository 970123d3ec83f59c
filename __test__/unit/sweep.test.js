'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { partialName } = require('../../lib/naming.js');
const { identity, startTimeOf } = require('../../lib/process-identity.js');
const { STALE_MS, sweep, sweepOnce } = require('../../lib/sweep.js');
const { tempDir } = require('./support.js');

const own = identity();
const dead = { ...own, pid: deadPid() };
const foreign = { ...own, hostTag: own.hostTag === '00000000' ? '11111111' : '00000000' };

/** The pid of a process that has ended. */
function deadPid() {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

/** Makes a partial of `writer`, last written `age` ms ago. */
function leave(dir, name, writer, age = 0) {
  const file = partialName(path.join(dir, name), writer);
  fs.writeFileSync(file, 'half');
  const time = new Date(Date.now() - age);
  fs.utimesSync(file, time, time);
  return path.basename(file);
}

test('what a dead process left goes, what a live one writes stays', async (t) => {
  const dir = tempDir(t);
  const stale = leave(dir, 'a.heapsnapshot.gz', dead);
  const mine = leave(dir, 'b.heapsnapshot.gz', own, 10 * STALE_MS);
  const parent = { ...own, pid: process.ppid, startTime: startTimeOf(process.ppid) };
  const theirs = leave(dir, 'c.heapsnapshot.gz', parent, 10 * STALE_MS);
  assert.deepEqual(await sweep(dir), [stale]);
  assert.deepEqual(fs.readdirSync(dir).sort(), [mine, theirs].sort());
});

test('a pid that another process has now is a dead writer', {
  skip: own.startTime === '0' && 'needs /proc',
}, async (t) => {
  const dir = tempDir(t);
  const reused = leave(dir, 'a', { ...own, startTime: '1' });
  assert.deepEqual(await sweep(dir), [reused]);
});

test('of a foreign host the fresh stays, the old goes', async (t) => {
  const dir = tempDir(t);
  const fresh = leave(dir, 'fresh', foreign, STALE_MS - 60_000);
  const old = leave(dir, 'old', foreign, STALE_MS + 60_000);
  assert.deepEqual(await sweep(dir), [old]);
  assert.deepEqual(fs.readdirSync(dir), [fresh]);
});

test('what a terminated thread of this process left goes when it is old', async (t) => {
  const dir = tempDir(t);
  const thread = { ...own, threadId: own.threadId + 1 };
  const fresh = leave(dir, 'fresh', thread);
  const old = leave(dir, 'old', thread, STALE_MS + 60_000);
  assert.deepEqual(await sweep(dir), [old]);
  assert.deepEqual(fs.readdirSync(dir), [fresh]);
});

test('files of others, folders and links stay', async (t) => {
  const dir = tempDir(t);
  const names = ['movie.partial', 'a.heapsnapshot.gz', 'a.partial.gz', 'x.0123-1-2-3.partial'];
  for (const name of names) fs.writeFileSync(path.join(dir, name), '');
  const folder = partialName(path.join(dir, 'folder'), dead);
  fs.mkdirSync(folder);
  const link = partialName(path.join(dir, 'link'), dead);
  fs.symlinkSync(path.join(dir, names[1]), link);
  const before = fs.readdirSync(dir);
  assert.deepEqual(await sweep(dir), []);
  assert.deepEqual(fs.readdirSync(dir), before);
});

test('a folder that is not there is no trouble', async (t) => {
  assert.deepEqual(await sweep(path.join(tempDir(t), 'missing')), []);
});

test('a folder is swept once', async (t) => {
  const dir = tempDir(t);
  const first = leave(dir, 'a', dead);
  assert.deepEqual(await sweepOnce(dir), [first]);
  const second = leave(dir, 'b', dead);
  await sweepOnce(dir);
  assert.deepEqual(fs.readdirSync(dir), [second]);
});
