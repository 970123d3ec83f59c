'use strict';

// Every way in which the child can fail: quickly, told, followed by another try or by a snapshot in
// the process where the caller allows it, and nothing left behind.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');

const { buildAddon } = require('../support/c-addon.js');
const { runForJson } = require('../support/child.js');
const { BALLAST, CHILDREN, takeByFork } = require('../support/fork.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { names, onCleanup, tempDir } = require('../support/tempdir.js');

const { EAGAIN, ENOMEM, EPERM } = os.constants.errno;

function assertNothingLeft(dir, { left }) {
  assert.deepEqual(left, [], 'no child, no zombie');
  assert.deepEqual(names(dir), []);
}

function assertFellBack(result, reason) {
  assert.equal(result.strategy, 'inline', `${result.code} ${result.message}`);
  assert.equal(result.serializedOn, 'thread');
  assert.equal(result.fork, null);
  assert.match(result.fallback.reason, reason);
  assert.equal(result.stableIds, true);
  assert.ok(result.pauses.graphMs > 0);
  assert.deepEqual(result.left, []);
  const sidecar = JSON.parse(fs.readFileSync(result.sidecar, 'utf8'));
  assert.deepEqual(sidecar.result.fallback, result.fallback);
  readHeapSnapshot(result.path);
}

// --- No child is to be had ---------------------------------------------------------------------

const refuse = (t, errno) =>
  `require(${JSON.stringify(buildAddon(tempDir(t), 'refuse-fork'))}).refuseFork(${errno});`;

for (const [name, errno, text] of [
  ['EAGAIN', EAGAIN, /fork was refused: .*(temporarily unavailable|try again)/i],
  ['ENOMEM', ENOMEM, /fork was refused: .*(allocate memory|out of memory)/i],
  ['EPERM', EPERM, /fork was refused: .*not permitted/i],
]) {
  test(`a fork that the kernel refuses with ${name} is told; the snapshot is taken in the process`, async (t) => {
    const result = await takeByFork(tempDir(t), '', { before: refuse(t, errno) });
    assertFellBack(result, text);
  });
}

test('fallback: false makes a refused fork ERR_RSPROF_FORK', async (t) => {
  const dir = tempDir(t);
  const result = await takeByFork(dir, 'fallback: false', { before: refuse(t, EAGAIN) });
  assert.equal(result.code, 'ERR_RSPROF_FORK');
  assert.match(result.message, /fork was refused/);
  assertNothingLeft(dir, result);
});

test('a refused fork leaves MADV_DONTFORK as it was', async (t) => {
  const { before, after } = await runForJson(`
    ${BALLAST}
    const marks = () => require('node:fs').readFileSync('/proc/self/smaps', 'utf8').match(/^VmFlags:.* dc( |$)/gm).length;
    const dir = ${JSON.stringify(tempDir(t))};
    ${refuse(t, EAGAIN)}
    const before = marks();
    rsprof.heapSnapshot({ dir, strategy: 'fork', fallback: false }).catch(() => {})
      .then(() => console.log(JSON.stringify({ before, after: marks() })));
  `);
  assert.ok(before >= 10 && after >= 0.75 * before, JSON.stringify({ before, after }));
});

test('a stream whose fork is refused is taken in the process, whole', async (t) => {
  const file = path.join(tempDir(t), 'streamed');
  const { strategy, reason } = await runForJson(`
    ${refuse(t, ENOMEM)}
    (async () => {
      const stream = rsprof.heapSnapshotStream({ strategy: 'fork' });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      require('node:fs').writeFileSync(${JSON.stringify(file)}, Buffer.concat(chunks));
      const { strategy, fallback } = await stream.result;
      console.log(JSON.stringify({ strategy, reason: fallback.reason }));
    })();
  `);
  assert.equal(strategy, 'inline');
  assert.match(reason, /fork was refused/);
  readHeapSnapshot(file);
});

test('a stream that gets neither a child nor a fallback fails, and holds nothing up', async (t) => {
  const found = await runForJson(`
    ${refuse(t, ENOMEM)}
    (async () => {
      const codes = [];
      for (const options of [{ fallback: false }, { budget: { pauseSeconds: 0.001 } }]) {
        const stream = rsprof.heapSnapshotStream({ strategy: 'fork', ...options });
        try {
          for await (const chunk of stream) codes.push(chunk.length);
        } catch ({ code }) {
          codes.push(code);
        }
      }
      console.log(JSON.stringify(codes));
    })();
  `);
  assert.deepEqual(found, ['ERR_RSPROF_FORK', 'ERR_RSPROF_BUDGET']);
});

test('a fallback that could stop the process for longer than allowed is refused with the figures', async (t) => {
  const dir = tempDir(t);
  const options = 'budget: { pauseSeconds: 0.01 }';
  const result = await takeByFork(dir, options, { before: refuse(t, EAGAIN) });
  assert.equal(result.code, 'ERR_RSPROF_BUDGET');
  assert.match(result.message, /fork was refused.*not tried.*\d+\.\d s.*0\.01 s/);
  assert.equal(result.cause.code, 'ERR_RSPROF_FORK');
  assertNothingLeft(dir, result);
});

// --- Over budget -------------------------------------------------------------------------------

for (const [budget, text] of [
  ['{ seconds: 0.05 }', /more than 0\.05 s/],
  ['{ memory: 1e6 }', /more than 0 MiB/],
  ['{ memory: 4 * 2 ** 20 }', /more than 4 MiB/],
]) {
  test(`a child over its budget ${budget} is ended: ERR_RSPROF_BUDGET, or a fallback`, async (t) => {
    const dir = tempDir(t);
    const refused = await takeByFork(dir, `budget: ${budget}, fallback: false`);
    assert.equal(refused.code, 'ERR_RSPROF_BUDGET');
    assert.match(refused.message, text);
    assertNothingLeft(dir, refused);
    assertFellBack(await takeByFork(dir, `budget: { ...${budget}, pauseSeconds: 60 }`), text);
  });
}

test('a budget that suffices is none in the way', async (t) => {
  const result = await takeByFork(
    tempDir(t),
    'budget: { seconds: 100, memory: 2 ** 32 }, fallback: false',
  );
  assert.equal(result.strategy, 'fork');
});

// --- The child dies ----------------------------------------------------------------------------

const KILL = "process.kill(await held(), 'SIGKILL');";

test('a child that is killed from outside is told, and the snapshot is taken in the process', async (t) => {
  assertFellBack(await takeByFork(tempDir(t), '', { during: KILL }), /signal 9.*memory/);
});

test('fallback: false makes a killed child ERR_RSPROF_FORK, soon', async (t) => {
  const dir = tempDir(t);
  const result = await takeByFork(dir, 'fallback: false', { during: KILL });
  assert.equal(result.code, 'ERR_RSPROF_FORK');
  assert.match(result.message, /signal 9/);
  assertNothingLeft(dir, result);
});

test('a child that crashes once is followed by another one, and both are told', async (t) => {
  const during = `
    const child = await held();
    process.kill(child, 'SIGSEGV');
    process.kill(child, 'SIGCONT');
  `;
  const result = await takeByFork(tempDir(t), 'fallback: false', { during });
  assert.equal(result.strategy, 'fork');
  assert.equal(result.fork.attempts, 2);
  assert.match(result.fork.retries[0], /signal 11/);
  readHeapSnapshot(result.path);
});

test('a child that is stopped is ended by its budget', async (t) => {
  const dir = tempDir(t);
  const result = await takeByFork(dir, 'budget: { seconds: 1 }, fallback: false', {
    during: 'await held();',
  });
  assert.equal(result.code, 'ERR_RSPROF_BUDGET');
  assertNothingLeft(dir, result);
});

test('a stream whose child dies after its first bytes fails: it cannot begin anew', async () => {
  const { code, left } = await runForJson(`
    ${CHILDREN} ${BALLAST}
    (async () => {
      const stream = rsprof.heapSnapshotStream({ strategy: 'fork' });
      const child = forked();
      try {
        for await (const chunk of stream) {
          process.kill(await child, 'SIGKILL');
          await pause(50);
        }
        console.log(JSON.stringify({ code: 'none' }));
      } catch ({ code }) {
        console.log(JSON.stringify({ code, left: children() }));
      }
    })();
  `);
  assert.equal(code, 'ERR_RSPROF_FORK');
  assert.deepEqual(left, []);
});

// --- The disk is full --------------------------------------------------------------------------

const LITTLE = 200 * 1024;

/** A folder on a small file system of its own. */
function littleDisk(t) {
  const dir = tempDir(t);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${LITTLE}`, 'tmpfs', dir]);
  onCleanup(t, () => execFileSync('umount', ['-l', dir]));
  return dir;
}

test('a file size limit that the child meets is ERR_RSPROF_DISK_FULL at once, as it is in the process', async (t) => {
  const dir = tempDir(t);
  const before = `require('node:child_process').execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=${LITTLE}']);`;
  const inline = await takeByFork(dir, "strategy: 'inline'", { before });
  const result = await takeByFork(dir, 'fallback: false', { before });
  assert.equal(inline.code, 'ERR_RSPROF_DISK_FULL');
  assert.equal(result.code, 'ERR_RSPROF_DISK_FULL', JSON.stringify(result));
  assert.doesNotMatch(result.message, /signal/);
  assertNothingLeft(dir, result);
});

