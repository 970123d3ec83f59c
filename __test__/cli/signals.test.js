'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { startNode } = require('../support/child.js');
const { names, tempDir } = require('../support/tempdir.js');
const { CLI, startCli } = require('./run.js');

/** Starts an analysis that ends only when it is cancelled; resolves when it has begun. */
async function begin(t) {
  const dir = tempDir(t);
  const file = path.join(dir, 'a.heapsnapshot');
  fs.writeFileSync(file, '{}');
  const args = ['analyze', file, '--html', path.join(dir, 'a.html')];
  const nodeArgs = ['--require', require.resolve('./hang.js')];
  const child = startCli(args, { nodeArgs });
  await once(child.stderr, 'data');
  return { child, dir };
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  test(`${signal} ends it as the shell expects, and leaves nothing`, async (t) => {
    const { child, dir } = await begin(t);
    child.kill(signal);
    const end = await child.finished;
    assert.equal(end.signal, signal);
    assert.deepEqual([end.stdout, end.stderr], ['', 'begun\n']);
    assert.deepEqual(names(dir), ['a.heapsnapshot']);
  });
}

test('when the process that started it is killed, it ends', async (t) => {
  const file = path.join(tempDir(t), 'a.heapsnapshot');
  fs.writeFileSync(file, '{}');
  const args = ['--require', require.resolve('./hang.js'), CLI, 'analyze', file];
  // What starts it has the end of a pipe in common with it: that closes when both are gone.
  const starter = startNode(`
    const { spawn } = require('node:child_process');
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'];
    spawn(process.execPath, ${JSON.stringify(args)}, { stdio });
    setInterval(() => {}, 1000);
  `);
  await once(starter.stderr, 'data');
  starter.kill('SIGKILL');
  const end = await starter.finished;
  assert.equal(end.timedOut, false);
  assert.equal(end.signal, 'SIGKILL');
});
