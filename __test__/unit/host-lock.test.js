'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { identity } = require('../../lib/process-identity.js');
const { STALE_MS, tryFileLock } = require('../../lib/watch/file-lock.js');
const { hostLockName, tryHostLock } = require('../../lib/watch/host-lock.js');
const { tempDir } = require('./support.js');

const own = identity();
const RANDOM = '0123456789abcdef';

/** The name of a holder. */
const holder = ({ hostTag, pid, startTime, threadId }) =>
  `${hostTag}-${pid}-${startTime}-${threadId}-${RANDOM}`;

function deadHolder() {
  return holder({ ...own, pid: spawnSync(process.execPath, ['-e', '']).pid });
}

/** Leaves a lock of `text`, taken `age` ms ago. */
function leave(file, text, age = 0) {
  fs.writeFileSync(file, text);
  const time = new Date(Date.now() - age);
  fs.utimesSync(file, time, time);
}

const stranger = own.hostTag === '00000000' ? '11111111' : '00000000';

test('one has it, until it is let go', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'lock');
  const lock = await tryFileLock(file);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  assert.equal(await tryFileLock(file), null);
  lock.release();
  lock.release();
  assert.deepEqual(fs.readdirSync(dir), []);
  const again = await tryFileLock(file);
  lock.release();
  assert.equal(await tryFileLock(file), null, 'a late release lets go of its own only');
  again.release();
});

test('of many at once one has it', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'lock');
  const locks = await Promise.all(Array.from({ length: 10 }, () => tryFileLock(file)));
  assert.equal(locks.filter(Boolean).length, 1);
  locks.find(Boolean).release();
  assert.deepEqual(fs.readdirSync(dir), []);
});

test('that of a dead process is taken over, by one of many', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'lock');
  for (let round = 0; round < 5; round++) {
    leave(file, deadHolder());
    const locks = await Promise.all(Array.from({ length: 10 }, () => tryFileLock(file)));
    assert.equal(locks.filter(Boolean).length, 1);
    locks.find(Boolean).release();
    assert.deepEqual(fs.readdirSync(dir), []);
  }
});

test('that of the living, of another host and of another thread is not, until an hour is over', async (t) => {
  const dir = tempDir(t);
  const parent = { ...own, pid: process.ppid, startTime: '0' };
  const living = path.join(dir, 'living');
  leave(living, holder(parent), 10 * STALE_MS);
  assert.equal(await tryFileLock(living), null);
  const others = [
    holder({ ...own, hostTag: stranger }),
    holder({ ...own, threadId: own.threadId + 1 }),
    'nonsense',
    '',
  ];
  for (const text of others) {
    const file = path.join(dir, 'other');
    leave(file, text, STALE_MS - 60_000);
    assert.equal(await tryFileLock(file), null, text);
    leave(file, text, STALE_MS + 60_000);
    const lock = await tryFileLock(file);
    assert.ok(lock, text);
    lock.release();
  }
});

test('one that dies while it takes over is taken over itself', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'lock');
  const dead = deadHolder();
  leave(file, dead);
  const names = [];
  const { link } = fs.promises;
  t.after(() => {
    fs.promises.link = link;
  });
  fs.promises.link = (from, to) => {
    names.push(to);
    return link(from, to);
  };
  (await tryFileLock(file)).release();
  const [first, claim] = names;
  assert.equal(first, file);
  assert.ok(claim.startsWith(`${file}.`));
  leave(file, dead);
  leave(claim, deadHolder());
  const lock = await tryFileLock(file);
  assert.ok(lock);
  lock.release();
  leave(file, dead);
  leave(claim, holder({ ...own, pid: process.ppid, startTime: '0' }));
  assert.equal(await tryFileLock(file), null, 'a living one takes it over');
  assert.deepEqual(
    fs.readdirSync(dir).sort(),
    [file, claim].map((name) => path.basename(name)),
  );
});

test('a dead one that another has replaced meanwhile is not replaced again', async (t) => {
  const file = path.join(tempDir(t), 'lock');
  leave(file, deadHolder());
  const living = holder({ ...own, pid: process.ppid, startTime: '0' });
  const { link } = fs.promises;
  t.after(() => {
    fs.promises.link = link;
  });
  fs.promises.link = (from, to) => {
    if (to !== file) fs.writeFileSync(file, living);
    return link(from, to);
  };
  assert.equal(await tryFileLock(file), null);
  assert.equal(fs.readFileSync(file, 'utf8'), living);
  assert.deepEqual(fs.readdirSync(path.dirname(file)), ['lock']);
});

