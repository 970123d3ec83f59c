'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { runForJson, runNode, startNode } = require('../support/child.js');
const { permissionFlag, root } = require('../support/env.js');
const { readHeapSnapshot } = require('../support/heapsnapshot.js');
const { smallDisk } = require('../support/small-disk.js');
const { names, tempDir } = require('../support/tempdir.js');

const DEFAULT_NAME = /^heapdump-\d+\.\d+\.heapsnapshot$/;

const preamble = `
  const heapdump = require(${JSON.stringify(path.join(root, 'compat', 'heapdump.js'))});
  const fs = require('node:fs');
  const say = (value) => console.log(JSON.stringify(value));
`;

/** Runs a script in `cwd`, with \`heapdump\`, \`fs\` and \`say()\` at hand; what it said. */
const run = (cwd, script, options) => runForJson(script, { cwd, preamble, ...options });

test('exports writeSnapshot and nothing else', async (t) => {
  assert.deepEqual(await run(tempDir(t), 'say(Object.keys(heapdump))'), ['writeSnapshot']);
});

test('the file is whole and the callback called before it returns', async (t) => {
  const dir = tempDir(t);
  const found = await run(
    dir,
    `globalThis.planted = new (class PlantedRoom {})();
     const calls = [];
     const returned = heapdump.writeSnapshot('my.heapsnapshot', (...args) => {
       calls.push([args, fs.existsSync('my.heapsnapshot')]);
     });
     say({ returned, calls });`,
  );
  assert.deepEqual(found, { returned: true, calls: [[[null, 'my.heapsnapshot'], true]] });
  assert.deepEqual(names(dir), ['my.heapsnapshot']);
  const file = path.join(dir, 'my.heapsnapshot');
  assert.ok(readHeapSnapshot(file).nodesNamed('PlantedRoom').length > 0);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
});

test('without a name it has that of the monotonic clock, in the working directory', async (t) => {
  const dir = tempDir(t);
  const [named, before, after] = await run(
    dir,
    `const before = Number(process.hrtime.bigint() / 1000000n);
     const named = [];
     heapdump.writeSnapshot((error, file) => named.push(file));
     heapdump.writeSnapshot(undefined, (error, file) => named.push(file));
     heapdump.writeSnapshot(42, (error, file) => named.push(file));
     heapdump.writeSnapshot();
     say([named, before, Number(process.hrtime.bigint() / 1000000n)]);`,
  );
  for (const name of named) {
    assert.match(name, DEFAULT_NAME);
    const milliseconds = Number(name.split(/[-.]/)[1]);
    assert.ok(milliseconds >= before && milliseconds <= after, name);
  }
  const found = names(dir);
  assert.equal(found.length, 4);
  for (const name of named) assert.ok(found.includes(name), name);
});

test('a failure is told by its name, and never thrown', async (t) => {
  const dir = tempDir(t);
  const found = await run(
    dir,
    `const failures = {};
     for (const file of ['/does/not/exist', '', '.', 'folder/', 'x'.repeat(300), 'a\\0b']) {
       const returned = heapdump.writeSnapshot(file, (...args) => {
         failures[file.slice(0, 20)] = [args.length, args[0].message];
       });
       if (returned !== false || heapdump.writeSnapshot(file) !== false) throw new Error(file);
     }
     say(failures);`,
  );
  const failure = (name) => [1, `heapdump write error ${name}`];
  assert.deepEqual(found, {
    '/does/not/exist': failure('ENOENT'),
    '': failure('ENOENT'),
    '.': failure('EISDIR'),
    'folder/': failure('EISDIR'),
    [`${'x'.repeat(20)}`]: failure('ENAMETOOLONG'),
    'a\0b': failure('EINVAL'),
  });
  assert.deepEqual(names(dir), []);
});

test('what a callback throws reaches the caller; a second callback is not called', async (t) => {
  const thrown = await run(
    tempDir(t),
    `let thrown;
     try {
       heapdump.writeSnapshot(() => { throw new Error('mine'); }, () => say('not called'));
     } catch (error) { thrown = error.message; }
     say(thrown);`,
  );
  assert.equal(thrown, 'mine');
});

