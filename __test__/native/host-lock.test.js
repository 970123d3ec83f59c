'use strict';

// One holder among all processes of a host, for as long as it lives.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');
const { once } = require('node:events');

const { tryLockFile } = require('../../native');
const { nextMessage, startNode } = require('../support/child.js');
const { tempDir } = require('../support/tempdir.js');

const ADDON = JSON.stringify(path.join(__dirname, '..', '..', 'native'));

/** A process that tries to take the lock, tells whether it has it, and stays. */
function contender(t, file, then = '') {
  const child = startNode(`
    globalThis.lock = require(${ADDON}).tryLockFile(${JSON.stringify(file)});
    ${then}
    process.send(globalThis.lock !== null);
    process.on('message', () => {});`);
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function killed(child) {
  child.kill('SIGKILL');
  await child.finished;
}

test('has one holder in a process, who may release it twice', (t) => {
  const file = path.join(tempDir(t), 'lock');
  const first = tryLockFile(file);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  assert.equal(tryLockFile(file), null);
  first.release();
  first.release();
  const second = tryLockFile(file);
  first.release();
  assert.equal(tryLockFile(file), null, 'the second holder still has it');
  second.release();
  assert.ok(fs.existsSync(file), 'the file stays');
});

test('has one holder on a host; SIGKILL of the holder frees it', async (t) => {
  const file = path.join(tempDir(t), 'lock');
  const holder = contender(t, file);
  assert.equal(await nextMessage(holder), true);
  assert.equal(tryLockFile(file), null);
  const other = contender(t, file);
  assert.equal(await nextMessage(other), false);
  await killed(holder);
  const lock = tryLockFile(file);
  assert.ok(lock);
  lock.release();
  await killed(other);
});

test('a program that the holder has started does not keep it', async (t) => {
  const file = path.join(tempDir(t), 'lock');
  const sleeper = `
    const sleeper = require('node:child_process').spawn('sleep', ['30'], { detached: true, stdio: 'ignore' });
    sleeper.unref();
    process.on('message', () => {});
    process.send(sleeper.pid);`;
  const holder = contender(t, file, sleeper);
  const pid = await nextMessage(holder);
  t.after(() => process.kill(pid, 'SIGKILL'));
  await killed(holder);
  const lock = tryLockFile(file);
  assert.ok(lock);
  lock.release();
});

test('a child that is forked for a snapshot does not keep it beyond the release', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'lock');
  const rsprof = require('../..');
  const lock = tryLockFile(file);
  const capture = rsprof.heapSnapshot({ dir, strategy: 'fork' });
  lock.release();
  const again = tryLockFile(file);
  assert.ok(again);
  again.release();
  await capture;
});

test('is free when the worker that held it has ended', async (t) => {
  const file = path.join(tempDir(t), 'lock');
  const text = `
    globalThis.lock = require(${ADDON}).tryLockFile(${JSON.stringify(file)});
    require('node:worker_threads').parentPort.postMessage(globalThis.lock !== null);
    setInterval(() => {}, 1000);`;
  for (let turn = 0; turn < 3; turn++) {
    const worker = new Worker(text, { eval: true });
    assert.deepEqual(await once(worker, 'message'), [true]);
    assert.equal(tryLockFile(file), null, 'two threads, one lock');
    await worker.terminate();
  }
});

test('says what is wrong with a path', (t) => {
  const dir = tempDir(t);
  const link = path.join(dir, 'link');
  fs.symlinkSync(path.join(dir, 'target'), link);
  for (const [file, code, message] of [
    [path.join(dir, 'none', 'lock'), 'ERR_RSPROF_NOT_FOUND', /opening the lock file/],
    [link, 'ERR_RSPROF_INVALID_ARG', /link is a symbolic link: choose another path$/],
    [dir, 'ERR_RSPROF_INVALID_ARG', /is no regular file/],
    ['/dev/null', 'ERR_RSPROF_INVALID_ARG', /is no regular file/],
  ]) {
    assert.throws(() => tryLockFile(file), { code, message });
  }
  assert.deepEqual(fs.readdirSync(dir), ['link']);
});
