'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { OutputFile } = require('../../lib/output-file.js');
const { assertIdle, code, tempDir } = require('./support.js');

const FILE = require.resolve('../../lib/output-file.js');
const SIDECAR = `${JSON.stringify({ format: 'rsprof-sidecar/1' })}\n`;

test.afterEach(assertIdle);

function open(dir, more = {}) {
  const { name = 'x.heapsnapshot', ...rest } = more;
  const file = path.join(dir, name);
  return new OutputFile({ file, makeDir: false, overwrite: false, sidecar: true, ...rest });
}

function begin(dir, more) {
  const output = open(dir, more);
  output.create();
  fs.writeFileSync(output.partial, 'new');
  return output;
}

function systemError(name) {
  return Object.assign(new Error(`${name}: from the test`), { code: name });
}

const mode = (file) => fs.statSync(file).mode & 0o777;
const ls = (dir) => fs.readdirSync(dir).sort();

test('nothing is visible until the commit, everything after it', async (t) => {
  const dir = tempDir(t);
  const output = begin(dir);
  assert.equal(ls(dir).length, 1);
  assert.match(ls(dir)[0], /^x\.heapsnapshot\.[0-9a-f]{8}-\d+-\d+-\d+\.partial$/);
  assert.equal(mode(output.partial), 0o600);
  await output.commit(SIDECAR);
  assert.deepEqual(ls(dir), ['x.heapsnapshot', 'x.heapsnapshot.json']);
  assert.equal(fs.readFileSync(output.path, 'utf8'), 'new');
  assert.equal(fs.readFileSync(output.sidecar, 'utf8'), SIDECAR);
  assert.deepEqual([mode(output.path), mode(output.sidecar)], [0o600, 0o600]);
});

test('a discard leaves nothing, also twice, also without a partial', (t) => {
  const dir = tempDir(t);
  const output = begin(dir);
  output.discard();
  output.discard();
  open(dir).discard();
  assert.deepEqual(ls(dir), []);
});

test('a wrong place is refused before anything is created', (t) => {
  const dir = tempDir(t);
  fs.writeFileSync(path.join(dir, 'taken'), 'old');
  fs.writeFileSync(path.join(dir, 'noted.json'), '{}');
  fs.symlinkSync('nowhere', path.join(dir, 'dangling'));
  fs.mkdirSync(path.join(dir, 'folder'));
  fs.symlinkSync('folder', path.join(dir, 'link'));
  const before = ls(dir);
  assert.throws(() => open(dir, { name: 'taken' }), code('EXISTS'));
  assert.throws(() => open(dir, { name: 'dangling' }), code('EXISTS'));
  assert.throws(
    () => open(dir, { name: 'noted' }),
    code('EXISTS', (error) => /noted\.json/.test(error.message)),
  );
  assert.throws(() => open(dir, { name: 'folder' }), code('IS_DIRECTORY'));
  assert.throws(() => open(dir, { name: 'folder', overwrite: true }), code('IS_DIRECTORY'));
  assert.throws(() => open(dir, { name: 'link' }), code('IS_DIRECTORY'));
  assert.throws(() => open(`${dir}/`, { name: 'new/' }), code('IS_DIRECTORY'));
  assert.throws(() => open(dir, { name: 'missing/x' }), code('NOT_FOUND'));
  assert.throws(() => open(dir, { name: 'taken/x' }), code('NOT_FOUND'));
  assert.deepEqual(ls(dir), before);
});

test('overwrite replaces regular files only', async (t) => {
  const dir = tempDir(t);
  assert.throws(() => open('/dev', { name: 'null', overwrite: true }), code('EXISTS'));
  fs.writeFileSync(path.join(dir, 'x.heapsnapshot'), 'old');
  fs.writeFileSync(path.join(dir, 'x.heapsnapshot.json'), SIDECAR);
  const output = begin(dir, { overwrite: true });
  assert.equal(fs.readFileSync(output.path, 'utf8'), 'old');
  await output.commit(SIDECAR);
  assert.equal(fs.readFileSync(output.path, 'utf8'), 'new');
});

