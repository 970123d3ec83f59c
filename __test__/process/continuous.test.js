'use strict';

const assert = require('node:assert/strict');
const diagnosticsChannel = require('node:diagnostics_channel');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');

const rsprof = require('../..');
const { plantedAllocator, plantedBusy } = require('../support/busy.js');
const { nextMessage, runForJson, startNode } = require('../support/child.js');
const { smallDisk } = require('../support/small-disk.js');
const { isNative } = require('../support/env.js');
const { decode, startReceiver, topFunctions } = require('../support/pyroscope.js');
const { names, tempDir } = require('../support/tempdir.js');

/** Nothing of a test's file system is to decide. */
const ANY_DISK = { minFreeBytes: 0 };

const turn = () => new Promise((resolve) => setImmediate(resolve));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until `condition` holds, busy with `work`. */
async function until(condition, work = () => sleep(5)) {
  const end = Date.now() + 60_000;
  while (!condition()) {
    assert.ok(Date.now() < end, `waited in vain for ${condition}`);
    await work();
    await turn();
  }
}

const isWhole = (name) => /\.(cpu|heap)\.pb\.gz$/.test(name);

/** The windows in a ring, without kind and extension. */
function windowsIn(dir) {
  const files = names(dir).filter(isWhole);
  return new Set(files.map((name) => name.replace(/\.\w+\.pb\.gz$/, '')));
}

let last;

/** Profiles until the test `t` is over at the latest; after whatever a test before has left running. */
async function start(t, options) {
  await last?.stop();
  last = rsprof.continuous({ ...ANY_DISK, ...options });
  t.after(() => last.stop());
  return last;
}

/** The names of the windows that are written from now on, until the test `t` is over. */
function writtenWindows(t) {
  const written = [];
  const listen = ({ phase, window }) => {
    if (phase === 'window') written.push(path.basename(window.path));
  };
  const channel = diagnosticsChannel.channel('rsprof:continuous');
  channel.subscribe(listen);
  t.after(() => channel.unsubscribe(listen));
  return written;
}

/** That each window begins where the one before ended, to the millisecond. */
function assertGapless(windows) {
  for (const [index, { ended }] of windows.entries()) {
    const next = windows[index + 1];
    if (next) assert.equal(ended, next.began);
  }
}

test('windows arrive as Pyroscope takes them: named, gapless, the planted functions on top', async (t) => {
  const receiver = await startReceiver(t);
  const dir = tempDir(t);
  const errors = [];
  const handle = await start(t, {
    window: 0.2,
    interval: 1000,
    heap: { interval: 16_384 },
    dir,
    push: {
      url: receiver.url,
      appName: 'shop.api',
      labels: { region: 'eu', 'host.name': 'a-1', build: 7 },
      token: 'sesame',
    },
    onError: (error) => errors.push(error),
  });
  const kept = [];
  await until(
    () => handle.stats().windows >= 4,
    () => {
      kept.push(plantedAllocator(1));
      plantedBusy(30);
    },
  );
  const stats = await handle.stop();
  assert.deepEqual([...errors, ...receiver.errors], []);
  const { failed, rejected, dropped, queued, running } = stats;
  assert.deepEqual([failed, rejected, dropped, queued, running], [0, 0, 0, 0, false]);
  assert.equal(stats.pushed, 2 * stats.windows);
  assert.equal(receiver.taken.length, stats.pushed);
  for (const { name, labels, spyName, headers, from, until: end, began } of receiver.taken) {
    assert.equal(name, 'shop.api');
    assert.deepEqual(labels, { region: 'eu', 'host.name': 'a-1', build: '7' });
    assert.deepEqual([spyName, headers.authorization], ['nodespy', 'Bearer sesame']);
    assert.equal(from, Number(began / 1_000_000_000n));
    assert.ok(end >= from);
  }
  assertCpu(receiver.taken.filter(({ metric }) => metric === 'process_cpu'));
  assertHeap(receiver.taken.filter(({ metric }) => metric === 'memory'));
  assert.deepEqual(
    names(dir).map((name) => fs.readFileSync(path.join(dir, name)).toString('hex')),
    receiver.taken.map(({ body }) => body.toString('hex')),
    'the ring holds what was sent, and nothing else',
  );
});

function assertCpu(windows) {
  assert.ok(windows.length >= 4);
  for (const { types, sampleRate } of windows) {
    assert.deepEqual(types, ['samples/count', 'cpu/nanoseconds']);
    assert.equal(sampleRate, '1000');
  }
  assertGapless(windows);
  const samples = windows.flatMap((window) => window.samples);
  const top = topFunctions(samples);
  assert.match(top[0][0], /plantedBusy/);
  const all = Number(windows.at(-1).ended - windows[0].began);
  const seen = top.reduce((sum, [, weight]) => sum + weight, 0);
  assert.ok(seen > 0.7 * all, `samples tell of ${seen} ns of ${all} ns`);
}

