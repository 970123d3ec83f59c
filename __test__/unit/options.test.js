'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { pathToFileURL } = require('node:url');
const { fromEnvironment, optionNames, resolveOptions } = require('../../lib/options.js');
const { code } = require('./support.js');

const VARIABLES = ['RSPROF_DIR', 'RSPROF_COMPRESSION', 'RSPROF_REDACT', 'RSPROF_BACKEND'];
const CALLS = [
  'heapSnapshot',
  'heapSnapshotStream',
  'classHistogram',
  'cpuProfile',
  'startCpuProfile',
  'heapProfile',
  'startHeapProfile',
  'gcProfile',
  'startGcProfile',
  'analyze',
  'diff',
  'inspect',
  'signature',
];

function clearEnvironment() {
  for (const name of VARIABLES) delete process.env[name];
}

test.beforeEach(clearEnvironment);
test.after(clearEnvironment);

function refuses(call, options, ...texts) {
  assert.throws(
    () => resolveOptions(call, options),
    code('INVALID_ARG', (error) => {
      for (const text of texts)
        assert.ok(error.message.includes(text), `${error.message} lacks ${text}`);
    }),
  );
}

test('every call fills in its defaults', () => {
  assert.deepEqual(resolveOptions('heapSnapshot'), {
    path: undefined,
    dir: '.',
    overwrite: false,
    sidecar: true,
    compression: 'gzip',
    level: 1,
    signal: undefined,
    reason: undefined,
    onProgress: undefined,
    numericValues: false,
    exposeInternals: false,
    redact: false,
    strategy: 'auto',
    fallback: true,
    spill: 'auto',
    force: false,
    stableIds: false,
    budget: { seconds: 300, memory: undefined, pauseSeconds: 10 },
    queue: false,
    analyze: false,
  });
  assert.deepEqual(
    [resolveOptions('startCpuProfile').interval, resolveOptions('startHeapProfile').interval],
    [1000, 524_288],
  );
  assert.equal(resolveOptions('heapSnapshotStream').compression, 'none');
  assert.equal(resolveOptions('cpuProfile').seconds, 10);
  assert.equal(resolveOptions('startCpuProfile').maxSamples, 1_000_000);
  for (const call of CALLS)
    assert.deepEqual(Object.keys(resolveOptions(call, {})), optionNames(call));
});

test('an unknown option is named, with what there is', () => {
  refuses('heapSnapshot', { pth: 'x' }, "'pth'", 'path', 'compression');
  refuses('heapSnapshotStream', { path: 'x' }, "'path'");
  refuses('startCpuProfile', { seconds: 1 }, "'seconds'");
  refuses('heapSnapshot', { backend: 'native' }, "'backend'");
  refuses('heapSnapshot', { unknown: undefined }, "'unknown'");
});

test('options that are no object are refused, a string with a hint', () => {
  for (const value of [null, 1, [], () => {}]) refuses('heapSnapshot', value, 'must be an object');
  refuses('heapSnapshot', 'file', "{ path: 'file' }");
});

test('each wrong type or value is named, with what is allowed', () => {
  const wrong = {
    path: [['', 1, null, 'a\0b', new URL('http://h/x')], 'a path'],
    dir: [[false, {}], 'a path'],
    overwrite: [[1, 'true', null], 'true or false'],
    sidecar: [['no'], 'true or false'],
    compression: [['br', true, null], "'gzip', 'zstd', 'none'"],
    level: [[0, 1.5, '1', 20, NaN], 'an integer from 1 to'],
    signal: [[{}, null, new EventTarget()], 'an AbortSignal'],
    onProgress: [[{}, 'x'], 'a function'],
    redact: [[true, 'all'], "false, 'strings'"],
    strategy: [['spoon'], "'auto', 'fork', 'inline'"],
    spill: [['yes', 1], "'auto', true, false"],
    budget: [
      [null, 3, { seconds: 0 }, { memory: '1' }, { hours: 1 }],
      'an object of positive numbers',
    ],
    reason: [[7], 'a string'],
  };
  for (const [name, [values, allowed]] of Object.entries(wrong)) {
    for (const value of values) refuses('heapSnapshot', { [name]: value }, `'${name}'`, allowed);
  }
  refuses('startCpuProfile', { interval: 49 }, "'interval'", 'from 50 to 1000000 microseconds');
  refuses('startHeapProfile', { interval: 0 }, "'interval'", 'bytes');
  refuses('cpuProfile', { seconds: 0 }, "'seconds'", 'a number from');
  refuses('cpuProfile', { seconds: Infinity }, "'seconds'");
  refuses('startHeapProfile', { includeCollected: true }, "'includeCollected'", "'major'");
});

