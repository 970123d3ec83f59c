'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { readBlackbox } = require('../../lib/watch/blackbox/reader.js');
const { summarize } = require('../../lib/watch/blackbox/summary.js');
const { LAST, makeBlackbox, nameIn } = require('../support/blackbox.js');
const { nextMessage, startNode } = require('../support/child.js');
const { DEATHS } = require('../support/deaths.js');
const { tempDir } = require('../support/tempdir.js');
const { cli, cliJson, startCli } = require('./run.js');

const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** A script whose thread has a black box in `dir`, with two readings in it. */
function watched(dir, script) {
  const at = (name) => JSON.stringify(require.resolve(`../../lib/watch/${name}.js`));
  return `
    const { History } = require(${at('history')});
    const { INDEX, WIDTH } = require(${at('metrics')});
    const { openBlackbox } = require(${at('blackbox/open')});
    const history = new History();
    const writer = openBlackbox({ dir: ${JSON.stringify(dir)}, history, interval: 1000 });
    const row = new Float64Array(WIDTH).fill(NaN);
    for (const before of [1000, 0]) {
      row[INDEX.time] = Date.now() - before;
      row[INDEX.heapUsed] = process.memoryUsage().heapUsed;
      history.add(row);
      writer.add(row);
    }
    writer.event('begun');
    ${script}`;
}

const boxIn = (dir) => path.join(dir, fs.readdirSync(dir)[0]);

const oneLine = (text) => text.replace(/\s+/g, ' ');

test('a process that is killed leaves its readings, its events and no end', async (t) => {
  const dir = tempDir(t);
  const child = startNode(watched(dir, "process.send('ready'); setInterval(() => {}, 1000);"));
  await nextMessage(child);
  const alive = await cli('blackbox', boxIn(dir));
  assert.match(oneLine(alive.stdout), new RegExp(`Process ${child.pid} runs; it was last seen`));
  child.kill('SIGKILL');
  await child.finished;
  const { code, stdout, stderr } = await cli('blackbox', boxIn(dir));
  assert.equal(code, 0, stderr);
  const text = oneLine(stdout);
  assert.match(text, new RegExp(`Process ${child.pid} was last seen at .* UTC; it did not end by`));
  assert.match(text, /Nothing unusual was seen before: killed from outside/);
  assert.match(text, /Events UTC \d\d:\d\d:\d\d begun/);
  const { readings } = await cliJson('blackbox', dir);
  assert.equal(readings.rows.length, 2);
});

test('a process that ends by itself says with which code', async (t) => {
  const ends = {
    '': 0,
    'process.exit(7)': 7,
    "setTimeout(() => { throw new Error('nobody catches it') })": 1,
    "Promise.reject(new Error('nor this'))": 1,
  };
  for (const [script, code] of Object.entries(ends)) {
    const dir = tempDir(t);
    const child = startNode(watched(dir, `process.channel?.unref(); ${script}`));
    assert.equal((await child.finished).code, code);
    const box = await readBlackbox(boxIn(dir));
    assert.equal(box.end.text, `exit code ${code}`);
    const { state, exitCode } = summarize(box);
    assert.deepEqual({ state, exitCode }, { state: 'ended', exitCode: code });
  }
});

test('a signal that nobody listens to and a fatal error leave no end', async (t) => {
  for (const script of [
    "process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000);",
    'process.abort()',
  ]) {
    const dir = tempDir(t);
    const { signal } = await startNode(watched(dir, script)).finished;
    assert.match(signal, /SIGTERM|SIGABRT/);
    const box = await readBlackbox(boxIn(dir));
    assert.equal(box.end, null);
    assert.equal(summarize(box).state, 'dead');
  }
});

test('a worker that is terminated is no death of the process', async (t) => {
  const dir = tempDir(t);
  const worker = watched(
    dir,
    "require('worker_threads').parentPort.postMessage('ready'); setInterval(() => {}, 1000);",
  );
  const script = `
    const { Worker } = require('node:worker_threads');
    const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
    worker.on('message', async () => { await worker.terminate(); process.send('gone'); });
    setInterval(() => {}, 1000);`;
  const child = startNode(script);
  t.after(() => child.kill('SIGKILL'));
  await nextMessage(child);
  const { verdict, info } = await cliJson('blackbox', boxIn(dir));
  assert.ok(info.threadId > 0);
  assert.equal(info.pid, child.pid);
  assert.equal(verdict.state, 'running');
});