test('overwrite does not touch a .json that is no sidecar', (t) => {
  const dir = tempDir(t);
  fs.writeFileSync(path.join(dir, 'x.heapsnapshot.json'), '{"my":"settings"}');
  assert.throws(
    () => open(dir, { overwrite: true }),
    code('EXISTS', (error) => /no|not a sidecar/.test(error.message)),
  );
  open(dir, { overwrite: true, sidecar: false });
});

test('overwriting without a sidecar takes the older sidecar away, and only a sidecar', async (t) => {
  const dir = tempDir(t);
  fs.writeFileSync(path.join(dir, 'x.heapsnapshot.json'), SIDECAR);
  fs.writeFileSync(path.join(dir, 'y.json'), '{"my":"settings"}');
  await begin(dir, { overwrite: true, sidecar: false }).commit();
  await begin(dir, { name: 'y', overwrite: true, sidecar: false }).commit();
  assert.deepEqual(ls(dir), ['x.heapsnapshot', 'y', 'y.json']);
});

test('a file that appears meanwhile is not overwritten', async (t) => {
  const dir = tempDir(t);
  const output = begin(dir);
  fs.writeFileSync(output.path, 'theirs');
  await assert.rejects(output.commit(SIDECAR), code('EXISTS'));
  assert.deepEqual(ls(dir), ['x.heapsnapshot']);
  assert.equal(fs.readFileSync(output.path, 'utf8'), 'theirs');
});

test('of two that finish at one name one wins, the other one fails', async (t) => {
  const dir = tempDir(t);
  const script = `
    const { OutputFile } = require(${JSON.stringify(FILE)});
    const fs = require('node:fs');
    const output = new OutputFile({ file: process.argv[1], makeDir: false, overwrite: false, sidecar: true });
    output.create();
    fs.writeFileSync(output.partial, 'theirs');
    output.commit('{}').then(() => console.log('won'));`;
  const output = begin(dir);
  const child = spawnSync(process.execPath, ['-e', script, output.path], { encoding: 'utf8' });
  assert.equal(child.stdout, 'won\n', child.stderr);
  await assert.rejects(output.commit(SIDECAR), code('EXISTS'));
  assert.equal(fs.readFileSync(output.path, 'utf8'), 'theirs');
  assert.deepEqual(ls(dir), ['x.heapsnapshot', 'x.heapsnapshot.json']);
});

test('a sidecar that appears meanwhile takes the file back', async (t) => {
  const dir = tempDir(t);
  const output = begin(dir);
  fs.writeFileSync(output.sidecar, 'theirs');
  await assert.rejects(output.commit(SIDECAR), code('EXISTS'));
  assert.deepEqual(ls(dir), ['x.heapsnapshot.json']);
  assert.equal(fs.readFileSync(output.sidecar, 'utf8'), 'theirs');
});

test('a full disk at the sidecar leaves nothing, and an older file as it was', async (t) => {
  const dir = tempDir(t);
  fs.writeFileSync(path.join(dir, 'x.heapsnapshot'), 'old');
  const output = begin(dir, { overwrite: true });
  t.mock.method(fs.promises, 'writeFile', async () => {
    throw systemError('ENOSPC');
  });
  await assert.rejects(output.commit(SIDECAR), code('DISK_FULL'));
  assert.deepEqual(ls(dir), ['x.heapsnapshot']);
  assert.equal(fs.readFileSync(output.path, 'utf8'), 'old');
});

test('without link() a free name is renamed to, a taken one refused', async (t) => {
  const dir = tempDir(t);
  t.mock.method(fs.promises, 'link', async () => {
    throw systemError('EPERM');
  });
  await begin(dir).commit(SIDECAR);
  assert.deepEqual(ls(dir), ['x.heapsnapshot', 'x.heapsnapshot.json']);
  const output = begin(dir, { name: 'y' });
  fs.writeFileSync(output.path, 'theirs');
  await assert.rejects(output.commit(SIDECAR), code('EXISTS'));
  assert.equal(fs.readFileSync(output.path, 'utf8'), 'theirs');
});

test('fsync that is refused does not fail the commit', async (t) => {
  const dir = tempDir(t);
  const output = begin(dir);
  t.mock.method(fs.promises, 'open', async () => {
    throw systemError('ERR_ACCESS_DENIED');
  });
  await output.commit(SIDECAR);
  assert.deepEqual(ls(dir), ['x.heapsnapshot', 'x.heapsnapshot.json']);
});

