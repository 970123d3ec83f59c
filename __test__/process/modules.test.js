'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { pathToFileURL } = require('node:url');

const { runForJson } = require('../support/child.js');
const { root } = require('../support/env.js');
const { tempDir } = require('../support/tempdir.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');

const SURFACE = [
  'RsprofError',
  'analyze',
  'backend',
  'classHistogram',
  'continuous',
  'cpuProfile',
  'diff',
  'dryRun',
  'exportProfile',
  'gcProfile',
  'heapProfile',
  'heapSnapshot',
  'heapSnapshotStream',
  'inspect',
  'label',
  'labelRequests',
  'profiler',
  'signature',
  'snapshotOnOutOfMemory',
  'startCpuProfile',
  'startGcProfile',
  'startHeapProfile',
  'version',
  'watch',
];

/** A project in which `rsprof` is installed as a dependency. */
function project(t, file, text) {
  const dir = tempDir(t);
  fs.mkdirSync(path.join(dir, 'node_modules'));
  fs.symlinkSync(root, path.join(dir, 'node_modules', 'rsprof'), 'dir');
  fs.writeFileSync(path.join(dir, file), text);
  return { dir, file: path.join(dir, file) };
}

test('CommonJS: require gives every function, and destructuring works', async (t) => {
  const { dir, file } = project(
    t,
    'app.cjs',
    `const rsprof = require('rsprof');
    const { heapSnapshot } = require('rsprof');
    heapSnapshot({ dir: __dirname }).then(({ path }) =>
      console.log(JSON.stringify({ path, names: Object.keys(rsprof).sort() })));`,
  );
  const result = await runForJson('', { file, cwd: dir });
  assert.deepEqual(result.names, SURFACE);
  readHeapSnapshot(result.path);
});

test('ESM: named, default and namespace imports are the same functions', async (t) => {
  const { dir, file } = project(
    t,
    'app.mjs',
    `import rsprof, { heapSnapshot, RsprofError, version } from 'rsprof';
    import * as all from 'rsprof';
    const same = rsprof.heapSnapshot === heapSnapshot && all.heapSnapshot === heapSnapshot;
    const { path } = await heapSnapshot({ dir: new URL('.', import.meta.url) });
    const names = Object.keys(all).filter((name) => name !== 'default' && name !== 'module.exports');
    console.log(JSON.stringify({ path, same, version, names: names.sort(), error: RsprofError.name }));`,
  );
  const result = await runForJson('', { file, cwd: dir });
  assert.equal(result.same, true);
  assert.deepEqual(result.names, SURFACE);
  assert.equal(result.version, require('../../package.json').version);
  assert.equal(result.error, 'RsprofError');
  readHeapSnapshot(result.path);
});

test('both module systems in one process share one state: a capture is busy across them', async (t) => {
  const { dir, file } = project(
    t,
    'app.mjs',
    `import { createRequire } from 'node:module';
    import { heapSnapshot } from 'rsprof';
    const required = createRequire(import.meta.url)('rsprof');
    const first = heapSnapshot({ dir: '.' });
    const second = await required.heapSnapshot({ dir: '.' }).catch((error) => error.code);
    await first;
    console.log(JSON.stringify({ second, same: required.heapSnapshot === heapSnapshot }));`,
  );
  const result = await runForJson('', { file, cwd: dir });
  assert.equal(result.second, 'ERR_RSPROF_BUSY');
  assert.equal(result.same, true);
});

test('two installed copies of rsprof share the rule of one snapshot at a time', async (t) => {
  const copy = path.join(tempDir(t), 'rsprof');
  for (const name of ['index.js', 'package.json', 'lib', 'native']) {
    fs.cpSync(path.join(root, name), path.join(copy, name), { recursive: true });
  }
  const dir = tempDir(t);
  const result = await runForJson(`
    const other = require(${JSON.stringify(copy)});
    const options = { dir: ${JSON.stringify(dir)} };
    (async () => {
      const first = rsprof.heapSnapshot(options);
      const second = await other.heapSnapshot(options).catch((error) => error.code);
      await first;
      const { path } = await other.heapSnapshot(options);
      console.log(JSON.stringify({ second, path, distinct: other !== rsprof }));
    })();
  `);
  assert.equal(result.distinct, true);
  assert.equal(result.second, 'ERR_RSPROF_BUSY');
  readHeapSnapshot(result.path);
});

test('rsprof can be preloaded with --import and --require', async (t) => {
  const { dir, file } = project(t, 'app.cjs', 'console.log(JSON.stringify({ ok: true }));');
  const url = pathToFileURL(path.join(root, 'index.mjs')).href;
  const options = { file, cwd: dir, nodeArgs: ['--require', 'rsprof', '--import', url] };
  assert.deepEqual(await runForJson('', options), { ok: true });
});
