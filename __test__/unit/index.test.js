'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const test = require('node:test');
const rsprof = require('../../index.js');
const { version } = require('../../package.json');

const INDEX = require.resolve('../../index.js');

test('the surface', () => {
  assert.deepEqual(Object.keys(rsprof), [
    'version',
    'RsprofError',
    'backend',
    'heapSnapshot',
    'heapSnapshotStream',
    'classHistogram',
    'snapshotOnOutOfMemory',
    'startCpuProfile',
    'cpuProfile',
    'startHeapProfile',
    'heapProfile',
    'continuous',
    'watch',
    'dryRun',
    'profiler',
    'startGcProfile',
    'gcProfile',
    'label',
    'labelRequests',
    'analyze',
    'diff',
    'inspect',
    'signature',
    'exportProfile',
  ]);
  assert.equal(rsprof.version, version);
});

test('ESM has the same, by name and as default', async () => {
  const { default: whole, ...named } = await import('../../index.mjs');
  assert.equal(whole, rsprof);
  assert.deepEqual({ ...named }, rsprof);
});

test('requiring it starts nothing', { skip: process.platform !== 'linux' && 'needs /proc' }, () => {
  const script = `
    const fs = require('node:fs');
    const state = () => JSON.stringify({
      threads: fs.readdirSync('/proc/self/task').length,
      descriptors: fs.readdirSync('/proc/self/fd').length,
      resources: process.getActiveResourcesInfo?.() ?? [],
      listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
      maps: fs.readFileSync('/proc/self/maps', 'utf8').match(/\\S+\\.node$/gm),
    });
    const before = state();
    require(${JSON.stringify(INDEX)});
    console.log(state() === before ? 'same' : before + state());`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  assert.equal(stdout, 'same\n', stderr);
});
