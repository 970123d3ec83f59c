'use strict';

// `npm run bench`: rsprof against its peers in one run. Each measurement is a process of its own; the
// contenders take turns, round by round, and the medians are shown, for heap snapshots with ratios to
// v8.writeHeapSnapshot.
//
//   npm run bench -- --heaps 50,200 --rounds 3 --only snapshots
//   npm run bench -- --only starts --start-heaps 0,250
//   npm run bench -- --only running --intervals 1000,10000 --seconds 5 --pairs 5
//   npm run bench -- --only profiles --profile-size 100

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { setUp } = require('../scripts/setup.js');
const { root, run, tail } = require('../scripts/support/run.js');
const { PROFILERS, READERS, SNAPSHOTS } = require('./support/contenders.js');
const { installPeers } = require('./support/peers.js');
const { writeProfile } = require('./support/profile-file.js');
const report = require('./support/report.js');

/** What there is to run, in this order. */
const PARTS = {
  snapshots: benchSnapshots,
  starts: benchStarts,
  running: benchRunning,
  profiles: benchProfiles,
};

const { values: options } = parseArgs({
  options: {
    heaps: { type: 'string', default: '50,200' },
    'start-heaps': { type: 'string', default: '0,250' },
    intervals: { type: 'string', default: '1000,10000' },
    seconds: { type: 'string', default: '5' },
    pairs: { type: 'string', default: '5' },
    'profile-size': { type: 'string', default: '100' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: Object.keys(PARTS).join() },
    profilers: { type: 'string', default: Object.keys(PROFILERS).join() },
  },
});
const results = path.join(root, 'bench', 'results');
const log = (text) => console.error(text);

async function main() {
  const parts = chosen(options.only, PARTS);
  await setUp(log);
  const peers = await installPeers(log);
  fs.mkdirSync(results, { recursive: true });
  const work = fs.mkdtempSync(path.join(results, 'work-'));
  try {
    const found = { machine: machine(), missing: missing(peers) };
    for (const part of parts) found[part] = await PARTS[part](work, peers);
    publish(found);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

/** The names of a list like `a,b`, all of which must be in the table. */
function chosen(list, table) {
  const names = list.split(',');
  const unknown = names.find((name) => !(name in table));
  if (unknown) throw new Error(`no such name: ${unknown}; there are ${Object.keys(table)}`);
  return names;
}

function machine() {
  const [cpu] = os.cpus();
  return {
    node: process.version,
    v8: process.versions.v8,
    cpus: `${os.cpus().length} x ${cpu?.model ?? 'unknown'}`,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GB`,
    load: os.loadavg()[0].toFixed(1),
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
      const args = [script('snapshot-child.js'), name, heap, file, folderOf(peers, peer)];
      return measure(['--expose-gc', '--max-old-space-size=6000', ...args], backend, work);
    });
  }
  return found;
}

async function benchStarts(work, peers) {
  const found = {};
  for (const heap of options['start-heaps'].split(',')) {
    found[heap] = await profilerRounds(peers, `starts, ${heap} MB`, (name, folder) => {
      const args = [script('start-child.js'), name, heap, folder];
      return measure(['--expose-gc', ...args], PROFILERS[name].backend, work);
    });
  }
  return found;
}

async function benchRunning(work, peers) {
  const found = {};
  for (const interval of options.intervals.split(',')) {
    found[interval] = await profilerRounds(peers, `running, ${interval} us`, (name, folder) => {
      const args = [script('cpu-child.js'), name, interval, options.seconds, options.pairs, folder];
      return measure(args, PROFILERS[name].backend, work);
    });
  }
  return found;
}

async function benchProfiles(work) {
  const file = path.join(work, 'large.cpuprofile');
  log(`writing a profile of ${options['profile-size']} MB`);
  writeProfile(file, Number(options['profile-size']));
  const figures = await rounds(Object.keys(READERS), 'profiles', (name) => {
    const args = ['--expose-gc', '--max-old-space-size=6000', script('profile-child.js')];
    return measure([...args, name, file], READERS[name].backend, work);
  });
  return { bytes: fs.statSync(file).size, figures };
}

const script = (name) => path.join(root, 'bench', name);
const folderOf = (peers, peer) => (peer ? peers[peer].folder : '');

/** The contenders that are there: a peer that does not install is left out. */
function available(contenders, peers) {
  return Object.keys(contenders).filter((name) => {
    const { peer } = contenders[name];
    return !peer || peers[peer].folder;
  });
}

function profilerRounds(peers, title, once) {
  const wanted = chosen(options.profilers, PROFILERS);
  const names = available(PROFILERS, peers).filter((name) => wanted.includes(name));
  return rounds(names, title, (name) => once(name, folderOf(peers, PROFILERS[name].peer)));
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
