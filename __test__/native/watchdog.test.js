'use strict';

// A turn of the event loop that does not end, in real processes. How long a turn is stuck is told by what it
// brings about: the programs go on when the profile is there.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { test } = require('node:test');

const { nextMessage, runNode, startNode } = require('../support/child.js');
const { parsePartialName } = require('../../lib/naming.js');
const { readCpuProfile } = require('../support/cpuprofile.js');
const { smallDisk } = require('../support/small-disk.js');
const { names, tempDir } = require('../support/tempdir.js');

const PROGRAM = path.join(__dirname, '..', 'support', 'stuck-program.js');
const THREADS = path.join(__dirname, '..', 'support', 'threads.js');
const ADDON = JSON.stringify(path.join(__dirname, '..', '..', 'native'));

/** First and last 1-based line of a function of the program. */
function linesOf(name) {
  const lines = fs.readFileSync(PROGRAM, 'utf8').split('\n');
  const first = lines.findIndex((line) => line.startsWith(`function ${name}(`));
  return [first + 1, lines.indexOf('}', first) + 1];
}

/** Runs the program; its result, and what it said. */
async function run(plan, more = {}) {
  const { stdout, stderr } = await runNode('', {
    file: PROGRAM,
    args: [JSON.stringify(plan)],
    ...more,
  });
  return { ...JSON.parse(stdout), said: stderr.split('\n').filter((line) => line !== '') };
}

function onlyOne(list) {
  assert.equal(list.length, 1, JSON.stringify(list));
  return list[0];
}

/** An episode with a whole profile of a function. */
function checkEpisode({ found, said, threads, names: left }, name) {
  const episode = onlyOne(found);
  assert.equal(episode.error, null);
  assert.equal(episode.skipped, null);
  const at = `${name} (stuck-program.js:${episode.line})`;
  assert.equal(episode.function, name, episode.verdict);
  checkLines(episode, name);
  assert.match(episode.url, /stuck-program\.js$/);
  assert.ok(episode.verdict.includes(at), episode.verdict);
  checkTimes(episode);
  const line = said.at(-1);
  assert.match(line, /^rsprof: the event loop (has not turned|did not turn) for /);
  assert.ok(line.includes(at), line);
  assert.ok(line.endsWith(`; profile: ${episode.path}`), line);
  assert.deepEqual(threads, [], 'its threads have ended');
  assert.deepEqual(
    left.sort(),
    [episode.path, episode.sidecar].map((file) => path.basename(file)),
  );
  checkFiles(episode);
  return episode;
}

/** The function begins at `line`, or was there where V8's profile does not know it. */
function checkLines({ line, hotLine, stack }, name) {
  const [first, last] = linesOf(name);
  for (const one of [line, hotLine])
    assert.ok(one >= first && one <= last, `line ${one} of ${name}`);
  const frame = stack.find((one) => one.function === name);
  assert.ok(frame.line >= first && frame.line <= last, `line ${frame.line} of ${name}`);
  assert.match(frame.url, /stuck-program\.js$/);
}

function checkTimes({ startedAt, endedAt, stuckMs, nativeMs }) {
  const lasted = Date.parse(endedAt) - Date.parse(startedAt);
  assert.ok(stuckMs >= 200, `${stuckMs} ms`);
  assert.ok(Math.abs(lasted - stuckMs) <= 5, `${startedAt} to ${endedAt} is not ${stuckMs} ms`);
  assert.ok(nativeMs >= 0 && nativeMs <= stuckMs);
}

