'use strict';

// Limits of rules between real processes: the locks, the ledger, disks that are full or read-only.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { nextMessage, runForJson, startNode } = require('../support/child.js');
const { root } = require('../support/env.js');
const { smallDisk } = require('../support/small-disk.js');
const { names, tempDir } = require('../support/tempdir.js');

const HOUR = 3_600_000;

/** Limits over a folder, past the start's grace: `admit(rule)` and `capture(lease)` are at hand. */
const prepare = ({ dir, tmpDir, limits = {} }) => `
  const { Limits, readLimits } = require(${JSON.stringify(path.join(root, 'lib/watch/limits.js'))});
  const dir = ${JSON.stringify(dir)};
  const limits = new Limits({
    dir,
    tmpDir: ${JSON.stringify(tmpDir)},
    limits: readLimits(${JSON.stringify({ grace: 0, minFreeDisk: 1, ...limits })}),
  });
  const admit = (rule, later = 0) => limits.admit({ rule, now: Date.now() + later });
  async function capture(lease) {
    const reason = 'rule heap: heapUsed > 80 %';
    const { path } = await rsprof.cpuProfile({ dir, seconds: 0.1, reason });
    await lease.end({ files: [path] });
  }
`;

const places = (t) => ({ dir: tempDir(t), tmpDir: tempDir(t) });
const profiles = (dir) => names(dir).filter((name) => name.endsWith('.cpuprofile.gz'));
const entries = (dir) =>
  JSON.parse(fs.readFileSync(path.join(dir, 'rsprof-ledger.json'), 'utf8')).entries;

test('eight processes that cross at once leave one capture', async (t) => {
  const place = places(t);
  const script = `${prepare(place)}
    process.once('message', async () => {
      const first = await admit('heap');
      if (first.lease) await capture(first.lease);
      process.send(first.skipped?.limit ?? 'captured');
      process.once('message', async () => {
        const { skipped } = await admit('heap', 20_000);
        process.send(skipped.limit);
        process.disconnect();
      });
    });
    process.send('ready');`;
  const children = Array.from({ length: 8 }, () => startNode(script));
  const all = (message) => {
    const answers = Promise.all(children.map(nextMessage));
    if (message) for (const child of children) child.send(message);
    return answers;
  };
  await all();
  const first = await all('go');
  assert.equal(first.filter((answer) => answer === 'captured').length, 1, first.join());
  assert.ok(
    first.every((answer) => ['captured', 'busy', 'cooldown'].includes(answer)),
    first.join(),
  );
  assert.deepEqual(await all('again'), Array(8).fill('cooldown'));
  await Promise.all(children.map((child) => child.finished));
  const [file] = profiles(place.dir);
  assert.deepEqual(names(place.dir), [file, `${file}.json`, 'rsprof-ledger.json']);
  assert.equal(entries(place.dir).length, 1);
  assert.equal(entries(place.dir)[0].files[0].name, file);
  assert.deepEqual(names(place.tmpDir), []);
});

test('threads of one process take turns like processes', async (t) => {
  const place = places(t);
  const inWorker = `const rsprof = require(${JSON.stringify(root)});
    const { parentPort } = require('node:worker_threads');
    ${prepare(place)}
    parentPort.once('message', async () => {
      const { lease, skipped } = await admit('heap');
      if (lease) await capture(lease);
      parentPort.postMessage(skipped?.limit ?? 'captured');
    });
    parentPort.postMessage('ready');`;
  const answers = await runForJson(`
    const { Worker } = require('node:worker_threads');
    const { once } = require('node:events');
    (async () => {
      const workers = Array.from({ length: 4 }, () => new Worker(${JSON.stringify(inWorker)}, { eval: true }));
      await Promise.all(workers.map((worker) => once(worker, 'message')));
      const answers = workers.map(async (worker) => (await once(worker, 'message'))[0]);
      for (const worker of workers) worker.postMessage('go');
      console.log(JSON.stringify(await Promise.all(answers)));
      for (const worker of workers) worker.terminate();
    })();`);
  assert.equal(answers.filter((answer) => answer === 'captured').length, 1, answers.join());
  assert.equal(profiles(place.dir).length, 1);
});

/** A process that holds the lease of the rule `heap`. */
async function startHolder(place) {
  const child = startNode(`${prepare(place)}
    admit('heap').then(({ lease, skipped }) => {
      process.send(lease ? 'held' : skipped);
      process.once('message', () => process.exit(0));
    });`);
  assert.equal(await nextMessage(child), 'held');
  return child;
}

