'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { promisify } = require('node:util');

const { root } = require('../support/env.js');

const run = promisify(execFile);
const manifest = require('../../package.json');
const work = fs.mkdtempSync(path.join(require('node:os').tmpdir(), 'rsprof-package-'));
let tarball;

before(async () => {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', work], {
    cwd: root,
  });
  const [{ filename }] = JSON.parse(stdout);
  tarball = path.join(work, filename);
  const app = path.join(work, 'app');
  fs.mkdirSync(app);
  fs.writeFileSync(path.join(app, 'package.json'), '{ "name": "app", "version": "1.0.0" }');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: app });
});

after(() => fs.rmSync(work, { recursive: true, force: true }));

/** Runs script text in the project that installed the package. */
async function inApp(...args) {
  const env = { ...process.env, RSPROF_BACKEND: '', NODE_TEST_CONTEXT: undefined };
  const { stdout } = await run(process.execPath, args, { cwd: path.join(work, 'app'), env });
  return JSON.parse(stdout);
}

test('the packed package installs alone: no dependency, no script', () => {
  const installed = fs
    .readdirSync(path.join(work, 'app', 'node_modules'))
    .filter((name) => name[0] !== '.');
  assert.deepEqual(installed, ['rsprof']);
  assert.equal(manifest.dependencies, undefined);
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) {
    assert.equal(manifest.scripts[name], undefined, name);
  }
});

test('the installed package works from CommonJS, with its binary', async () => {
  const script = `
    const { backend, heapSnapshot } = require('rsprof');
    heapSnapshot().then(({ path, bytes }) =>
      console.log(JSON.stringify({ name: backend().name, path, bytes })));`;
  const { name, path: file, bytes } = await inApp('-e', script);
  assert.equal(name, 'native');
  assert.equal(fs.statSync(file).size, bytes);
});

test('the installed package works from ESM', async () => {
  const script = `
    import { backend, cpuProfile } from 'rsprof';
    const { path, bytes } = await cpuProfile({ seconds: 0.05 });
    console.log(JSON.stringify({ name: backend().name, path, bytes }));`;
  const { name, path: file, bytes } = await inApp('--input-type=module', '-e', script);
  assert.equal(name, 'native');
  assert.equal(fs.statSync(file).size, bytes);
});

test('the package holds what users need and nothing else', () => {
  const folder = path.join(work, 'app', 'node_modules', 'rsprof');
  const top = fs.readdirSync(folder).sort();
  for (const name of [
    'index.js',
    'index.mjs',
    'index.d.ts',
    'lib',
    'native',
    'LICENSE',
    'README.md',
  ]) {
    assert.ok(top.includes(name), name);
  }
  for (const name of [
    'src',
    'target',
    '__test__',
    'bench',
    'scripts',
    'examples',
    'node_modules',
  ]) {
    assert.ok(!top.includes(name), name);
  }
});

test('the package holds what browsers get, and not what it is made of', () => {
  const web = path.join(work, 'app', 'node_modules', 'rsprof', 'web');
  assert.deepEqual(fs.readdirSync(web), ['dist']);
  const built = fs.readdirSync(path.join(root, 'web', 'dist')).sort();
  assert.deepEqual(fs.readdirSync(path.join(web, 'dist')).sort(), built);
  for (const name of ['flame.js', 'report.html', 'profiler.js.gz'])
    assert.ok(built.includes(name), name);
});

test('publint finds nothing to complain about', async () => {
  const publint = path.join(root, 'node_modules', 'publint', 'src', 'cli.js');
  const check = run(process.execPath, [publint, 'run', tarball, '--strict']);
  await check.catch(({ stdout, stderr }) => assert.fail(`${stdout}${stderr}`));
});

test('are-the-types-wrong finds every way of resolving the types right', async () => {
  const attw = path.join(root, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
  const check = run(process.execPath, [attw, tarball, '--no-emoji', '--no-color']);
  await check.catch(({ stdout, stderr }) => assert.fail(`${stdout}${stderr}`));
});

test('the lock file carries no download addresses and every version is exact', () => {
  const lock = fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8');
  assert.ok(!lock.includes('"resolved"'));
  for (const version of Object.values(manifest.devDependencies))
    assert.match(version, /^(npm:[\w@/-]+@)?\d+\.\d+\.\d+$/);
});
