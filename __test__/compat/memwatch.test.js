'use strict';

const assert = require('node:assert/strict');
const { EventEmitter } = require('node:events');
const path = require('node:path');
const { test } = require('node:test');

const { runForJson, runNode } = require('../support/child.js');
const { isNative, root } = require('../support/env.js');
const { tempDir, names } = require('../support/tempdir.js');

const fileOf = (name) => JSON.stringify(path.join(root, 'compat', `${name}.js`));

const preamble = `
  const memwatch = require(${fileOf('memwatch')});
  const say = (value) => console.log(JSON.stringify(value));
`;
const run = (script, options) => runForJson(script, { preamble, ...options });

const STATS = [
  'gc_ts',
  'gcScavengeCount',
  'gcScavengeTime',
  'gcMarkSweepCompactCount',
  'gcMarkSweepCompactTime',
  'gcIncrementalMarkingCount',
  'gcIncrementalMarkingTime',
  'gcProcessWeakCallbacksCount',
  'gcProcessWeakCallbacksTime',
  'total_heap_size',
  'total_heap_size_executable',
  'total_physical_size',
  'total_available_size',
  'used_heap_size',
  'heap_size_limit',
  'malloced_memory',
  'peak_malloced_memory',
  'gc_time',
];

test('the export is an event emitter with gc and HeapDiff', async () => {
  const [own, isEmitter] = await run(
    `say([Object.keys(memwatch).slice(-2), memwatch instanceof require('node:events').EventEmitter])`,
  );
  assert.deepEqual([own, isEmitter], [['gc', 'HeapDiff'], true]);
  assert.equal(typeof EventEmitter.prototype.once, 'function');
});

test('gc() collects twice before it returns; stats follow later, also where nothing else is to do', async () => {
  const script = `
    let kept = new WeakRef(new Array(1000));
    const all = [];
    memwatch.on('stats', (stats) => all.push(stats));
    setImmediate(() => {
      memwatch.gc();
      const inTheMiddle = all.length;
      process.on('exit', () => say([all, inTheMiddle, kept.deref() === undefined, Date.now()]));
    });`;
  const began = Date.now();
  const [all, early, isGone, ended] = await run(script);
  assert.equal(early, 0);
  assert.ok(isGone);
  assert.ok(all.length >= 2, `${all.length} stats`);
  const [first, second] = all.slice(-2);
  assert.deepEqual(Object.keys(first), STATS);
  for (const value of Object.values(first)) assert.ok(Number.isFinite(value) && value >= 0);
  assert.equal(second.gcMarkSweepCompactCount, first.gcMarkSweepCompactCount + 1);
  assert.equal(second.gcMarkSweepCompactTime, first.gcMarkSweepCompactTime + second.gc_time);
  assert.ok(first.gc_time > 1000, 'nanoseconds');
  assert.ok(first.gc_ts / 1000 >= began - 1000 && second.gc_ts / 1000 <= ended + 1000);
  assert.ok(first.used_heap_size > 1e6 && first.used_heap_size <= first.total_heap_size);
});

test('the heap is told as the collection left it', async (t) => {
  if (!isNative) return t.skip('without the addon nobody looks at the heap in time');
  const script = `
    memwatch.once('stats', ({ used_heap_size: used }) => say([used, process.memoryUsage().heapUsed]));
    memwatch.gc();
    globalThis.garbage = Array.from({ length: 1e6 }, (_, at) => ({ at }));`;
  const [used, later] = await run(script);
  assert.ok(used < later - 20e6, `${used} of ${later}`);
});

test('gc() leaves the program without the function of --expose-gc', async () => {
  const script = `memwatch.gc(); say([typeof gc, require('node:vm').runInNewContext('typeof gc')])`;
  assert.deepEqual(await run(script), ['undefined', 'undefined']);
});

