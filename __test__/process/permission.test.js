'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { runForJson } = require('../support/child.js');
const { readCpuProfile } = require('../support/cpuprofile.js');
const { isNative, nodeMajor, permissionFlag } = require('../support/env.js');
const { readHeapProfile } = require('../support/heapprofile.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { names, tempDir } = require('../support/tempdir.js');

/** Tries each kind of capture and prints what became of it. */
const script = (dir) => `
  const options = { dir: ${JSON.stringify(dir)} };
  const outcome = (promise) => promise.then(
    (result) => ({ path: result.path, backend: result.backend }),
    ({ name, code, message }) => ({ name, code, message }),
  );
  (async () => {
    let backend;
    try { backend = rsprof.backend(); } catch ({ code, message }) { backend = { code, message }; }
    console.log(JSON.stringify({
      backend,
      heapSnapshot: await outcome(rsprof.heapSnapshot(options)),
      cpuProfile: await outcome(rsprof.cpuProfile({ ...options, seconds: 0.1 })),
      heapProfile: await outcome(rsprof.heapProfile({ ...options, seconds: 0.1 })),
    }));
  })();
`;

const READERS = {
  heapSnapshot: readHeapSnapshot,
  cpuProfile: readCpuProfile,
  heapProfile: readHeapProfile,
};

async function capture(dir, nodeArgs, env = {}) {
  const all = [permissionFlag, '--allow-fs-read=*', '--no-warnings', ...nodeArgs];
  return runForJson(script(dir), { nodeArgs: all, env });
}

/** Either a whole file, or an error that says which flags to grant. */
function assertWorksOrSaysHow(outcomes) {
  for (const [kind, read] of Object.entries(READERS)) {
    const outcome = outcomes[kind];
    if (outcome.path) read(outcome.path);
    else assertSaysHow(outcome, kind);
  }
}

function assertSaysHow({ name, code, message }, kind) {
  assert.equal(name, 'RsprofError', `${kind}: ${message}`);
  assert.equal(code, 'ERR_RSPROF_UNAVAILABLE', `${kind}: ${message}`);
  assert.match(message, /--allow-(addons|inspector)/, kind);
}

if (permissionFlag) {
  if (isNative) {
    test('with --allow-addons and the folder granted every capture works natively', async (t) => {
      const dir = tempDir(t);
      const outcomes = await capture(dir, [`--allow-fs-write=${dir}`, '--allow-addons']);
      assert.equal(outcomes.backend.name, 'native', JSON.stringify(outcomes.backend));
      for (const [kind, read] of Object.entries(READERS)) {
        assert.ok(outcomes[kind].path, `${kind}: ${outcomes[kind].message}`);
        assert.equal(outcomes[kind].backend, 'native');
        read(outcomes[kind].path);
      }
    });

    test('native that is forced without --allow-addons is refused, naming the flag', async (t) => {
      const dir = tempDir(t);
      const { backend, heapSnapshot } = await capture(dir, [`--allow-fs-write=${dir}`]);
      assert.equal(backend.code, 'ERR_RSPROF_UNAVAILABLE');
      assert.match(backend.message, /--allow-addons/);
      assert.equal(heapSnapshot.code, 'ERR_RSPROF_UNAVAILABLE');
      assert.deepEqual(names(dir), []);
    });
  }

  test('without --allow-addons the inspector back end serves: a heap snapshot works', async (t) => {
    const dir = tempDir(t);
    const env = { RSPROF_BACKEND: undefined };
    const outcomes = await capture(dir, [`--allow-fs-write=${dir}`], env);
    assert.equal(outcomes.backend.name, 'inspector', JSON.stringify(outcomes.backend));
    assert.match(outcomes.backend.reason, /addon/);
    assert.ok(outcomes.heapSnapshot.path, outcomes.heapSnapshot.message);
    assertWorksOrSaysHow(outcomes);
  });

  if (nodeMajor >= 25) {
    test('with --allow-inspector the inspector back end does every kind of capture', async (t) => {
      const dir = tempDir(t);
      const env = { RSPROF_BACKEND: 'inspector' };
      const flags = [`--allow-fs-write=${dir}`, '--allow-inspector'];
      const outcomes = await capture(dir, flags, env);
      for (const [kind, read] of Object.entries(READERS)) {
        assert.ok(outcomes[kind].path, `${kind}: ${outcomes[kind].message}`);
        read(outcomes[kind].path);
      }
    });
  }

  test('a folder that is not granted is an access error that names --allow-fs-write', async (t) => {
    const dir = tempDir(t);
    const grants = isNative ? ['--allow-addons'] : [];
    const { heapSnapshot } = await capture(dir, grants);
    assert.equal(heapSnapshot.code, 'ERR_RSPROF_ACCESS', heapSnapshot.message);
    assert.match(heapSnapshot.message, /--allow-fs-write/);
    assert.deepEqual(names(dir), []);
  });
} else {
  test('a Node without a permission model refuses its flag: nothing to support there', async () => {
    await assert.rejects(runForJson('', { nodeArgs: ['--permission'] }), /bad option/);
  });
}