test('what is no lock is left alone', async (t) => {
  const dir = tempDir(t);
  const precious = path.join(dir, 'precious');
  fs.writeFileSync(precious, deadHolder());
  const link = path.join(dir, 'link');
  fs.symlinkSync(precious, link);
  await assert.rejects(tryFileLock(link), { code: 'ELOOP' });
  const folder = path.join(dir, 'folder');
  fs.mkdirSync(folder);
  await assert.rejects(tryFileLock(folder), { code: 'EEXIST' });
  const large = path.join(dir, 'large');
  fs.writeFileSync(large, 'x'.repeat(1000));
  await assert.rejects(tryFileLock(large), { code: 'EEXIST' });
  assert.equal(spawnSync('mkfifo', [path.join(dir, 'pipe')]).status, 0);
  await assert.rejects(tryFileLock(path.join(dir, 'pipe')), { code: 'EEXIST' });
});

/** A flock as the addon's: held in memory. */
function fakeFlock() {
  const held = new Set();
  const tryLockFile = (file) => {
    if (held.has(file)) return null;
    fs.closeSync(fs.openSync(file, 'a', 0o600));
    held.add(file);
    return { release: () => held.delete(file) };
  };
  return { held, tryLockFile };
}

for (const mode of ['flock', 'file']) {
  test(`${mode}: both locks or none`, async (t) => {
    const { held, tryLockFile } = mode === 'flock' ? fakeFlock() : {};
    const tmpDir = tempDir(t);
    const [here, there] = [tempDir(t), tempDir(t)];
    const lock = await tryHostLock({ dir: here, tmpDir, tryLockFile });
    assert.equal(lock.scope, 'host');
    assert.equal(await tryHostLock({ dir: here, tmpDir, tryLockFile }), null);
    assert.equal(await tryHostLock({ dir: there, tmpDir, tryLockFile }), null, 'one for the host');
    const elsewhere = await tryHostLock({ dir: there, tmpDir: tempDir(t), tryLockFile });
    assert.ok(elsewhere, 'what was tried in vain is free');
    elsewhere.release();
    lock.release();
    assert.equal(held?.size ?? 0, 0);
    const again = await tryHostLock({ dir: there, tmpDir, tryLockFile });
    again.release();
  });

  test(`${mode}: where the host's cannot be had the folder's alone will do`, async (t) => {
    const { tryLockFile } = mode === 'flock' ? fakeFlock() : {};
    const suffix = mode === 'flock' ? '' : '.held';
    const dir = tempDir(t);
    const precious = path.join(tempDir(t), 'precious');
    fs.writeFileSync(precious, 'precious');
    const makers = [
      () => path.join(dir, 'no', 'such', 'folder'),
      () => {
        const tmp = tempDir(t);
        fs.symlinkSync(precious, path.join(tmp, hostLockName() + suffix));
        return tmp;
      },
      () => {
        const tmp = tempDir(t);
        fs.mkdirSync(path.join(tmp, hostLockName() + suffix));
        return tmp;
      },
    ];
    for (const make of makers) {
      const lock = await tryHostLock({ dir, tmpDir: make(), tryLockFile });
      assert.equal(lock.scope, 'dir');
      lock.release();
    }
    assert.equal(fs.readFileSync(precious, 'utf8'), 'precious');
  });

  test(`${mode}: a lock that another user made is not believed`, {
    skip: process.getuid?.() !== 0 && 'needs root to give a file away',
  }, async (t) => {
    const { held, tryLockFile } = mode === 'flock' ? fakeFlock() : {};
    const tmpDir = tempDir(t);
    const file = path.join(tmpDir, hostLockName() + (mode === 'flock' ? '' : '.held'));
    fs.writeFileSync(file, holder({ ...own, pid: process.ppid, startTime: '0' }));
    fs.chownSync(file, 4711, 4711);
    const lock = await tryHostLock({ dir: tempDir(t), tmpDir, tryLockFile });
    assert.equal(lock.scope, 'dir');
    assert.equal(held?.size ?? 1, 1);
    lock.release();
    assert.ok(fs.existsSync(file));
  });
}

test('what becomes another file while it is locked is let go', async (t) => {
  const { held, tryLockFile } = fakeFlock();
  const tmpDir = tempDir(t);
  const swapped = (file) => {
    const lock = tryLockFile(file);
    if (path.dirname(file) === tmpDir) {
      fs.unlinkSync(file);
      fs.mkdirSync(file);
    }
    return lock;
  };
  const lock = await tryHostLock({ dir: tempDir(t), tmpDir, tryLockFile: swapped });
  assert.deepEqual([lock.scope, held.size], ['dir', 1]);
});

test('a folder that cannot be locked says so', async (t) => {
  const dir = path.join(tempDir(t), 'missing');
  await assert.rejects(tryHostLock({ dir, tmpDir: tempDir(t) }), {
    code: 'ERR_RSPROF_NOT_FOUND',
    message: /rsprof cannot lock .*rsprof\.lock/,
  });
});