/** A HeapDiff around 1000 Rooms that come, 500 Users that go, and what else there is. */
const DIFFERENCE = `
  class Room { constructor(id) { this.id = id; } }
  class User { constructor(id) { this.id = id; } }
  class Kept {}
  globalThis.kept = [new Kept()];
  let users = Array.from({ length: 500 }, (_, id) => new User(id));
  const rooms = [];
  const diff = new memwatch.HeapDiff();
  users = null;
  for (let id = 0; id < 1000; id++) rooms.push(new Room(id));
  globalThis.buffer = new ArrayBuffer(3e9);
  const found = diff.end();
`;

test('HeapDiff tells what came and what went, class by class', async () => {
  const found = await run(`${DIFFERENCE} say(found);`);
  assert.deepEqual(Object.keys(found), ['before', 'after', 'change']);
  for (const side of [found.before, found.after])
    assert.deepEqual(Object.keys(side), ['nodes', 'size_bytes', 'size']);
  const { details, ...change } = found.change;
  assert.deepEqual(Object.keys(change), ['size_bytes', 'size', 'freed_nodes', 'allocated_nodes']);
  const byName = new Map(details.map((detail) => [detail.what, detail]));
  assert.deepEqual(Object.keys(details[0]), ['what', 'size_bytes', 'size', '+', '-']);
  const room = byName.get('Room');
  assert.deepEqual([room['+'], room['-']], [1000, 0]);
  assert.ok(room.size_bytes >= 24_000 && room.size_bytes % 1000 === 0);
  assert.match(room.size, /^\d+(\.\d\d?)? kb$/);
  const user = byName.get('User');
  assert.deepEqual([user['+'], user['-'], Math.sign(user.size_bytes)], [0, 500, -1]);
  assert.ok(!byName.has('Kept'));
  assert.ok(!byName.has('HeapDiff'));
  const sum = details.reduce((total, detail) => total + detail['+'], 0);
  assert.ok(change.allocated_nodes >= sum && change.freed_nodes >= 500);
  assert.equal(found.after.size_bytes - found.before.size_bytes, change.size_bytes);
});

test('details are in the order of their names, and only of the kinds that memwatch has', async () => {
  const found = await run(`
    class Ärger {} class zebra {} class ｆ {}
    const diff = new memwatch.HeapDiff();
    globalThis.kept = [new zebra(), new Ärger(), new ｆ(), /new regular expression/.exec('x'), () => 1, 1.5e300];
    say(diff.end().change.details.map(({ what }) => what));`);
  const sorted = [...found].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  assert.deepEqual(found, sorted);
  for (const name of ['Ärger', 'zebra', 'ｆ', 'Closure']) assert.ok(found.includes(name), name);
  assert.ok(!found.some((name) => name.startsWith('(')));
});

test('sizes above 2 GB are right', async () => {
  const found = await run(`${DIFFERENCE} say([found.change.size_bytes, found.after.size]);`);
  assert.ok(found[0] > 3e9 && found[0] < 3.1e9, `${found[0]}`);
  assert.match(found[1], /^28\d\d(\.\d\d?)? mb$/);
});

test('a HeapDiff adds next to nothing of its own', async () => {
  const script = `new memwatch.HeapDiff().end();
    const diff = new memwatch.HeapDiff();
    say(diff.end().change.size_bytes)`;
  const bytes = await run(script);
  // Without the addon its own code is compiled meanwhile.
  assert.ok(bytes < (isNative ? 50_000 : 400_000), `${bytes}`);
});

test('misuse throws what the original throws', async () => {
  const found = await run(`
    const told = (work) => { try { work(); } catch (error) { return [error.name, error.message]; } };
    const diff = new memwatch.HeapDiff();
    diff.end();
    say([
      told(() => memwatch.HeapDiff()),
      told(() => new (memwatch.HeapDiff())()),
      told(() => diff.end()),
      told(() => memwatch.HeapDiff.prototype.end.call({})),
    ]);`);
  const withoutNew = ['TypeError', 'Use the new operator to create instances of this object.'];
  assert.deepEqual(found, [
    withoutNew,
    withoutNew,
    ['Error', 'attempt to end() a HeapDiff that was already ended'],
    ['TypeError', 'Illegal invocation'],
  ]);
});

