'use strict';

// Live readings in real processes: with and without a watcher, real collections, and nothing when nobody looks.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { runForJson, runNode } = require('../support/child.js');
const { isNative, root } = require('../support/env.js');
const { parsePrometheus, sampleOf } = require('../support/prometheus.js');
const { names, tempDir } = require('../support/tempdir.js');

const file = (name) => JSON.stringify(`${root}/lib/${name}`);

/** What a script has at hand; `inventory()` is what the process has. */
const HAND = `
  const fs = require('node:fs');
  const { Live } = require(${file('http/live.js')});
  const { currentWatcher } = require(${file('watch/current.js')});
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const until = async (holds) => { while (!holds()) await sleep(10); };
  const print = (value) => console.log(JSON.stringify(value));
  const dir = process.env.DIR;
  const ANY = { minFreeDisk: 0, grace: 0, cooldown: 0 };
  const watch = (rules, more) => rsprof.watch({ dir, interval: 0.1, logger: false, rules, limits: ANY, ...more });
  const threads = () => fs.readdirSync('/proc/self/task')
    .map((id) => fs.readFileSync('/proc/self/task/' + id + '/comm', 'utf8').trim())
    .filter((name) => name.startsWith('rsprof'));
  const exitListeners = () => process.listenerCount('exit');
  const inventory = () => ({
    threads: threads().length,
    exitListeners: exitListeners(),
    resources: process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY|FSReqCallback/.test(name)),
  });
`;

function run(t, body, { nodeArgs = [], env } = {}) {
  const dir = tempDir(t);
  const options = { env: { DIR: dir, TMPDIR: dir, ...env }, nodeArgs };
  return runForJson(`${HAND}(async () => {${body}})();`, options);
}

test('mounted and idle there is nothing: no timer, thread, listener, folder; the process ends', async (t) => {
  const dir = tempDir(t);
  const { stdout } = await runNode(
    `${HAND}
    const before = inventory();
    const live = new Live({ dir: dir + '/captures' });
    live.on('reading', () => {});
    const after = inventory();
    process.on('beforeExit', () => print({ before, after, ended: inventory() }));`,
    { env: { DIR: dir, TMPDIR: dir } },
  );
  const { before, after, ended } = JSON.parse(stdout.trim().split('\n').at(-1));
  assert.deepEqual(after, before);
  assert.deepEqual(ended, before);
  assert.deepEqual(names(dir), []);
});

test('after the last one has left there is nothing again', async (t) => {
  const found = await run(
    t,
    `const clock = { now: 0 };
    const live = new Live({ dir, clock: () => clock.now });
    const before = inventory();
    const readings = [];
    live.on('reading', (reading) => readings.push(reading));
    const leave = live.subscribe();
    // The kernel is late with names.
    await until(() => threads().length === ${isNative ? 1 : 0});
    const during = inventory();
    await until(() => readings.length >= 2);
    leave();
    clock.now = 60_000;
    const count = readings.length;
    await until(() => readings.length > count);
    await until(() => threads().length === 0);
    print({ before, during, after: inventory(), reading: readings[0] });`,
  );
  assert.deepEqual(found.after, found.before);
  assert.equal(found.during.threads, isNative ? 1 : 0);
  assert.ok(found.reading.values.rss > 1e7 && found.reading.values.heapUsed > 1e6);
  assert.ok(found.reading.values.cpu >= 0);
});

test('readings keep no process alive, however it ends', async (t) => {
  const dir = tempDir(t);
  for (const end of ['', 'process.exit(0)', 'setTimeout(() => process.exit(0), 50)']) {
    await runNode(`${HAND} new Live({ dir }).subscribe(); ${end}`, { env: { DIR: dir } });
  }
});

test('a worker that ends takes its readings with it', async (t) => {
  const found = await run(
    t,
    `const { Worker } = require('node:worker_threads');
    const source = 'const { Live } = require(' + ${JSON.stringify(file('http/live.js'))} + ');' +
      'const { parentPort } = require("node:worker_threads");' +
      'const live = new Live({ dir: "." }); live.subscribe();' +
      'live.on("reading", ({ values }) => parentPort.postMessage(values.heapUsed)); setInterval(() => {}, 1000);';
    const worker = new Worker(source, { eval: true });
    const heapUsed = await new Promise((resolve) => worker.once('message', resolve));
    const during = threads().length;
    await worker.terminate();
    await until(() => threads().length === 0);
    print({ heapUsed, during, code: 0 });`,
  );
  assert.ok(found.heapUsed > 1e6);
  assert.equal(found.during, isNative ? 1 : 0);
});

