'use strict';

// `npx rsprof migrate` with npm itself: a project with a dependency that requires heapdump, which is never
// asked of a registry.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { promisify } = require('node:util');

const { root } = require('../support/env.js');

const run = promisify(execFile);
const work = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-migrate-')));
const app = path.join(work, 'app');
const QUIET = ['--offline', '--no-audit', '--no-fund'];

const npm = (cwd, ...args) => run('npm', args, { cwd });
const write = (file, value) => fs.writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
const read = (name) => fs.readFileSync(path.join(app, name), 'utf8');

async function pack(folder) {
  const { stdout } = await npm(folder, 'pack', '--json', '--pack-destination', work);
  return `file:../${JSON.parse(stdout)[0].filename}`;
}

before(async () => {
  const dependency = path.join(work, 'dependency');
  fs.mkdirSync(dependency);
  fs.mkdirSync(app);
  const dependencies = { heapdump: '^0.3.15', 'memwatch-next': '^0.3.0' };
  write(path.join(dependency, 'package.json'), {
    name: 'dependency',
    version: '1.0.0',
    dependencies,
  });
  fs.writeFileSync(
    path.join(dependency, 'index.js'),
    'module.exports = [require("heapdump"), require("memwatch-next")];\n',
  );
  write(path.join(app, 'package.json'), {
    name: 'app',
    version: '1.0.0',
    dependencies: { dependency: await pack(dependency), rsprof: await pack(root) },
    devDependencies: { heapdump: '^0.3.15' },
  });
});

after(() => fs.rmSync(work, { recursive: true, force: true }));

async function migrate(...args) {
  const bin = path.join(root, 'bin', 'rsprof.js');
  return (await run(process.execPath, [bin, 'migrate', ...args], { cwd: app })).stdout;
}

/** What the program and its dependency get for heapdump and memwatch-next. */
async function resolved() {
  const script = `
    const [heapdump, memwatch] = require('dependency');
    console.log(JSON.stringify([
      heapdump === require('rsprof/compat/heapdump') && heapdump === require('heapdump'),
      memwatch === require('rsprof/compat/memwatch-next'),
      heapdump.writeSnapshot('a.heapsnapshot'),
    ]));`;
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  return JSON.parse((await run(process.execPath, ['-e', script], { cwd: app, env })).stdout);
}

test('npm install and npm ci follow it, for the dependencies too, and for all that comes later', async () => {
  const original = read('package.json');
  const names = ['heapdump', 'memwatch-next'];
  const shown = await migrate('--dry-run', ...names);
  assert.match(shown, /^-\s+"heapdump": "\^0\.3\.15"$/m);
  assert.match(shown, /^\+\s+"heapdump": "\$heapdump",$/m);
  assert.equal(read('package.json'), original);

  assert.match(await migrate(...names), /Now run npm install/);
  await npm(app, 'install', ...QUIET);
  assert.deepEqual(await resolved(), [true, true, true]);

  const lock = read('package-lock.json');
  assert.ok(!/registry|heapdump-0\.3/.test(lock));
  fs.rmSync(path.join(app, 'node_modules'), { recursive: true });
  await npm(app, 'ci', ...QUIET);
  assert.deepEqual(await resolved(), [true, true, true]);
  assert.equal(read('package-lock.json'), lock);

  await npm(app, 'install', ...QUIET);
  await npm(app, 'prune', ...QUIET);
  assert.deepEqual(await resolved(), [true, true, true]);
  assert.match(await migrate(), /rsprof stands in already/);
  await migrate('--undo');
  assert.equal(read('package.json'), original);
});
