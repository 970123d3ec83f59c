'use strict';

// What label() costs: CPU time of a fixed number of promise-heavy requests, with and without labels and
// profiles, each in a process of its own. The variants take turns. CPU time and its least over the rounds: what
// others do on the machine can only add to it. From Node 24 on that of the JavaScript thread alone too: V8's and our
// own threads work on other cores where there are any.
//
//   node bench/label.js [rounds]          on the Node that runs it

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const rsprof = require('..');

const REQUESTS = 40_000;
const CONCURRENT = 20;
const CALLS = 1_000_000;

/** Labels or not, and the interval of the profile, in microseconds. */
const VARIANTS = {
  plain: { labels: false },
  labels: { labels: true },
  'profile 1 ms': { labels: false, interval: 1000 },
  'profile 1 ms, labels': { labels: true, interval: 1000 },
  'profile 10 ms': { labels: false, interval: 10_000 },
  'profile 10 ms, labels': { labels: true, interval: 10_000 },
};

/** What each variant is compared with. */
const BASES = {
  labels: 'plain',
  'profile 1 ms': 'plain',
  'profile 1 ms, labels': 'profile 1 ms',
  'profile 10 ms': 'plain',
  'profile 10 ms, labels': 'profile 10 ms',
};

const ROUTES = ['GET /users', 'GET /search', 'POST /orders'].map((route) => ({ route }));
const BODY = JSON.stringify(Array.from({ length: 20 }, (_, id) => ({ id, name: `user ${id}` })));

async function step(value) {
  return value;
}

/** One request: text, objects, a dozen promises. */
async function request() {
  let sum = 0;
  for (const user of JSON.parse(BODY).slice(0, 10)) sum += await step(user.id);
  return JSON.stringify({ sum, users: JSON.parse(BODY) });
}

async function serve(count, run) {
  let left = count;
  const client = async () => {
    while (left-- > 0) await run(ROUTES[left % ROUTES.length], request);
  };
  await Promise.all(Array.from({ length: CONCURRENT }, client));
}

/** Nanoseconds that one call of label() takes. */
function callCost() {
  const nothing = () => 0;
  const timed = (call) => {
    const begin = process.cpuUsage();
    for (let i = 0; i < CALLS; i++) call(i);
    const { user, system } = process.cpuUsage(begin);
    return ((user + system) * 1000) / CALLS;
  };
  const call = (i) => rsprof.label(ROUTES[i % ROUTES.length], nothing);
  timed(call);
  return timed(call) - timed(nothing);
}

/** Milliseconds of CPU time so far. */
function spent() {
  const sum = ({ user, system }) => (user + system) / 1000;
  return {
    all: sum(process.cpuUsage()),
    thread: sum(process.threadCpuUsage?.() ?? { user: 0, system: 0 }),
  };
}

async function child(name) {
  const { labels, interval } = VARIANTS[name];
  const run = labels ? rsprof.label : (_, fn) => fn();
  await serve(REQUESTS / 10, run);
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-bench-'));
  const profile = interval && rsprof.startCpuProfile({ dir, interval, sidecar: false });
  const begin = spent();
  await serve(REQUESTS, run);
  const end = spent();
  const perCallNs = labels ? callCost() : null;
  await profile?.stop();
  fs.rmSync(dir, { recursive: true });
  console.log(
    JSON.stringify({ cpuMs: end.all - begin.all, threadMs: end.thread - begin.thread, perCallNs }),
  );
}

const row = (cells) => `| ${cells.join(' | ')} |`;

function main(rounds) {
  const runs = Object.fromEntries(Object.keys(VARIANTS).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(VARIANTS)) {
      const output = execFileSync(process.execPath, [__filename, '--child', name]);
      runs[name].push(JSON.parse(output));
    }
  }
  const of = (name, what) => Math.min(...runs[name].map((run) => run[what] ?? Infinity));
  console.log(`Node ${process.versions.node}, ${REQUESTS} requests, the least of ${rounds}\n`);
  const head = [
    'variant',
    'CPU ms',
    'ratio',
    'JS thread ms',
    'ratio',
    'to',
    'ns a call of label()',
  ];
  console.log(row(head));
  console.log(row(head.map((title) => (['variant', 'to'].includes(title) ? '---' : '--:'))));
  for (const name of Object.keys(VARIANTS)) {
    const base = BASES[name];
    const cells = ['cpuMs', 'threadMs'].flatMap((what) => {
      const ratio = base ? of(name, what) / of(base, what) : Number.NaN;
      return [of(name, what).toFixed(0), Number.isNaN(ratio) ? '' : ratio.toFixed(3)];
    });
    const call = VARIANTS[name].labels ? of(name, 'perCallNs').toFixed(0) : '';
    console.log(row([name, ...cells, base ?? '', call]));
  }
}

if (process.argv[2] === '--child') child(process.argv[3]);
else main(Number(process.argv[2] ?? 5));