function checkFiles(episode) {
  const profile = readCpuProfile(episode.path);
  assert.ok(profile.nodes.some(({ callFrame }) => callFrame.url.endsWith('/stuck-program.js')));
  assert.equal(fs.statSync(episode.path).mode & 0o777, 0o600);
  const sidecar = JSON.parse(fs.readFileSync(episode.sidecar, 'utf8'));
  assert.deepEqual(Object.keys(sidecar), [
    'format',
    'kind',
    'file',
    'reason',
    'startedAt',
    'options',
    'result',
    'process',
  ]);
  assert.equal(sidecar.file, path.basename(episode.path));
  assert.equal(sidecar.reason, 'event loop stuck');
  assert.equal(sidecar.result.bytes, fs.statSync(episode.path).size);
  assert.equal(sidecar.result.verdict, episode.verdict);
  assert.equal(sidecar.result.sampleCount, profile.samples.length);
  assert.ok(sidecar.process.rss > 1e6 && sidecar.process.uptime >= 1);
}

for (const [what, stuck, name = stuck] of [
  ['while (true)', 'spin'],
  ['a catastrophic regular expression', 'backtrack'],
  ['JSON.stringify of something large', 'fillAndStringify', 'stringify'],
]) {
  test(`${what} is profiled while it runs`, async (t) => {
    checkEpisode(await run({ dir: tempDir(t), stuck }), name);
  });
}

test('a loop that was optimised long before is profiled while it runs', async (t) => {
  const result = await run({ dir: tempDir(t), stuck: 'warmLoop' });
  checkEpisode(result, 'hotLoop');
});

test('a loop that is called from two lines meanwhile is profiled while it runs', async (t) => {
  const result = await run({ dir: tempDir(t), stuck: 'twoCalls' });
  checkEpisode(result, 'hotLoop');
});

test('a loop in a worker is profiled while it runs', async (t) => {
  const { path: file } = checkEpisode(
    await run({ dir: tempDir(t), stuck: 'spin', worker: true }),
    'spin',
  );
  assert.match(file, /-1-0001\.cpuprofile$/);
});

test('the file is compressed, its folder is made', async (t) => {
  const dir = path.join(tempDir(t), 'new', 'folder');
  const options = { compression: 'gzip', name: '-x.cpuprofile' };
  const { found } = await run({ dir, stuck: 'spin', options, bare: true });
  const { path: file, sidecar } = onlyOne(found);
  assert.equal(sidecar, null);
  assert.deepEqual([...fs.readFileSync(file).subarray(0, 2)], [0x1f, 0x8b]);
  readCpuProfile(file);
  assert.equal(fs.statSync(dir).mode & 0o777, 0o700);
});

test('a call of native code that does not end is told, without a profile', async (t) => {
  const { found, said, names: left } = await run({ dir: tempDir(t), stuck: 'sleep' });
  const episode = onlyOne(found);
  assert.equal(episode.skipped, 'native');
  assert.equal(episode.path, null);
  assert.match(episode.verdict, /^No JavaScript ran, and next to no CPU time was used/);
  assert.match(onlyOne(said), /has not turned for .*No JavaScript ran.*; no profile: /);
  assert.deepEqual(left, []);
  checkTimes(episode);
});

test('JavaScript that does not end after a call of native code is profiled', async (t) => {
  const result = await run({ dir: tempDir(t), stuck: 'sleepThenSpin' });
  checkEpisode(result, 'spin');
});

test('whoever may be at a breakpoint is left alone, a loop is not', async (t) => {
  const dir = tempDir(t);
  const asleep = await run({ dir, stuck: 'sleep', debugged: true, beats: 15 });
  assert.deepEqual([asleep.found, asleep.said], [[], []]);
  checkEpisode(await run({ dir, stuck: 'spin', debugged: true }), 'spin');
});

test('nothing is told of a loop that turns often, however busy it is', async (t) => {
  const plan = { dir: tempDir(t), busy: true, beats: 80, options: { thresholdMs: 800 } };
  const { found, said, names: left } = await run(plan);
  assert.deepEqual([found, said, left], [[], [], []]);
});

