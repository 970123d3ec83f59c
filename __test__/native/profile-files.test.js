'use strict';

// Profiles as files: known by their content, whatever wrote them, and refused in words where they are none.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const zlib = require('node:zlib');

const rsprof = require('../../index.js');
const { tempDir } = require('../support/tempdir.js');

const frame = (functionName, url = '', lineNumber = -1) => ({
  functionName,
  scriptId: url ? '7' : '0',
  url,
  lineNumber,
  columnNumber: -1,
});

/** 60 ms in `hot`, 40 ms idle. */
function cpuProfile(hot = 'hot') {
  return {
    nodes: [
      { id: 1, callFrame: frame('(root)'), hitCount: 0, children: [2, 3] },
      { id: 2, callFrame: frame(hot, 'file:///srv/app.js', 8), hitCount: 60, children: [] },
      { id: 3, callFrame: frame('(idle)'), hitCount: 40, children: [] },
    ],
    startTime: 1e6,
    endTime: 1.1e6,
    samples: Array.from({ length: 100 }, (_, at) => (at < 60 ? 2 : 3)),
    timeDeltas: Array(100).fill(1000),
  };
}

const heapProfile = {
  head: {
    callFrame: frame('(root)'),
    selfSize: 0,
    id: 1,
    children: [
      { callFrame: frame('make', 'file:///srv/app.js', 3), selfSize: 4096, id: 2, children: [] },
    ],
  },
};

/** As v8-profiler writes it: nested, lines from 1, whole seconds. */
const oldProfile = {
  typeId: 'CPU',
  uid: '1',
  title: 'old',
  head: {
    functionName: '(root)',
    url: '',
    lineNumber: 0,
    callUID: 1,
    bailoutReason: '',
    id: 1,
    scriptId: 0,
    hitCount: 0,
    children: [
      {
        functionName: 'hot',
        url: '/srv/app.js',
        lineNumber: 9,
        callUID: 2,
        bailoutReason: '',
        id: 2,
        scriptId: 7,
        hitCount: 100,
        children: [],
      },
    ],
  },
  startTime: 10,
  endTime: 12,
  samples: [],
  timestamps: [],
};

function write(dir, name, content) {
  const file = path.join(dir, name);
  fs.writeFileSync(
    file,
    typeof content === 'object' && !Buffer.isBuffer(content) ? JSON.stringify(content) : content,
  );
  return file;
}

test('the content tells what a file is, not its name', async (t) => {
  const dir = tempDir(t);
  const cpu = await rsprof.analyze(write(dir, 'a.heapsnapshot', cpuProfile()));
  assert.equal(cpu.kind, 'cpuProfile');
  assert.equal(cpu.overview.busyWeight, 60_000);
  assert.equal(cpu.overview.idleShare, 0.4);
  const [row] = cpu.bySelf;
  assert.deepEqual(
    [row.name, row.url, row.line, row.selfShare],
    ['hot', 'file:///srv/app.js', 9, 1],
  );
  const heap = await rsprof.analyze(write(dir, 'b', heapProfile));
  assert.equal(heap.kind, 'heapProfile');
  assert.deepEqual([heap.overview.unit, heap.overview.totalWeight], ['bytes', 4096]);
  const old = await rsprof.analyze(write(dir, 'c.json', oldProfile));
  assert.deepEqual([old.kind, old.bySelf[0].line, old.overview.timing], ['cpuProfile', 9, 'hits']);
});

test('compressed files, whatever they are called', async (t) => {
  const dir = tempDir(t);
  const packed = zlib.gzipSync(JSON.stringify(cpuProfile()));
  const report = await rsprof.analyze(write(dir, 'a.cpuprofile', packed));
  assert.equal(report.file.compression, 'gzip');
  assert.equal(report.bySelf[0].name, 'hot');
});