test('a file that exists is replaced, through a symbolic link too', async (t) => {
  const dir = tempDir(t);
  fs.writeFileSync(path.join(dir, 'old.heapsnapshot'), 'old');
  fs.symlinkSync('old.heapsnapshot', path.join(dir, 'link'));
  fs.symlinkSync('new.heapsnapshot', path.join(dir, 'dangling'));
  const script = `say(['link', 'dangling', '/dev/null'].map((file) => heapdump.writeSnapshot(file)))`;
  assert.deepEqual(await run(dir, script), [true, true, true]);
  assert.deepEqual(names(dir), ['dangling', 'link', 'new.heapsnapshot', 'old.heapsnapshot']);
  assert.ok(fs.lstatSync(path.join(dir, 'link')).isSymbolicLink());
  for (const name of ['old.heapsnapshot', 'new.heapsnapshot'])
    readHeapSnapshot(path.join(dir, name));
  assert.ok(fs.statSync('/dev/null').isCharacterDevice());
});

test('a full disk is an error, leaves nothing, and spares the file that was there', async (t) => {
  const dir = smallDisk(t, 512);
  if (!dir) return t.skip('no right to mount a small disk');
  fs.writeFileSync(path.join(dir, 'kept'), 'of before');
  const found = await run(
    dir,
    `const told = [];
     for (const file of ['kept', 'new']) heapdump.writeSnapshot(file, (error) => told.push(error.message));
     say([told, fs.readdirSync('/proc/self/fd').map((fd) => {
       try { return fs.readlinkSync('/proc/self/fd/' + fd); } catch { return ''; }
     }).filter((file) => file.startsWith(${JSON.stringify(dir)}))]);`,
  );
  const told = 'heapdump write error ENOSPC';
  assert.deepEqual(found, [[told, told], []]);
  assert.deepEqual(names(dir), ['kept']);
  assert.equal(fs.readFileSync(path.join(dir, 'kept'), 'utf8'), 'of before');
  const { bfree, blocks } = fs.statfsSync?.(dir) ?? { bfree: 1, blocks: 1 };
  assert.ok(bfree > blocks / 2, 'the space is free again');
});

test('RSPROF_REDACT keeps the program`s strings out of it', async (t) => {
  const dir = tempDir(t);
  const script = `globalThis.kept = { secret: ['planted-secret', process.pid].join('-') };
    say(heapdump.writeSnapshot('a'));`;
  assert.equal(await run(dir, script, { env: { RSPROF_REDACT: 'strings' } }), true);
  const text = fs.readFileSync(path.join(dir, 'a'), 'utf8');
  JSON.parse(text);
  assert.ok(!/planted-secret-\d/.test(text));
  assert.ok(text.includes('"secret"'));
  assert.equal(await run(dir, script), true);
  const open = fs.readFileSync(path.join(dir, 'a'), 'utf8');
  assert.ok(/planted-secret-\d/.test(open));
});

test('a worker thread writes its own heap, and takes no signal', async (t) => {
  const dir = tempDir(t);
  const [returned, listeners] = await run(
    dir,
    `const { Worker } = require('node:worker_threads');
     const worker = new Worker(
       'class PlantedInWorker {}; globalThis.planted = new PlantedInWorker();' +
       'const heapdump = require(' + ${JSON.stringify(JSON.stringify(path.join(root, 'compat', 'heapdump.js')))} + ');' +
       'const done = heapdump.writeSnapshot("worker.heapsnapshot");' +
       'require("node:worker_threads").parentPort.postMessage([done, process.listenerCount("SIGUSR2")]);',
       { eval: true },
     );
     worker.on('message', say);`,
  );
  assert.deepEqual([returned, listeners], [true, 0]);
  const snapshot = readHeapSnapshot(path.join(dir, 'worker.heapsnapshot'));
  assert.ok(snapshot.nodesNamed('PlantedInWorker').length > 0);
});

/** Has a child that requires heapdump send itself SIGUSR2, and waits until it has gone by. */
const SIGNALLED = `
  process.on('SIGUSR2', () => setImmediate(() => { say(process.listenerCount('SIGUSR2')); clearInterval(alive); }));
  const alive = setInterval(() => {}, 1000);
  process.kill(process.pid, 'SIGUSR2');
`;

