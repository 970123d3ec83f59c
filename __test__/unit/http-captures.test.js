'use strict';

/** The captures of a folder as clients see them; names and sidecars as anybody may have put them there. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { captureId } = require('../../lib/http/capture-id.js');
const { Captures } = require('../../lib/http/captures.js');
const { partialName } = require('../../lib/naming.js');
const { identity } = require('../../lib/process-identity.js');
const {
  captureOfVerdict,
  readVerdict,
  verdictPath,
  writeVerdict,
} = require('../../lib/verdict-file.js');
const { code, tempDir } = require('./support.js');
const { DAY, HOUR, START, captureName, putCapture, putSidecar } = require('./watch-support.js');

function watchOf(captures) {
  const seen = [];
  captures.on('change', ({ id, change }) => seen.push([change, id]));
  return seen;
}

test('a folder that is not there is empty, and is not made', async (t) => {
  const dir = path.join(tempDir(t), 'none');
  const captures = new Captures({ dir });
  assert.deepEqual(await captures.list(), []);
  assert.equal((await captures.overview()).bytes, 0);
  assert.equal(fs.existsSync(dir), false);
});

test('tells of each capture what its sidecar says; without one what its name does', async (t) => {
  const dir = tempDir(t);
  const told = putCapture(dir, { at: START, bytes: 30 });
  putSidecar(dir, told, {
    at: START,
    reason: 'rule heap: heapUsed > 80 %',
    host: { platform: 'linux', arch: 'x64', pid: 77, threadId: 0 },
    result: { rawBytes: 300, durationMs: 12, pauseMs: 3, strategy: 'fork' },
  });
  const bare = putCapture(dir, {
    name: captureName(START - HOUR, { kind: 'cpuprofile' }),
    bytes: 5,
  });
  const custom = putCapture(dir, { name: 'mine.heapprofile.zst' });
  fs.utimesSync(path.join(dir, custom), new Date(START - DAY), new Date(START - DAY));
  const list = await new Captures({ dir }).list();
  assert.deepEqual(
    list.map(({ name }) => name),
    [told, bare, custom],
  );
  const { path: file, ...first } = list[0];
  assert.equal(file, path.join(dir, told));
  assert.deepEqual(first, {
    id: captureId(told),
    name: told,
    kind: 'heapSnapshot',
    bytes: 30,
    rawBytes: 300,
    compression: 'gzip',
    startedAt: new Date(START).toISOString(),
    reason: 'rule heap: heapUsed > 80 %',
    pid: 77,
    host: 'linux x64',
    durationMs: 12,
    pauseMs: 3,
    strategy: 'fork',
    verdict: null,
    ofThisProcess: false,
    sidecar: true,
    analyzed: false,
  });
  assert.ok(!JSON.stringify(list).includes(dir), 'no path goes to a client');
  const { kind, rawBytes, startedAt, pid, sidecar, reason } = list[1];
  const at = new Date(START - HOUR).toISOString();
  assert.deepEqual(
    [kind, rawBytes, startedAt, pid, sidecar, reason],
    ['cpuProfile', 5, at, 77, false, null],
  );
  assert.deepEqual([list[2].kind, list[2].compression, list[2].pid], ['heapProfile', 'zstd', null]);
  assert.equal(list[2].startedAt, new Date(START - DAY).toISOString());
});

test('a former life with the same pid is not this process', async (t) => {
  const dir = tempDir(t);
  putCapture(dir, { name: captureName(START, { pid: process.pid }) });
  putCapture(dir, { name: captureName(Date.now(), { pid: process.pid }) });
  const list = await new Captures({ dir }).list();
  assert.deepEqual(
    list.map(({ ofThisProcess }) => ofThisProcess),
    [true, false],
  );
});

test('only finished regular files are listed', async (t) => {
  const dir = tempDir(t);
  const outside = putCapture(tempDir(t), { name: 'secret.heapsnapshot' });
  fs.symlinkSync(path.join(dir, '..', outside), path.join(dir, 'link.heapsnapshot'));
  fs.mkdirSync(path.join(dir, 'folder.cpuprofile'));
  fs.writeFileSync(partialName(path.join(dir, captureName(START)), identity()), 'half');
  for (const name of ['notes.txt', 'package.json', 'rsprof-ledger.json', 'a.heapsnapshot.json'])
    fs.writeFileSync(path.join(dir, name), '{}');
  const real = putCapture(dir);
  const list = await new Captures({ dir }).list();
  assert.deepEqual(
    list.map(({ name }) => name),
    [real],
  );
});

test('hostile names and sidecars are harmless', async (t) => {
  const dir = tempDir(t);
  const evil = 'a"\r\nSet-Cookie: x=1\u202e<script>日.heapsnapshot';
  putCapture(dir, { name: evil });
  putSidecar(dir, evil, {
    at: START,
    reason: `\u001b[31m${'x'.repeat(5000)}`,
    host: { pid: '1; rm', platform: { a: 1 } },
    result: { rawBytes: -1, durationMs: 'long', pauseMs: null, strategy: ['x'] },
    process: null,
  });
  putCapture(dir, { name: 'other.heapsnapshot' });
  fs.symlinkSync('/dev/zero', path.join(dir, 'other.heapsnapshot.json'));
  const captures = new Captures({ dir });
  const list = await captures.list();
  const one = list.find(({ name }) => name.includes('script'));
  assert.ok(!/[\r\n\u202e]/.test(one.name));
  assert.equal(one.reason.length <= 1010 && one.reason.startsWith('\\x1b[31m'), true);
  const { rawBytes, durationMs, pauseMs, strategy, pid, host } = one;
  assert.deepEqual(
    [rawBytes, durationMs, pauseMs, strategy, pid, host],
    Array(6)
      .fill(null)
      .map((_, at) => (at === 0 ? 10 : null)),
  );
  assert.equal((await captures.find(one.id)).path, path.join(dir, evil));
  assert.equal(list.find(({ name }) => name === 'other.heapsnapshot').sidecar, false);
  assert.equal((await captures.remove(one.id)).id, one.id);
  assert.equal(fs.existsSync(path.join(dir, evil)), false);
});

test('an id is looked up, never a path', async (t) => {
  const dir = tempDir(t);
  const name = putCapture(dir);
  const captures = new Captures({ dir });
  for (const id of ['', name, `../${path.basename(dir)}/${name}`, '__proto__', undefined, {}])
    await assert.rejects(captures.find(id), code('NOT_FOUND'));
  const { path: file, id } = await captures.find(captureId(name));
  assert.deepEqual([file, id], [path.join(dir, name), captureId(name)]);
  fs.rmSync(file);
  await assert.rejects(captures.find(id), code('NOT_FOUND'));
});

test('what comes and goes is told once, whoever does it', async (t) => {
  const dir = tempDir(t);
  const old = putCapture(dir);
  const captures = new Captures({ dir });
  const seen = watchOf(captures);
  await captures.list();
  assert.deepEqual(seen, [], 'what was there is no news');
  const made = putCapture(dir, { at: START + 1 });
  await Promise.all([captures.list(), captures.list(), captures.list()]);
  fs.rmSync(path.join(dir, old));
  await captures.list();
  await captures.remove(captureId(made));
  assert.deepEqual(seen, [
    ['added', captureId(made)],
    ['removed', captureId(old)],
    ['removed', captureId(made)],
  ]);
});

test('a listener that throws hurts nobody', async (t) => {
  const dir = tempDir(t);
  const captures = new Captures({ dir });
  captures.on('change', () => {
    throw new Error('mine');
  });
  await captures.list();
  putCapture(dir);
  assert.equal((await captures.list()).length, 1);
});

test('removes the sidecar, the verdict and what a rule made of it, and nothing else', async (t) => {
  const dir = tempDir(t);
  const name = putCapture(dir, { reason: 'rule heap: x > 1' });
  const analysis = putCapture(dir, { name: captureName(START, { kind: 'notes.json' }) });
  const files = [name, analysis].map((one) => ({ name: one, kind: 'other', bytes: 1 }));
  const entries = [{ id: 'a', rule: 'heap', at: START, endedAt: START, files }];
  const ledger = JSON.stringify({ format: 'rsprof-ledger/1', entries });
  fs.writeFileSync(path.join(dir, 'rsprof-ledger.json'), ledger);
  const other = putCapture(dir, { at: START + 1, reason: 'rule heap: x > 1' });
  const captures = new Captures({ dir });
  await captures.setVerdict(await captures.find(captureId(name)), 'Room holds it.');
  await captures.remove(captureId(name));
  assert.deepEqual(
    fs.readdirSync(dir).sort(),
    [other, `${other}.json`, 'rsprof-ledger.json'].sort(),
  );
  await assert.rejects(captures.remove(captureId(name)), code('NOT_FOUND'));
});

test('what cannot be removed is an error, and still there', async (t) => {
  const dir = tempDir(t);
  const name = putCapture(dir);
  const captures = new Captures({ dir });
  const { unlink } = fs.promises;
  t.after(() => {
    fs.promises.unlink = unlink;
  });
  fs.promises.unlink = async () => {
    throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
  };
  await assert.rejects(captures.remove(captureId(name)), code('ACCESS'));
  assert.equal((await captures.list()).length, 1);
});

test('a verdict is remembered beside the capture, for whoever lists it later', async (t) => {
  const dir = tempDir(t);
  const name = putCapture(dir);
  const captures = new Captures({ dir });
  const before = await captures.find(captureId(name));
  assert.deepEqual([before.verdict, before.analyzed], [null, false]);
  assert.equal(await captures.setVerdict(before, 'first'), true);
  assert.equal(await captures.setVerdict(before, 'Room\u001b[2J holds 80 %.'), true);
  assert.equal(fs.statSync(verdictPath(before.path)).mode & 0o777, 0o600);
  const { verdict, analyzed } = await new Captures({ dir }).find(captureId(name));
  assert.deepEqual([verdict, analyzed], ['Room\\x1b[2J holds 80 %.', true]);
  assert.equal((await captures.list())[0].verdict, verdict);
  const bytes = fs
    .readdirSync(dir)
    .reduce((sum, one) => sum + fs.statSync(path.join(dir, one)).size, 0);
  assert.equal((await captures.overview()).bytes, bytes);
});

test('a verdict of another file, or of nobody, is none', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, putCapture(dir));
  const put = (value) => fs.writeFileSync(verdictPath(file), JSON.stringify(value));
  const format = 'rsprof-verdict/1';
  for (const value of [
    null,
    [],
    {},
    { format, file: 'x', verdict: 'a' },
    { format, file: path.basename(file), verdict: 7 },
  ]) {
    put(value);
    assert.equal(await readVerdict(file), null);
  }
  put({ format, file: path.basename(file), verdict: 'x'.repeat(100_000) });
  assert.equal(await readVerdict(file), null, 'too large');
  fs.rmSync(verdictPath(file));
  fs.symlinkSync(path.join(dir, 'elsewhere'), verdictPath(file));
  assert.equal(await readVerdict(file), null);
  await writeVerdict(file, 'mine');
  assert.equal(fs.existsSync(path.join(dir, 'elsewhere')), false, 'no link is written through');
  assert.equal(await writeVerdict(file, null), false);
  assert.equal(captureOfVerdict('a.heapsnapshot.verdict.json'), 'a.heapsnapshot');
  assert.equal(captureOfVerdict('a.heapsnapshot.json'), null);
});

test('what the explorer has open counts as analysed', async (t) => {
  const dir = tempDir(t);
  const name = putCapture(dir);
  let open = null;
  const captures = new Captures({ dir, isOpen: (file) => file === open });
  assert.equal((await captures.list())[0].analyzed, false);
  open = path.join(dir, name);
  assert.equal((await captures.list())[0].analyzed, true);
});