test('collections and allocations are seen, with and without a watcher; scrapes disturb nobody', async (t) => {
  for (const isWatched of [false, true]) {
    const found = await run(
      t,
      `const { prometheusText } = require(${file('http/prometheus.js')});
      const watcher = ${isWatched} ? watch([]) : undefined;
      const live = new Live({ dir });
      const leave = live.subscribe();
      const sum = { markSweeps: 0, markSweepTime: 0 };
      const note = (reading) => { for (const name in sum) sum[name] += reading.values[name]; };
      live.on('reading', note);
      const scrape = () => prometheusText(live.scrape());
      const first = scrape();
      globalThis.kept = [];
      for (let at = 0; at < 5; at++) {
        kept.push(Buffer.alloc(1 << 20, 1));
        global.gc();
        await sleep(20);
        scrape();
      }
      await until(() => sum.markSweeps >= 5);
      const last = scrape();
      const history = live.history(600_000, { all: true });
      print({ first, last, sum, history, own: threads().length });
      leave();
      live.close();
      await watcher?.stop();`,
      { nodeArgs: ['--expose-gc'] },
    );
    const [first, last] = [found.first, found.last].map(parsePrometheus);
    const sweeps = (families) =>
      sampleOf(families, 'rsprof_gc_collections_total', { kind: 'mark_sweep' });
    assert.equal(found.sum.markSweeps, 5, 'each is told once, although others ask');
    assert.equal(sweeps(last) - sweeps(first), 5);
    const pause = sampleOf(last, 'rsprof_gc_pause_seconds_total', { kind: 'mark_sweep' });
    assert.ok(Math.abs(pause - found.sum.markSweepTime / 1000) < 0.001);
    assert.ok(sampleOf(last, 'rsprof_resident_memory_bytes') > 20 << 20);
    assert.ok(sampleOf(last, 'rsprof_external_memory_bytes') > 5 << 20);
    assert.equal(sampleOf(last, 'rsprof_watcher_running'), Number(isWatched));
    assert.equal(found.own, isNative ? 1 : 0, 'one reads, not two');
    const { values, names: all, time } = found.history;
    assert.ok(all.includes('detachedContexts'));
    assert.equal(values.rss.length, time.length);
    assert.equal(
      values.markSweeps.reduce((a, b) => a + b),
      5,
    );
    assert.ok(values.heapFloor.at(-1) > 1e6);
  }
});

test('a watcher that starts and stops meanwhile: readings go on, marks stay', async (t) => {
  const found = await run(
    t,
    `const live = new Live({ dir });
    const [readings, sources, events] = [[], [], []];
    live.on('reading', (reading) => readings.push(reading.time));
    live.on('source', () => sources.push(live.watcher() !== null));
    live.on('watch', (event) => events.push(event));
    const leave = live.subscribe();
    await until(() => readings.length >= 1);
    const watcher = watch([{ name: 'heap', when: 'heapUsed > 1MB and signal(SIGUSR2)',
      actions: [{ type: 'heapProfile', seconds: 0.05 }] }]);
    await until(() => sources.length === 1);
    process.kill(process.pid, 'SIGUSR2');
    await until(() => events.some(({ event }) => event === 'done'));
    const thresholds = live.thresholds();
    const marks = live.marks();
    const status = live.watcher();
    const following = threads().length;
    await watcher.stop();
    await until(() => sources.length === 2);
    const count = readings.length;
    await until(() => readings.length > count);
    leave();
    live.close();
    await until(() => threads().length === 0);
    print({ sources, events, thresholds, marks, after: live.marks(), status, following, left: inventory() });`,
  );
  assert.deepEqual(found.sources, [true, false]);
  assert.deepEqual(found.thresholds, [
    { metric: 'heapUsed', operator: '>', value: 2 ** 20, rule: 'heap' },
  ]);
  const done = found.events.find(({ event }) => event === 'done');
  assert.match(done.files[0], /^[^/]+\.heapprofile/);
  const [mark] = found.marks;
  assert.deepEqual([found.marks.length, mark.kind, mark.rule], [1, 'fire', 'heap']);
  assert.match(mark.text, /^rule heap: heapUsed .* > 1 MB/);
  assert.match(mark.capture, /^[\w-]{16}$/);
  assert.deepEqual(found.after, found.marks);
  assert.equal(found.status.rules[0].fired, 1);
  assert.equal(found.left.threads, 0);
});

test('asked for a day a young watcher gives what it has: few rows, little JSON', async (t) => {
  const { rows, bytes } = await run(
    t,
    `const watcher = watch([]);
    const live = new Live({ dir });
    await until(() => live.history(60_000).time.length >= 3);
    const answer = live.history(24 * 3_600_000);
    if (answer.step !== 60_000) throw new Error('not the minutes: ' + answer.step);
    print({ rows: answer.time.length, bytes: JSON.stringify(answer).length });
    await watcher.stop();`,
  );
  assert.ok(rows >= 1 && rows <= 1500);
  assert.ok(bytes < 10_000);
});

test('the longest interval is one to watch at, too', async (t) => {
  const { time } = await run(
    t,
    `const watcher = watch([], { interval: 60 });
    const { time } = new Live({ dir }).history(3_600_000);
    await watcher.stop();
    print({ time });`,
  );
  assert.equal(time.length, 1);
});

test('requests to rsprof itself are counted by nobody', async (t) => {
  const found = await run(
    t,
    `const http = require('node:http');
    const { leaveOut } = require(${file('watch/requests.js')});
    const live = new Live({ dir });
    live.subscribe();
    const open = [];
    const server = http.createServer((request, response) => {
      if (request.url === '/events') { leaveOut(response); leaveOut(response); }
      if (request.url === '/answer') return response.end('ok');
      response.writeHead(200);
      response.write('x');
      open.push(response);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const ask = (url) => new Promise((resolve, reject) => {
      http.get({ port: server.address().port, path: url, agent: false }, (answer) => resolve(answer.resume())).on('error', reject);
    });
    await ask('/events');
    await ask('/events');
    await ask('/slow');
    let rate = 0;
    live.on('reading', ({ values }) => { rate = Math.max(rate, values.requestRate); });
    await ask('/answer');
    await until(() => rate > 0);
    const inFlight = live.latest()[require(${file('watch/metrics.js')}).INDEX.requestsInFlight];
    for (const response of open) response.end();
    let last;
    live.on('reading', ({ values }) => { last = values; });
    await until(() => last?.requestsInFlight === 0);
    server.close();
    live.close();
    print({ inFlight, rate, last });`,
  );
  assert.equal(found.inFlight, 1);
  assert.equal(found.last.requestsInFlight, 0);
});
