'use strict';

// What the addon says of a process, held against what the process knows of itself.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const addon = require('../../native');
const { METRICS, NATIVE_RANGE } = require('../../lib/watch/metrics.js');
const { buildAddon } = require('../support/c-addon.js');
const { memoryGroup, whyNoGroups } = require('../support/cgroup.js');
const { runForJson } = require('../support/child.js');
const { READINGS } = require('../support/readings.js');
const { onCleanup, tempDir } = require('../support/tempdir.js');

const MB = 2 ** 20;
const GC = { nodeArgs: ['--expose-gc'] };

/** Runs the body of an async function in a child, and gives what it printed. */
const run = (body, options) => runForJson(`${READINGS}(async () => {${body}})();`, options);

const near = (actual, expected, tolerance, what) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, not ${expected}`);

test('the addon and the table of metrics agree on what is read, in which order', () => {
  const { first, count } = NATIVE_RANGE;
  const expected = METRICS.slice(first, first + count).map(({ name }) => name);
  assert.deepEqual(addon.readingFields(), expected);
});

test('the heap is what node:v8 says', async () => {
  const { reading, heap, spaces } = await run(`
    require('node:vm').createContext({});
    globalThis.kept = Buffer.alloc(5e6, 1);
    const readings = start();
    const reading = read(readings);
    print({ reading, heap: v8.getHeapStatistics(), spaces: v8.getHeapSpaceStatistics() });
    readings.stop();
  `);
  near(reading.heapUsed, heap.used_heap_size, MB, 'heapUsed');
  near(reading.heapTotal, heap.total_heap_size, MB, 'heapTotal');
  assert.equal(reading.heapLimit, heap.heap_size_limit);
  near(reading.external, heap.external_memory, MB, 'external');
  assert.ok(reading.external >= 5e6);
  near(reading.malloced, heap.malloced_memory, MB, 'malloced');
  assert.equal(reading.nativeContexts, heap.number_of_native_contexts);
  assert.equal(reading.nativeContexts, 2);
  assert.equal(reading.detachedContexts, heap.number_of_detached_contexts);
  compareSpaces(reading, spaces);
});

function compareSpaces(reading, spaces) {
  const groups = {
    newSpace: ['new_space'],
    oldSpace: ['old_space'],
    codeSpace: ['code_space', 'code_large_object_space'],
    largeObjectSpace: ['large_object_space', 'new_large_object_space'],
  };
  const known = Object.values(groups).flat();
  const all = spaces.map((space) => space.space_name);
  groups.otherSpace = all.filter((name) => !known.includes(name));
  for (const [group, members] of Object.entries(groups)) {
    const own = spaces.filter((space) => members.includes(space.space_name));
    assert.ok(own.length > 0);
    const sum = (field) => own.reduce((total, space) => total + space[field], 0);
    near(reading[`${group}Used`], sum('space_used_size'), MB / 2, `${group}Used`);
    near(reading[`${group}Size`], sum('space_size'), MB / 2, `${group}Size`);
  }
}

test('the process is what the kernel says', async () => {
  const { reading, rss, disk, limits } = await run(`
    const readings = start();
    const reading = await until(readings, ({ diskTotal, fds }) => diskTotal > 0 && fds > 0);
    const disk = fs.statfsSync(process.cwd());
    print({ reading, rss: process.memoryUsage.rss(), disk, limits: fs.readFileSync('/proc/self/limits', 'utf8') });
    readings.stop();
  `);
  near(reading.rss, rss, 16 * MB, 'rss');
  assert.equal(reading.diskTotal, disk.blocks * disk.bsize);
  near(reading.diskFree, disk.bavail * disk.bsize, 0.1 * reading.diskTotal, 'diskFree');
  assert.equal(reading.fdLimit, Number(/^Max open files\s+(\d+)/m.exec(limits)[1]));
  assert.ok(reading.memoryLimit > 0 && reading.memoryLimit <= require('node:os').totalmem());
});

test('a control group tells its limit and its use', async (t) => {
  const refused = whyNoGroups();
  if (refused) return t.skip(refused);
  const group = memoryGroup(t, 400 * MB);
  const { before, after } = await run(`
    fs.writeFileSync(${JSON.stringify(group.procs)}, String(process.pid));
    const readings = start();
    const before = await until(readings, ({ memoryUsed }) => memoryUsed > 0);
    globalThis.kept = Buffer.alloc(${100 * MB}, 1);
    const after = await until(readings, ({ memoryUsed }) => memoryUsed > before.memoryUsed + ${90 * MB});
    readings.stop();
    print({ before, after });
  `);
  assert.equal(before.memoryLimit, 400 * MB);
  assert.ok(after.memoryUsed < 400 * MB);
});

test('work shows in the CPU of thread and process, another thread in that of the process', async () => {
  const shares = await run(`
    const { Worker } = require('node:worker_threads');
    const readings = start();
    const measured = async (work) => {
      read(readings);
      const begin = performance.now();
      const cpu = process.cpuUsage();
      await work();
      const { threadCpu, cpu: processCpu } = read(readings);
      const ms = performance.now() - begin;
      const { user, system } = process.cpuUsage(cpu);
      return { thread: threadCpu * ms, process: processCpu * ms, known: (user + system) / 1000 };
    };
    const burn = (ms) => {
      const begin = process.cpuUsage().user;
      while (process.cpuUsage().user < begin + ms * 1000);
    };
    const own = await measured(() => burn(100));
    const other = await measured(() => new Promise((resolve) =>
      new Worker('(' + burn + ')(100)', { eval: true }).on('exit', resolve)));
    readings.stop();
    print({ own, other });
  `);
  for (const { process, known } of [shares.own, shares.other]) {
    near(process, known, 40, 'milliseconds of the process');
  }
  assert.ok(shares.own.thread > 80 && shares.own.thread < shares.own.process + 5);
  assert.ok(shares.other.thread < shares.other.process / 2, JSON.stringify(shares.other));
});

test('collections are counted by kind, timed, and counted once', async () => {
  const { full, minor, none, begin, end } = await run(
    `
    const readings = start();
    settled(readings);
    const begin = Date.now();
    for (let i = 0; i < 3; i++) global.gc();
    const end = Date.now();
    const full = read(readings);
    for (let i = 0; i < 3; i++) global.gc({ type: 'minor' });
    const minor = read(readings);
    print({ full, minor, none: read(readings), begin, end });
    readings.stop();
  `,
    GC,
  );
  assert.equal(full.markSweeps, 3);
  assert.ok(full.gcPause > 0 && full.gcPause <= full.markSweepTime);
  assert.ok(full.markSweepTime <= end - begin + 2);
  assert.ok(full.floorTime >= begin - 1 && full.floorTime <= end + 1);
  assert.equal(minor.scavenges, 3);
  assert.equal(minor.markSweeps, 0);
  assert.ok(minor.scavengeTime > 0 && minor.gcPause <= minor.scavengeTime);
  assert.equal(minor.floorTime, full.floorTime);
  for (const name of ['scavenges', 'scavengeTime', 'markSweeps', 'markSweepTime', 'gcPause']) {
    assert.equal(none[name], 0, name);
  }
});

test('what is kept raises the floor, what is let go lowers it', async () => {
  const [unknown, first, kept, gone, young] = await run(
    `
    const readings = start();
    const floors = [read(readings)];
    const collect = () => { global.gc(); floors.push(read(readings)); };
    collect();
    // In functions of their own: what an interrupted function has in its registers is kept, too.
    (() => { globalThis.leak = Array.from({ length: 1e6 }, (_, i) => ({ i })); })();
    collect();
    globalThis.leak = undefined;
    collect();
    // What a young collection leaves is no floor.
    (() => { globalThis.leak = Array.from({ length: 1e5 }, (_, i) => ({ i })); })();
    await wait(150);
    global.gc({ type: 'minor' });
    floors.push(read(readings));
    print(floors);
    readings.stop();
  `,
    GC,
  );
  for (const name of ['heapFloor', 'externalFloor', 'floorTime']) assert.equal(unknown[name], null);
  const grown = kept.heapFloor - first.heapFloor;
  assert.ok(grown > 16 * MB && grown < 64 * MB, `the floor rose by ${grown}`);
  near(gone.heapFloor, first.heapFloor, 2 * MB, 'heapFloor');
  assert.ok(young.scavenges > 0 && young.markSweeps === 0);
  assert.equal(young.heapFloor, gone.heapFloor);
});

test('Buffers raise and lower the floor of what is outside of the heap', async () => {
  const { before, after } = await run(
    `
    const readings = start();
    global.gc();
    const before = read(readings);
    globalThis.leak = [Buffer.alloc(2e7, 1)];
    global.gc();
    await until(readings, ({ externalFloor }) => externalFloor >= before.externalFloor + 19e6);
    globalThis.leak = undefined;
    global.gc();
    // V8 gives their memory back on a thread, and notices at the next Buffer.
    const after = await until(readings, ({ externalFloor }) => {
      Buffer.alloc(10_000);
      return externalFloor < before.externalFloor + 5e6;
    });
    readings.stop();
    print({ before, after });
  `,
    GC,
  );
  assert.equal(after.markSweeps, 0);
  assert.ok(after.floorTime > before.floorTime);
});

test('handles are counted by kind', async (t) => {
  const dir = tempDir(t);
  const { before, open, closed } = await run(`
    const net = require('node:net');
    const { once } = require('node:events');
    const readings = start();
    // Node opens its own pipes when they are first asked for.
    for (const name of ['stdout', 'stderr']) process[name].write('\\n');
    const before = settled(readings);
    const server = net.createServer({ pauseOnConnect: true }).listen(0);
    await once(server, 'listening');
    const sockets = [];
    server.on('connection', (socket) => sockets.push(socket));
    for (let i = 0; i < 3; i++) sockets.push(net.connect(server.address().port));
    while (sockets.length < 6) await wait(5);
    const udp = [1, 2].map(() => require('node:dgram').createSocket('udp4'));
    const child = require('node:child_process').spawn('sleep', ['100']);
    const watcher = fs.watch(${JSON.stringify(dir)});
    const open = settled(readings);
    for (const one of [server, watcher, ...udp]) one.close();
    for (const socket of sockets) socket.destroy();
    child.kill();
    await once(child, 'close');
    const kinds = ['tcpHandles', 'udpHandles', 'pipeHandles', 'processHandles', 'fileWatchHandles'];
    const closed = await until(readings, (now) => kinds.every((kind) => now[kind] === before[kind]));
    readings.stop();
    print({ before, open, closed });
  `);
  const added = (after, name) => after[`${name}Handles`] - before[`${name}Handles`];
  const kinds = ['tcp', 'udp', 'pipe', 'process', 'fileWatch'];
  assert.deepEqual(
    kinds.map((kind) => added(open, kind)),
    [7, 2, 3, 1, 1],
  );
  for (const reading of [before, open, closed]) {
    const sum = [...kinds, 'other'].reduce((total, kind) => total + reading[`${kind}Handles`], 0);
    assert.equal(reading.handles, sum);
  }
});

test('open files are counted, to the last one', async () => {
  const { before, after, refused } = await run(`
    const readings = start();
    const list = () => fs.readdirSync('/proc/self/fd').length - 1;
    const before = [(await until(readings, ({ fds }) => fds === list())).fds];
    const limit = 300;
    const files = [];
    for (let i = 0; i < 100; i++) files.push(fs.openSync('/dev/null'));
    const after = [(await until(readings, ({ fds }) => fds >= before[0] + 100)).fds];
    let refused;
    try { for (;;) files.push(fs.openSync('/dev/null')); } catch (error) { refused = error.code; }
    const { fds, fdLimit } = await until(readings, ({ fds, fdLimit }) => fds >= fdLimit);
    print({ before, after, refused: { refused, fds, fdLimit } });
    for (const file of files) fs.closeSync(file);
    readings.stop();
  `);
  assert.equal(after[0] - before[0], 100);
  assert.equal(refused.refused, 'EMFILE');
  assert.equal(refused.fds, refused.fdLimit);
});

/** The least that one of eight times 20,000 rounds added to the heap: compiled code is none of ours. */
const ROUNDS = (body) => `
  const readings = start();
  const round = (i) => { ${body} };
  const rounds = () => { for (let i = 0; i < 20000; i++) round(i); };
  const measured = () => {
    global.gc();
    read(readings);
    const before = v8.getHeapStatistics().used_heap_size;
    rounds();
    const added = v8.getHeapStatistics().used_heap_size - before;
    return read(readings).scavenges === 0 ? added : 1e9;
  };
  print(Math.min(...Array.from({ length: 8 }, measured)));
  readings.stop();
