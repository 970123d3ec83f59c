'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { setTimeout: delay } = require('node:timers/promises');

const { ballast } = require('../support/ballast.js');
const { runForJson, startNode } = require('../support/child.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { names, tempDir } = require('../support/tempdir.js');

const OBJECTS = 100_000;

const partials = (dir) => names(dir).filter((name) => name.endsWith('.partial'));

/** A child in the middle of a capture into `dir`: its partial file is there. */
async function startCapture(dir) {
  const child = startNode(`
    ${ballast(OBJECTS)}
    rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)}, level: 9 })
      .then(({ path }) => console.log(JSON.stringify({ path })));
  `);
  for (let wait = 0; partials(dir).length === 0; wait++) {
    assert.ok(wait < 3000 && child.exitCode === null, 'the partial file appears');
    await delay(10);
  }
  return child;
}

function captureOnce(dir) {
  return runForJson(`
    rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)} })
      .then(({ path }) => console.log(JSON.stringify({ path })));
  `);
}

test('a process killed half-way leaves no visible file, and the next one sweeps its rest', async (t) => {
  const dir = tempDir(t);
  const child = await startCapture(dir);
  child.kill('SIGKILL');
  assert.equal((await child.finished).signal, 'SIGKILL');
  const left = names(dir);
  assert.ok(left.length > 0 && left.every((name) => name.endsWith('.partial')), left.join());

  const { path: file } = await captureOnce(dir);
  assert.deepEqual(names(dir), [path.basename(file), `${path.basename(file)}.json`]);
  readHeapSnapshot(file);
});

test('the partial file of a process that is still writing is left alone', async (t) => {
  const dir = tempDir(t);
  const child = await startCapture(dir);
  await captureOnce(dir);
  const { code, stdout, stderr } = await child.finished;
  assert.equal(code, 0, stderr);
  readHeapSnapshot(JSON.parse(stdout).path);
});

test('files that are not ours are never swept', async (t) => {
  const dir = tempDir(t);
  const strangers = ['download.partial', 'a.heapsnapshot.gz.partial', 'x.deadbeef-1-2.partial'];
  const old = new Date(Date.now() - 48 * 3600_000);
  for (const name of strangers) {
    fs.writeFileSync(path.join(dir, name), 'keep');
    fs.utimesSync(path.join(dir, name), old, old);
  }
  await captureOnce(dir);
  for (const name of strangers) assert.ok(fs.existsSync(path.join(dir, name)), name);
});

test('of another host only what is older than an hour is swept', async (t) => {
  const dir = tempDir(t);
  const stale = 'a.heapsnapshot.gz.0badcafe-4194000-12345-0.partial';
  const fresh = 'b.heapsnapshot.gz.0badcafe-4194000-12345-0.partial';
  for (const name of [stale, fresh]) fs.writeFileSync(path.join(dir, name), 'rest');
  const old = new Date(Date.now() - 2 * 3600_000);
  fs.utimesSync(path.join(dir, stale), old, old);
  await captureOnce(dir);
  assert.equal(fs.existsSync(path.join(dir, stale)), false);
  assert.equal(fs.existsSync(path.join(dir, fresh)), true);
});
