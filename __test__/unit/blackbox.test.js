'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { identity } = require('../../lib/process-identity.js');
const { FileSink } = require('../../lib/watch/blackbox/file-sink.js');
const { blackboxName, parseName } = require('../../lib/watch/blackbox/folder.js');
const { layoutOf } = require('../../lib/watch/blackbox/format.js');
const { openBlackbox } = require('../../lib/watch/blackbox/open.js');
const { readBlackbox } = require('../../lib/watch/blackbox/reader.js');
const { BlackboxWriter } = require('../../lib/watch/blackbox/writer.js');
const { History } = require('../../lib/watch/history.js');
const { INDEX, METRICS, WIDTH } = require('../../lib/watch/metrics.js');
const { youngReserve } = require('../../lib/watch/young-generation.js');
const { INFO, LAST, SMALL, makeBlackbox, overwrite, rowOf } = require('../support/blackbox.js');
const { smallDisk } = require('../support/small-disk.js');
const { assertIdle, code, tempDir } = require('./support.js');

const inDir = (t, name = 'box.rsprof') => path.join(tempDir(t), name);

/** A writer on a real file, and what it is made of. */
function open(t, { tiers = SMALL, clock = () => LAST } = {}) {
  const file = inDir(t);
  const history = new History({ tiers });
  const sink = new FileSink(file, layoutOf(tiers).bytes);
  const writer = new BlackboxWriter({ path: file, history, sink, info: INFO, clock });
  t.after(() => writer.end('test over'));
  const add = (time, readings) => {
    const row = rowOf(time, readings);
    history.add(row);
    writer.add(row);
  };
  return { file, history, sink, writer, add, layout: layoutOf(tiers) };
}

const timesOf = (box, tier) => [...box.rows(tier)].map(({ time }) => (time - LAST) / 1000);

test('the size never changes, and is under a megabyte', (t) => {
  const file = makeBlackbox(inDir(t));
  const stats = fs.statSync(file);
  assert.ok(stats.size < 1e6, `${stats.size}`);
  assert.ok(stats.blocks * 512 >= stats.size, 'no holes: there is room for all of it');
  assert.equal(stats.mode & 0o777, 0o600);
  assert.equal(stats.size, layoutOf(new History().tiers).bytes);
});

test('the header is text that tells what the rest is, and nothing of the environment', (t) => {
  const file = makeBlackbox(inDir(t), { seconds: 1 });
  const header = JSON.parse(fs.readFileSync(file).toString('latin1', 0, 4096));
  assert.equal(header.format, 'rsprof-blackbox/1');
  assert.deepEqual(
    header.metrics,
    METRICS.map(({ name }) => name),
  );
  const { format, metrics, layout, ...info } = header;
  assert.deepEqual(info, { ...INFO, startedAt: LAST - 1000 });
});

test('what is opened for this thread tells who it is', async (t) => {
  const dir = tempDir(t);
  const writer = openBlackbox({ dir, history: new History({ tiers: SMALL }), interval: 500 });
  t.after(() => writer.end('test over'));
  assert.equal(path.basename(writer.path), blackboxName());
  const { info } = await readBlackbox(writer.path);
  const { hostTag, pid, startTime, threadId } = identity();
  assert.deepEqual({ hostTag, pid, startTime, threadId }, { ...parseName(blackboxName()) });
  assert.deepEqual({ ...info, ...identity(), interval: 500 }, info);
  assert.equal(info.node, process.versions.node);
  assert.equal(info.youngReserve, youngReserve());
  assert.deepEqual(
    Object.values(info).filter((value) => value === null),
    [],
  );
  assert.throws(() => openBlackbox({ dir, history: new History(), interval: 500 }), code('BUSY'));
  writer.end('watcher closed');
  openBlackbox({ dir, history: new History(), interval: 500 }).end('again');
  assert.equal((await readBlackbox(writer.path)).end.text, 'again', 'the old one is replaced');
  assertIdle();
});