/** What another process is told: of another rule, then of the same one. */
const askTwice = (place, more = '') =>
  runForJson(`${prepare(place)}
    (async () => {
      const other = await admit('other');
      if (other.lease) await capture(other.lease);
      const same = await admit('heap');
      const until = same.skipped.until - Date.now();
      console.log(JSON.stringify({ other: other.skipped?.limit ?? null, same: same.skipped.limit, until }));
      ${more}
    })();`);

test('a holder that is killed lets go, and what it began counts', async (t) => {
  const place = places(t);
  const child = await startHolder(place);
  assert.equal((await askTwice(place)).other, 'busy');
  child.kill('SIGKILL');
  await child.finished;
  const { other, same, until } = await askTwice(place);
  assert.deepEqual([other, same], [null, 'cooldown']);
  assert.ok(until > 0 && until <= HOUR);
  const [killed, ended] = entries(place.dir);
  assert.deepEqual([killed.rule, killed.endedAt], ['heap', null]);
  assert.deepEqual([ended.rule, ended.endedAt >= ended.at], ['other', true]);
  assert.deepEqual(names(place.tmpDir), []);
});

test('a holder that exits in the middle leaves no lock behind', async (t) => {
  const place = places(t);
  const child = await startHolder(place);
  child.send('exit');
  await child.finished;
  assert.deepEqual(names(place.dir), ['rsprof-ledger.json']);
  assert.deepEqual(names(place.tmpDir), []);
});

test('one capture on the host, whatever the folder', async (t) => {
  const place = places(t);
  const child = await startHolder(place);
  const { other } = await askTwice({ dir: tempDir(t), tmpDir: place.tmpDir });
  assert.equal(other, 'busy');
  child.send('exit');
  await child.finished;
});

/** Asks once in a process of its own: `{ skipped, stats }`. */
const askOnce = (place) =>
  runForJson(`${prepare(place)}
    admit('heap').then(async ({ lease, skipped }) => {
      await lease?.end();
      console.log(JSON.stringify({ skipped, stats: limits.stats() }));
    });`);

test('a disk that is full', async (t) => {
  const dir = smallDisk(t, 1024);
  if (!dir) return t.skip('needs the right to mount');
  const place = { dir, tmpDir: tempDir(t) };
  fs.writeFileSync(path.join(dir, 'ballast'), Buffer.alloc(900 << 10));
  const nearly = await askOnce({ ...place, limits: { minFreeDisk: '512k' } });
  assert.equal(nearly.skipped.limit, 'minFreeDisk');
  assert.match(
    nearly.skipped.reason,
    /of the disk of .* are free; limits\.minFreeDisk is 512\.0 kB/,
  );

  spawnSync('dd', ['if=/dev/zero', `of=${path.join(dir, 'rest')}`, 'bs=4096']);
  const { skipped, stats } = await askOnce(place);
  assert.equal(skipped.limit, 'dir');
  assert.match(skipped.reason, /rsprof cannot .*: the disk is full \(ENOSPC\)/);
  assert.equal(stats.problems.length, 1);
  assert.deepEqual(
    names(dir).filter((name) => !['ballast', 'rest'].includes(name)),
    [],
    'nothing is left behind',
  );
});

test('old captures make room on a disk that is nearly full', async (t) => {
  const dir = smallDisk(t, 2048);
  if (!dir) return t.skip('needs the right to mount');
  const put = (second, kibibytes) => {
    const name = `20240131T12000${second}.000Z-7-0-0001.cpuprofile.gz`;
    fs.writeFileSync(path.join(dir, name), Buffer.alloc(kibibytes << 10));
    const document = { format: 'rsprof-sidecar/1', file: name, reason: 'rule heap: cpu > 90 %' };
    fs.writeFileSync(path.join(dir, `${name}.json`), JSON.stringify(document));
    return name;
  };
  const [, middle, newest] = [put(1, 600), put(2, 600), put(3, 600)];
  const place = { dir, tmpDir: tempDir(t), limits: { minFreeDisk: '512k' } };
  const { skipped, stats } = await askOnce(place);
  assert.equal(skipped, undefined);
  assert.deepEqual(profiles(dir), [middle, newest]);
  assert.equal(stats.removed.files, 2);
});

test('a folder that cannot be written', async (t) => {
  const dir = smallDisk(t, 1024);
  if (!dir || spawnSync('mount', ['-o', 'remount,ro', dir]).status !== 0)
    return t.skip('needs the right to mount');
  const { skipped, stats } = await askOnce({ dir, tmpDir: tempDir(t) });
  assert.equal(skipped.limit, 'dir');
  assert.match(
    skipped.reason,
    /rsprof cannot lock .*: the file system is read-only \(EROFS\); choose another dir/,
  );
  assert.deepEqual(stats.skipped, { dir: 1 });
});
