'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { pathToFileURL } = require('node:url');
const zlib = require('node:zlib');
const { analyze } = require('../../index.js');
const { withEngine } = require('../../lib/analysis-engine.js');
const { leaky } = require('./report-fixtures.js');
const { snapshotFile, useAddon, useEngine } = require('./analysis-support.js');
const { assertIdle, code, listeners, tempDir, until } = require('./support.js');

test.afterEach(assertIdle);

const MB = 2 ** 20;

function sidecar(result, figures = { rss: 200 * MB, external: 0 }) {
  return JSON.stringify({
    format: 'rsprof-sidecar/1',
    kind: 'heapSnapshot',
    startedAt: '2026-11-21T10:01:01.559Z',
    host: { threadId: 0 },
    process: figures,
    result,
  });
}

test('the report has what the engine found, and what the file is', async (t) => {
  const dir = tempDir(t);
  const file = snapshotFile(dir);
  const answer = leaky();
  const analyses = useEngine(t, { answer });
  const { file: facts, rss, sidecar: none, durationMs, ...rest } = await analyze(file);
  assert.deepEqual(rest, answer);
  assert.deepEqual(facts, { path: file, bytes: 15, compression: 'none' });
  assert.deepEqual([rss, none], [null, null]);
  assert.ok(durationMs >= 0);
  assert.deepEqual(analyses[0].request, { file, options: { top: 20 }, onProgress: null });
});

test('options go to the engine; a file: URL and a relative path are paths', async (t) => {
  const dir = tempDir(t);
  const file = snapshotFile(dir);
  const analyses = useEngine(t, { answer: leaky() });
  await analyze(pathToFileURL(file), { top: 3 });
  await analyze(path.relative(process.cwd(), file));
  assert.deepEqual(analyses[0].request.options, { top: 3 });
  assert.deepEqual(
    analyses.map((one) => one.request.file),
    [file, file],
  );
});

test('how it is compressed is read from its bytes', async (t) => {
  const dir = tempDir(t);
  useEngine(t, { answer: leaky() });
  const gzip = snapshotFile(dir, 'b.txt', zlib.gzipSync('{}'));
  const zstd = snapshotFile(dir, 'c.txt', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]));
  const empty = snapshotFile(dir, 'd.heapsnapshot.gz', '');
  assert.equal((await analyze(gzip)).file.compression, 'gzip');
  assert.equal((await analyze(zstd)).file.compression, 'zstd');
  assert.equal((await analyze(empty)).file.compression, 'none');
});

test('the sidecar says how much of the process the snapshot cannot see', async (t) => {
  const dir = tempDir(t);
  const file = snapshotFile(dir);
  fs.writeFileSync(`${file}.json`, sidecar({ bytes: 15 }));
  useEngine(t, { answer: leaky() });
  const report = await analyze(file);
  const { sentence, ...figures } = report.rss;
  const seen = report.overview.totalSize;
  const unseen = 200 * MB - seen;
  assert.deepEqual(figures, { rss: 200 * MB, seen, unseen, unseenShare: unseen / (200 * MB) });
  assert.match(sentence, /200\.0 MB in memory \(RSS\).*122\.7 MB of it.*77\.3 MB \(38\.6 %\)/);
  assert.equal(report.sidecar.startedAt, '2026-11-21T10:01:01.559Z');
});

test('an unpacked file has the sidecar of the packed one; a foreign one does not count', async (t) => {
  const dir = tempDir(t);
  const file = snapshotFile(dir);
  useEngine(t, { answer: leaky() });
  fs.writeFileSync(`${file}.gz.json`, sidecar({ bytes: 7, rawBytes: 15 }));
  assert.ok((await analyze(file)).sidecar);
  fs.writeFileSync(`${file}.gz.json`, sidecar({ bytes: 7, rawBytes: 16 }));
  assert.equal((await analyze(file)).sidecar, null);
  for (const text of ['', 'null', '[]', '{"format":7}', '{"result":{"bytes":15}}', sidecar(null)]) {
    fs.writeFileSync(`${file}.json`, text);
    const { sidecar: found, rss } = await analyze(file);
    assert.deepEqual([found, rss], [null, null], text);
  }
});

test('a sidecar without memory says nothing of it; a heap above RSS is no negative figure', async (t) => {
  const dir = tempDir(t);
  const file = snapshotFile(dir);
  useEngine(t, { answer: leaky() });
  fs.writeFileSync(`${file}.json`, sidecar({ bytes: 15 }, { uptime: 3 }));
  assert.equal((await analyze(file)).rss, null);
  fs.writeFileSync(`${file}.json`, sidecar({ bytes: 15 }, { rss: MB }));
  assert.deepEqual((await analyze(file)).rss.unseen, 0);
});

test('wrong arguments are named, never thrown synchronously', async (t) => {
  const analyses = useEngine(t);
  const wrong = [
    [undefined, undefined, 'the first argument of analyze()'],
    ['', undefined, 'a path'],
    [7, undefined, 'a path'],
    ['a', 'b', 'must be an object'],
    ['a', { top: 0 }, "'top'"],
    ['a', { top: '3' }, 'an integer from 1 to 1000'],
    ['a', { tpo: 3 }, "'tpo'"],
    ['a', { signal: {} }, 'an AbortSignal'],
    ['a', { onProgress: 1 }, 'a function'],
  ];
  for (const [file, options, text] of wrong) {
    const named = code('INVALID_ARG', (error) => error.message.includes(text));
    await assert.rejects(analyze(file, options), named);
  }
  assert.equal(analyses.length, 0);
});

