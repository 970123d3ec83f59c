'use strict';

/** Actions of rules for real: captures, the processes of their analyses, a receiver, bad moments. */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { test } = require('node:test');

const { verdictPath } = require('../../lib/verdict-file.js');
const { readActions, runActions } = require('../../lib/watch/actions.js');
const { plantedAllocator, plantedBusy } = require('../support/busy.js');
const { runForJson, startNode } = require('../support/child.js');
const { isNative, root } = require('../support/env.js');
const { smallDisk } = require('../support/small-disk.js');
const { names, tempDir } = require('../support/tempdir.js');

const ACTIONS = JSON.stringify(path.join(root, 'lib', 'watch', 'actions.js'));

function contextOf(dir, more) {
  return {
    rule: { name: 'leak', when: 'heap.leaking' },
    reason: 'the floor grows',
    firedAt: new Date().toISOString(),
    readings: {},
    dir,
    outputs: {},
    baselines: new Map(),
    fits: () => null,
    ...more,
  };
}

const run = (actions, context) =>
  runActions({ actions: readActions(actions, 'rules[0].actions'), context });

const read = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));

/** A receiver of webhooks, and what it was sent. */
async function startReceiver(t, answer = (response) => response.end()) {
  const sent = [];
  const server = http.createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    sent.push(text);
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { sent, url: `http://127.0.0.1:${server.address().port}/hook` };
}

class PlantedTicket {
  constructor(number) {
    this.label = `ticket ${number} of a queue that nobody empties`;
    this.seats = new Array(60).fill(number);
  }
}

const queue = [];

function leak(count) {
  for (let number = 0; number < count; number++) queue.push(new PlantedTicket(number));
}

test('a leak: snapshot, verdict, what grew since the last time, and the message about it', async (t) => {
  const dir = tempDir(t);
  const { sent, url } = await startReceiver(t);
  const baselines = new Map();
  const actions = ['heapSnapshot', 'analyze', 'diff', { type: 'webhook', url }];
  leak(1000);
  const first = await run(actions, contextOf(dir, { baselines }));
  leak(20_000);
  const second = await run(actions, contextOf(dir, { baselines }));
  assert.deepEqual([...first.errors, ...second.errors], []);
  const { heapSnapshot, analyze, diff } = second.outputs;
  assert.match(analyze.verdict, /PlantedTicket/);
  assert.equal(analyze.kind, 'heapSnapshot');
  assert.equal(analyze.path, heapSnapshot.path);
  assert.ok(analyze.report.suspects.length > 0);
  assert.equal(diff.with, first.outputs.heapSnapshot.path);
  assert.match(diff.verdict, /PlantedTicket/);
  assert.equal(diff.kind, 'heapDiff');
  const grown = diff.report.classes.find(({ name }) => name === 'PlantedTicket');
  assert.equal(grown.counts[1] - grown.counts[0], 20_000);
  assert.deepEqual(second.keep, second.files);
  const snapshots = [first, second].map(({ outputs }) => outputs.heapSnapshot.path);
  const all = [...first.files, ...second.files, ...snapshots.map(verdictPath)];
  assert.deepEqual(names(dir), all.map((file) => path.basename(file)).sort());
  assert.equal(read(heapSnapshot.sidecar).reason, 'rule leak: the floor grows');
  const message = JSON.parse(sent[1]);
  assert.match(message.verdict, /PlantedTicket/);
  assert.deepEqual(message.files, second.files);
  assert.ok(sent[1].length < 20_000);
});

test('profiles are analysed and compared, too', async (t) => {
  const dir = tempDir(t);
  const baselines = new Map();
  let kept = [];
  let timer;
  const work = () => {
    plantedBusy(5);
    kept.push(plantedAllocator(0.1));
    timer = setTimeout(work, 1);
  };
  const stop = () => {
    clearTimeout(timer);
    kept = [];
  };
  t.after(stop);
  const actions = [
    () => work(),
    { type: 'cpuProfile', seconds: 0.3 },
    { type: 'heapProfile', seconds: 0.3, interval: 16_384 },
    () => stop(),
    ...['cpuProfile', 'heapProfile'].flatMap((of) => [
      { type: 'analyze', of, id: `${of}-verdict` },
      { type: 'diff', of, id: `${of}-diff` },
    ]),
  ];
  await run(actions, contextOf(dir, { baselines }));
  const { outputs, errors, keep } = await run(actions, contextOf(dir, { baselines }));
  assert.deepEqual(errors, []);
  for (const of of ['cpuProfile', 'heapProfile']) {
    assert.match(outputs[`${of}-verdict`].verdict, /\((busy|actions\.test)\.js:\d+\)/);
  }
  const kinds = [
    'cpuProfile-verdict',
    'heapProfile-verdict',
    'cpuProfile-diff',
    'heapProfile-diff',
  ];
  assert.deepEqual(
    kinds.map((id) => outputs[id].kind),
    ['cpuProfile', 'heapProfile', 'cpuProfileDiff', 'heapProfileDiff'],
  );
  assert.ok(outputs['cpuProfile-diff'].verdict.length > 0);
  assert.equal(keep.length, 4);
});