function assertHeap(windows) {
  assert.ok(windows.length >= 4);
  for (const { types } of windows) assert.ok(types.includes('inuse_space/bytes'), String(types));
  assertGapless(windows);
  const [[name]] = topFunctions(windows.flatMap(({ samples }) => samples));
  assert.match(name, /plantedAllocator/);
}

test('an outage: every window arrives, in order, none twice; from the ring and from memory', async (t) => {
  for (const dir of [tempDir(t), undefined]) {
    const receiver = await startReceiver(t);
    const errors = [];
    const handle = await start(t, {
      window: 0.05,
      dir,
      push: { url: receiver.url, appName: 'app', retryDelay: 0.05, maxRetryDelay: 0.1 },
      onError: (error) => errors.push(error),
    });
    await until(() => handle.stats().pushed > 0);
    await receiver.close();
    const before = handle.stats().windows;
    await until(() => handle.stats().windows > before + 5 && handle.stats().retries > 1);
    await receiver.listen();
    await until(() => handle.stats().queued === 0);
    const stats = await handle.stop();
    assert.equal(stats.pushed, 2 * stats.windows);
    assert.equal(receiver.taken.length, stats.pushed);
    for (const kind of ['process_cpu', 'memory']) {
      assertGapless(receiver.taken.filter(({ metric }) => metric === kind));
    }
    assert.deepEqual([...new Set(errors.map(({ code }) => code))], ['ERR_RSPROF_PUSH']);
    assert.equal(stats.dropped, 0);
    assert.deepEqual(receiver.errors, []);
  }
});

test('without a ring nothing is left on disk', async (t) => {
  const folder = tempDir(t);
  const receiver = await startReceiver(t);
  const script = `
    const handle = rsprof.continuous({ minFreeBytes: 0, window: 0.03,
      push: { url: process.argv[1], appName: 'app' } });
    setTimeout(async () => console.log(JSON.stringify(await handle.stop())), 200);`;
  const stats = await runForJson(script, { args: [receiver.url], env: { TMPDIR: folder } });
  assert.ok(stats.pushed >= 4, JSON.stringify(stats));
  assert.deepEqual(names(folder), []);
});

test('the ring keeps the newest windows, as many and as large as allowed', async (t) => {
  const written = writtenWindows(t);
  for (const limit of [{ keep: 3 }, { maxBytes: 1 }]) {
    const dir = tempDir(t);
    const handle = await start(t, { window: 0.03, dir, ...limit });
    await until(() => handle.stats().windows > 6);
    await handle.stop();
    assert.deepEqual(names(dir), written.splice(0).slice(-2 * (limit.keep ?? 1)));
  }
});

/** Script text that profiles into argv[1] until it is killed; tells when three windows are there. */
const ENDLESS = `
  const handle = rsprof.continuous({ minFreeBytes: 0, window: 0.03, dir: process.argv[1], keep: 100 });
  setInterval(() => handle.stats().windows > 3 && process.send('ready'), 20);`;

test('a ring goes on after a crash; what other processes write stays theirs', async (t) => {
  const dir = tempDir(t);
  const dead = startNode(ENDLESS, { args: [dir] });
  await nextMessage(dead);
  dead.kill('SIGKILL');
  await dead.finished;
  const inherited = windowsIn(dir);
  const living = startNode(ENDLESS, { args: [dir] });
  t.after(() => living.kill('SIGKILL'));
  await nextMessage(living);
  const theirs = names(dir).filter((name) => name.includes(`-${living.pid}-`) && isWhole(name));
  assert.ok(inherited.size > 3 && theirs.length > 3);
  fs.writeFileSync(path.join(dir, 'notes.pb.gz'), 'of somebody else');

  const handle = await start(t, { window: 0.05, dir, keep: 3 });
  const left = () => [...windowsIn(dir)].filter((name) => inherited.has(name));
  await until(() => left().length < 3);
  assert.deepEqual(left(), [...inherited].sort().slice(inherited.size - left().length));
  await until(() => handle.stats().windows > 4);
  await handle.stop();
  assert.deepEqual(left(), []);
  living.kill('SIGKILL');
  await living.finished;
  const now = names(dir);
  assert.deepEqual(
    theirs.filter((name) => !now.includes(name)),
    [],
  );
  assert.ok(now.includes('notes.pb.gz'));
  assert.equal(now.filter((name) => name.includes(`-${dead.pid}-`)).length, 0, 'half files too');
});

