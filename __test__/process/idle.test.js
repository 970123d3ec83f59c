'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { root } = require('../support/env.js');
const { runForJson, runNode } = require('../support/child.js');
const { tempDir } = require('../support/tempdir.js');

/** What a process has: compared before and after it requires rsprof. */
const INVENTORY = `
  const fs = require('node:fs');
  const inventory = () => ({
    threads: fs.readdirSync('/proc/self/task').length,
    files: fs.readdirSync('/proc/self/fd').length,
    resources: process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY|FSReqCallback/.test(name)),
    listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
    addons: fs.readFileSync('/proc/self/maps', 'utf8').includes('.node'),
  });
`;

test('requiring rsprof starts no thread, timer or handler, opens nothing and loads no addon', async () => {
  const { before, after } = await runForJson(
    `${INVENTORY}
    const before = inventory();
    require(${JSON.stringify(root)});
    setTimeout(() => console.log(JSON.stringify({ before, after: inventory() })), 50);`,
    { preamble: '', stdio: ['ignore', 'pipe', 'pipe'] },
  );
  // The timer of this script is the one resource that the second look may add.
  after.resources = after.resources.filter((name) => name !== 'Timeout');
  before.resources = before.resources.filter((name) => name !== 'Timeout');
  assert.deepEqual(after, before);
});

test('a process that only requires rsprof ends at once, with nothing printed', async () => {
  const options = { stdio: ['ignore', 'pipe', 'pipe'] };
  const { stdout, stderr } = await runNode('', options);
  assert.equal(stdout + stderr, '');
});

test('after five captures of each kind threads, descriptors, handles and listeners are as before', async (t) => {
  const { before, after, own } = await runForJson(
    `${INVENTORY}
    const dir = ${JSON.stringify(tempDir(t))};
    const round = async () => {
      await rsprof.heapSnapshot({ dir });
      await rsprof.cpuProfile({ dir, seconds: 0.02 });
      await rsprof.heapProfile({ dir, seconds: 0.02 });
      for await (const chunk of rsprof.heapSnapshotStream()) if (chunk.length === 0) throw chunk;
    };
    const settle = () => new Promise((resolve) => setTimeout(resolve, 100));
    (async () => {
      await round();
      await settle();
      const before = inventory();
      for (let i = 0; i < 5; i++) await round();
      await settle();
      const own = fs.readdirSync('/proc/self/task')
        .map((id) => fs.readFileSync('/proc/self/task/' + id + '/comm', 'utf8').trim())
        .filter((name) => name.startsWith('rsprof'));
      console.log(JSON.stringify({ before, after: inventory(), own }));
    })();`,
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  assert.deepEqual(own, []);
  assert.deepEqual(after, before);
});
