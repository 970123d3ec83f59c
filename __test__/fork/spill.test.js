'use strict';

// Where memory is short. The same heap under the same limit: V8's own writer gets the process
// killed, a child loses only itself, a child that spills its memory to a file gives a whole snapshot.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { memoryGroup, whyNoGroups } = require('../support/cgroup.js');
const { startNode } = require('../support/child.js');
const { root } = require('../support/env.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { onCleanup } = require('../support/tempdir.js');

const ADDON = process.env.RSPROF_TEST_ADDON || path.join(root, 'native', 'index.js');
const TIMEOUT_MS = 240_000;
const MIB = 1024 * 1024;
/** Objects of the heap: about 30 MB, of which V8 makes a graph of some 350 MB. */
const OBJECTS = 180_000;
/** The process itself takes 90 MB, and with the graph as anonymous memory more than 400. */
const LIMIT = 230 * MIB;

const noGroups = whyNoGroups();
const isLinux = process.platform === 'linux';

/** A folder on a disk: the system's own temporary folder may be memory. */
function diskDir(t) {
  const folder = fs.mkdtempSync(path.join(root, 'node_modules', '.rsprof-spill-'));
  onCleanup(t, () => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const PREAMBLE = `
  const fs = require('node:fs');
  const native = require(${JSON.stringify(ADDON)});
  class Planted { constructor(i) { this.number = i; this.box = [i]; } }
  const grow = (objects) => {
    globalThis.planted = Array.from({ length: objects }, (_, i) => new Planted(i));
  };
  const snapshot = async (out, options) => {
    fs.writeFileSync(out, '');
    const fork = native.planFork();
    const failure = await fork.prepared();
    if (failure) throw new Error(failure.message);
    fork.start({
      path: out, compression: 'gzip', level: 1, numericValues: false, exposeInternals: false,
      stableIds: false, budgetSeconds: 200, ...options,
    });
    let beats = 0;
    const heart = setInterval(() => { beats++; }, 20);
    const outcome = await fork.done();
    clearInterval(heart);
    fork.release();
    return { ...outcome, beats };
  };
  const tell = (value) => console.log(JSON.stringify(value));
`;

/** Runs a script in a group of its own; gives how it ended and the JSON of its last line, if any. */
async function underLimit(t, script) {
  const group = memoryGroup(t, LIMIT);
  const enter = `fs.writeFileSync(${JSON.stringify(group.procs)}, String(process.pid));`;
  const body = `${enter} (async () => { grow(${OBJECTS}); ${script} })();`;
  const options = { preamble: PREAMBLE, timeout: TIMEOUT_MS };
  const { code, signal, timedOut, stdout, stderr } = await startNode(body, options).finished;
  const line = stdout.trimEnd().split('\n').at(-1);
  const told = line ? JSON.parse(line) : undefined;
  return { code, signal, timedOut, stderr, told, peak: group.peak() };
}

const onLinux = { skip: !isLinux && 'a fork needs Linux', timeout: 2 * TIMEOUT_MS };
const underLimits = { ...onLinux, skip: onLinux.skip || noGroups };

test('a memory limit can be set here, or it is said why not', { skip: onLinux.skip }, (t) => {
  if (!noGroups) return;
  const required = process.env.RSPROF_REQUIRE_CGROUP === '1';
  assert.ok(!required, `RSPROF_REQUIRE_CGROUP is set, and: ${noGroups}`);
  t.skip(`not tested under a memory limit: ${noGroups}`);
});

test("V8's own writer gets the process killed under the limit", underLimits, async (t) => {
  const out = path.join(diskDir(t), 'out.heapsnapshot');
  const script = `
    tell({ grown: true });
    require('node:v8').writeHeapSnapshot(${JSON.stringify(out)});
    tell({ grown: true, survived: true });
  `;
  const { signal, timedOut, told, peak } = await underLimit(t, script);
  assert.deepEqual(
    { signal, timedOut, told },
    {
      signal: 'SIGKILL',
      timedOut: false,
      told: { grown: true },
    },
  );
  assert.ok(!(peak < LIMIT * 0.9), `the limit was met: ${peak}`);
});

test(
  'a fork that does not spill loses its child, and the process goes on',
  underLimits,
  async (t) => {
    const out = path.join(diskDir(t), 'out.heapsnapshot.gz');
    const script = `tell(await snapshot(${JSON.stringify(out)}, {}));`;
    const { code, told, stderr } = await underLimit(t, script);
    assert.equal(code, 0, stderr);
    assert.equal(told.error.code, 'ERR_RSPROF_FORK');
    assert.match(told.error.message, /ended by signal 9 .*short of memory/);
    assert.ok(told.beats > 5, `the event loop went on: ${told.beats}`);
  },
);

test('a fork that spills gives the whole snapshot under the same limit', underLimits, async (t) => {
  const folder = diskDir(t);
  const out = path.join(folder, 'out.heapsnapshot.gz');
  const script = `tell(await snapshot(${JSON.stringify(out)}, { spillDir: ${JSON.stringify(folder)} }));`;
  const { code, told, stderr, peak } = await underLimit(t, script);
  assert.equal(code, 0, stderr);
  assert.equal(told.error, undefined, JSON.stringify(told.error));
  assert.ok(
    told.ok.spilledBytes > LIMIT,
    `more was spilled than is allowed: ${told.ok.spilledBytes}`,
  );
  assert.ok(!(peak > LIMIT), `${peak}`);
  assert.ok(told.beats > 5, `the event loop went on: ${told.beats}`);
  const heap = readHeapSnapshot(out);
  assert.equal(heap.nodesNamed('Planted').length, OBJECTS);
});

test('a spilled snapshot is whole, and nothing is left of the file', onLinux, async (t) => {
  const folder = diskDir(t);
  const out = path.join(folder, 'out.heapsnapshot.gz');
  const script = `(async () => {
    grow(20_000);
    const names = () => fs.readdirSync(${JSON.stringify(folder)});
    const spilled = await snapshot(${JSON.stringify(out)}, { spillDir: ${JSON.stringify(folder)} });
    tell({ ...spilled, names: names() });
  })();`;
  const { stdout, stderr } = await startNode(script, { preamble: PREAMBLE }).finished;
  const told = JSON.parse(stdout || `{"error":${JSON.stringify(stderr)}}`);
  assert.equal(told.error, undefined);
  assert.deepEqual(told.names, [path.basename(out)]);
  assert.ok(told.ok.spilledBytes > 20 * MIB, `${told.ok.spilledBytes}`);
  const heap = readHeapSnapshot(out);
  assert.equal(heap.nodesNamed('Planted').length, 20_000);
});

test('a folder in memory is refused', onLinux, async () => {
  const script = `
    const fork = native.planFork();
    fork.prepared().then(() => snapshot('/dev/shm/rsprof-test-never', { spillDir: '/dev/shm' }))
      .then(tell, ({ code, message }) => tell({ code, message }))
      .finally(() => fs.rmSync('/dev/shm/rsprof-test-never', { force: true }));
  `;
  const { stdout, stderr } = await startNode(script, { preamble: PREAMBLE }).finished;
  assert.match(stdout, /in memory: cannot spill there/, stderr);
});