test('a file that cannot be read is told before the engine is asked', async (t) => {
  const dir = tempDir(t);
  const analyses = useEngine(t);
  const missing = path.join(dir, 'missing');
  const named = code('NOT_FOUND', ({ message }) => message.includes(missing));
  await assert.rejects(analyze(missing), named);
  await assert.rejects(analyze(path.join(snapshotFile(dir), 'x')), code('NOT_FOUND'));
  await assert.rejects(analyze(dir), code('IS_DIRECTORY'));
  if (process.platform === 'linux') await assert.rejects(analyze('/dev/null'), code('INVALID_ARG'));
  assert.equal(analyses.length, 0);
});

test('what the engine fails of keeps its code; a system error its advice', async (t) => {
  const file = snapshotFile(tempDir(t));
  const failure = { code: 'ERR_RSPROF_INVALID_SNAPSHOT', message: 'byte 7: no node_count' };
  const how = { outcome: { error: failure } };
  useEngine(t, how);
  await assert.rejects(
    analyze(file),
    code('INVALID_SNAPSHOT', ({ message }) => message === failure.message),
  );
  how.outcome = { error: { code: 'ERR_RSPROF_IO', message: 'open', errno: 13 } };
  await assert.rejects(
    analyze(file),
    code(
      'ACCESS',
      (error) => error.cause.code === 'EACCES' && /run as that user/.test(error.message),
    ),
  );
  how.outcome = { error: { code: 'ERR_SOMETHING', message: 'odd' } };
  await assert.rejects(analyze(file), code('INTERNAL'));
});

test('without an addon that can, it says what to do', async (t) => {
  const file = snapshotFile(tempDir(t));
  useAddon(t, new Error('loader', { cause: new Error('no binary\nfor this') }));
  await assert.rejects(
    analyze(file),
    code('UNSUPPORTED', ({ message }) => /does not load: no binary; .*npx rsprof/.test(message)),
  );
  useAddon(t, {});
  await assert.rejects(
    analyze(file),
    code('UNSUPPORTED', ({ message }) => message.includes('older')),
  );
});

test('aborted before the start: the engine is not asked', async (t) => {
  const file = snapshotFile(tempDir(t));
  const analyses = useEngine(t);
  const reason = new Error('enough');
  await assert.rejects(
    analyze(file, { signal: AbortSignal.abort(reason) }),
    code('ABORTED', (error) => error.cause === reason),
  );
  assert.equal(analyses.length, 0);
});

test('aborted meanwhile: the engine is told, no listener is left', async (t) => {
  const file = snapshotFile(tempDir(t));
  const analyses = useEngine(t, { wait: true });
  const controller = new AbortController();
  const promise = analyze(file, { signal: controller.signal });
  await until(() => analyses.length === 1);
  const reason = { why: 'enough' };
  controller.abort(reason);
  await assert.rejects(
    promise,
    code('ABORTED', (error) => error.cause === reason),
  );
  assert.equal(analyses[0].cancelled, 1);
  assert.equal(listeners(controller.signal), 0);
});

test('aborted between two steps, where only the bare reason is thrown', async (t) => {
  useEngine(t);
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error('enough');
  const work = async () => {
    controller.abort(reason);
    signal.throwIfAborted();
  };
  await assert.rejects(
    withEngine({ file: 'a.cpuprofile', settings: { signal } }, work),
    code('ABORTED', (error) => error.cause === reason),
  );
});

test('progress goes forward, ends with 100 %, and is silent after the end', async (t) => {
  const file = snapshotFile(tempDir(t));
  const analyses = useEngine(t, { answer: leaky(), wait: true });
  const seen = [];
  const promise = analyze(file, { onProgress: (progress) => seen.push(progress) });
  await until(() => analyses.length === 1);
  const { onProgress } = analyses[0].request;
  for (const percent of [10, 30, 20, 130]) onProgress({ phase: 'reading', percent, more: 1 });
  analyses[0].end();
  await promise;
  onProgress({ phase: 'late', percent: 50 });
  assert.deepEqual(
    seen.map(({ percent }) => percent),
    [10, 30, 30, 100, 100],
  );
  assert.deepEqual(Object.keys(seen[0]), ['phase', 'percent']);
  assert.equal(seen.at(-1).phase, 'done');
});

test('a progress callback that fails harms nothing, and a failure never says 100 %', async (t) => {
  const file = snapshotFile(tempDir(t));
  const warnings = t.mock.method(process, 'emitWarning', () => {});
  const failing = () => {
    throw new Error('mine');
  };
  useEngine(t, { answer: leaky() });
  await analyze(file, { onProgress: failing });
  assert.equal(warnings.mock.callCount(), 1);
  const error = { code: 'ERR_RSPROF_INVALID_SNAPSHOT', message: 'no' };
  useEngine(t, { outcome: { error } });
  const seen = [];
  await assert.rejects(analyze(file, { onProgress: (one) => seen.push(one) }));
  assert.deepEqual(seen, []);
});