test('SIGUSR2 writes a snapshot, unless NODE_HEAPDUMP_OPTIONS says nosignal', async (t) => {
  const dir = tempDir(t);
  assert.equal(await run(dir, SIGNALLED), 2);
  const found = names(dir);
  assert.equal(found.length, 1);
  assert.match(found[0], DEFAULT_NAME);
  readHeapSnapshot(path.join(dir, found[0]));
  const quiet = { env: { NODE_HEAPDUMP_OPTIONS: 'nosignal' } };
  assert.equal(await run(dir, SIGNALLED, quiet), 1);
  assert.deepEqual(names(dir), found);
});

test('the listener keeps no process alive, and is added once', async (t) => {
  const script = `
    const file = require.resolve(${JSON.stringify(path.join(root, 'lib', 'compat', 'heapdump.js'))});
    delete require.cache[file];
    require(file);
    say(process.listenerCount('SIGUSR2'));`;
  assert.equal(await run(tempDir(t), script), 1);
});

test('a signal whose snapshot fails is a warning', async (t) => {
  const dir = tempDir(t);
  const script = `process.on('warning', ({ message }) => say(message)); process.chdir('gone');
    fs.rmdirSync(${JSON.stringify(path.join(dir, 'gone'))});${SIGNALLED.replace('say(', 'void (')}`;
  fs.mkdirSync(path.join(dir, 'gone'));
  assert.match(await run(dir, script), /^heapdump write error ENOENT/);
});

test('words of NODE_HEAPDUMP_OPTIONS: the last one wins, unknown ones are told', async (t) => {
  const options = { env: { NODE_HEAPDUMP_OPTIONS: 'nosignal , signal,,fork,nofork' } };
  const script = `say(process.listenerCount('SIGUSR2'))`;
  const { stdout, stderr } = await runNode(script, { cwd: tempDir(t), preamble, ...options });
  assert.equal(stdout.trim(), '1');
  assert.deepEqual(stderr.trim().split('\n'), [
    'node-heapdump: unrecognized option: fork',
    'node-heapdump: unrecognized option: nofork',
  ]);
});

test('works while rsprof writes a snapshot of its own', async (t) => {
  const dir = tempDir(t);
  const script = `
    const rsprof = require(${JSON.stringify(root)});
    const whole = rsprof.heapSnapshot({ dir: '.', strategy: 'inline', sidecar: false });
    const returned = heapdump.writeSnapshot('sync.heapsnapshot');
    whole.then(({ nodeCount }) => say([returned, nodeCount > 0]));`;
  assert.deepEqual(await run(dir, script), [true, true]);
  for (const name of names(dir)) if (name.endsWith('shot')) readHeapSnapshot(path.join(dir, name));
});

test('the permission model is heard', async (t) => {
  if (!permissionFlag) return t.skip('this Node has no permission model');
  const [open, closed] = [tempDir(t), tempDir(t)];
  const nodeArgs = [permissionFlag, '--allow-fs-read=*', `--allow-fs-write=${open}/*`];
  const env = { RSPROF_BACKEND: 'inspector' };
  const script = `
    const told = [];
    for (const dir of ${JSON.stringify([open, closed])})
      heapdump.writeSnapshot(dir + '/a', (error) => told.push(error && error.message));
    say(told);`;
  assert.deepEqual(await run(open, script, { nodeArgs, env }), [
    null,
    'heapdump write error EACCES',
  ]);
  assert.deepEqual(names(closed), []);
});

test('the example writes a snapshot of a server that goes on, on SIGUSR2 and on request', async (t) => {
  const dir = tempDir(t);
  const file = path.join(root, 'examples', 'migrating', 'heapdump-http.js');
  const child = startNode('', { file, args: ['0'], cwd: dir });
  t.after(() => child.kill());
  const [{ port }] = await once(child, 'message');
  const answer = await fetch(`http://127.0.0.1:${port}/dump`);
  assert.match(await answer.text(), /^heapdump-.*\.heapsnapshot\n$/);
  child.kill('SIGUSR2');
  while (names(dir).filter((name) => DEFAULT_NAME.test(name)).length < 2) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
  child.kill();
  const { stderr } = await child.finished;
  assert.equal(stderr.replaceAll(/.*ExperimentalWarning.*\n|.*--trace-warnings.*\n/g, ''), '');
  const found = names(dir);
  assert.equal(found.length, 2);
  for (const name of found) readHeapSnapshot(path.join(dir, name));
});
