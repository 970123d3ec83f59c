'use strict';

// The program of the tutorials: only its `require` says rsprof.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { startNode } = require('../support/child.js');
const { root } = require('../support/env.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { names, onCleanup, tempDir } = require('../support/tempdir.js');

const FILES = ['at-request.heapsnapshot', 'at-start.heapsnapshot', 'start-to-request.cpuprofile'];

/** Waits until every file is one JSON document: the streams end some time after the answer. */
async function whole(dir) {
  for (;;) {
    if (names(dir).join() === FILES.join()) {
      try {
        return FILES.map((name) => JSON.parse(fs.readFileSync(path.join(dir, name), 'utf8')));
      } catch {
        // Not whole yet.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a Koa route ends the profile, exports two snapshots and deletes one as a listener', async (t) => {
  const dir = tempDir(t);
  const file = path.join(root, 'examples', 'migrating', 'koa-profiler.js');
  const child = startNode('', { file, cwd: dir, env: { PORT: '0' } });
  onCleanup(t, () => child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');

  const answer = await fetch(line.trim());
  assert.equal(answer.status, 200);
  const { title, samples, nodes } = await answer.json();
  assert.equal(title, 'start to request');
  assert.ok(samples > 0);

  const [, , profile] = await whole(dir);
  assert.equal(profile.head.functionName, '(root)');
  assert.equal(profile.samples.length, samples);
  assert.equal(readHeapSnapshot(path.join(dir, FILES[1])).nodeCount, nodes[0]);
  assert.equal(readHeapSnapshot(path.join(dir, FILES[0])).nodeCount, nodes[1]);

  // It lives on: the unbound delete has been called by now, and there is no profile to stop.
  assert.equal((await fetch(line.trim())).status, 409);
});