test('rows come back as they were, the oldest first, also after the rings went round', async (t) => {
  const { file, add } = open(t);
  const start = LAST - 600_000;
  for (let at = 0; at <= 600; at++) add(start + at * 1000, { heapUsed: at, gcPause: at % 7 });
  const box = await readBlackbox(file);
  assert.deepEqual(
    timesOf(box, 0),
    Array.from({ length: 70 }, (_, at) => at - 69),
  );
  const last = [...box.rows(0)].at(-1);
  assert.equal(last.values[INDEX.heapUsed], 600);
  assert.ok(Number.isNaN(last.values[INDEX.rss]));
  assert.equal(last.values.length, WIDTH);
  // 03:12:07: the minutes are those of the clock.
  assert.deepEqual(timesOf(box, 1), [-188, -128, -68, -8]);
  const minute = [...box.rows(1)].at(-1);
  assert.equal(minute.values[INDEX.heapUsed], 562.5);
  assert.equal(minute.values[INDEX.gcPause], 6);
  assert.deepEqual(box.tiers, SMALL);
  assert.equal(box.damaged, 0);
  assert.equal(box.lastSeen, LAST);
});

test('a clock that goes back changes nothing of the order', async (t) => {
  const { file, add } = open(t);
  for (const at of [0, 1, -5000, -4999]) add(LAST + at * 1000, {});
  assert.deepEqual(timesOf(await readBlackbox(file), 0), [0, 1, -5000, -4999]);
});

test('of the events the last ones stay; what is too long is cut between characters', async (t) => {
  let now = LAST;
  const { file, writer } = open(t, { clock: () => now });
  for (let at = 0; at < 100; at++) {
    now = LAST + at;
    writer.event(`event ${at} ${'€'.repeat(at)}`);
  }
  const { events } = await readBlackbox(file);
  assert.equal(events.length, 64);
  assert.deepEqual(events[0], { time: LAST + 36, text: `event 36 ${'€'.repeat(36)}` });
  assert.equal(events.at(-1).time, LAST + 99);
  assert.equal(events.at(-1).text, `event 99 ${'€'.repeat(76)}`);
  assert.doesNotMatch(events.map(({ text }) => text).join(''), /\ufffd/);
});

test('a slot whose writer died halfway costs that slot', async (t) => {
  const { file, add, layout } = open(t);
  const [{ offset, slots, slotBytes }] = layout.tiers;
  const slotAt = (from) => fs.readFileSync(file).subarray(from, from + slotBytes);
  for (let at = 0; at < slots; at++) add(LAST + at * 1000, { requestLatencyP99: at });
  const oldest = slotAt(offset);
  add(LAST + slots * 1000, { requestLatencyP99: slots });
  const newest = slotAt(offset);
  for (const half of [4, 8, 16, slotBytes / 2, slotBytes - 4]) {
    const torn = Buffer.concat([newest.subarray(0, half), oldest.subarray(half)]);
    overwrite(file, offset, torn);
    const box = await readBlackbox(file);
    assert.deepEqual([timesOf(box, 0).length, timesOf(box, 0)[0]], [slots - 1, 1], `${half} bytes`);
    assert.equal(box.damaged, 1);
  }
  overwrite(file, offset + slotBytes, newest);
  assert.equal(timesOf(await readBlackbox(file), 0).length, slots - 2, 'nor one in a wrong place');
});

test('the end is the last word', async (t) => {
  const { file, writer, add } = open(t);
  add(LAST, {});
  writer.end('exit code 0');
  writer.end('exit code 1');
  writer.event('too late');
  add(LAST + 1000, {});
  const { end, events, lastSeen } = await readBlackbox(file);
  assert.deepEqual(end, { time: LAST, text: 'exit code 0' });
  assert.deepEqual(events, []);
  assert.equal(lastSeen, LAST);
  assertIdle();
});

test('a file that cannot be written any more disturbs nobody', (t) => {
  const { writer, sink, add } = open(t);
  const failure = Object.assign(new Error('EIO: broken'), { code: 'EIO' });
  let calls = 0;
  sink.write = () => {
    calls++;
    throw failure;
  };
  add(LAST, {});
  add(LAST + 1000, {});
  writer.event('no');
  assert.equal(calls, 1);
  assert.equal(writer.error, failure);
  assertIdle();
});

