'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { ballast } = require('../support/ballast.js');
const { runForJson, startNode } = require('../support/child.js');
const { names, tempDir } = require('../support/tempdir.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { readCpuProfile } = require('../support/cpuprofile.js');

const EXIT_CODE = 7;

/** Each starts a capture that is still on its way when the script goes on. */
const CAPTURES = {
  'a heap snapshot': 'rsprof.heapSnapshot({ dir }).catch(() => {});',
  'a redacted heap snapshot': "rsprof.heapSnapshot({ dir, redact: 'strings' }).catch(() => {});",
  'a snapshot stream that is read': `
    const stream = rsprof.heapSnapshotStream();
    stream.on('error', () => {});
    stream.resume();`,
  'a snapshot stream that nobody reads': `
    const stream = rsprof.heapSnapshotStream();
    stream.on('error', () => {});
    stream.once('readable', () => {});`,
  'a running CPU profile': 'rsprof.startCpuProfile({ dir });',
  'a CPU profile being written': 'rsprof.startCpuProfile({ dir }).stop().catch(() => {});',
  'a running allocation profile': 'rsprof.startHeapProfile({ dir });',
  'an allocation profile being written': 'rsprof.startHeapProfile({ dir }).stop().catch(() => {});',
};

/** When the process ends: in the same turn, in the next ones, and some time later. */
const MOMENTS = {
  'in the same turn': (end) => end,
  'in the next turn': (end) => `setImmediate(() => { ${end} });`,
  'after 30 ms': (end) => `setTimeout(() => { ${end} }, 30);`,
  'after 150 ms': (end) => `setTimeout(() => { ${end} }, 150);`,
};

async function endDuring(dir, capture, end) {
  const script = `
    const dir = ${JSON.stringify(dir)};
    ${ballast(20_000)}
    ${capture}
    ${end}
  `;
  return startNode(script, { timeout: 60_000 }).finished;
}

for (const [what, capture] of Object.entries(CAPTURES)) {
  test(`process.exit during ${what} keeps its exit code and leaves no half file`, async (t) => {
    for (const [moment, at] of Object.entries(MOMENTS)) {
      const dir = tempDir(t);
      const end = await endDuring(dir, capture, at(`process.exit(${EXIT_CODE});`));
      const { code, signal, stderr, timedOut } = end;
      assert.equal(timedOut, false, `${moment}: it hangs`);
      assert.equal(code, EXIT_CODE, `${moment}: ${signal}\n${stderr}`);
      assertWhole(dir, moment);
    }
  });
}

test('process.exit before the sidecar is written leaves no half file', async (t) => {
  const dir = tempDir(t);
  // The one thread of the pool is busy when the sidecar's turn comes, and free when it was removed.
  const script = `
    const dir = ${JSON.stringify(dir)};
    const fs = require('node:fs');
    const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    const { openSync } = fs;
    fs.openSync = (file, ...how) => {
      const fd = openSync(file, ...how);
      if (/json.*partial$/.test(file)) {
        require('node:crypto').pbkdf2('busy', 'pool', 1_500_000, 32, 'sha512', () => {});
        setImmediate(() => process.exit(${EXIT_CODE}));
        console.log(fs.existsSync(file));
      }
      return fd;
    };
    const profile = rsprof.startHeapProfile({ dir });
    process.on('exit', () => wait(2000));
    profile.stop().catch(() => {});
  `;
  const { code, stdout, stderr } = await startNode(script, {
    timeout: 60_000,
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
  }).finished;
  assert.equal(code, EXIT_CODE, stderr);
  assert.equal(stdout.trim(), 'true', 'it was there');
  assertWhole(dir, 'sidecar');
});

/** What a user sees in a folder is whole, and nothing else is there. */
function assertWhole(dir, moment) {
  const seen = names(dir);
  assert.ok(!seen.some((name) => name.endsWith('.partial')), `${moment}: ${seen.join()}`);
  for (const name of seen) {
    if (/heapsnapshot.gz$/.test(name)) readHeapSnapshot(`${dir}/${name}`);
    if (/cpuprofile.gz$/.test(name)) readCpuProfile(`${dir}/${name}`);
  }
}

test('an uncaught exception during a capture ends the process as it would without one', async (t) => {
  for (const capture of Object.values(CAPTURES)) {
    const dir = tempDir(t);
    const end = 'setTimeout(() => { throw new Error("planted failure"); }, 20);';
    const { code, stderr, timedOut } = await endDuring(dir, capture, end);
    assert.equal(timedOut, false);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /planted failure/);
    assertWhole(dir, capture);
  }
});

test('profiles that nobody stops do not keep the process alive', async (t) => {
  const dir = tempDir(t);
  const started = performance.now();
  const { code, stderr } = await endDuring(
    dir,
    'rsprof.startCpuProfile({ dir }); rsprof.startHeapProfile({ dir });',
    '',
  );
  assert.equal(code, 0, stderr);
  assert.ok(performance.now() - started < 50_000, 'long before maxSeconds');
  assertWhole(dir, 'end of the script');
});

test('a snapshot that was asked for is finished before an idle process ends', async (t) => {
  const dir = tempDir(t);
  const { path } = await runForJson(`
    rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)} })
      .then(({ path }) => console.log(JSON.stringify({ path })));
  `);
  readHeapSnapshot(path);
});

test('a signal that ends the process during a capture is not held up', async (t) => {
  const dir = tempDir(t);
  const { signal } = await endDuring(
    dir,
    CAPTURES['a heap snapshot'],
    "setTimeout(() => process.kill(process.pid, 'SIGTERM'), 20);",
  );
  assert.equal(signal, 'SIGTERM');
  assert.ok(names(dir).every((name) => name.endsWith('.partial') || /\.gz(\.json)?$/.test(name)));
});