/** What is told of each death: a page of at most 80 columns. */
const PAGES = {
  memory: [
    /^Verdict {2}blackbox-00000000-4711-1234567-0\.rsprof\n {2}Process 4711 was last seen at 2025-11-21 03:12:09 UTC, 2\.0 s after/,
    / {2}memory used {2}507\.9 MB {2}512\.0 MB {2}99\.2 % {2}[▁-█ ]+/,
    /\nEvents {2}UTC\n {2}02:47:07 {6}watching began: 6 rules\n {2}03:08:47 {6}fired: memory/,
    / {2}To check {6}kubectl describe pod \(OOMKilled/,
    / {2}Versions {6}Node\.js 20\.20\.2, rsprof 0\.1\.0\n {2}Watched from {2}2025-11-21 02:47:07 UTC, for 25 minutes\n/,
    / {2}reading +last +limit +of it {2}10 min +25 min\n/,
  ],
  heap: [/heap \(old\) +397\.0 MB +400\.0 MB +99\.3 % /, /V8\s+ran\s+out\s+of\s+heap\.\n/],
  stuck: [
    /been\s+stuck\s+for\s+41\s+s,\s+the\s+CPU\s+at\s+101\.0/,
    /03:12:12 {6}stuck: the event loop has/,
  ],
  unknown: [/Nothing\s+unusual\s+was\s+seen\s+before/, /10 min *\n/],
};

test('each death on a page of its own', async (t) => {
  const dir = tempDir(t);
  for (const [kind, patterns] of Object.entries(PAGES)) {
    const file = makeBlackbox(nameIn(dir), DEATHS[kind]);
    const { code, stdout, stderr } = await cli('blackbox', file);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    for (const pattern of patterns) assert.match(stdout, pattern);
    assert.doesNotMatch(stdout.replaceAll('\n', ''), UNSAFE, 'without a terminal no colours');
    fs.rmSync(file);
  }
});

test('what rises is seen to rise; a limit that is reached is red', async (t) => {
  const file = makeBlackbox(nameIn(tempDir(t)), DEATHS.memory);
  const { stdout } = await startCli(['blackbox', file], { env: { FORCE_COLOR: '1' } }).finished;
  const shown = stdout.replaceAll('\u001b', '');
  assert.match(shown, /memory used .*\[31m99\.2 %\[39m {2}\[36m▄+▅*▆+▇+█+\[39m/);
  assert.match(shown, /resident .*\[31m95\.1 %\[39m/);
  assert.match(shown, /descriptors .* 8\.2 % /);
});

test('--minutes reaches further back; the JSON has the readings', async (t) => {
  const file = makeBlackbox(nameIn(tempDir(t)), DEATHS.memory);
  const ten = await cliJson('blackbox', file);
  assert.equal(ten.kind, 'blackbox');
  assert.equal(ten.readings.step, 1000);
  assert.equal(ten.readings.rows.length, 598);
  assert.equal(ten.lastSeen, LAST + 2000);
  assert.equal(ten.verdict.kind, 'memory');
  assert.equal(ten.events.length, 4);
  assert.equal(ten.readings.rows[0][ten.readings.metrics.indexOf('external')], 14 * 2 ** 20);
  const hour = await cliJson('blackbox', file, '--minutes', '60');
  assert.equal(hour.readings.step, 60_000);
  assert.equal(hour.readings.rows.length, 25);
  assert.match((await cli('blackbox', file, '--minutes=60')).stdout, / of it {2}60 min *\n/);
});

test('of a folder the newest death is told, the others are listed', async (t) => {
  const dir = tempDir(t);
  const death = makeBlackbox(nameIn(dir, { pid: 11 }), { ...DEATHS.stuck, info: { pid: 11 } });
  makeBlackbox(nameIn(dir, { pid: 12 }), { seconds: 5, info: { pid: 12 }, end: 'exit code 3' });
  fs.writeFileSync(nameIn(dir, { pid: 13 }), 'damaged');
  fs.writeFileSync(path.join(dir, 'other.txt'), '');
  const { code, stdout } = await cli('blackbox', dir);
  assert.equal(code, 0);
  assert.match(stdout, /^Verdict {2}blackbox-00000000-11-/);
  const [, others] = stdout.split('Others in this folder');
  assert.match(
    others,
    /2025-11-21 03:12:07 {7}12 {2}exit code 3 {2}blackbox-00000000-12-1234567-0/,
  );
  assert.match(others, /1 more cannot be read/);
  const found = await cliJson('blackbox', dir);
  assert.equal(found.path, death);
  assert.deepEqual(
    found.others.map(({ pid }) => pid),
    [12],
  );
  fs.rmSync(death);
  assert.match((await cli('blackbox', dir)).stdout, /ended by itself .* with exit code 3\./s);
});

test('texts of the file do nothing to the terminal', async (t) => {
  const info = { host: 'web\u001b[2J', node: '\u202e20' };
  const events = [[0, 'a\u001b]0;title\u0007\nb\u2028']];
  const file = makeBlackbox(nameIn(tempDir(t)), { seconds: 5, info, events });
  for (const args of [[file], [file, '--json']]) {
    const { code, stdout } = await cli('blackbox', ...args);
    assert.equal(code, 0);
    assert.doesNotMatch(stdout.replaceAll('\n', ''), UNSAFE);
  }
});

test('what cannot be told of is an error with its code', async (t) => {
  const dir = tempDir(t);
  const other = path.join(dir, 'a.heapsnapshot');
  fs.writeFileSync(other, '{}');
  const failures = [
    [[other], /a\.heapsnapshot: it has 2 bytes only; pass a \.rsprof file.*INVALID_BLACKBOX/],
    [[dir], /finds no black box in .*: it has none.*NOT_FOUND/],
    [[path.join(dir, 'missing')], /cannot read .*ERR_RSPROF_NOT_FOUND/],
  ];
  for (const [args, pattern] of failures) {
    const { code, stderr } = await cli('blackbox', ...args);
    assert.equal(code, 2);
    assert.match(stderr, pattern);
  }
  const { stdout } = await cli('blackbox', other, '--json');
  assert.equal(JSON.parse(stdout).error.code, 'ERR_RSPROF_INVALID_BLACKBOX');
});
