'use strict';

/** diff, inspect and signature on the command line. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');

const { makeSnapshots } = require('./leak.js');
const { cli, cliJson } = require('./run.js');

let files;

before(async () => {
  files = await makeSnapshots();
});

after(() => files?.remove());

test('diff says what grows and where it is held', async () => {
  const { code, stdout, stderr } = await cli('diff', files.early, files.late);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  assert.match(stdout, /^Verdict/);
  assert.match(stdout, /Room/);
  assert.match(stdout, /Growth +\+\d/);
});

test('diff as JSON has the figures of the classes', async () => {
  const found = await cliJson('diff', files.early, files.late);
  assert.equal(found.kind, 'heapDiff');
  assert.equal(found.matchedBy, 'id');
  assert.deepEqual(
    found.files.map((file) => file.path),
    [files.early, files.late],
  );
  const room = found.classes.find((one) => one.name === 'Room');
  assert.deepEqual([room.added, room.removed, room.countDelta], [45_000, 0, 45_000]);
  assert.deepEqual(room.counts, [5000, 50_000]);
  assert.ok(found.growth.totalSize > 0);
  assert.ok(found.growing.some((one) => one.className === 'Room'));
});

test('diff in the other direction is no growth', async () => {
  const found = await cliJson('diff', files.late, files.early);
  assert.ok(found.growth.totalSize < 0);
  assert.match(found.verdict, /^No growth/);
  const { code } = await cli('diff', files.late, files.early, '--fail-on-growth', '0');
  assert.equal(code, 0);
});

test('diff fails a build where it is told to', async () => {
  const over = await cli('diff', files.early, files.late, '--fail-on-growth', '100kB');
  assert.equal(over.code, 1);
  assert.match(over.stderr, /^rsprof: the heap grew by .* more than the 100\.0 kB/);
  assert.match(over.stdout, /^Verdict/);
  const under = await cli('diff', files.early, files.late, '--fail-on-growth', '1GB');
  assert.deepEqual([under.code, under.stderr], [0, '']);
  const broken = await cli('diff', files.early, `${files.late}x`, '--fail-on-growth', '1GB');
  assert.equal(broken.code, 2);
});

test('diff as Markdown, of three files', async () => {
  const { code, stdout } = await cli('diff', files.early, files.late, files.late, '--markdown');
  assert.equal(code, 0);
  assert.match(stdout, /^### Heap growth: \+/);
  const { stdout: text } = await cli('diff', files.early, files.late, files.late);
  assert.match(text, /5,000 → 50,000 → 50,000/);
});

test('inspect shows what a suspect holds and who holds it', async () => {
  const { suspects } = await cliJson('analyze', files.late);
  const { id } = suspects[0].object;
  const found = await cliJson('inspect', files.late, `@${id}`);
  assert.equal(found.object.id, id);
  assert.equal(found.object.className, 'Manager');
  const held = found.properties.map(({ edge }) => edge.name);
  assert.ok(held.includes('rooms'), held.join());
  assert.ok(found.retainers.some(({ edge }) => edge.name === 'manager'));
  const { code, stdout } = await cli('inspect', files.late, String(id), '--limit', '1');
  assert.equal(code, 0);
  assert.match(stdout, new RegExp(`^Manager @${id}`));
  assert.match(stdout, /2 more \(--limit 3\)/);
});

test('inspect of an object that is not there', async () => {
  const { code, stdout, stderr } = await cli('inspect', files.late, '@4294967294');
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /4294967294.*ERR_RSPROF_\w+\)\n$/);
});

test('a signature is small, for its owner only, and compared like a file', async () => {
  const out = path.join(files.dir, 'early.json');
  const { code, stdout, stderr } = await cli('signature', files.early, '--out', out);
  assert.equal(code, 0, stderr);
  assert.ok(stdout.startsWith(`${out} (`));
  const { size, mode } = fs.statSync(out);
  assert.ok(size < 2 ** 20);
  assert.equal(mode & 0o777, 0o600);
  const printed = await cli('signature', files.early);
  assert.deepEqual(JSON.parse(printed.stdout), JSON.parse(fs.readFileSync(out, 'utf8')));
  const found = await cliJson('diff', out, files.late);
  assert.equal(found.matchedBy, 'class');
  const refused = await cli('analyze', out);
  assert.match(refused.stderr, /only diff takes it/);
  const room = found.classes.find((one) => one.name === 'Room');
  assert.deepEqual(room.counts, [5000, 50_000]);
});
