'use strict';

/** `diff()`, `inspect()` and `signature()`: what they take, and what they make of the engine's answer. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { pathToFileURL } = require('node:url');
const { analyze, diff, inspect, signature } = require('../../index.js');
const { diffOf, inspection } = require('./report-fixtures.js');
const { snapshotFile, useEngine } = require('./analysis-support.js');
const { assertIdle, code, tempDir } = require('./support.js');

test.afterEach(assertIdle);

function three(t) {
  const dir = tempDir(t);
  return ['a', 'b', 'c'].map((name) => snapshotFile(dir, `${name}.heapsnapshot`));
}

const named = (text) => code('INVALID_ARG', ({ message }) => message.includes(text));

test('diff() takes two or more files, and options behind them', async (t) => {
  const files = three(t);
  const analyses = useEngine(t, { answer: diffOf() });
  await diff(...files.slice(0, 2));
  await diff(...files, { top: 2 });
  await diff(...files.map((file) => pathToFileURL(file)), undefined);
  const requests = analyses.map(({ request }) => [request.files.length, request.options.top]);
  assert.deepEqual(requests, [
    [2, 20],
    [3, 2],
    [3, 20],
  ]);
});

test('diff() says of each file what it is and when it was taken', async (t) => {
  const files = three(t);
  const takenAt = '2026-11-21T10:01:01.559Z';
  const document = { format: 'rsprof-sidecar/1', startedAt: takenAt, result: { bytes: 15 } };
  fs.writeFileSync(`${files[1]}.json`, JSON.stringify(document));
  useEngine(t, { answer: diffOf() });
  const found = await diff(...files);
  assert.deepEqual(
    found.files.map((file) => file.takenAt),
    [null, takenAt, null],
  );
  assert.deepEqual(
    found.files.map((file) => [file.bytes, file.compression, file.objects]),
    [
      [15, 'none', 900_000],
      [15, 'none', 1_900_000],
      [15, 'none', 3_709_145],
    ],
  );
  assert.equal(found.growth.objects, 2_809_145);
  assert.ok(found.durationMs >= 0);
});

test('diff() refuses less than two files, and what is no path', async (t) => {
  const [a, b] = three(t);
  useEngine(t, { answer: diffOf() });
  await assert.rejects(diff(a), named('two or more files'));
  await assert.rejects(diff(), named('two or more files'));
  await assert.rejects(diff(a, { top: 1 }), named('two or more files'));
  await assert.rejects(diff(a, 7, b), named('argument 2 of diff()'));
  await assert.rejects(diff(a, b, { limit: 1 }), named("'limit'"));
  await assert.rejects(diff(a, b, 7), named('must be an object'));
  await assert.rejects(diff(a, `${b}.missing`), code('NOT_FOUND'));
});

test('inspect() takes an id as it is printed', async (t) => {
  const [file] = three(t);
  const analyses = useEngine(t, { answer: inspection() });
  for (const id of [65893, '65893', '@65893']) {
    const found = await inspect(file, id, { limit: 3 });
    assert.equal(found.object.className, 'Manager');
    assert.equal(found.file.path, file);
  }
  for (const { request } of analyses) assert.deepEqual(request.options, { id: 65893, limit: 3 });
  for (const id of [undefined, '', '@', 'x', -1, 1.5, 2 ** 32, Number.NaN, '@1x', null]) {
    await assert.rejects(inspect(file, id), named('the second argument of inspect()'));
  }
  await assert.rejects(inspect(file, 1, { limit: 0 }), named("'limit'"));
});

test('signature() gives it, and writes it where asked', async (t) => {
  const [file] = three(t);
  const answer = { format: 'rsprof-signature/1', classes: [] };
  useEngine(t, { answer });
  const text = JSON.stringify(answer);
  assert.deepEqual(await signature(file), { path: null, bytes: text.length, signature: answer });
  const out = path.join(path.dirname(file), 'a.signature.json');
  const made = await signature(file, { out });
  assert.equal(made.path, out);
  assert.equal(fs.readFileSync(out, 'utf8'), text);
  assert.equal(fs.statSync(out).mode & 0o777, 0o600);
});

test('only diff() takes a signature', async (t) => {
  const [a, b] = three(t);
  fs.writeFileSync(a, '{"format":"rsprof-heap-signature/1"}');
  useEngine(t, { answer: diffOf() });
  const refused = code('INVALID_SNAPSHOT', ({ message }) => /only diff takes it/.test(message));
  for (const call of [analyze, (file) => inspect(file, 1), signature]) {
    await assert.rejects(call(a), refused);
  }
  await diff(a, b);
});

test('signature() overwrites nothing unasked, and never what it reads', async (t) => {
  const [file, other] = three(t);
  const answer = { format: 'rsprof-signature/1' };
  const analyses = useEngine(t, { answer });
  await assert.rejects(signature(file, { out: other }), code('EXISTS'));
  await assert.rejects(
    signature(file, { out: file, overwrite: true }),
    named('the file that is read'),
  );
  await assert.rejects(signature(file, { out: path.dirname(file) }), code('IS_DIRECTORY'));
  assert.equal(analyses.length, 0, 'told before any work');
  await signature(file, { out: other, overwrite: true });
  assert.equal(fs.readFileSync(other, 'utf8'), JSON.stringify(answer));
});

test('signature() that cannot be written leaves nothing', async (t) => {
  const [file] = three(t);
  const dir = path.dirname(file);
  const before = fs.readdirSync(dir);
  useEngine(t, { answer: {} });
  t.mock.method(fs.promises, 'writeFile', async () => {
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  });
  await assert.rejects(signature(file, { out: path.join(dir, 'x.json') }), code('DISK_FULL'));
  assert.deepEqual(fs.readdirSync(dir), before);
});