test('dir is created for its owner only, the folder of a path is not created', (t) => {
  const dir = tempDir(t);
  const output = open(path.join(dir, 'a', 'b'), { makeDir: true });
  assert.equal(output.dir, path.join(dir, 'a', 'b'));
  assert.equal(mode(output.dir), 0o700);
  fs.writeFileSync(path.join(dir, 'file'), '');
  assert.throws(
    () => open(path.join(dir, 'file'), { makeDir: true }),
    (error) => ['ERR_RSPROF_EXISTS', 'ERR_RSPROF_NOT_FOUND'].includes(error.code),
  );
});

test('two captures do not write one partial', (t) => {
  const dir = tempDir(t);
  const first = begin(dir);
  const second = open(dir);
  assert.throws(
    () => second.create(),
    code('EXISTS', (error) => /another capture/.test(error.message)),
  );
  second.discard();
  assert.ok(fs.existsSync(first.partial), 'the first one keeps its file');
  first.discard();
});

test('a partial of an earlier life of the same name is replaced', (t) => {
  const dir = tempDir(t);
  const output = open(dir);
  fs.writeFileSync(output.partial, 'of an earlier life');
  output.create();
  assert.equal(fs.readFileSync(output.partial, 'utf8'), '');
  output.discard();
  assert.deepEqual(ls(dir), []);
});

test('a symbolic link in the place of the partial is not followed', (t) => {
  const dir = tempDir(t);
  const output = open(dir);
  fs.writeFileSync(path.join(dir, 'victim'), 'precious');
  fs.symlinkSync('victim', output.partial);
  output.create();
  assert.ok(fs.lstatSync(output.partial).isFile());
  assert.equal(fs.readFileSync(path.join(dir, 'victim'), 'utf8'), 'precious');
  output.discard();
});

test('an unwritable folder is ACCESS, before anything else', {
  skip: !process.getuid && 'POSIX',
}, (t) => {
  const dir = tempDir(t);
  const locked = path.join(dir, 'locked');
  fs.chmodSync(dir, 0o755);
  fs.mkdirSync(locked, { mode: 0o555 });
  const script = `
    const { OutputFile } = require(${JSON.stringify(FILE)});
    const make = (file, makeDir) => {
      try {
        new OutputFile({ file, makeDir, overwrite: false, sidecar: true });
        console.log('made');
      } catch (error) { console.log(error.code); }
    };
    make(process.argv[1] + '/x', false); // loads what is loaded late
    if (process.getuid() === 0) process.setuid(65534);
    make(process.argv[2] + '/x', false);
    make(process.argv[2] + '/new/x', true);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script, dir, locked], {
    encoding: 'utf8',
  });
  assert.equal(stdout, 'made\nERR_RSPROF_ACCESS\nERR_RSPROF_ACCESS\n', stderr);
});

test("Node's permission model: both grants are needed, for what is in the folder", (t) => {
  const flags = ['--permission', '--experimental-permission'];
  const flag = flags.find((name) => process.allowedNodeEnvironmentFlags.has(name));
  if (!flag) {
    assert.match(process.version, /^v18\./, 'only Node 18 has none');
    return;
  }
  const dir = tempDir(t);
  const script = `
    const { OutputFile } = require(${JSON.stringify(FILE)});
    const where = { file: process.argv[1], makeDir: true, overwrite: false, sidecar: true };
    const main = async () => {
      const output = new OutputFile(where);
      output.create();
      await output.commit('{}');
      return 'written';
    };
    main().catch((error) => error.code + ' ' + error.message).then(console.log);`;
  const root = path.join(__dirname, '..', '..', '*');
  const run = (...grants) => {
    const args = [flag, `--allow-fs-read=${root}`, ...grants, '-e', script, path.join(dir, 'x')];
    return spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout;
  };
  const [read, write] = [`--allow-fs-read=${dir}/*`, `--allow-fs-write=${dir}/*`];
  assert.match(run(read), /^ERR_RSPROF_ACCESS .*--allow-fs-write/);
  assert.match(run(write), /^ERR_RSPROF_ACCESS .*--allow-fs-read/);
  assert.deepEqual(ls(dir), []);
  assert.equal(run(read, write), 'written\n');
  assert.deepEqual(ls(dir), ['x', 'x.json']);
});