test('on a disk without room for the snapshot there is an allocation profile instead', async (t) => {
  const dir = smallDisk(t, 256);
  if (!dir) return t.skip('needs the right to mount');
  const actions = [{ type: 'heapSnapshot', insteadSeconds: 0.1 }, 'analyze', 'report'];
  const { outputs, errors, files } = await run(actions, contextOf(dir));
  assert.deepEqual(errors, []);
  const { path: file, because, heapProfile } = outputs.heapSnapshot;
  assert.equal(file, null);
  assert.match(because, /disk is full|No space|ENOSPC/i);
  assert.equal(outputs.analyze.path, heapProfile.path);
  assert.equal(outputs.analyze.kind, 'heapProfile');
  const all = [...files, verdictPath(heapProfile.path)];
  assert.deepEqual(names(dir), all.map((one) => path.basename(one)).sort());
});

test('a report asks no name server about the sockets of the process', async (t) => {
  const dir = tempDir(t);
  const { url } = await startReceiver(t, () => {});
  const request = http.request(url).on('error', () => {});
  t.after(() => request.destroy());
  request.end();
  await once(request, 'finish');
  const { outputs, errors } = await run(['report'], contextOf(dir));
  assert.deepEqual(errors, []);
  const report = read(outputs.report.path);
  const endpoints = (report.libuv ?? [])
    .filter(({ type }) => type === 'tcp')
    .flatMap(({ localEndpoint, remoteEndpoint }) => [localEndpoint, remoteEndpoint])
    .filter(Boolean);
  for (const { host } of endpoints) assert.match(host, /^[\d.:a-f]+$/);
  assert.equal(endpoints.length > 0, !outputs.report.isBrief);
});

test('a webhook keeps no process alive', async (t) => {
  const { sent, url } = await startReceiver(t, () => {});
  const script = `
    const { readActions, runActions } = require(${ACTIONS});
    const actions = readActions([{ type: 'webhook', url: process.argv[1], answerTimeout: 300, timeout: 3600 }], 'actions');
    const context = { rule: { name: 'a' }, reason: 'b', dir: '.', outputs: {} };
    runActions({ actions, context }).then(() => console.log('it did'));
    const timer = setInterval(() => {}, 1000);
    process.once('message', () => { clearInterval(timer); process.disconnect(); });`;
  const child = startNode(script, { args: [url], timeout: 30_000 });
  while (sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  child.send('end');
  const { code, timedOut, stdout, stderr } = await child.finished;
  assert.deepEqual(
    { code, timedOut, stdout, stderr },
    { code: 0, timedOut: false, stdout: '', stderr: '' },
  );
});

/** What runs, and ends in its last action. */
const STEPS = [
  ['heapSnapshot'],
  [{ type: 'cpuProfile', seconds: 60 }],
  ['heapSnapshot', 'analyze'],
  ['report'],
];

test('a process that exits while an action runs leaves whole files only', async (t) => {
  for (const step of STEPS) {
    const dir = tempDir(t);
    const list = JSON.stringify(step);
    const script = `
      const { readActions, runActions } = require(${ACTIONS});
      const context = { rule: { name: 'a' }, reason: 'b', dir: process.argv[1], outputs: {} };
      const actions = readActions(JSON.parse(process.argv[2]), 'actions');
      const report = ({ phase, action }) => {
        if (phase === 'start' && action.id === actions.at(-1).id) setImmediate(() => process.exit(7));
      };
      runActions({ actions, context, report });`;
    const child = startNode(script, { args: [dir, list], timeout: 60_000 });
    const { code, stderr, timedOut } = await child.finished;
    assert.deepEqual({ code, stderr, timedOut }, { code: 7, stderr: '', timedOut: false }, list);
    const odd = names(dir).filter(
      (name) => !/\.(heapsnapshot\.gz|report)(\.json){0,2}$/.test(name),
    );
    assert.deepEqual(odd, [], list);
  }
});

test('a worker that is terminated while its actions run is no harm', async (t) => {
  const dir = tempDir(t);
  const script = `
    const { Worker } = require('node:worker_threads');
    const source = \`
      const { workerData, parentPort } = require('node:worker_threads');
      const { readActions, runActions } = require(${ACTIONS.replaceAll('\\', '\\\\')});
      const context = { rule: { name: 'a' }, reason: 'b', dir: workerData, outputs: {} };
      const actions = readActions([{ type: 'cpuProfile', seconds: 0.05 }, 'heapSnapshot', 'analyze', 'report'], 'actions');
      const report = ({ phase, action }) => parentPort.postMessage(phase + ' ' + action.id);
      runActions({ actions, context, report });\`;
    (async () => {
      for (const moment of ['start cpuProfile', 'start heapSnapshot', 'start analyze']) {
        const worker = new Worker(source, { eval: true, workerData: process.argv[1] });
        await new Promise((resolve) => worker.on('message', (text) => text === moment && resolve()));
        await worker.terminate();
      }
      const { backend } = rsprof;
      console.log(JSON.stringify({ name: backend().name }));
    })();`;
  const { name } = await runForJson(script, { args: [dir] });
  assert.equal(name, isNative ? 'native' : 'inspector');
});
