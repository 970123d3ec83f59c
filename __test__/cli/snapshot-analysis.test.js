'use strict';

/** heapSnapshot({ analyze: true }), with the real command line in a process of its own. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');

const { runForJson, startNode } = require('../support/child.js');
const { nodeMajor, permissionFlag, root } = require('../support/env.js');
const { names, tempDir } = require('../support/tempdir.js');

/** A process that leaks, and then runs `rest` with `dir`. */
const script = (dir, rest) => `
  class Room { constructor(at) { this.texts = [String(at).repeat(8), String(-at).repeat(8)]; } }
  class Manager { rooms = Array.from({ length: 40000 }, (_, at) => new Room(at)); }
  globalThis.manager = new Manager();
  const dir = ${JSON.stringify(dir)};
  ${rest}
`;

/** Takes a snapshot with its analysis, prints what came of it. */
const CAPTURE = `
  rsprof.heapSnapshot({ dir, analyze: true }).then(({ analysis, analysisError, path }) => {
    const { code, message } = analysisError ?? {};
    console.log(JSON.stringify({ analysis, code, message, path }));
  });
`;

function assertVerdict({ analysis, path: file, message }) {
  assert.ok(analysis, message);
  assert.equal(analysis.file.path, file);
  assert.match(analysis.verdict, /Manager @\d+ holds/);
  assert.equal(analysis.suspects[0].className, 'Room');
  assert.ok(analysis.rss.rss > analysis.overview.totalSize);
}

test('snapshot and verdict in one call', async (t) => {
  const dir = tempDir(t);
  const result = await runForJson(script(dir, CAPTURE));
  assertVerdict(result);
  assert.equal(names(dir).length, 2, 'the file and its sidecar');
});

test('what the environment holds does not reach the analysis', async (t) => {
  const env = { RSPROF_ANALYZE: '1', NODE_OPTIONS: '--max-old-space-size=400 --trace-exit' };
  const rest = CAPTURE.replace(', analyze: true', '');
  assertVerdict(await runForJson(script(tempDir(t), rest), { env }));
});

test('in a worker', async (t) => {
  const dir = tempDir(t);
  const inWorker = `const rsprof = require(${JSON.stringify(root)}); ${script(dir, CAPTURE)}`;
  const result = await runForJson(`
    const { Worker } = require('node:worker_threads');
    new Worker(${JSON.stringify(inWorker)}, { eval: true });
  `);
  assertVerdict(result);
  assert.match(result.analysis.rss.sentence, /one of its threads/);
});

test('the signal ends the analysis, the snapshot stays', async (t) => {
  const dir = tempDir(t);
  const result = await runForJson(
    script(
      dir,
      `
      const controller = new AbortController();
      const { spawn } = require('node:child_process');
      require('node:child_process').spawn = (...rest) => {
        setImmediate(() => controller.abort());
        return spawn(...rest);
      };
      rsprof.heapSnapshot({ dir, analyze: true, signal: controller.signal }).then((result) => {
        const { analysis, analysisError, path } = result;
        console.log(JSON.stringify({ analysis, code: analysisError.code, path }));
      });`,
    ),
  );
  assert.equal(result.analysis, null);
  assert.equal(result.code, 'ERR_RSPROF_ABORTED');
  assert.ok(fs.existsSync(result.path));
});

test('a process that exits takes the analysis with it', async (t) => {
  const dir = tempDir(t);
  const child = startNode(
    script(
      dir,
      `
      const { spawn } = require('node:child_process');
      require('node:child_process').spawn = (file, args, options) => {
        const child = spawn(file, ['-e', 'setInterval(() => {}, 1000)'], {
          ...options,
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        });
        setImmediate(() => process.exit(7));
        return Object.assign(child, {
          stdout: new (require('node:stream').PassThrough)(),
          stderr: new (require('node:stream').PassThrough)(),
        });
      };
      rsprof.heapSnapshot({ dir, analyze: true });`,
    ),
  );
  // The child of the analysis has inherited the pipes: they close when it is gone too.
  const { code, timedOut } = await child.finished;
  assert.deepEqual([code, timedOut], [7, false]);
});

if (permissionFlag) {
  // Node 22 hands the grants on to children, but not the older name of the flag they belong to.
  const flag = nodeMajor >= 22 ? '--permission' : permissionFlag;
  const grants = (dir) => [
    flag,
    '--no-warnings',
    '--allow-fs-read=*',
    `--allow-fs-write=${dir}`,
    '--allow-addons',
  ];

  test('a process that may not start others still gets its snapshot, and is told how', async (t) => {
    const dir = tempDir(t);
    const result = await runForJson(script(dir, CAPTURE), { nodeArgs: grants(dir) });
    assert.equal(result.analysis, null);
    assert.equal(result.code, 'ERR_RSPROF_ACCESS');
    assert.match(result.message, /--allow-child-process/);
    assert.ok(fs.existsSync(result.path));
  });

  test('with the grant the analysis works under the permission model', async (t) => {
    const dir = tempDir(t);
    const nodeArgs = [...grants(dir), '--allow-child-process'];
    assertVerdict(await runForJson(script(dir, CAPTURE), { nodeArgs }));
  });
}
