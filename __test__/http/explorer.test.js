'use strict';

/** The explorer over real captures, and what can go wrong with its processes made to go wrong. */

const assert = require('node:assert/strict');
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { Worker } = require('node:worker_threads');
const zlib = require('node:zlib');
const rsprof = require('../../index.js');
const { Explorer } = require('../../lib/http/explorer.js');
const { Session } = require('../../lib/http/explorer-session.js');
const { root } = require('../support/env.js');
const { tempDir } = require('../support/tempdir.js');

class ExplorerRoom {
  constructor(number) {
    this.topic = `${'topic '.repeat(400)}${number}`.toUpperCase();
  }
}

/** The captures of this file; the folder is the temporary one of everything here, locks of the host included. */
let work;
let heap;
let profile;
let outerTmp;

before(async () => {
  work = fs.mkdtempSync(path.join(require('node:os').tmpdir(), 'rsprof-explorer-'));
  outerTmp = process.env.TMPDIR;
  process.env.TMPDIR = work;
  globalThis.explorerRooms = Array.from({ length: 4000 }, (_, number) => new ExplorerRoom(number));
  const snapshot = { path: path.join(work, 'rooms.heapsnapshot.gz'), strategy: 'inline' };
  heap = (await rsprof.heapSnapshot(snapshot)).path;
  const recording = rsprof.cpuProfile({ path: path.join(work, 'a.cpuprofile'), seconds: 0.3 });
  const end = Date.now() + 250;
  await new Promise(setImmediate);
  while (Date.now() < end) JSON.stringify(process.versions);
  profile = (await recording).path;
  delete globalThis.explorerRooms;
});

after(() => {
  if (outerTmp === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = outerTmp;
  fs.rmSync(work, { recursive: true, force: true, maxRetries: 5 });
});

function explore(t, options) {
  const explorer = new Explorer(options);
  t.after(() => explorer.close());
  return explorer;
}

const code = (name, text = /./) => ({ code: `ERR_RSPROF_${name}`, message: text });

/** Z is a process that is gone, where nobody has asked for its end. */
function isGone(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return /\) [ZX]/.test(stat);
  } catch {
    return true;
  }
}

