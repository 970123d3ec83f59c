'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { resolveOptions } = require('../../lib/options.js');
const { isSidecar, processFigures, sidecarPath, sidecarText } = require('../../lib/sidecar.js');
const { version } = require('../../package.json');
const { tempDir } = require('./support.js');

function example(options = {}) {
  const settings = resolveOptions('heapSnapshot', {
    reason: 'leak hunt',
    dir: '/secret/dir',
    ...options,
  });
  const result = {
    path: '/secret/dir/x.heapsnapshot.gz',
    sidecar: '/secret/dir/x.heapsnapshot.gz.json',
    bytes: 4,
    sha256: 'ab',
    pid: 1,
    threadId: 0,
    startedAt: '2026-01-02T03:04:05.006Z',
  };
  return sidecarText({ kind: 'heapSnapshot', settings, result, processFigures: processFigures() });
}

test('it says what, why, when, what it cost and with which versions', () => {
  const document = JSON.parse(example());
  assert.equal(document.format, 'rsprof-sidecar/1');
  assert.equal(document.kind, 'heapSnapshot');
  assert.equal(document.file, 'x.heapsnapshot.gz');
  assert.equal(document.reason, 'leak hunt');
  assert.equal(document.startedAt, '2026-01-02T03:04:05.006Z');
  assert.equal(document.options.compression, 'gzip');
  assert.deepEqual(document.result, { bytes: 4, sha256: 'ab' });
  assert.deepEqual(document.versions, {
    rsprof: version,
    node: process.versions.node,
    v8: process.versions.v8,
  });
  assert.equal(document.host.pid, process.pid);
  assert.ok(
    document.process.rss > 1e6 && document.process.heapUsed > 1e5 && document.process.uptime > 0,
  );
});

test('it holds no environment, no command line, no folder, nothing of signal and callback', (t) => {
  process.env.RSPROF_UNIT_SECRET = 'hunter2-in-the-environment';
  t.after(() => delete process.env.RSPROF_UNIT_SECRET);
  const text = example({ signal: new AbortController().signal, onProgress() {} });
  assert.ok(!text.includes('hunter2'));
  assert.ok(!text.includes(process.execPath));
  assert.ok(!text.includes('/secret/dir'));
  assert.deepEqual(
    Object.keys(JSON.parse(text).options).filter((name) => /signal|onProgress|reason/.test(name)),
    [],
  );
});

test('it knows its own kind', (t) => {
  const dir = tempDir(t);
  const file = (name, text) => {
    fs.writeFileSync(path.join(dir, name), text);
    return path.join(dir, name);
  };
  assert.ok(isSidecar(file('a.json', example())));
  assert.ok(!isSidecar(file('b.json', '{"name":"package"}')));
  assert.ok(!isSidecar(file('c.json', 'no JSON')));
  assert.ok(!isSidecar(file('d.json', 'null')));
  assert.ok(!isSidecar(path.join(dir, 'missing')));
  assert.ok(!isSidecar(dir));
  fs.symlinkSync('a.json', path.join(dir, 'link.json'));
  assert.ok(!isSidecar(path.join(dir, 'link.json')));
});

test('it stands beside its file', () => assert.equal(sidecarPath('/d/x.gz'), '/d/x.gz.json'));

test('figures that cannot be read are left out', (t) => {
  t.mock.method(process, 'memoryUsage', () => {
    throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
  });
  assert.deepEqual(Object.keys(processFigures()), ['uptime']);
});
