'use strict';

const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const rsprof = require('../..');
const { runForJson } = require('../support/child.js');
const { readCpuProfile } = require('../support/cpuprofile.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { names, onCleanup, tempDir } = require('../support/tempdir.js');
const { openFiles, ownThreads } = require('../support/threads.js');

const isRoot = process.getuid() === 0;

/** The three kinds of capture, each as one call that ends by itself. */
const KINDS = {
  heapSnapshot: (options) => rsprof.heapSnapshot(options),
  cpuProfile: (options) => rsprof.cpuProfile({ seconds: 0.05, ...options }),
  heapProfile: (options) => rsprof.heapProfile({ seconds: 0.05, ...options }),
};

/** Mounts a file system on an empty folder; undefined where that is not permitted. */
function mount(t, options) {
  const dir = tempDir(t);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir]);
  if (status !== 0) return undefined;
  onCleanup(t, () => execFileSync('umount', ['-l', dir]));
  return dir;
}

for (const [kind, capture] of Object.entries(KINDS)) {
  test(`${kind}: a path that is a folder is refused as such`, async (t) => {
    const dir = tempDir(t);
    await assert.rejects(capture({ path: dir }), { code: 'ERR_RSPROF_IS_DIRECTORY' });
    assert.deepEqual(names(dir), []);
  });

  test(`${kind}: a file that exists is not touched unless overwrite says so`, async (t) => {
    const dir = tempDir(t);
    const file = path.join(dir, 'mine.json');
    fs.writeFileSync(file, 'mine');
    await assert.rejects(capture({ path: file }), { code: 'ERR_RSPROF_EXISTS' });
    assert.equal(fs.readFileSync(file, 'utf8'), 'mine');
    assert.deepEqual(names(dir), ['mine.json']);
    const result = await capture({ path: file, overwrite: true });
    assert.equal(fs.statSync(file).size, result.bytes);
    assert.deepEqual(names(dir), ['mine.json', 'mine.json.json']);
  });

  test(`${kind}: a path in a folder that does not exist is an error that names it`, async (t) => {
    const file = path.join(tempDir(t), 'missing', 'file.gz');
    const expected = { code: 'ERR_RSPROF_NOT_FOUND', message: /missing/ };
    await assert.rejects(capture({ path: file }), expected);
  });

  test(`${kind}: a symbolic link at the path is never followed`, async (t) => {
    const dir = tempDir(t);
    const target = path.join(dir, 'target');
    const link = path.join(dir, 'link.gz');
    fs.writeFileSync(target, 'untouched');
    fs.symlinkSync(target, link);
    await assert.rejects(capture({ path: link }), { code: 'ERR_RSPROF_EXISTS' });
    await capture({ path: link, overwrite: true });
    assert.equal(fs.readFileSync(target, 'utf8'), 'untouched');
    assert.equal(fs.lstatSync(link).isSymbolicLink(), false, 'the link itself was replaced');
  });

  test(`${kind}: a dangling link at the path is refused`, async (t) => {
    const dir = tempDir(t);
    const link = path.join(dir, 'link.gz');
    fs.symlinkSync(path.join(dir, 'nowhere'), link);
    await assert.rejects(capture({ path: link }), { code: 'ERR_RSPROF_EXISTS' });
    assert.deepEqual(names(dir), ['link.gz']);
  });
}

test('a file that appears at the path during the capture wins, and the capture says so', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'race.gz');
  const handle = rsprof.startCpuProfile({ path: file });
  fs.writeFileSync(file, 'first');
  await assert.rejects(handle.stop(), { code: 'ERR_RSPROF_EXISTS' });
  assert.equal(fs.readFileSync(file, 'utf8'), 'first');
  assert.deepEqual(names(dir), ['race.gz']);
});

test('dir that is a file is refused', async (t) => {
  const file = path.join(tempDir(t), 'a-file');
  fs.writeFileSync(file, '');
  for (const capture of Object.values(KINDS)) {
    await assert.rejects(capture({ dir: file }), { name: 'RsprofError', message: /a-file/ });
  }
});

