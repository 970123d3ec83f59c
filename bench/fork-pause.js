'use strict';

// What a forked snapshot costs the process beyond the bare fork: the whole stop against the fork call
// itself, in the same process, at several heaps of small objects.
//
//   node bench/fork-pause.js [--heaps 50,250,1000] [--rounds 5]

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { parseArgs } = require('node:util');

const { values: options } = parseArgs({
  options: {
    heaps: { type: 'string', default: '50,250,1000' },
    rounds: { type: 'string', default: '5' },
    subject: { type: 'string' },
  },
});

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Objects of some 64 bytes each, with their string. */
function fill(megabytes) {
  const kept = [];
  while (process.memoryUsage().heapUsed < megabytes * 2 ** 20) {
    for (let i = 0; i < 20_000; i++) kept.push({ id: kept.length, next: { name: `n${i}` } });
  }
  return kept;
}

/** Stops of one fork each; the child is ended at once, its snapshot is not what is measured. */
async function stops(rounds, file) {
  const addon = require('../native/index.js');
  const found = [];
  for (let round = 0; round < rounds; round++) {
    fs.writeFileSync(file, '');
    const fork = addon.planFork();
    await fork.prepared();
    const request = { compression: 'none', level: 1, numericValues: false, exposeInternals: false };
    const limits = { stableIds: false, budgetSeconds: 60 };
    const begin = performance.now();
    const pause = fork.start({ path: file, ...request, ...limits });
    found.push({ ...pause, wholeMs: performance.now() - begin });
    fork.abort();
    await fork.done();
    fork.release();
  }
  return found;
}

async function subject(megabytes) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-pause-'));
  try {
    globalThis.kept = fill(megabytes);
    const found = await stops(Number(options.rounds), path.join(dir, 'x.heapsnapshot'));
    const [whole, fork] = ['wholeMs', 'forkMs'].map((name) => median(found.map((f) => f[name])));
    const rss = Math.round(process.memoryUsage().rss / 2 ** 20);
    console.log(JSON.stringify({ megabytes, rss, whole, fork, beyond: whole - 1.3 * fork }));
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

function main() {
  console.log('heap MB | RSS MB | stop ms | bare fork ms | stop - 1.3 x fork, ms (at most 10)');
  for (const megabytes of options.heaps.split(',')) {
    const args = ['--max-old-space-size=8000', __filename, '--subject', megabytes];
    const out = execFileSync(process.execPath, [...args, '--rounds', options.rounds]);
    const { rss, whole, fork, beyond } = JSON.parse(out);
    const figures = [megabytes, rss, ...[whole, fork, beyond].map((ms) => ms.toFixed(1))];
    console.log(figures.join(' | '));
  }
}

if (options.subject) subject(Number(options.subject));
else main();