if (process.getuid() === 0) {
  test('a disk that fills up under the child is ERR_RSPROF_DISK_FULL, without a second try', async (t) => {
    const dir = littleDisk(t);
    const result = await takeByFork(dir, '');
    assert.equal(result.code, 'ERR_RSPROF_DISK_FULL');
    assert.ok(result.message.includes(dir), result.message);
    assert.equal(result.cause.code, 'ENOSPC');
    assertNothingLeft(dir, result);
  });
}

for (const oomGroup of ['0', '1']) {
  const what = oomGroup === '1' ? 'has a budget' : 'has none';
  test(`a child ${what} where memory.oom.group is ${oomGroup}`, async (t) => {
    const dir = tempDir(t);
    // Control groups are the machine's: what the kernel would say is said by the script.
    const before = `
      const fs = require('node:fs');
      const real = fs.readFileSync;
      const files = {
        '/proc/self/cgroup': '0::/kubepods/pod7/app\\n',
        '/sys/fs/cgroup/kubepods/pod7/memory.oom.group': '${oomGroup}\\n',
      };
      fs.readFileSync = (file, ...rest) => files[file] ?? real(file, ...rest);
      const used = require('node:v8').getHeapStatistics().used_heap_size;
      process.availableMemory = () => used;
    `;
    const result = await takeByFork(dir, 'spill: false, force: true, fallback: false', { before });
    if (oomGroup === '0') {
      assert.equal(result.strategy, 'fork', JSON.stringify(result));
      assert.ok(result.fork.addedBytes > 0);
    } else {
      assert.equal(result.code, 'ERR_RSPROF_BUDGET', JSON.stringify(result));
      assert.match(result.message, /the child took more than \d+ MiB/);
      assert.deepEqual(names(dir), []);
    }
    assert.deepEqual(result.left, []);
  });
}