const DAMAGES = [
  ['nothing', 'a.cpuprofile', '', 'ERR_RSPROF_INVALID_PROFILE', /empty/],
  ['no JSON', 'a.cpuprofile', 'hello', 'ERR_RSPROF_INVALID_PROFILE', /expected/],
  [
    'cut off',
    'a.cpuprofile',
    JSON.stringify(cpuProfile()).slice(0, 300),
    'ERR_RSPROF_INVALID_PROFILE',
    /byte 300/,
  ],
  ['a trace', 'a.cpuprofile', '{"traceEvents":[]}', 'ERR_RSPROF_INVALID_PROFILE', /a Chrome trace/],
  [
    'something else',
    'a.heapprofile.gz',
    '{"a":1,"b":2}',
    'ERR_RSPROF_INVALID_PROFILE',
    /found an object with a, b/,
  ],
  ['something else', 'a.json', '{"a":1,"b":2}', 'ERR_RSPROF_INVALID_SNAPSHOT', /./],
  [
    'a cycle',
    'a',
    { nodes: [{ id: 1, callFrame: frame('a'), hitCount: 1, children: [1] }] },
    'ERR_RSPROF_INVALID_PROFILE',
    /./,
  ],
  [
    'samples of no node',
    'a',
    { ...cpuProfile(), samples: Array(100).fill(77) },
    'ERR_RSPROF_INVALID_PROFILE',
    /node 77, which is not there/,
  ],
  [
    'too few times',
    'a',
    { ...cpuProfile(), timeDeltas: [1, 2] },
    'ERR_RSPROF_INVALID_PROFILE',
    /expected 100 timeDeltas/,
  ],
];

for (const [what, name, content, code, message] of DAMAGES) {
  test(`${what}, as ${name}, is refused in words`, async (t) => {
    const file = write(tempDir(t), name, content);
    await assert.rejects(rsprof.analyze(file), (error) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      return true;
    });
  });
}

test('times that go back and samples without times are no reason to refuse', async (t) => {
  const dir = tempDir(t);
  const { timeDeltas, ...untimed } = cpuProfile();
  const even = await rsprof.analyze(write(dir, 'a', untimed));
  assert.deepEqual([even.overview.timing, even.overview.totalWeight], ['even', 100_000]);
  const back = {
    ...cpuProfile(),
    timeDeltas: timeDeltas.map((one, at) => (at === 50 ? -3000 : one)),
  };
  const sorted = await rsprof.analyze(write(dir, 'b', back));
  assert.equal(sorted.overview.samples, 100);
  assert.ok(sorted.overview.totalWeight > 0);
});

test('two profiles compared, and what is no two profiles', async (t) => {
  const dir = tempDir(t);
  const a = write(dir, 'a.cpuprofile', cpuProfile());
  const b = write(dir, 'b.cpuprofile', cpuProfile('other'));
  const found = await rsprof.diff(a, b);
  assert.equal(found.kind, 'cpuProfileDiff');
  assert.deepEqual(found.busyWeights, [60_000, 60_000]);
  const shares = Object.fromEntries(found.functions.map(({ name, own }) => [name, own]));
  assert.deepEqual([shares.hot.before, shares.hot.after, shares.hot.significant], [1, 0, true]);
  assert.deepEqual([shares.other.before, shares.other.after], [0, 1]);
  const same = await rsprof.diff(a, a);
  assert.match(same.verdict, /^Nothing changed beyond the noise/);

  const heap = write(dir, 'c.heapprofile', heapProfile);
  await assert.rejects(rsprof.diff(a, heap), { code: 'ERR_RSPROF_INVALID_ARG' });
  await assert.rejects(rsprof.diff(a, b, a), { code: 'ERR_RSPROF_INVALID_ARG' });
  const snapshot = write(dir, 'd.heapsnapshot', '{"snapshot":{}}');
  await assert.rejects(rsprof.diff(a, snapshot), { code: 'ERR_RSPROF_INVALID_ARG' });
});

test('an analysis of a profile that is aborted', async (t) => {
  const file = write(tempDir(t), 'a.cpuprofile', cpuProfile());
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(rsprof.analyze(file, { signal }), { code: 'ERR_RSPROF_ABORTED' });
});

test('progress goes forward, and ends with 100', async (t) => {
  const file = write(tempDir(t), 'a.cpuprofile', cpuProfile());
  const seen = [];
  await rsprof.analyze(file, { onProgress: ({ percent }) => seen.push(percent) });
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
  assert.equal(seen.at(-1), 100);
});
