'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { test } = require('node:test');

const { runForJson } = require('../support/child.js');
const { root } = require('../support/env.js');
const { tempDir } = require('../support/tempdir.js');

const register = path.join(root, 'compat', 'register.js');

/** A program whose dependency requires heapdump; nothing of that name is installed. */
function program(t) {
  const dir = tempDir(t);
  const dependency = path.join(dir, 'node_modules', 'dependency');
  fs.mkdirSync(dependency, { recursive: true });
  fs.writeFileSync(
    path.join(dependency, 'index.js'),
    'module.exports = [require("heapdump"), require("memwatch-next"), require("node-memwatch")];',
  );
  return dir;
}

const run = (dir, script, options) =>
  runForJson(script, { cwd: dir, preamble: '', nodeArgs: ['--require', register], ...options });

test('--require maps the names, in dependencies too', async (t) => {
  const dir = program(t);
  const found = await run(
    dir,
    `const [heapdump, next, node] = require('dependency');
     let other;
     try { require('not-installed'); } catch ({ code }) { other = code; }
     console.log(JSON.stringify([
       Object.keys(heapdump),
       heapdump === require('heapdump'),
       heapdump === require(${JSON.stringify(path.join(root, 'compat', 'heapdump.js'))}),
       next === node,
       require('@airbnb/node-memwatch') === require(${JSON.stringify(path.join(root, 'compat', 'memwatch.js'))}),
       require.resolve('heapdump'),
       other,
     ]))`,
  );
  const file = path.join(root, 'compat', 'heapdump.js');
  assert.deepEqual(found, [['writeSnapshot'], true, true, true, true, file, 'MODULE_NOT_FOUND']);
});

test('imports are mapped, where Node lets them', async (t) => {
  const canImport = typeof Module.register === 'function';
  const dir = program(t);
  fs.writeFileSync(
    path.join(dir, 'main.mjs'),
    `import heapdump from 'heapdump';
     import { createRequire } from 'node:module';
     const same = heapdump === createRequire(import.meta.url)('heapdump');
     console.log(JSON.stringify([Object.keys(heapdump), same]));`,
  );
  const found = run(dir, '', { file: path.join(dir, 'main.mjs') });
  if (canImport) assert.deepEqual(await found, [['writeSnapshot'], true]);
  else await assert.rejects(found, /Cannot find package 'heapdump'/);
});

test('worker threads inherit it', async (t) => {
  const found = await run(
    program(t),
    `const { Worker } = require('node:worker_threads');
     new Worker('require("node:worker_threads").parentPort.postMessage(Object.keys(require("heapdump")))', { eval: true })
       .on('message', (keys) => console.log(JSON.stringify(keys)));`,
  );
  assert.deepEqual(found, ['writeSnapshot']);
});

test('it does nothing but map names', async (t) => {
  const found = await run(
    program(t),
    `console.log(JSON.stringify([
       process.listenerCount('SIGUSR2'),
       Object.keys(require.cache).filter((file) => /heapdump|memwatch|profiler|\\.node$/.test(file)),
     ]))`,
  );
  assert.deepEqual(found, [0, []]);
});
