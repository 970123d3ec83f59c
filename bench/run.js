'use strict';

// `npm run bench`: rsprof against its peers in one run. Each measurement is a process of its own; the
// contenders take turns, round by round, and the medians are shown as ratios to v8.writeHeapSnapshot.
//
//   npm run bench -- --heaps 50,200 --rounds 3 --seconds 20 --only snapshots|cpu

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { setUp } = require('../scripts/setup.js');
const { root, run, tail } = require('../scripts/support/run.js');
const { PROFILERS, SNAPSHOTS } = require('./support/contenders.js');
const { installPeers } = require('./support/peers.js');
const report = require('./support/report.js');

const { values: options } = parseArgs({
  options: {
    heaps: { type: 'string', default: '50,200' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' },
    only: { type: 'string' },
  },
});
const results = path.join(root, 'bench', 'results');
const log = (text) => console.error(text);

async function main() {
  await setUp(log);
  const peers = await installPeers(log);
  fs.mkdirSync(results, { recursive: true });
  const work = fs.mkdtempSync(path.join(results, 'work-'));
  try {
    const found = { machine: machine(), missing: missing(peers) };
    if (options.only !== 'cpu') found.snapshots = await benchSnapshots(work, peers);
    if (options.only !== 'snapshots') found.cpu = await benchCpu(work, peers);
    publish(found);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

function machine() {
  const [cpu] = os.cpus();
  return {
    node: process.version,
    v8: process.versions.v8,
    cpus: `${os.cpus().length} x ${cpu?.model ?? 'unknown'}`,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GB`,
    rounds: Number(options.rounds),
  };
}

const missing = (peers) => Object.values(peers).flatMap(({ why }) => why ?? []);

async function benchSnapshots(work, peers) {
  const found = {};
  for (const heap of options.heaps.split(',')) {
    const names = available(SNAPSHOTS, peers);
    found[heap] = await rounds(names, `${heap} MB`, (name) => {
      const { backend, peer } = SNAPSHOTS[name];
      const file = path.join(work, 'snapshot');
      const script = path.join(root, 'bench', 'snapshot-child.js');
      const args = ['--expose-gc', '--max-old-space-size=6000', script, name, heap, file];
      return measure([...args, folderOf(peers, peer)], backend, work);
    });
  }
  return found;
}

function benchCpu(work, peers) {
  return rounds(available(PROFILERS, peers), 'cpu', (name) => {
    const { backend, peer } = PROFILERS[name];
    const script = path.join(root, 'bench', 'cpu-child.js');
    return measure([script, name, options.seconds, folderOf(peers, peer)], backend, work);
  });
}

const folderOf = (peers, peer) => (peer ? peers[peer].folder : '');

/** The contenders that are there: a peer that does not install is left out. */
function available(contenders, peers) {
  return Object.keys(contenders).filter((name) => {
    const { peer } = contenders[name];
    return !peer || peers[peer].folder;
  });
}

/** Every contender once a round, in turns; gives `{ name: [figures of each round] }`. */
async function rounds(names, title, once) {
  const figures = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 1; round <= Number(options.rounds); round++) {
    for (const name of names) {
      log(`round ${round} of ${options.rounds}, ${title}: ${name}`);
      figures[name].push(await once(name));
    }
  }
  return figures;
}

async function measure(args, backend, work) {
  const env = { BENCH_DIR: work, RSPROF_BACKEND: backend ?? '' };
  const { code, output } = await run(process.execPath, args, { env });
  if (code !== 0) throw new Error(`a measurement failed: ${args.join(' ')}\n${tail(output)}`);
  return JSON.parse(tail(output, 1));
}

function publish(found) {
  const markdown = report.markdown(found);
  fs.writeFileSync(path.join(results, 'latest.json'), JSON.stringify(found, null, 2));
  fs.writeFileSync(path.join(results, 'latest.md'), markdown);
  console.log(markdown);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