test('the collections of a HeapDiff are no stats; those around it are', async () => {
  const script = `
    let count = 0;
    memwatch.on('stats', ({ gcMarkSweepCompactCount }) => { count = gcMarkSweepCompactCount; });
    const wait = (work) => setTimeout(work, 50);
    wait(() => {
      const before = count;
      new memwatch.HeapDiff().end();
      wait(() => {
        const between = count;
        memwatch.gc();
        wait(() => wait(() => say([between - before, count - between])));
      });
    });`;
  assert.deepEqual(await run(script), [0, 2]);
});

test('a listener may ask for a HeapDiff', async () => {
  const script = `
    let told = 0;
    const diff = new memwatch.HeapDiff();
    memwatch.on('stats', () => { if (++told === 1) say(typeof diff.end().change.size); });
    memwatch.gc();`;
  assert.equal(await run(script), 'string');
});

test('in a worker thread it tells of that thread', async () => {
  const script = `
    const { Worker } = require('node:worker_threads');
    let inMain = 0;
    memwatch.on('stats', () => inMain++);
    const worker = new Worker(
      'const memwatch = require(' + JSON.stringify(${fileOf('memwatch')}) + ');' +
      'class InWorker {}; const diff = new memwatch.HeapDiff(); globalThis.kept = new InWorker();' +
      'const { details } = diff.end().change;' +
      'memwatch.once("stats", () => require("node:worker_threads").parentPort.postMessage(' +
      '  details.find(({ what }) => what === "InWorker")["+"]));' +
      'memwatch.gc();',
      { eval: true },
    );
    worker.on('message', (count) => setTimeout(() => say([count, inMain]), 50));`;
  assert.deepEqual(await run(script), [1, 0]);
});

test('the ancestors have stats of their own shape', async () => {
  const found = await run(
    `const legacy = require(${fileOf('memwatch-next')});
     legacy.once('stats', (stats) => say(stats));
     legacy.gc();`,
  );
  assert.deepEqual(Object.keys(found), [
    'num_full_gc',
    'num_inc_gc',
    'heap_compactions',
    'usage_trend',
    'estimated_base',
    'current_base',
    'min',
    'max',
  ]);
  assert.ok(found.num_full_gc >= 1 && found.current_base > 1e6);
});

test('configure() changes the shape and the rule, and refuses what it does not know', async () => {
  const script = `
    const told = (options) => { try { memwatch.configure(options); } catch (error) { return error.code; } };
    const refused = [told({ stat: 'legacy' }), told({ leak: 'never' }), told(), told({ stats: 1 })];
    memwatch.configure({ stats: 'legacy', leak: 'trend' });
    memwatch.configure({ leak: false });
    memwatch.once('stats', (stats) => say([refused, 'current_base' in stats]));
    memwatch.gc();`;
  const refused = new Array(4).fill('ERR_RSPROF_INVALID_ARG');
  assert.deepEqual(await run(script), [refused, true]);
});

test('nothing is left in the temporary folder', async (t) => {
  const dir = tempDir(t);
  await run('new memwatch.HeapDiff().end(); say(1)', { env: { TMPDIR: dir, RSPROF_DIR: dir } });
  assert.deepEqual(names(dir), []);
});

test('the example is told of its leak and names it', async () => {
  const file = path.join(root, 'examples', 'migrating', 'memwatch.js');
  const { stdout } = await runNode('', { file });
  assert.match(stdout, /^leak: heap growth over 5 consecutive GCs \(\d+s\) - [\d.]+ mb\/hr$/m);
  assert.match(stdout, /^\d+000 sessions more$/m);
  assert.match(stdout, /a full collection left \d+/);
});