test('nothing is told of a process that was stopped', async (t) => {
  const dir = tempDir(t);
  const plan = { dir, beats: 60 };
  const child = startNode('', { file: PROGRAM, args: [JSON.stringify(plan)] });
  await nextMessage(child);
  for (let stops = 0; stops < 3; stops++) {
    await sleep(70 + 90 * stops);
    child.kill('SIGSTOP');
    await sleep(600);
    child.kill('SIGCONT');
  }
  const { code, stdout, stderr } = await child.finished;
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout).found, []);
  assert.equal(stderr, '');
});

for (const [what, plan, skipped, said] of [
  [
    'limits that allow no profile',
    { allowed: false },
    'limits',
    /no profile: the limits allow none now$/,
  ],
  [
    'a disk with too little room',
    { options: { minFree: 2 ** 60 } },
    'disk',
    /too little is free on the disk$/,
  ],
]) {
  test(`${what}: the episode is told all the same`, async (t) => {
    const result = await run({ dir: tempDir(t), stuck: 'waste', ...plan });
    const episode = onlyOne(result.found);
    assert.deepEqual([episode.skipped, episode.path, episode.error], [skipped, null, null]);
    checkTimes(episode);
    assert.match(onlyOne(result.said), said);
    assert.deepEqual(result.names, []);
  });
}

test('without say nothing is said', async (t) => {
  const { found, said } = await run({ dir: tempDir(t), stuck: 'spin', options: { say: false } });
  assert.equal(onlyOne(found).function, 'spin');
  assert.deepEqual(said, []);
});

test('one profile at a time on a host: the lock is held while it is taken, and freed', async (t) => {
  const dir = tempDir(t);
  const options = { lockPath: path.join(tempDir(t), 'lock') };
  const free = await run({ dir, stuck: 'spin', options, looksAtLock: true });
  checkEpisode(free, 'spin');
  assert.equal(free.isLockFree, true);
  const holder = startNode(`
    globalThis.lock = require(${ADDON}).tryLockFile(${JSON.stringify(options.lockPath)});
    process.send(globalThis.lock !== null);
    process.on('message', () => process.exit());`);
  assert.equal(await nextMessage(holder), true);
  const {
    found,
    said,
    names: left,
    isLockFree,
  } = await run({ dir: tempDir(t), stuck: 'waste', options });
  assert.equal(onlyOne(found).skipped, 'hostLock');
  assert.match(onlyOne(said), /no profile: another capture runs on this host$/);
  assert.deepEqual([left, isLockFree], [[], false]);
  holder.send('end');
  await holder.finished;
});

for (const [what, code, plan] of [
  [
    'a lock file that cannot be',
    'ERR_RSPROF_NOT_FOUND',
    () => ({ options: { lockPath: '/nowhere/lock' } }),
  ],
  ['a folder that is a file', 'ERR_RSPROF_NOT_FOUND', () => ({ dir: `${PROGRAM}/x` })],
  [
    'a folder that is forbidden',
    'ERR_RSPROF_ACCESS',
    (t) => {
      const dir = tempDir(t);
      fs.chmodSync(dir, 0o555);
      return { dir, nobody: process.getuid() === 0 };
    },
  ],
]) {
  test(`${what} is an error of the episode`, async (t) => {
    const result = await run({ dir: tempDir(t), stuck: 'waste', ...plan(t) });
    const { error, path: file } = onlyOne(result.found);
    assert.equal(error.code, code, error.message);
    assert.equal(file, null);
    assert.ok(onlyOne(result.said).endsWith(`; no profile: ${error.message}`));
    assert.deepEqual(result.names, []);
  });
}

test('a full disk is an error of the episode, and nothing is left', async (t) => {
  const dir = smallDisk(t, 64);
  if (!dir) return t.skip('may not mount');
  const filler = path.join(dir, 'filler');
  assert.throws(() => fs.writeFileSync(filler, Buffer.alloc(1 << 20)), { code: 'ENOSPC' });
  const { found, names: left } = await run({ dir, stuck: 'waste' });
  const { error, path: file } = onlyOne(found);
  assert.equal(error.code, 'ERR_RSPROF_DISK_FULL', error.message);
  assert.equal(file, null);
  assert.deepEqual(left, ['filler']);
});

