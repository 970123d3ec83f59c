'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const test = require('node:test');
const { backendWith } = require('./fake-addon.js');

const ADDON = '../native/index.js';
const INSPECTOR = './inspector-backend.js';
const inspector = { name: 'inspector', available: () => ({ ok: true, reason: 'all of it' }) };
const supported = { probe: () => ({ supported: true, reason: 'every symbol found' }) };
const untested = {
  probe: (allowed) => ({
    supported: allowed,
    reason: allowed ? 'untested V8 allowed' : 'untested V8 99',
  }),
};
const broken = new Error('Cannot find native binding.\nA long story', {
  cause: new Error('outer', { cause: new Error('libc.musl.so: not found\nstack') }),
});

test.beforeEach(() => delete process.env.RSPROF_BACKEND);
test.after(() => delete process.env.RSPROF_BACKEND);

function unavailable(...texts) {
  return (error) => {
    assert.equal(error.code, 'ERR_RSPROF_UNAVAILABLE');
    for (const text of texts)
      assert.ok(error.message.includes(text), `${error.message} lacks ${text}`);
    return true;
  };
}

test('native where the addon loads and knows this V8', (t) => {
  const backend = backendWith(t, { [ADDON]: supported, [INSPECTOR]: inspector });
  assert.deepEqual(backend.describe(), {
    name: 'native',
    reason: 'every symbol found',
    v8: process.versions.v8,
    node: process.versions.node,
  });
  assert.equal(backend.current(), backend.current());
});

test('inspector where V8 was not tested, the addon does not load, or is asked for', (t) => {
  const choose = (addon) => backendWith(t, { [ADDON]: addon, [INSPECTOR]: inspector }).describe();
  assert.deepEqual(
    [choose(untested).name, choose(untested).reason],
    ['inspector', 'untested V8 99; all of it'],
  );
  const { name, reason } = choose(broken);
  assert.deepEqual(
    [name, reason],
    ['inspector', 'the native addon does not load: libc.musl.so: not found; all of it'],
  );
  process.env.RSPROF_BACKEND = 'inspector';
  assert.deepEqual(
    [choose(supported).name, choose(supported).reason],
    ['inspector', 'RSPROF_BACKEND=inspector; all of it'],
  );
});

test('inspector where Node was built with pointer compression', (t) => {
  const { variables } = process.config;
  const described = Object.getOwnPropertyDescriptor(process, 'config');
  Object.defineProperty(process, 'config', {
    configurable: true,
    value: { variables: { ...variables, v8_enable_pointer_compression: 1 } },
  });
  t.after(() => Object.defineProperty(process, 'config', described));
  const backend = backendWith(t, { [ADDON]: supported, [INSPECTOR]: inspector });
  assert.equal(backend.describe().name, 'inspector');
  assert.match(backend.describe().reason, /v8_enable_pointer_compression/);
});

test('native that was asked for serves an untested V8 too, or says why it cannot', (t) => {
  process.env.RSPROF_BACKEND = 'native';
  const untestedBackend = backendWith(t, { [ADDON]: untested, [INSPECTOR]: inspector });
  assert.equal(untestedBackend.describe().reason, 'untested V8 allowed');
  const none = backendWith(t, { [ADDON]: broken, [INSPECTOR]: inspector });
  assert.throws(
    () => none.current(),
    unavailable('RSPROF_BACKEND=native', 'libc.musl.so', '--allow-addons'),
  );
});

test('where neither works the error says what to grant', (t) => {
  const backend = backendWith(t, { [ADDON]: broken, [INSPECTOR]: new Error('no inspector here') });
  const grants = ['--allow-addons', '--allow-inspector', '--allow-fs-write'];
  assert.throws(
    () => backend.describe(),
    unavailable('libc.musl.so', 'no inspector here', ...grants),
  );
});

test('an unknown RSPROF_BACKEND is an error', (t) => {
  process.env.RSPROF_BACKEND = 'wasm';
  const backend = backendWith(t, { [ADDON]: supported, [INSPECTOR]: inspector });
  assert.throws(() => backend.current(), { code: 'ERR_RSPROF_INVALID_ARG' });
});

test('the addon loads at the first question, not at require()', () => {
  const script = `
    const loaded = () => Object.keys(require.cache).filter((file) => /native/.test(file)).length;
    const rsprof = require(${JSON.stringify(require.resolve('../../index.js'))});
    console.log(loaded());
    try { rsprof.backend(); } catch {}
    console.log(loaded() > 0);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  assert.match(stdout, /^0\n/, stderr);
});