/** Runs every kind of capture into `dir` in a child that `prepare` has limited in some way. */
function failuresOf(dir, options) {
  const script = `
    const dir = ${JSON.stringify(dir)};
    const fs = require('node:fs');
    const threads = () => fs.readdirSync('/proc/self/task').length;
    (async () => {
      await rsprof.heapSnapshot({ dir: ${JSON.stringify(options.warmUpDir)}, sidecar: false });
      ${options.prepare ?? ''}
      globalThis.noise = Array.from({ length: 20000 }, () => Math.random().toString(36).repeat(2));
      const failures = {};
      const fail = async (kind, promise) => {
        try { await promise; failures[kind] = 'none'; }
        catch (error) { failures[kind] = { name: error.name, code: error.code, message: error.message }; }
      };
      await fail('heapSnapshot', rsprof.heapSnapshot({ dir }));
      await fail('plainSnapshot', rsprof.heapSnapshot({ dir, compression: 'none' }));
      await fail('redactedSnapshot', rsprof.heapSnapshot({ dir, redact: 'strings' }));
      ${options.profiles ? PROFILES : ''}
      const own = fs.readdirSync('/proc/self/task')
        .map((id) => fs.readFileSync('/proc/self/task/' + id + '/comm', 'utf8'))
        .filter((name) => name.startsWith('rsprof'));
      console.log(JSON.stringify({ failures, own }));
    })();
  `;
  return runForJson(script, options.child);
}

const PROFILES = `
  await fail('cpuProfile', rsprof.cpuProfile({ dir, seconds: 0.05 }));
  await fail('heapProfile', rsprof.heapProfile({ dir, seconds: 0.05 }));
`;

function assertFailures({ failures, own }, code) {
  for (const [kind, failure] of Object.entries(failures)) {
    assert.equal(failure.code, code, `${kind}: ${JSON.stringify(failure)}`);
    assert.equal(failure.name, 'RsprofError');
    assert.ok(failure.message.length > 30, failure.message);
  }
  assert.deepEqual(own, [], 'no thread of rsprof is left');
}

test('a file size limit is a full disk: a clear error, nothing left, the process goes on', async (t) => {
  const dir = tempDir(t);
  const warmUpDir = tempDir(t);
  // 100 blocks of 512 or 1024 bytes: far less than any snapshot. The limit is set on the running
  // process, so that the capture before it shows that the limit alone is what fails the others.
  const prepare = `
    require('node:child_process').execFileSync('prlimit', ['--fsize=50000', '--pid', String(process.pid)]);
  `;
  const result = await failuresOf(dir, { warmUpDir, prepare });
  assertFailures(result, 'ERR_RSPROF_DISK_FULL');
  assert.deepEqual(names(dir), []);
});

test('a disk that is full is a clear error, nothing left, the process goes on', async (t) => {
  const dir = mount(t, 'size=128k');
  // Where nothing may be mounted the size limit above stands for it.
  if (!dir) return;
  const result = await failuresOf(dir, { warmUpDir: tempDir(t) });
  assertFailures(result, 'ERR_RSPROF_DISK_FULL');
  assert.deepEqual(names(dir), []);
});

test('a disk that is full from the start fails every kind of capture', async (t) => {
  const dir = mount(t, 'size=4k');
  if (!dir) return;
  fs.writeFileSync(path.join(dir, 'filler'), Buffer.alloc(4096));
  const result = await failuresOf(dir, { warmUpDir: tempDir(t), profiles: true });
  assertFailures(result, 'ERR_RSPROF_DISK_FULL');
  assert.deepEqual(names(dir), ['filler']);
});

test('a read-only file system is an access error', async (t) => {
  const dir = mount(t, 'ro');
  if (!dir) return;
  const result = await failuresOf(dir, { warmUpDir: tempDir(t), profiles: true });
  assertFailures(result, 'ERR_RSPROF_ACCESS');
});

test('a folder without the right to write is an access error', async (t) => {
  const dir = tempDir(t);
  fs.chmodSync(dir, 0o555);
  onCleanup(t, () => fs.chmodSync(dir, 0o755));
  const prepare = isRoot
    ? 'process.setgroups([]); process.setgid(65534); process.setuid(65534);'
    : '';
  const result = await failuresOf(dir, { warmUpDir: tempDir(t), prepare, profiles: true });
  assertFailures(result, 'ERR_RSPROF_ACCESS');
  assert.deepEqual(names(dir), []);
});

test('after failures of every kind captures work and no descriptor or thread is left', async (t) => {
  const dir = tempDir(t);
  await rsprof.heapSnapshot({ dir });
  const before = openFiles();
  for (const capture of Object.values(KINDS)) {
    await assert.rejects(capture({ path: dir }));
    await assert.rejects(capture({ path: '/proc/self/nope.gz' }));
  }
  assert.deepEqual(openFiles(), before);
  assert.deepEqual(ownThreads(), []);
  readHeapSnapshot((await KINDS.heapSnapshot({ dir })).path);
  readCpuProfile((await KINDS.cpuProfile({ dir })).path);
});