test('stop() in the stuck turn drops the profile', async (t) => {
  const { found, names: left, threads } = await run({ dir: tempDir(t), stuck: 'stop' });
  assert.equal(onlyOne(found).error.code, 'ERR_RSPROF_ABORTED');
  assert.deepEqual([left, threads], [[], []]);
});

test('process.exit() in the stuck turn leaves nothing', async (t) => {
  const dir = tempDir(t);
  for (let times = 0; times < 3; times++) {
    await runNode('', { file: PROGRAM, args: [JSON.stringify({ dir, stuck: 'exit' })] });
    assert.deepEqual(names(dir), []);
  }
});

test('kill -9 in the stuck turn leaves what a sweep removes', async (t) => {
  const dir = tempDir(t);
  for (let times = 1; times <= 3; times++) {
    const { signal } = await startNode('', {
      file: PROGRAM,
      args: [JSON.stringify({ dir: path.join(dir, String(times)), stuck: 'kill' })],
    }).finished;
    assert.equal(signal, 'SIGKILL');
    const [left, ...more] = names(path.join(dir, String(times)));
    assert.ok(parsePartialName(left), left);
    assert.deepEqual(more, []);
  }
});

test('a profile of the program runs at the same time', async (t) => {
  const dir = tempDir(t);
  const other = tempDir(t);
  const preload = path.join(tempDir(t), 'preload.js');
  const rsprof = JSON.stringify(path.join(__dirname, '..', '..'));
  fs.writeFileSync(
    preload,
    `const profile = require(${rsprof}).startCpuProfile({ dir: ${JSON.stringify(other)}, interval: 500 });
    process.once('beforeExit', () => profile.stop());`,
  );
  checkEpisode(await run({ dir, stuck: 'spin' }, { nodeArgs: ['--require', preload] }), 'spin');
  const own = names(other).find((name) => !name.endsWith('.json'));
  const { nodes } = readCpuProfile(path.join(other, own));
  assert.ok(nodes.some(({ callFrame }) => callFrame.functionName === 'spin'));
});

test('workers that are terminated while they are stuck end, and leave nothing', async (t) => {
  const dir = tempDir(t);
  const { stdout } = await runNode(
    `
    const fs = require('node:fs');
    const { Worker } = require('node:worker_threads');
    const { setTimeout: sleep } = require('node:timers/promises');
    const dir = ${JSON.stringify(dir)};
    const options = { thresholdMs: 60, profileMs: 60, say: false };
    const begun = () => fs.readdirSync(dir).some((name) => name.endsWith('.partial'));
    (async () => {
      const codes = [];
      for (let turn = 0; turn < 12; turn++) {
        const plan = { dir, stuck: 'spin', options: { ...options, profileMs: turn % 2 ? 60 : 60_000 } };
        const worker = new Worker(${JSON.stringify(PROGRAM)}, { workerData: plan });
        if (turn % 4 < 3) while (!begun()) await sleep(1);
        else await sleep(100 + 20 * turn);
        await sleep(7 * turn);
        codes.push(await worker.terminate());
        for (const name of fs.readdirSync(dir)) {
          if (name.endsWith('.partial')) throw new Error('left: ' + name);
          fs.unlinkSync(dir + '/' + name);
        }
      }
      const { ownThreads } = require(${JSON.stringify(THREADS)});
      for (let look = 0; look < 100 && ownThreads().length > 0; look++) await sleep(10);
      console.log(JSON.stringify({ codes, threads: ownThreads() }));
    })();`,
    { timeout: 60_000 },
  );
  const { codes, threads } = JSON.parse(stdout.trim().split('\n').at(-1));
  assert.equal(codes.length, 12);
  assert.deepEqual(threads, []);
});