test('a budget keeps the defaults of what it leaves out', () => {
  const { budget } = resolveOptions('heapSnapshot', { budget: { seconds: 5 } });
  assert.deepEqual(budget, { seconds: 5, memory: undefined, pauseSeconds: 10 });
});

test('undefined is "not given", inherited properties do not count', () => {
  assert.equal(resolveOptions('heapSnapshot', { level: undefined }).level, 1);
  assert.equal(resolveOptions('heapSnapshot', Object.create({ level: 'wrong' })).level, 1);
  assert.equal(
    resolveOptions('heapSnapshot', Object.assign(Object.create(null), { level: 3 })).level,
    3,
  );
});

test('the level fits the compression', () => {
  assert.equal(resolveOptions('heapSnapshot', { compression: 'zstd', level: 19 }).level, 19);
  assert.equal(resolveOptions('heapSnapshot', { level: 9 }).level, 9);
  refuses('heapSnapshot', { level: 10 }, "'level'", '1 to 9', "'gzip'");
});

test('path and dir exclude each other, a file: URL is a path', () => {
  refuses('heapSnapshot', { path: 'a', dir: 'b' }, 'not both');
  const file = path.resolve('with space.heapsnapshot.gz');
  assert.equal(resolveOptions('heapSnapshot', { path: pathToFileURL(file) }).path, file);
});

test('the extension of path says how to compress, unless an argument does', () => {
  const compression = (options) => resolveOptions('heapSnapshot', options).compression;
  process.env.RSPROF_COMPRESSION = 'zstd';
  assert.equal(compression({ path: 'a.heapsnapshot' }), 'none');
  assert.equal(compression({ path: 'a.heapsnapshot.gz' }), 'gzip');
  assert.equal(compression({ path: 'a.anything' }), 'zstd');
  assert.equal(compression({ path: 'a.heapsnapshot', compression: 'gzip' }), 'gzip');
});

test('the argument wins over the environment, the environment over the default', () => {
  process.env.RSPROF_DIR = '/captures';
  process.env.RSPROF_COMPRESSION = 'zstd';
  process.env.RSPROF_REDACT = 'strings';
  const environment = resolveOptions('heapSnapshot');
  assert.deepEqual(
    [environment.dir, environment.compression, environment.redact],
    ['/captures', 'zstd', 'strings'],
  );
  const argument = resolveOptions('heapSnapshot', { dir: 'd', compression: 'none', redact: false });
  assert.deepEqual([argument.dir, argument.compression, argument.redact], ['d', 'none', false]);
  const stream = resolveOptions('heapSnapshotStream');
  assert.deepEqual([stream.compression, stream.redact], ['none', 'strings']);
});

test('a wrong variable is named; an empty one counts as unset', () => {
  process.env.RSPROF_COMPRESSION = 'lzma';
  refuses('heapSnapshot', {}, 'RSPROF_COMPRESSION', "'lzma'");
  process.env.RSPROF_COMPRESSION = '';
  assert.equal(resolveOptions('heapSnapshot').compression, 'gzip');
  process.env.RSPROF_REDACT = 'yes';
  refuses('heapSnapshot', {}, 'RSPROF_REDACT', "'strings'");
  process.env.RSPROF_REDACT = 'false';
  assert.equal(resolveOptions('heapSnapshot').redact, false);
  process.env.RSPROF_BACKEND = 'wasm';
  assert.throws(() => fromEnvironment('backend'), code('INVALID_ARG'));
});

test('seconds raises the default of maxSeconds, not one that was asked for', () => {
  assert.equal(resolveOptions('cpuProfile').maxSeconds, 600);
  assert.equal(resolveOptions('cpuProfile', { seconds: 900 }).maxSeconds, 960);
  assert.equal(resolveOptions('cpuProfile', { seconds: 900, maxSeconds: 5 }).maxSeconds, 5);
});

test('each option is read once', () => {
  let reads = 0;
  const options = {
    get level() {
      reads += 1;
      return 2;
    },
  };
  assert.equal(resolveOptions('heapSnapshot', options).level, 2);
  assert.equal(reads, 1);
});