async function until(condition) {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('a heap: the report of analyze(), and every question', async (t) => {
  const explorer = explore(t);
  const seen = [];
  const report = await explorer.open(heap, { onProgress: (progress) => seen.push(progress) });
  const expected = await rsprof.analyze(heap);
  const timeless = ({ timings, durationMs, ...rest }) => rest;
  assert.deepEqual(timeless(report), JSON.parse(JSON.stringify(timeless(expected))));
  assert.deepEqual(await explorer.ask(heap, 'report'), report);
  assert.ok(seen.length > 0 && seen.at(-1).percent === 100);
  assert.equal(report.suspects[0].className, 'ExplorerRoom');

  const found = await explorer.ask(heap, 'classes', { search: 'explorerroom', limit: '1' });
  assert.equal(found.rows[0].name, 'ExplorerRoom');
  assert.equal(found.rows[0].count, 4000);
  assert.deepEqual((await explorer.ask(heap, 'classes', { limit: 20 })).rows, report.classes);

  const page = { class: 'ExplorerRoom', offset: 3990 };
  const rooms = await explorer.ask(heap, 'objects', page);
  assert.equal(rooms.total, 4000);
  assert.equal(rooms.rows.length, 10);
  assert.match(rooms.rows[0].pathText, /explorerRooms\[\d+\]/);

  const point = report.suspects[0].accumulationPoint;
  const tree = await explorer.ask(heap, 'dominators', { object: point.id, limit: 1000 });
  assert.equal(tree.object.name, 'Array');
  assert.equal(tree.object.edge.name, 'explorerRooms');
  const children = tree.rows.filter(({ className }) => className === 'ExplorerRoom');
  assert.ok(children.length > 900);
  for (const { edge } of children) assert.equal(edge.kind, 'element');
  const top = await explorer.ask(heap, 'dominators');
  assert.equal(top.object.retainedSize, report.overview.totalSize);

  const id = rooms.rows[0].id;
  const { file, durationMs, ...inspection } = await rsprof.inspect(heap, id, { limit: 7 });
  assert.deepEqual(await explorer.ask(heap, 'inspect', { id, limit: 7 }), inspection);
  await assert.rejects(
    explorer.ask(heap, 'inspect', { id: 4294967295 }),
    code('INVALID_ARG', /no object/),
  );
  await assert.rejects(
    explorer.ask(heap, 'objects', { class: 'Nowhere' }),
    code('INVALID_ARG', /Nowhere/),
  );
});

test('a profile: report, flame graph, exports', async (t) => {
  const explorer = explore(t);
  const report = await explorer.open(profile);
  const { durationMs, ...expected } = await rsprof.analyze(profile);
  assert.equal(report.verdict, expected.verdict);
  assert.deepEqual(report.bySelf, JSON.parse(JSON.stringify(expected.bySelf)));
  const flame = await explorer.ask(profile, 'flame');
  assert.equal(flame.kind, 'cpu');
  assert.equal(flame.title, 'a.cpuprofile');
  assert.equal(flame.nodes.function.length, flame.nodes.self.length);
  await assert.rejects(
    explorer.ask(profile, 'classes'),
    code('INVALID_ARG', /not a heap snapshot/),
  );
  for (const format of ['pprof', 'speedscope', 'folded', 'chrome', 'html']) {
    const own = path.join(work, `own.${format}`);
    const theirs = path.join(work, `theirs.${format}`);
    await explorer.exportTo(profile, format, own);
    await rsprof.exportProfile(profile, { format, out: theirs });
    assert.ok(fs.readFileSync(own).equals(fs.readFileSync(theirs)), format);
  }
  const nowhere = path.join(work, 'nowhere', 'x');
  await assert.rejects(explorer.exportTo(profile, 'pprof', nowhere), code('NOT_FOUND'));
  await assert.rejects(explorer.exportTo(profile, 'pprof', profile), code('INVALID_ARG'));
  assert.ok(explorer.isOpen(profile));
});

test('an export opens what is not open', async (t) => {
  const explorer = explore(t);
  const out = path.join(work, 'opened.folded');
  await explorer.exportTo(profile, 'folded', out);
  assert.ok(fs.statSync(out).size > 0);
  assert.ok(explorer.isOpen(profile));
  await assert.rejects(
    explorer.exportTo(heap, 'folded', out),
    code('INVALID_ARG', /not a profile/),
  );
});

test('two captures are compared', async (t) => {
  const explorer = explore(t);
  const found = await explorer.compare(heap, heap);
  assert.equal(found.kind, 'heapDiff');
  assert.equal(found.growth.totalSize, 0);
  assert.deepEqual(explorer.processes, []);
  await assert.rejects(explorer.compare(heap, profile), code('INVALID_ARG'));
  await assert.rejects(explorer.compare(heap, path.join(work, 'nowhere')), code('NOT_FOUND'));
  const signal = AbortSignal.abort();
  await assert.rejects(explorer.compare(heap, heap, { signal }), code('ABORTED'));
});

test('damaged files are told, and leave no process', async (t) => {
  const explorer = explore(t);
  const text = zlib.gunzipSync(fs.readFileSync(heap));
  const damaged = {
    'cut.heapsnapshot': [text.subarray(0, text.length / 2), 'INVALID_SNAPSHOT'],
    'cut.heapsnapshot.gz': [fs.readFileSync(heap).subarray(0, 100_000), 'INVALID_SNAPSHOT'],
    'no.cpuprofile': ['{"nodes":7}', 'INVALID_PROFILE'],
    empty: ['', 'INVALID_SNAPSHOT'],
  };
  for (const [name, [content, own]] of Object.entries(damaged)) {
    const file = path.join(work, name);
    fs.writeFileSync(file, content);
    await assert.rejects(explorer.open(file), code(own), name);
    assert.deepEqual(explorer.processes, []);
  }
  await assert.rejects(explorer.open(path.join(work, 'nowhere')), code('NOT_FOUND'));
  await assert.rejects(explorer.open(work), code('IS_DIRECTORY'));
});

test('a file that is removed while it is open', async (t) => {
  const explorer = explore(t);
  const copy = path.join(work, 'copy.heapsnapshot.gz');
  fs.copyFileSync(heap, copy);
  await explorer.open(copy);
  fs.rmSync(copy);
  assert.equal((await explorer.ask(copy, 'classes', { search: 'ExplorerRoom' })).total, 1);
  await assert.rejects(explorer.open(copy), code('NOT_FOUND'));
});

test('killed while it reads', async (t) => {
  const explorer = explore(t);
  const open = explorer.open(heap);
  open.catch(() => {});
  await until(() => explorer.processes[0]?.pid);
  process.kill(explorer.processes[0].pid, 'SIGKILL');
  await assert.rejects(open, code('FORK', /rooms\.heapsnapshot\.gz open was ended by SIGKILL/));
  assert.equal(explorer.isOpen(heap), false);
  await explorer.open(heap);
});

/** Opens it and stops its process: questions wait. */
async function openStopped(explorer, file) {
  await explorer.open(file);
  const { pid } = explorer.processes[0];
  process.kill(pid, 'SIGSTOP');
  return pid;
}

test('killed while it answers', async (t) => {
  const explorer = explore(t);
  const pid = await openStopped(explorer, heap);
  const asked = [explorer.ask(heap, 'classes'), explorer.ask(heap, 'dominators')];
  process.kill(pid, 'SIGKILL');
  for (const { reason } of await Promise.allSettled(asked)) {
    assert.equal(reason.code, 'ERR_RSPROF_FORK');
  }
  await assert.rejects(explorer.ask(heap, 'classes'), code('NOT_OPEN'));
});

test('two questions at once, and one of them aborted: the other is answered', async (t) => {
  const explorer = explore(t);
  const pid = await openStopped(explorer, heap);
  const controller = new AbortController();
  const aborted = explorer.ask(heap, 'inspect', { id: 1 }, controller);
  const asked = ['classes', 'dominators', 'classes'].map((question) =>
    explorer.ask(heap, question),
  );
  controller.abort();
  await assert.rejects(aborted, code('ABORTED'));
  process.kill(pid, 'SIGCONT');
  for (const { total } of await Promise.all(asked)) assert.ok(total > 0);
  assert.equal(explorer.processes[0].pid, pid);
});

test('an answer that is too large is refused, and the file stays open', async (t) => {
  const explorer = explore(t);
  const file = path.join(work, 'long.cpuprofile');
  const name = 'f'.repeat(4000);
  const count = 9000;
  const frame = (functionName) => ({
    functionName,
    scriptId: '1',
    url: '',
    lineNumber: 0,
    columnNumber: 0,
  });
  const nodes = Array.from({ length: count }, (_, at) => ({
    id: at + 1,
    callFrame: frame(at === 0 ? '(root)' : name + at),
    hitCount: 1,
    children: at === 0 ? Array.from({ length: count - 1 }, (_one, child) => child + 2) : [],
  }));
  const [samples, timeDeltas] = [[1], [1]];
  fs.writeFileSync(file, JSON.stringify({ nodes, samples, timeDeltas, startTime: 0, endTime: 9 }));
  await explorer.open(file);
  await assert.rejects(explorer.ask(file, 'flame'), code('BUDGET', /is larger than \d+ bytes/));
  assert.ok(explorer.isOpen(file));
});

test('a process that takes more memory than it may ends its reading', async (t) => {
  const session = new Session(heap, () => {});
  t.after(() => session.end(new Error('over')));
  const open = session.ask('open', { path: heap, memory: 1 << 20 });
  await assert.rejects(
    open,
    code('BUDGET', /it took [\d.]+ MB of memory to open the file, and 1\.0 MB/),
  );
});

test('options of the environment do not reach the process', async (t) => {
  process.env.NODE_OPTIONS = '--require=/nowhere/at-all.js --inspect-brk=0';
  t.after(() => delete process.env.NODE_OPTIONS);
  await explore(t).open(heap);
});

/** A program that opens the capture and tells the process's id. */
const PROGRAM = `
const { Explorer } = require('./lib/http/explorer.js');
const explorer = new Explorer();
explorer.open(process.argv.at(-1)).then(() => {
  process.stdout.write(String(explorer.processes[0].pid) + '\\n');
  AFTER
});
`;

const program = (then) => PROGRAM.replace('AFTER', then);

test('the process ends with this one, even where that is killed', async () => {
  const script = program('setInterval(() => {}, 1000);');
  const parent = spawn(process.execPath, ['-e', script, heap], { cwd: root });
  const pid = await new Promise((resolve) =>
    parent.stdout.once('data', (text) => resolve(Number(text))),
  );
  assert.equal(isGone(pid), false);
  parent.kill('SIGKILL');
  await until(() => isGone(pid));
});

test('an open file keeps no program alive', async () => {
  const pid = Number(execFileSync(process.execPath, ['-e', program(''), heap], { cwd: root }));
  assert.ok(pid > 0);
  await until(() => isGone(pid));
});

test('the process ends with the thread that started it, while it reads and later', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'program.js');
  const script = program(
    "require('node:worker_threads').parentPort.postMessage(explorer.processes[0].pid); setInterval(() => {}, 1000);",
  )
    .replace('./lib', path.join(root, 'lib'))
    .replace('process.argv.at(-1)', "require('node:worker_threads').workerData")
    .replace(/process\.stdout.*\n/, '');
  fs.writeFileSync(file, script);
  const worker = new Worker(file, { workerData: heap });
  const pid = await new Promise((resolve) => worker.once('message', resolve));
  await worker.terminate();
  await until(() => isGone(pid));
  const early = script.replace(
    'explorer.open',
    `
    const look = setInterval(() => {
      const [one] = explorer.processes;
      if (!one?.pid) return;
      clearInterval(look);
      require('node:worker_threads').parentPort.postMessage(one.pid);
    }, 1);
    explorer.open`,
  );
  fs.writeFileSync(file, early);
  const second = new Worker(file, { workerData: heap });
  const reading = await new Promise((resolve) => second.once('message', resolve));
  await second.terminate();
  await until(() => isGone(reading));
});
