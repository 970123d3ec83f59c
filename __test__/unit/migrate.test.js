'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { planMigration } = require('../../lib/compat/migrate.js');
const { setIn } = require('../../lib/compat/migrate/json-text.js');
const { lineDiff } = require('../../lib/compat/migrate/line-diff.js');
const { replaceIn, restoreIn } = require('../../lib/compat/migrate/manifest.js');
const { REPLACED } = require('../../lib/compat/names.js');
const { code } = require('./support.js');
const { names, tempDir } = require('../support/tempdir.js');

const NAMES = Object.keys(REPLACED);
const folder = (name) => `file:node_modules/rsprof/compat/packages/${name}`;

test('a member is put in its order, with the indentation of its neighbours', () => {
  const text = '{\n    "a": { "x": 1 },\n    "c": [1, 2]\n}\n';
  assert.equal(
    setIn(text, ['b'], 'new'),
    '{\n    "a": { "x": 1 },\n    "b": "new",\n    "c": [1, 2]\n}\n',
  );
  assert.equal(
    setIn(text, ['d'], {}),
    '{\n    "a": { "x": 1 },\n    "c": [1, 2],\n    "d": {}\n}\n',
  );
  assert.equal(setIn(text, ['a', 'y'], 2), '{\n    "a": { "x": 1, "y": 2 },\n    "c": [1, 2]\n}\n');
  assert.equal(setIn(text, ['a', 'x'], '"'), '{\n    "a": { "x": "\\"" },\n    "c": [1, 2]\n}\n');
});

test('where members are in no order, the new one is the last', () => {
  assert.equal(
    setIn('{"b":1,"a":2}', ['aa'], 3),
    '{"b":1,"a":2,"aa":3}'.replace('"aa":3', '"aa": 3'),
  );
});

test('objects on the way are made, and go with their last member', () => {
  const text = '{\n\t"name": "app"\n}';
  const more = setIn(text, ['overrides', 'x'], '$x');
  assert.equal(more, '{\n\t"name": "app",\n\t"overrides": {\n\t\t"x": "$x"\n\t}\n}');
  assert.equal(setIn(more, ['overrides', 'x'], undefined), text);
  assert.equal(setIn('{}', ['a', 'b'], 1), '{\n  "a": {\n    "b": 1\n  }\n}');
  assert.equal(setIn('{\r\n  "a": 1\r\n}\r\n', ['b', 'c'], 1).match(/\r\n/g).length, 6);
});

test('any member can be changed and removed, whatever stands around it', () => {
  const value = { 'a"}': ['}', { b: '\\"' }], c: -1.5e3, d: null, e: { f: {} }, g: 'ü' };
  for (const indent of [0, 2, '\t']) {
    const text = JSON.stringify(value, null, indent);
    for (const key of Object.keys(value)) {
      const { [key]: _, ...rest } = value;
      assert.deepEqual(JSON.parse(setIn(text, [key], undefined)), rest);
      assert.deepEqual(JSON.parse(setIn(text, [key], 'x')), { ...value, [key]: 'x' });
    }
    assert.equal(setIn(text, ['none'], undefined), text);
  }
});

const MANIFEST = `{
  "name": "app",
  "dependencies": {
    "express": "^5.0.0",
    "heapdump": "^0.3.15",
    "rsprof": "0.1.0"
  },
  "devDependencies": { "memwatch-next": "0.3" }
}
`;

test('names become dependencies on our folders, and overrides for whoever else asks', () => {
  const text = replaceIn(MANIFEST, ['heapdump', 'memwatch-next', 'v8-profiler']);
  assert.deepEqual(JSON.parse(text), {
    name: 'app',
    dependencies: {
      express: '^5.0.0',
      heapdump: folder('heapdump'),
      rsprof: '0.1.0',
      'v8-profiler': folder('v8-profiler'),
    },
    devDependencies: { 'memwatch-next': folder('memwatch-next') },
    overrides: {
      heapdump: '$heapdump',
      'memwatch-next': '$memwatch-next',
      'v8-profiler': '$v8-profiler',
    },
    rsprof: { replaced: { heapdump: '^0.3.15', 'memwatch-next': '0.3' } },
  });
  assert.equal(replaceIn(text, NAMES.slice(0, 2)), replaceIn(text, NAMES.slice(0, 2)));
  assert.equal(
    replaceIn(text, ['heapdump', 'memwatch-next', 'v8-profiler']),
    text,
    'once is enough',
  );
  assert.equal(restoreIn(text, NAMES), MANIFEST);
  assert.equal(restoreIn(MANIFEST, NAMES), MANIFEST);
});

test('every folder is there, and has the name and the type that it stands in for', () => {
  for (const name of NAMES) {
    const inside = path.join(__dirname, '..', '..', 'compat', 'packages', name);
    const manifest = JSON.parse(fs.readFileSync(path.join(inside, 'package.json'), 'utf8'));
    assert.equal(manifest.name, name);
    assert.ok(
      fs.readFileSync(path.join(inside, 'index.js'), 'utf8').includes(`/${REPLACED[name]}.js'`),
    );
    assert.ok(fs.existsSync(path.join(inside, manifest.types)));
  }
});

const invalid = (pattern) => code('INVALID_ARG', ({ message }) => assert.match(message, pattern));

