'use strict';

// Two questions about gcProfile(): does its advice help, and what does the profile itself cost?
//
//   node bench/gc.js [--rounds 3] [--only advice|cost]
//
// Advice: examples/gc-pressure on each Node line, as it is and with the flag that its verdict advises.
// Cost: CPU time a collection, of forced scavenges with and without a profile, on each line.

const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { ensureNodes } = require('../scripts/nodes.js');

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, only: { type: 'string' } },
});

const example = path.join(__dirname, '..', 'examples', 'gc-pressure', 'run.js');
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

function run(node, args) {
  return JSON.parse(execFileSync(node, args, { encoding: 'utf8', maxBuffer: 2 ** 26 }));
}

/** Medians of the rounds. */
function exampleWith(node, flags) {
  const results = [];
  for (let round = 0; round < Number(options.rounds); round++) {
    results.push(run(node, [...flags, example, '--json']));
  }
  const of = (pick) => median(results.map(pick));
  return {
    flag: results[0].advice.find(({ rule }) => rule === 'semi-space')?.flag,
    scavenges: of(({ collections }) => collections.find(({ kind }) => kind === 'scavenge').count),
    pauseMs: of(({ pauseMs }) => pauseMs),
    durationMs: of(({ durationMs }) => durationMs),
  };
}

function advice(nodes) {
  console.log('node      flag                          scavenges    GC ms   all ms');
  const line = (version, flag, { scavenges, pauseMs, durationMs }) =>
    console.log(
      [
        version.padEnd(8),
        flag.padEnd(28),
        String(scavenges).padStart(10),
        pauseMs.toFixed(0).padStart(7),
        durationMs.toFixed(0).padStart(7),
      ].join('  '),
    );
  for (const { version, node } of nodes) {
    const before = exampleWith(node, []);
    line(version, '(none)', before);
    if (before.flag) line('', before.flag, exampleWith(node, before.flag.split(' ')));
  }
}

const COLLECTIONS = 320;
const PAIRS = 15;

/** In a child: microseconds of CPU that a profile adds to a collection. */
async function measureCost() {
  const rsprof = require('..');
  const cpu = () => Object.values(process.cpuUsage()).reduce((sum, value) => sum + value, 0);
  const collections = async () => {
    const begin = cpu();
    for (let i = 0; i < COLLECTIONS; i++) {
      gc({ type: 'minor' });
      if (i % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return cpu() - begin;
  };
  await collections();
  const added = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const without = await collections();
    const profile = rsprof.startGcProfile();
    const during = await collections();
    await profile.stop();
    added.push((during - without) / COLLECTIONS);
  }
  console.log(JSON.stringify(median(added)));
}

function cost(nodes) {
  for (const { version, node } of nodes) {
    const microseconds = run(node, [
      '--expose-gc',
      '--single-threaded-gc',
      __filename,
      '--only',
      'child',
    ]);
    console.log(`${version}: ${microseconds.toFixed(0)} microseconds of CPU a collection`);
  }
}

async function main() {
  if (options.only === 'child') return measureCost();
  const nodes = await ensureNodes();
  if (options.only !== 'cost') advice(nodes);
  if (options.only !== 'advice') cost(nodes);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