test('a full disk: told, dropped, nothing half is left; it goes on when there is room', async (t) => {
  const dir = smallDisk(t, 256);
  if (!dir) return t.skip('needs the right to mount');
  const ballast = path.join(dir, 'ballast');
  const errors = [];
  const handle = await start(t, {
    window: 0.05,
    dir,
    onError: (error) => errors.push(error),
  });
  await until(() => handle.stats().windows > 0);
  fillDisk(ballast);
  const before = handle.stats().failed;
  await until(() => handle.stats().failed > before + 3);
  assert.deepEqual([...new Set(errors.map(({ code }) => code))], ['ERR_RSPROF_DISK_FULL']);
  fs.rmSync(ballast);
  const { written } = handle.stats();
  await until(() => handle.stats().written > written + 2);
  const stats = await handle.stop();
  assert.ok(
    names(dir).every((name) => name.endsWith('.pb.gz')),
    names(dir).join('\n'),
  );
  assert.equal(names(dir).length, stats.written);
  for (const name of names(dir)) decode(fs.readFileSync(path.join(dir, name)));
});

function fillDisk(file) {
  const fd = fs.openSync(file, 'w');
  const block = Buffer.alloc(1024);
  try {
    for (;;) fs.writeSync(fd, block);
  } catch (error) {
    assert.equal(error.code, 'ENOSPC');
  } finally {
    fs.closeSync(fd);
  }
}

test('minFreeBytes: what would leave less is not written', { skip: !fs.statfsSync }, async (t) => {
  const dir = tempDir(t);
  const errors = [];
  const handle = await start(t, {
    window: 0.03,
    dir,
    minFreeBytes: 2 ** 50,
    onError: (error) => errors.push(error),
  });
  await until(() => handle.stats().failed > 2);
  await handle.stop();
  assert.deepEqual(names(dir), []);
  assert.ok(errors.every(({ code }) => code === 'ERR_RSPROF_DISK_FULL'));
  assert.match(errors[0].message, /are free in .*less than minFreeBytes/);
});

test('a folder that is removed meanwhile is made again', async (t) => {
  const dir = path.join(tempDir(t), 'ring');
  const handle = await start(t, { window: 0.03, dir, onError: () => {} });
  await until(() => handle.stats().written > 0);
  fs.rmSync(dir, { recursive: true, force: true });
  const { written } = handle.stats();
  await until(() => handle.stats().written > written + 1);
  await handle.stop();
  assert.ok(names(dir).length > 0);
});

/** How a process may end while windows run, are written and are sent to a receiver that never answers. */
const ENDINGS = {
  'with nothing left to do': 'clearTimeout(alive);',
  'by process.exit()': 'process.exit(7);',
  'by process.exit() in stop()': 'handle.stop(); setTimeout(() => process.exit(7), 20);',
};

for (const [how, end] of Object.entries(ENDINGS)) {
  test(`a process that ends ${how} ends, and leaves no half file`, async (t) => {
    const receiver = await startReceiver(t);
    receiver.decide = () => 'hang';
    for (const [moment, ring] of [
      [0, true],
      [75, true],
      [95, false],
    ]) {
      const [dir, temp] = [tempDir(t), tempDir(t)];
      const script = `
        const handle = rsprof.continuous({ minFreeBytes: 0, window: 0.03, dir: ${ring} ? process.argv[1] : undefined,
          push: { url: process.argv[2], appName: 'app', timeout: 300 } });
        const alive = setTimeout(() => {}, 1e6);
        setTimeout(() => { ${end} }, ${moment});`;
      const args = [dir, receiver.url];
      const child = startNode(script, { args, env: { TMPDIR: temp }, timeout: 30_000 });
      const { code, timedOut, stderr } = await child.finished;
      assert.equal(timedOut, false, `${how}, ${moment} ms: it hangs`);
      assert.equal(code, end.includes('exit') ? 7 : 0, stderr);
      assert.equal(stderr, '');
      const odd = names(dir).filter((name) => !isWhole(name));
      assert.deepEqual([...odd, ...names(temp)], [], `${moment} ms`);
    }
  });
}

