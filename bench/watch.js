'use strict';

// What watching costs: CPU time of an idle process, CPU time and latency of an HTTP server under a steady
// load, and what an allocation profile shows of it. With and without rsprof.watch() (its default rules, black
// box and all), each in a process of its own; the two take turns, medians are shown.
//
//   node bench/watch.js [--rounds 3] [--seconds 20]          on the Node that runs it

const { fork } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { performance } = require('node:perf_hooks');
const { parseArgs } = require('node:util');

const rsprof = require('..');
const { median } = require('./support/median.js');

const VARIANTS = ['plain', 'watched'];

/** Requests a second, spread evenly: far from saturation, so that latency is the server's own. */
const RATE = 400;

/** Each request's work: text, objects, promises. */
const BODY = JSON.stringify(Array.from({ length: 20 }, (_, id) => ({ id, name: `user ${id}` })));

async function answer(response) {
  const users = await Promise.resolve(JSON.parse(BODY));
  response.end(JSON.stringify({ users }));
}

function watched(name, dir) {
  return name === 'watched' ? rsprof.watch({ dir, logger: false }) : undefined;
}

/** The process that is measured: says what it has spent when it is asked. */
async function child(name) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-bench-'));
  const watcher = watched(name, dir);
  const server = http.createServer((_, response) => answer(response));
  await new Promise((resolve) => server.listen(0, resolve));
  process.on('message', async (message) => {
    if (message === 'spent') return process.send(process.cpuUsage());
    if (message === 'profile') return process.send(await allocations(dir));
    await watcher?.stop();
    fs.rmSync(dir, { recursive: true, force: true });
    process.exit();
  });
  process.send({ port: server.address().port });
}

/** What an allocation profile of ten seconds charges to rsprof's own files, and altogether. */
async function allocations(dir) {
  const { path: file } = await rsprof.heapProfile({
    dir,
    seconds: 10,
    interval: 4096,
    includeCollected: 'all',
    compression: 'none',
  });
  const { head } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const found = { own: 0, all: 0 };
  const visit = ({ callFrame, selfSize, children }, isOwn) => {
    const own = isOwn || /[\\/]lib[\\/]watch[\\/]/.test(callFrame.url);
    found.all += selfSize;
    if (own) found.own += selfSize;
    for (const node of children) visit(node, own);
  };
  visit(head, false);
  return found;
}

const next = (process) => new Promise((resolve) => process.once('message', resolve));

async function ask(process, message) {
  process.send(message);
  return next(process);
}

async function spentMs(process, work) {
  const before = await ask(process, 'spent');
  await work();
  const after = await ask(process, 'spent');
  return (after.user - before.user + after.system - before.system) / 1000;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function get(port, agent) {
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const request = http.get({ port, agent }, (response) => {
      response.resume();
      response.on('end', () => resolve(performance.now() - begin));
    });
    request.on('error', reject);
  });
}

/** A steady load: `RATE` requests a second for so long. Answers the latencies, sorted. */
async function load(port, seconds) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
  const answers = [];
  const begin = performance.now();
  for (let sent = 0; sent < RATE * seconds; ) {
    const due = Math.floor(((performance.now() - begin) / 1000) * RATE);
    while (sent < Math.min(due, RATE * seconds)) {
      answers.push(get(port, agent));
      sent++;
    }
    await sleep(1);
  }
  const latencies = await Promise.all(answers);
  agent.destroy();
  return latencies.sort((one, other) => one - other);
}

async function measure(name, seconds) {
  const server = fork(__filename, ['--child', name]);
  const { port } = await next(server);
  await load(port, 2);
  const idleMs = await spentMs(server, () => sleep(seconds * 1000));
  let latencies;
  const busyMs = await spentMs(server, async () => {
    latencies = await load(port, seconds);
  });
  server.send('profile');
  const [allocated] = await Promise.all([next(server), load(port, 8)]);
  server.send('end');
  const at = (share) => latencies[Math.floor(latencies.length * share)];
  return {
    idle: idleMs / (seconds * 10),
    busy: busyMs / (seconds * 10),
    p50: at(0.5),
    p99: at(0.99),
    ownBytes: allocated.own,
    allBytes: allocated.all,
  };
}

const COLUMNS = [
  ['idle', 'idle, % of a core'],
  ['busy', `${RATE} requests/s, % of a core`],
  ['p50', 'median latency, ms'],
  ['p99', '99th percentile, ms'],
  ['ownBytes', 'allocated by rsprof in 10 s, bytes'],
  ['allBytes', 'allocated in all, bytes'],
];

async function main({ rounds, seconds }) {
  const runs = { plain: [], watched: [] };
  for (let round = 0; round < rounds; round++) {
    for (const name of VARIANTS) runs[name].push(await measure(name, seconds));
  }
  console.log(`Node ${process.versions.node}, ${rounds} rounds of ${seconds} s, medians\n`);
  const row = (cells) => console.log(`| ${cells.join(' | ')} |`);
  row(['', ...VARIANTS]);
  row(['---', ...VARIANTS.map(() => '--:')]);
  for (const [key, title] of COLUMNS) {
    const digits = key.endsWith('Bytes') ? 0 : 3;
    row([
      title,
      ...VARIANTS.map((name) => median(runs[name].map((run) => run[key])).toFixed(digits)),
    ]);
  }
}

const { values } = parseArgs({
  options: {
    child: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' },
  },
});
if (values.child) child(values.child);
else main({ rounds: Number(values.rounds), seconds: Number(values.seconds) });