`;

test('a reading makes no object', async () => {
  const quiet = await run(ROUNDS('readings.read(row, first);'), GC);
  assert.ok(quiet < 20_000, `20,000 readings took ${quiet} bytes`);
  const garbage = await run(ROUNDS('readings.read(row, first); globalThis.last = { i };'), GC);
  assert.ok(garbage > 20_000, 'the measure sees an object in each');
});

test('nothing is written to what is no row', (t) => {
  const readings = new addon.Readings({ intervalMs: 1000, dir: tempDir(t) });
  onCleanup(t, () => readings.stop());
  const { count } = NATIVE_RANGE;
  const detached = new Float64Array(count);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const wrong = [
    [new Float32Array(count), 0],
    [new Float64Array(count - 1), 0],
    [new Float64Array(count), 1],
    [new Float64Array(count), 2 ** 32 - 1],
    [new Array(count).fill(0), 0],
    [undefined, 0],
    [detached, 0],
  ];
  for (const [row, offset] of wrong) {
    assert.throws(() => readings.read(row, offset), { code: 'ERR_RSPROF_INVALID_ARG' });
  }
  const shared = new Float64Array(new SharedArrayBuffer(8 * (count + 2)));
  readings.read(shared, 1);
  assert.ok(shared[0] === 0 && shared[count + 1] === 0, 'what is outside stays');
  assert.ok(shared[1 + addon.readingFields().indexOf('heapUsed')] > 0);
});

/** One of the functions that nothing but the readings needs. */
const OPTIONAL =
  '_ZN2v87Isolate21AddGCEpilogueCallbackEPFvPS0_NS_6GCTypeENS_15GCCallbackFlagsEPvES4_S2_';

for (const hidden of [OPTIONAL, 'uv_walk']) {
  test(`a process without ${hidden} has no readings, and everything else`, async (t) => {
    const env = { LD_PRELOAD: buildAddon(tempDir(t), 'hide-symbol'), RSPROF_TEST_HIDDEN: hidden };
    const { error, supported, bytes } = await run(
      `
      let error;
      try { start(); } catch ({ code, message }) { error = { code, message }; }
      const { bytes } = await rsprof.heapSnapshot({ dir: ${JSON.stringify(tempDir(t))} });
      print({ error, supported: addon.probe(false).supported, bytes });
    `,
      { env },
    );
    assert.equal(error.code, 'ERR_RSPROF_UNSUPPORTED');
    assert.ok(error.message.includes(hidden), error.message);
    assert.ok(supported && bytes > 0);
  });
}