test('worker threads profile themselves; one that is terminated is no harm', async (t) => {
  const dir = tempDir(t);
  const receiver = await startReceiver(t);
  const script = `
    const { Worker } = require('node:worker_threads');
    const { once } = require('node:events');
    const start = (name) => new Worker(\`
      const rsprof = require(${JSON.stringify(path.join(__dirname, '..', '..'))});
      const { workerData, parentPort } = require('node:worker_threads');
      const { dir, url, name } = workerData;
      const handle = rsprof.continuous({ minFreeBytes: 0, window: 0.03, interval: 1000, dir,
        push: { url, appName: name } });
      const work = eval('(function ' + name + '(ms) { const end = Date.now() + ms; while (Date.now() < end); })');
      const timer = setInterval(() => {
        work(5);
        if (handle.stats().pushed < 10) return;
        parentPort.postMessage('ready');
        clearInterval(timer);
      }, 1);
      parentPort.once('message', () => handle.stop().then((stats) => parentPort.postMessage(stats)));
    \`, { eval: true, workerData: { dir: process.argv[1], url: process.argv[2], name } });
    (async () => {
      const workers = [start('plantedOne'), start('plantedTwo')];
      await Promise.all(workers.map((worker) => once(worker, 'message')));
      await workers[1].terminate();
      workers[0].postMessage('stop');
      const [stats] = await once(workers[0], 'message');
      console.log(JSON.stringify(stats));
    })();`;
  const stats = await runForJson(script, { args: [dir, receiver.url] });
  assert.ok(stats.pushed >= 10 && stats.queued === 0, JSON.stringify(stats));
  assert.deepEqual(receiver.errors, []);
  for (const name of ['plantedOne', 'plantedTwo']) {
    const own = receiver.taken.filter((one) => one.name === name && one.metric === 'process_cpu');
    const functions = topFunctions(own.flatMap(({ samples }) => samples)).map(([first]) => first);
    assert.ok(functions.includes(name), `${name}: ${functions}`);
    const others = functions.filter((one) => /^planted/.test(one) && one !== name);
    assert.deepEqual(others, []);
  }
});

test('a heap profile of somebody else gets its turn when it queues', async (t) => {
  const dir = tempDir(t);
  const errors = [];
  const onError = (error) => errors.push(error.code);
  const handle = await start(t, { window: 0.05, cpu: false, dir, onError });
  const keepAlive = setInterval(() => {}, 1000);
  t.after(() => clearInterval(keepAlive));
  await assert.rejects(rsprof.heapProfile({ dir, seconds: 0.01 }), { code: 'ERR_RSPROF_BUSY' });
  const { path: file } = await rsprof.heapProfile({ dir, seconds: 0.2, queue: true });
  assert.ok(fs.existsSync(file));
  const { written } = handle.stats();
  await until(() => handle.stats().written > written);
  await handle.stop();
  assert.deepEqual([...new Set(errors)], ['ERR_RSPROF_BUSY']);
});

/** A day of windows of a minute, at full speed: what each of them leaves behind would add up. */
const DAY = 1440;

/** Half a minute on a machine of its own. */
const DAY_TIMEOUT_MS = 540_000;

/** Bytes that half a day may add: of JavaScript's heap after a collection, and of the process. */
const GROWTH = { heapUsed: 2 << 20, rss: 16 << 20 };

test('a day of windows: memory is flat', async (t) => {
  const receiver = await startReceiver(t);
  receiver.read = () => 0;
  const script = `
    const work = Array.from({ length: 100 }, (_, number) =>
      new Function('n', 'let sum = ' + number + '; for (let i = 0; i < n; i++) sum += Math.sqrt(i); return sum;'));
    const [dir, url, day] = process.argv.slice(1);
    const handle = rsprof.continuous({ minFreeBytes: 0, window: 0.01, interval: 1000, dir, keep: 10,
      push: { url, appName: 'app' } });
    const marks = [];
    const measure = () => {
      gc(); gc();
      const { heapUsed, rss } = process.memoryUsage();
      marks.push({ heapUsed, rss });
    };
    const at = [0.25, 0.5, 0.75, 1].map((part) => part * day);
    let turns = 0;
    const timer = setInterval(async () => {
      work[turns++ % work.length](2000);
      if (handle.stats().windows < at[0]) return;
      at.shift();
      measure();
      if (at.length > 0) return;
      clearInterval(timer);
      console.log(JSON.stringify({ marks, stats: await handle.stop() }));
    }, 2);`;
  const args = [tempDir(t), receiver.url, String(isNative ? DAY : DAY / 4)];
  const { marks, stats } = await runForJson(script, {
    args,
    // Or else V8 grows the space of young objects, in steps of megabytes, whoever allocates.
    nodeArgs: ['--expose-gc', '--max-semi-space-size=1'],
    timeout: DAY_TIMEOUT_MS,
  });
  const [, noon, , night] = marks;
  for (const [what, most] of Object.entries(GROWTH)) {
    const grown = night[what] - noon[what];
    assert.ok(grown < most, `${what} grew by ${grown} bytes: ${JSON.stringify(marks)}`);
  }
  assert.equal(stats.failed + stats.dropped + stats.rejected, 0, JSON.stringify(stats));
  assert.equal(receiver.taken.length, stats.pushed);
});

test('os.tmpdir() holds nothing of us afterwards', () => {
  const own = names(os.tmpdir()).filter((name) => name.includes(`-${process.pid}-`));
  assert.deepEqual(
    own.filter((name) => /\.(cpuprofile|heapprofile|pb\.gz)/.test(name)),
    [],
  );
});