test('a file that cannot be made is an error of its own', (t) => {
  const dir = tempDir(t);
  assert.throws(() => new FileSink(path.join(dir, 'missing', 'a'), 10), code('NOT_FOUND'));
  const there = path.join(dir, 'there');
  fs.writeFileSync(there, 'mine');
  fs.symlinkSync(there, path.join(dir, 'link'));
  for (const name of ['there', 'link']) {
    assert.throws(() => new FileSink(path.join(dir, name), 10), code('EXISTS'));
  }
  assert.equal(fs.readFileSync(there, 'utf8'), 'mine');
  const history = new History({ tiers: SMALL });
  const missing = path.join(dir, 'missing');
  assert.throws(() => openBlackbox({ dir: missing, history, interval: 1000 }), code('NOT_FOUND'));
  assertIdle();
});

test('a disk that is full is known at once, and nothing is left on it', (t) => {
  const dir = smallDisk(t, 400);
  if (!dir) return t.skip('no right to mount');
  const history = new History();
  assert.throws(() => openBlackbox({ dir, history, interval: 1000 }), code('DISK_FULL'));
  assert.deepEqual(fs.readdirSync(dir), []);
  assertIdle();
});

test('a mirror that is behind does not cost the end', async (t) => {
  const dir = tempDir(t);
  const made = [];
  const mirror = {
    mirrorTo(where) {
      made.push(where);
      fs.writeFileSync(where.path, Buffer.alloc(where.bytes));
    },
    write(offset, bytes) {
      if (offset > 0) throw new Error('the thread is gone');
      fs.writeFileSync(made[0].path, bytes, { flag: 'r+' });
    },
  };
  const history = new History({ tiers: SMALL });
  const writer = openBlackbox({ dir, history, interval: 1000, mirror });
  const { tail, bytes } = layoutOf(SMALL);
  assert.deepEqual(made, [{ path: writer.path, bytes, tailOffset: tail.offset }]);
  writer.end('exit code 0');
  assert.equal((await readBlackbox(writer.path)).end.text, 'exit code 0');
});

test('what is written each second is not allocated', () => {
  const at = (name) => JSON.stringify(require.resolve(`../../lib/watch/${name}.js`));
  const script = `
    const { History } = require(${at('history')});
    const { BlackboxWriter } = require(${at('blackbox/writer')});
    const history = new History();
    let bytes = 0;
    const sink = { write(offset, block) { bytes = (bytes + block.length) | 0; } };
    const writer = new BlackboxWriter({ path: '/nowhere', history, sink, info: {} });
    const row = new Float64Array(${WIDTH}).fill(0.5);
    const tick = () => { row[0] += 1000; history.add(row); writer.add(row); };
    const used = () => process.memoryUsage().heapUsed;
    for (let done = 0; done < 20000; done++) tick();
    let least = Infinity;
    for (let round = 0; round < 4; round++) {
      global.gc();
      const before = used();
      for (let done = 0; done < 10000; done++) tick();
      least = Math.min(least, (used() - before) / 10000);
    }
    console.log(least);`;
  const nodeArgs = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const { stdout, stderr } = spawnSync(process.execPath, [...nodeArgs, '-e', script], {
    encoding: 'utf8',
  });
  assert.ok(Number(stdout || Number.NaN) < 100, `${stdout}${stderr}: bytes each second`);
});

test('what the young generation has of the limit', () => {
  const of = (version, options = '', limits = {}) =>
    youngReserve({ version, options, limits }) / 2 ** 20;
  assert.deepEqual(
    ['18.20.8', '22.1.0', '24.0.0', '25.9.0', '26.1.0', '28.0.0'].map((v) => of(v)),
    [48, 48, 192, 192, 96, 96],
  );
  assert.equal(of('20.0.0', '--max-semi-space-size=32'), 96);
  assert.equal(of('24.0.0', '--max_semi_space_size 8 --x'), 24);
  assert.equal(of('24.0.0', '', { maxYoungGenerationSizeMb: 5 }), 5);
  const flags = ['--max-old-space-size=300', '-p', 'v8.getHeapStatistics().heap_size_limit'];
  const { stdout } = spawnSync(process.execPath, flags, { encoding: 'utf8' });
  assert.equal(Number(stdout) - 300 * 2 ** 20, youngReserve({ options: '' }));
});
