'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const zlib = require('node:zlib');

const { names } = require('../support/tempdir.js');
const { HOSTILE, makeSnapshots } = require('./leak.js');
const { cli, cliJson, startCli } = require('./run.js');

let files;

before(async () => {
  files = await makeSnapshots();
});

after(() => files?.remove());

const inDir = (name) => path.join(files.dir, name);

/** Controls, marks that reorder text: nothing of the kind may come from a snapshot. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

test('the text says first who holds the memory; without a terminal there are no colours', async () => {
  const { code, stdout, stderr } = await cli('analyze', files.late);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  assert.match(stdout, /^Verdict {2}late\.heapsnapshot/);
  const [verdict] = stdout.replace(/\s+/g, ' ').split('Suspect 1');
  assert.match(verdict, /Manager @\d+ holds [\d.]+ % of the heap .* 30,000 Room objects/);
  assert.match(stdout, /\.rooms +Array @\d+/);
  assert.doesNotMatch(stdout.replaceAll('\n', ''), UNSAFE);
});

test('the JSON is the report of the API', async () => {
  const report = await cliJson('analyze', files.late, '--top', '3');
  assert.equal(report.kind, 'heapSnapshot');
  assert.equal(report.file.path, files.late);
  assert.equal(report.file.bytes, fs.statSync(files.late).size);
  assert.ok(report.classes.length <= 3);
  const [suspect] = report.suspects;
  assert.equal(suspect.className, 'Room');
  assert.equal(suspect.count, 30_000);
  assert.deepEqual(
    suspect.path.slice(-2).map(({ edge }) => edge.name),
    ['manager', 'rooms'],
  );
  const raw = await cli('analyze', files.late, '--json');
  assert.doesNotMatch(raw.stdout.replaceAll('\n', ''), UNSAFE);
});

test('compressed files are read as they are', async () => {
  const packed = inDir('late.gz');
  fs.writeFileSync(packed, zlib.gzipSync(fs.readFileSync(files.late), { level: 1 }));
  const [plain, gzip] = [await cliJson('analyze', files.late), await cliJson('analyze', packed)];
  assert.equal(gzip.file.compression, 'gzip');
  assert.deepEqual(gzip.overview, plain.overview);
  assert.deepEqual(gzip.suspects, plain.suspects);
});

test('Markdown for an issue, without mentions and markup from the snapshot', async () => {
  const { code, stdout } = await cli('analyze', files.late, '--markdown');
  assert.equal(code, 0);
  assert.match(stdout, /^### Heap snapshot `late\.heapsnapshot`/);
  assert.match(stdout, /#### Suspect 1/);
  assert.doesNotMatch(stdout, /@octocat|(?<!\\)<img/);
});

test('a page goes to its file whole, for its owner only; the rest is short', async () => {
  const out = inDir('report.html');
  for (const round of [1, 2]) {
    const { code, stdout, stderr } = await cli('analyze', files.late, '--html', out);
    assert.equal(code, 0, `${round}: ${stderr}`);
    const [verdict, place] = stdout.trimEnd().split('\n');
    assert.match(verdict, /Manager/);
    assert.equal(place, out);
    assert.equal(fs.statSync(out).mode & 0o777, 0o600);
  }
  const page = fs.readFileSync(out, 'utf8');
  assert.match(page, /^<!doctype html>/);
  assert.match(page, /<\/html>\n$/);
  assert.doesNotMatch(page, /<img/);
  assert.ok(page.includes('red\\x9b2J\\u202e&lt;img'), 'the hostile name is there, as text');
  assert.deepEqual(
    names(files.dir).filter((name) => name.endsWith('.partial')),
    [],
  );
});

test('a page beside JSON', async () => {
  const out = inDir('both.html');
  const { stdout } = await cli('analyze', files.late, '--html', out, '--json');
  assert.equal(JSON.parse(stdout).kind, 'heapSnapshot');
  assert.ok(fs.existsSync(out));
});

test('a page never takes the place of what is read, nor of a folder', async () => {
  const before = fs.statSync(files.late).size;
  for (const out of [files.late, files.dir, path.join(files.dir, 'missing', 'a.html')]) {
    const { code, stderr } = await cli('analyze', files.late, '--html', out);
    assert.equal(code, 2, out);
    assert.match(stderr, /^rsprof: /);
  }
  assert.equal(fs.statSync(files.late).size, before);
});

test('what is hostile is visible in the text', async () => {
  const { stdout } = await cli('analyze', files.late, '--top', '50');
  assert.ok(HOSTILE.includes('\u001b'));
  assert.match(stdout.replace(/\s+/g, ' '), /\\x1b\[31mred/);
});

test('what is no snapshot is refused with a reason, and leaves nothing', async () => {
  const text = fs.readFileSync(files.early);
  const broken = {
    'empty.heapsnapshot': '',
    'prose.heapsnapshot': 'this is no snapshot',
    'json.heapsnapshot': '{"a": [1, 2, 3]}',
    'cut.heapsnapshot': text.subarray(0, text.length / 2),
    'cut.gz': zlib.gzipSync(text, { level: 1 }).subarray(0, 100_000),
  };
  for (const [name, content] of Object.entries(broken)) {
    const file = inDir(name);
    fs.writeFileSync(file, content);
    const out = inDir(`${name}.html`);
    const { code, stdout, stderr } = await cli('analyze', file, '--html', out);
    assert.equal(code, 2, `${name}: ${stdout}`);
    assert.match(stderr, /^rsprof: .*ERR_RSPROF_INVALID_SNAPSHOT\)\n$/, name);
    assert.equal(stdout, '');
    assert.ok(!fs.existsSync(out), name);
  }
});

test('a failure is JSON where JSON was asked for', async () => {
  const { code, stdout, stderr } = await cli('analyze', inDir('missing'), '--json');
  assert.equal(code, 2);
  const { error } = JSON.parse(stdout);
  assert.equal(error.code, 'ERR_RSPROF_NOT_FOUND');
  assert.match(stderr, /no such file/);
});

test('wrong use, help and version', async () => {
  const [nothing, unknown, help, topic, version] = await Promise.all([
    cli(),
    cli('analyze', files.late, '--colour'),
    cli('--help'),
    cli('analyze', '--help'),
    cli('--version'),
  ]);
  assert.deepEqual([nothing.code, unknown.code], [2, 2]);
  assert.match(unknown.stderr, /--colour\nTry: npx rsprof analyze --help/);
  assert.deepEqual([help.code, topic.code, version.code], [0, 0, 0]);
  assert.match(help.stdout, /inspect FILE/);
  assert.match(topic.stdout, /--html OUT/);
  assert.equal(version.stdout.trim(), require('../../package.json').version);
});

test('it works with the inspector back end too: it needs nothing of V8', async () => {
  const env = { RSPROF_BACKEND: 'inspector' };
  const { code, stderr } = await startCli(['analyze', files.early], { env }).finished;
  assert.equal(code, 0, stderr);
});

test('a reader that has seen enough is no failure', async () => {
  const child = startCli(['analyze', files.late]);
  child.stdout.destroy();
  const { code, stderr } = await child.finished;
  assert.deepEqual([code, stderr], [0, '']);
});

test('colours where they are forced', async () => {
  const args = ['analyze', files.early];
  const forced = await startCli(args, { env: { FORCE_COLOR: '1' } }).finished;
  assert.ok(forced.stdout.startsWith('\u001b[1mVerdict'));
  const none = await startCli(args, { env: { NO_COLOR: '1' } }).finished;
  assert.ok(!none.stdout.includes('\u001b'));
});