test('what is wrong with a package.json is told', () => {
  for (const [text, pattern] of [
    ['{ "a": 1,, }', /is not JSON/],
    ['[]', /not a JSON object/],
    ['{ "overrides": "x" }', /overrides of package.json is not an object/],
    ['{ "overrides": { "heapdump": "1.0.0" } }', /has an override for heapdump/],
  ])
    assert.throws(() => replaceIn(text, ['heapdump']), invalid(pattern));
});

test('a diff has what changed and three lines around', () => {
  const before = 'a\nb\nc\nd\ne\nf\ng\n';
  assert.equal(lineDiff(before, before), '');
  assert.equal(lineDiff(before, before.replace('e', 'E')), ' b\n c\n d\n-e\n+E\n f\n g\n \n');
});

/** A project with this package.json and other files. */
function project(t, manifest, files = {}) {
  const dir = tempDir(t);
  fs.writeFileSync(path.join(dir, 'package.json'), manifest, { mode: 0o644 });
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(dir, name), text);
  return dir;
}

const plan = (dir, more) =>
  planMigration({ folder: dir, names: [], undo: false, force: false, ...more });
const read = (dir) => fs.readFileSync(path.join(dir, 'package.json'), 'utf8');

test('without names those are meant that the project or its lock file knows', (t) => {
  const lock = JSON.stringify({
    packages: { '': {}, 'node_modules/x/node_modules/@airbnb/node-memwatch': {} },
  });
  const dir = project(t, MANIFEST, { 'package-lock.json': lock });
  const { names: found } = plan(dir);
  assert.deepEqual(found, ['heapdump', '@airbnb/node-memwatch', 'memwatch-next']);
  assert.deepEqual(plan(project(t, '{"dependencies":{"rsprof":"1"}}')).names, []);
});

test('the file is replaced as a whole and keeps its mode', async (t) => {
  const dir = project(t, MANIFEST);
  const file = path.join(dir, 'package.json');
  fs.chmodSync(file, 0o664);
  await plan(dir).write();
  assert.equal(JSON.parse(read(dir)).overrides.heapdump, '$heapdump');
  assert.equal(fs.statSync(file).mode & 0o777, 0o664);
  await plan(dir, { undo: true }).write();
  assert.equal(read(dir), MANIFEST);
  assert.deepEqual(names(dir), ['package.json']);
});

test('it asks for rsprof to be installed, and for names that it knows', (t) => {
  assert.throws(() => plan(project(t, '{}')), invalid(/npm install rsprof/));
  assert.throws(() => plan(project(t, MANIFEST), { names: ['left-pad'] }), invalid(/left-pad/));
  assert.throws(() => plan(tempDir(t)), code('NOT_FOUND'));
});

test('a package.json with changes that are not committed is left alone, unless forced', async (t) => {
  const dir = project(t, MANIFEST);
  const git = (...args) => execFileSync('git', args, { cwd: dir, stdio: 'ignore' });
  git('init');
  await assert.rejects(plan(dir).write(), invalid(/not committed/));
  git('add', '.');
  git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-m', 'all');
  fs.appendFileSync(path.join(dir, 'package.json'), '\n');
  await assert.rejects(plan(dir).write(), invalid(/not committed/));
  assert.equal(read(dir), `${MANIFEST}\n`);
  await plan(dir, { force: true }).write();
  assert.ok(read(dir).includes('"overrides"'));
});

test('for pnpm and yarn it says what to do, and does nothing', async (t) => {
  for (const [lock, pattern] of [
    ['pnpm-lock.yaml', /pnpm-workspace.yaml[\s\S]*"heapdump": link:\.\/node_modules\/rsprof/],
    ['yarn.lock', /"resolutions"[\s\S]*"heapdump": "link:\.\/node_modules\/rsprof/],
  ]) {
    const dir = project(t, MANIFEST, { [lock]: '' });
    const found = plan(dir);
    assert.match(found.recipe, pattern);
    await found.write();
    assert.equal(read(dir), MANIFEST);
  }
});

test('what pnpm and yarn have installed is found in their lock files', (t) => {
  const found = (lock, text) =>
    plan(project(t, '{"dependencies":{"rsprof":"1"}}', { [lock]: text })).names;
  const pnpm = 'yaml\n\npackages:\n\n  heapdump@0.3.15:\n  "@airbnb/node-memwatch@2.0.0":\n';
  assert.deepEqual(found('pnpm-lock.yaml', pnpm), ['heapdump', '@airbnb/node-memwatch']);
  const older = 'packages:\n\n  /memwatch-next/0.3.0:\n    x: 1\n  /v8-profiler@5.7.0:\n';
  assert.deepEqual(found('pnpm-lock.yaml', older), ['v8-profiler', 'memwatch-next']);
  const classic = 'node-memwatch@^1.0.0, x@2:\n  version "1.0.1"\n"heapdump@~0.3.0":\n';
  assert.deepEqual(found('yarn.lock', classic), ['heapdump', 'node-memwatch']);
  assert.deepEqual(found('yarn.lock', '"v8-profiler-next@npm:^1.10.0":\n'), ['v8-profiler-next']);
  assert.deepEqual(found('yarn.lock', 'my-heapdump@1:\n'), []);
});
