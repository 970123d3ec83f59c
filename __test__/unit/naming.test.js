'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const test = require('node:test');
const { Worker, threadId } = require('node:worker_threads');
const {
  defaultName,
  finalName,
  parsePartialName,
  partialName,
  stamp,
} = require('../../lib/naming.js');

const FILE = require.resolve('../../lib/naming.js');

test('the stamp is UTC, and its text order is time order', () => {
  assert.equal(stamp(new Date('2026-02-03T04:05:06.007Z')), '20260203T040506.007Z');
  const times = [0, 1, 999, 1000, 86_399_999, 86_400_000, 1e12, 1e12 + 1, 2e12].map(
    (ms) => new Date(ms),
  );
  const stamps = times.map(stamp);
  assert.deepEqual([...stamps].sort(), stamps);
});

test('a name says kind, compression, process and thread', () => {
  const date = new Date('2026-02-03T04:05:06.007Z');
  const start = `20260203T040506\\.007Z-${process.pid}-${threadId}-\\d{4,}`;
  assert.match(
    defaultName('heapSnapshot', 'gzip', date),
    new RegExp(`^${start}\\.heapsnapshot\\.gz$`),
  );
  assert.match(
    defaultName('cpuProfile', 'zstd', date),
    new RegExp(`^${start}\\.cpuprofile\\.zst$`),
  );
  assert.match(defaultName('heapProfile', 'none', date), new RegExp(`^${start}\\.heapprofile$`));
  assert.match(
    defaultName('classHistogram', 'none', date),
    new RegExp(`^${start}\\.classes\\.json$`),
  );
});

test('names of one millisecond are unique and sort in their order', () => {
  const date = new Date();
  const names = Array.from({ length: 1200 }, () => defaultName('heapSnapshot', 'gzip', date));
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual([...names].sort(), names);
});

test('two copies of rsprof in one thread do not give one name twice', () => {
  const copy = freshCopy(FILE);
  assert.notEqual(copy.defaultName, defaultName);
  const date = new Date();
  assert.notEqual(
    defaultName('heapSnapshot', 'gzip', date),
    copy.defaultName('heapSnapshot', 'gzip', date),
  );
});

test('another thread gives other names', async () => {
  const date = new Date(0);
  const script = `require('node:worker_threads').parentPort.postMessage(
    require(${JSON.stringify(FILE)}).defaultName('heapSnapshot', 'gzip', new Date(0)))`;
  const worker = new Worker(script, { eval: true });
  const [name] = await once(worker, 'message');
  await worker.terminate();
  assert.ok(name.includes(`-${process.pid}-`));
  assert.notEqual(name.split('-')[2], defaultName('heapSnapshot', 'gzip', date).split('-')[2]);
});

test('a partial name says who writes it', () => {
  const identity = { hostTag: '0123abcd', pid: 42, startTime: '998877', threadId: 3 };
  const partial = partialName('/d/x.heapsnapshot.gz', identity);
  assert.equal(partial, '/d/x.heapsnapshot.gz.0123abcd-42-998877-3.partial');
  assert.deepEqual(parsePartialName(path.basename(partial)), identity);
  assert.equal(finalName(partial), '/d/x.heapsnapshot.gz');
  assert.equal(finalName('/d/other.partial'), '/d/other.partial');
});

test('names of others are not ours', () => {
  const others = [
    'x.partial',
    'movie.mp4.partial',
    '.0123abcd-42-998877-3.partial',
    'x.0123ABCD-42-998877-3.partial',
    'x.0123abc-42-998877-3.partial',
    'x.0123abcd-0-998877-3.partial',
    'x.0123abcd-42-998877.partial',
    'x.0123abcd-42-998877-3.partial.gz',
    'x.0123abcd-42-998877-3',
  ];
  for (const name of others) assert.equal(parsePartialName(name), null, name);
});

function freshCopy(file) {
  const cached = require.cache[file];
  delete require.cache[file];
  try {
    return require(file);
  } finally {
    require.cache[file] = cached;
  }
}
