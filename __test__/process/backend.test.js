'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const rsprof = require('../..');
const { runForJson } = require('../support/child.js');
const { backend, root } = require('../support/env.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { names, tempDir } = require('../support/tempdir.js');

const ASK = 'console.log(JSON.stringify(rsprof.backend()))';

test('backend() says which one is in use, why, and the versions', () => {
  const found = rsprof.backend();
  assert.equal(found.name, backend);
  assert.ok(found.reason.length > 10, found.reason);
  assert.equal(found.node, process.versions.node);
  assert.equal(found.v8, process.versions.v8);
});

test('the native back end is chosen where nothing speaks against it, on every tested Node', async () => {
  const found = await runForJson(ASK, { env: { RSPROF_BACKEND: undefined } });
  assert.equal(found.name, 'native', found.reason);
});

test('RSPROF_BACKEND=native forces it, and the reason says that this V8 is known', async () => {
  const found = await runForJson(ASK, { env: { RSPROF_BACKEND: 'native' } });
  assert.equal(found.name, 'native');
  assert.match(found.reason, /V8 \d+\.\d+/);
});

test('RSPROF_BACKEND=inspector forces it, and the reason says so', async () => {
  const found = await runForJson(ASK, { env: { RSPROF_BACKEND: 'inspector' } });
  assert.equal(found.name, 'inspector');
  assert.match(found.reason, /RSPROF_BACKEND/);
});

test('an unknown RSPROF_BACKEND is an error that names the choices', async () => {
  const { code, message } = await runForJson(
    `try { rsprof.backend(); } catch ({ code, message }) {
      console.log(JSON.stringify({ code, message }));
    }`,
    { env: { RSPROF_BACKEND: 'quantum' } },
  );
  assert.equal(code, 'ERR_RSPROF_INVALID_ARG');
  assert.match(message, /RSPROF_BACKEND.*native.*inspector/);
});

/** The package as it is on a platform for which there is no binary. */
function packageWithoutAddon(t) {
  const copy = path.join(tempDir(t), 'rsprof');
  const keep = (source) => !source.endsWith('.node');
  for (const name of ['index.js', 'index.mjs', 'package.json', 'lib', 'native']) {
    fs.cpSync(path.join(root, name), path.join(copy, name), { recursive: true, filter: keep });
  }
  return copy;
}

test('without a binary for the platform the inspector back end serves, and the reason says why', async (t) => {
  const dir = tempDir(t);
  const { found, result } = await runForJson(
    `const found = rsprof.backend();
    rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)} })
      .then((result) => console.log(JSON.stringify({ found, result })));`,
    {
      env: { RSPROF_BACKEND: undefined },
      preamble: `const rsprof = require(${JSON.stringify(packageWithoutAddon(t))});`,
    },
  );
  assert.equal(found.name, 'inspector');
  assert.ok(/addon|binary|native/.test(found.reason), found.reason);
  assert.equal(result.backend, 'inspector');
  readHeapSnapshot(result.path);
});

test('native that is forced and cannot be had is ERR_RSPROF_UNAVAILABLE with the reason', async (t) => {
  const dir = tempDir(t);
  const errors = await runForJson(
    `(async () => {
      const errors = [];
      const note = ({ name, code, message }) => errors.push({ name, code, message });
      try { rsprof.backend(); } catch (error) { note(error); }
      await rsprof.heapSnapshot({ dir: ${JSON.stringify(dir)} }).catch(note);
      try { rsprof.startCpuProfile({ dir: ${JSON.stringify(dir)} }); } catch (error) { note(error); }
      console.log(JSON.stringify(errors));
    })();`,
    {
      env: { RSPROF_BACKEND: 'native' },
      preamble: `const rsprof = require(${JSON.stringify(packageWithoutAddon(t))});`,
    },
  );
  assert.ok(errors.length >= 2, JSON.stringify(errors));
  for (const { name, code, message } of errors) {
    assert.equal(name, 'RsprofError');
    assert.equal(code, 'ERR_RSPROF_UNAVAILABLE', message);
  }
  assert.deepEqual(names(dir), []);
});
