'use strict';

// The disk under the spill file gets full. The kernel tells a program of that by SIGBUS at the write
// to a mapped page, where it could as well be a crash: what the caller sees must be the disk.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { runForJson } = require('../support/child.js');
const { BALLAST, CHILDREN, takeByFork } = require('../support/fork.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { names, onCleanup, tempDir } = require('../support/tempdir.js');

const MIB = 1 << 20;
/** A spill file is not tried on a disk with less than 64 MiB. */
const LITTLE = 100 * MIB;
const LARGE = 1024 * MIB;

/** A file system on a disk of its own (memory is refused for spilling), empty. */
function disk(t, bytes) {
  const image = path.join(tempDir(t), 'image');
  const folder = tempDir(t);
  fs.closeSync(fs.openSync(image, 'w'));
  fs.truncateSync(image, bytes);
  execFileSync('mkfs.ext4', ['-q', '-m', '0', '-O', '^has_journal', image], { stdio: 'pipe' });
  execFileSync('mount', ['-o', 'loop', image, folder], { stdio: 'pipe' });
  onCleanup(t, () => execFileSync('umount', ['-l', folder]));
  fs.rmdirSync(path.join(folder, 'lost+found'));
  return folder;
}

/** Why no disk can be made here; false where one can. */
function whyNoDisk() {
  if (process.platform !== 'linux') return 'a fork needs Linux';
  if (process.getuid() !== 0) return 'only root can mount a small disk';
  const undo = [];
  try {
    // Stands in for a test: its clean-up is called below.
    disk({ after: (cleanup) => undo.push(cleanup) }, LITTLE);
    return false;
  } catch ({ message }) {
    return `no small disk can be mounted: ${message}`;
  } finally {
    for (const cleanup of undo) cleanup();
  }
}

const onDisks = { skip: whyNoDisk() };

/** With this V8's graph is some 300 MB. */
const MORE = 'globalThis.more = Array.from({ length: 150_000 }, (_, i) => ({ i, list: [i] }));';

/** Blocks in use, as the file system counts them: an unlinked file shows here and nowhere else. */
function usedKiB(folder) {
  const [, figures] = execFileSync('df', ['-k', '--output=used', folder]).toString().split('\n');
  return Number(figures);
}

function assertToldAsFull(result) {
  assert.equal(result.code, 'ERR_RSPROF_DISK_FULL', JSON.stringify(result));
  assert.doesNotMatch(result.message, /signal|status/);
  assert.equal(result.cause.code, 'ENOSPC');
  assert.match(result.cause.message, /memory it spills/);
}

test('a disk with room for the graph has a snapshot, and the disk back', onDisks, async (t) => {
  const dir = disk(t, LARGE);
  const before = usedKiB(dir);
  const result = await takeByFork(dir, 'spill: true, fallback: false', { before: MORE });
  assert.equal(result.strategy, 'fork', JSON.stringify(result));
  assert.ok(result.fork.spilledBytes > LITTLE, `it took ${result.fork.spilledBytes} bytes`);
  readHeapSnapshot(result.path);
  for (const name of names(dir)) fs.unlinkSync(path.join(dir, name));
  assert.equal(usedKiB(dir), before);
});

for (const fallback of [true, false]) {
  test(
    `a disk that the graph does not fit on is told as full; fallback: ${fallback}`,
    onDisks,
    async (t) => {
      const dir = disk(t, LITTLE);
      const before = usedKiB(dir);
      const result = await takeByFork(dir, `spill: true, fallback: ${fallback}`, { before: MORE });
      assertToldAsFull(result);
      assert.deepEqual(result.left, [], 'no child, no zombie');
      assert.deepEqual(names(dir), []);
      assert.equal(usedKiB(dir), before);
    },
  );
}

test('a disk that others fill while the child is at work is told as full', onDisks, async (t) => {
  const dir = disk(t, 2 * LITTLE);
  const during = `
    const child = await held();
    const fs = require('node:fs');
    const filler = fs.openSync(dir + '/filler', 'w');
    try { for (;;) fs.writeSync(filler, Buffer.alloc(65_536, 1)); } catch ({ code }) { var full = code; }
    fs.fsyncSync(filler);
    process.kill(child, 'SIGCONT');
    snapshot.then((one) => { one.full = full; });
  `;
  const result = await takeByFork(dir, 'spill: true, fallback: false', { during });
  assert.equal(result.full, 'ENOSPC', 'the disk is full indeed');
  assertToldAsFull(result);
  assert.deepEqual(result.left, []);
  assert.deepEqual(names(dir), ['filler']);
});

test(
  'a stream whose child spills to a full disk fails with that reason, and ends',
  onDisks,
  async (t) => {
    const dir = disk(t, LITTLE);
    const script = `
    ${CHILDREN} ${BALLAST} ${MORE}
    (async () => {
      const stream = rsprof.heapSnapshotStream({ strategy: 'fork', spill: true, fallback: false });
      let bytes = 0;
      try {
        for await (const chunk of stream) bytes += chunk.length;
        console.log(JSON.stringify({ bytes }));
      } catch (error) {
        console.log(JSON.stringify({ ...told(error), cause: told(error.cause), left: children() }));
      }
    })();`;
    // A stream has no folder of its own: it spills to the temporary one.
    const result = await runForJson(script, { env: { TMPDIR: dir } });
    assertToldAsFull(result);
    assert.deepEqual(result.left, []);
    assert.deepEqual(names(dir), []);
  },
);

test(
  'a disk that is too small from the start is told before anything is forked',
  onDisks,
  async (t) => {
    const dir = disk(t, LITTLE / 2);
    const result = await takeByFork(dir, 'spill: true, fallback: false');
    assert.equal(result.code, 'ERR_RSPROF_DISK_FULL', JSON.stringify(result));
    assert.match(result.message, /spill file/);
    assert.deepEqual(result.left, []);
    assert.deepEqual(names(dir), []);
  },
);

/** What is left for a child, in heaps: the worst case takes ten, the best two. */
const left = (heaps) => `
  const used = require('node:v8').getHeapStatistics().used_heap_size;
  process.availableMemory = () => used * ${heaps};
`;

/** Where no child can spill: a folder in memory. */
function memoryFolder(t) {
  const folder = fs.mkdtempSync('/dev/shm/rsprof-test-');
  onCleanup(t, () => fs.rmSync(folder, { recursive: true }));
  return folder;
}

const inMemory = { skip: fs.existsSync('/dev/shm') ? false : 'there is no /dev/shm' };

test('where it cannot spill and did not have to, the child goes without', inMemory, async (t) => {
  const result = await takeByFork(memoryFolder(t), 'fallback: false', { before: left(8) });
  assert.equal(result.strategy, 'fork', JSON.stringify(result));
  assert.equal(result.fork.spilledBytes, null);
  assert.equal(result.fork.retries.length, 1);
  assert.match(result.fork.retries[0], /in memory: cannot spill there/);
  readHeapSnapshot(result.path);
});

test('where it cannot spill and would not fit without, both are told', inMemory, async (t) => {
  const dir = memoryFolder(t);
  const result = await takeByFork(dir, 'fallback: false', { before: left(1) });
  assert.equal(result.code, 'ERR_RSPROF_UNSUPPORTED', JSON.stringify(result));
  assert.ok(result.message.includes(dir), result.message);
  assert.match(result.message, /without it a child has no room: it takes at least \d+ MiB/);
  assert.deepEqual(result.left, []);
  assert.deepEqual(names(dir), []);
});

test('a spill file that was asked for is not done without', inMemory, async (t) => {
  const dir = memoryFolder(t);
  const result = await takeByFork(dir, 'spill: true, fallback: false');
  assert.equal(result.code, 'ERR_RSPROF_UNSUPPORTED', JSON.stringify(result));
  assert.match(
    result.message,
    /cannot spill there; choose a dir on another disk, or pass spill: false/,
  );
});
