'use strict';

// `npm test`: sets everything up, then runs every check and every test: the sources' own, the
// types, the package, and the behaviour on each supported Node line with both back ends.
//
//   npm test -- --node 24 --backend native --only process      narrows the behaviour tests

const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { ensureChromium } = require('./chromium.js');
const { ensureNodes } = require('./nodes.js');
const { setUp } = require('./setup.js');
const stages = require('./support/stages.js');

/** What runs on each back end, with which strategy for heap snapshots. */
const STRATEGIES = {
  native: [
    { strategy: 'inline', kinds: ['formats', 'native', 'process', 'leaks', 'http', 'compat'] },
    { strategy: 'auto', kinds: ['fork'] },
  ],
  inspector: [{ strategy: 'auto', kinds: ['formats', 'process', 'compat'] }],
};
const BACKENDS = Object.keys(STRATEGIES);

/** The lines on which everything runs: the oldest and the newest. */
const FULL_LINES = ['18', '26'];

/** The lines on which the JavaScript parts are tested by themselves: these and the usual one. */
const UNIT_LINES = [...FULL_LINES, '20'];

/**
 * Of these kinds the other lines run what V8 and Node may answer differently; the rest is about the
 * kernel, the disk and the package. `npm test -- --node 24` runs everything on any line.
 */
const EVERYWHERE = {
  fork: ['class-histogram', 'contexts', 'out-of-memory', 'stable-ids', 'strategy', 'traces'],
  http: ['contract'],
  native: ['engine', 'label-source', 'readings', 'readings-end', 'watchdog'],
  process: ['backend', 'exit', 'gc', 'labels', 'workers'],
};

const { values: wanted } = parseArgs({
  options: { node: { type: 'string' }, backend: { type: 'string' }, only: { type: 'string' } },
});
const narrowed = Object.keys(wanted).length > 0;

async function main() {
  const started = performance.now();
  const totals = new stages.Totals();
  await setUp();
  const nodes = await ensureNodes();
  if (!narrowed) await ensureChromium();
  if (!narrowed) await ownStages(totals);
  const units = narrowed
    ? []
    : [...unitJobs(totals, nodes), devtoolsJob(totals), browserJob(totals)];
  await stages.inParallel(laneCount(), [...units, ...behaviourJobs(totals, nodes)]);
  console.log(`all stages: ${((performance.now() - started) / 1000).toFixed(0)} s`);
  console.log(String(totals));
  process.exitCode = totals.failed === 0 ? 0 : 1;
}

async function ownStages(totals) {
  await stages.sourceStages(totals);
  await stages.cargoTestStage(totals, 'cargo test', []);
  const files = stages.testFiles('types', 'package');
  await stages.nodeTestStage(totals, 'types and package', { files });
}

function unitJobs(totals, nodes) {
  const job =
    ({ version, node }) =>
    () =>
      stages.nodeTestStage(totals, `unit, Node ${version}`, { node, files: unitFiles(version) });
  return nodes.filter(({ version }) => UNIT_LINES.includes(majorOf(version))).map(job);
}

const majorOf = (version) => version.split('.')[0];

/** The command line starts processes by the dozen: the usual and the newest line tell enough. */
const CLI_LINES = ['20', '26'];

function unitFiles(version) {
  const hasCli = CLI_LINES.includes(majorOf(version));
  return stages.testFiles('unit', ...(hasCli ? ['cli'] : []));
}

/** Against Chrome DevTools: the tests start every Node line themselves. */
const devtoolsJob = (totals) => () =>
  stages.nodeTestStage(totals, 'agreement with DevTools', { files: stages.testFiles('devtools') });

/** The page of the route, clicked through: what the driver of the browser needs is a Node of today. */
const browserJob = (totals) => () =>
  stages.nodeTestStage(totals, 'the page in a browser', { files: stages.testFiles('browser') });

/** One job for each Node line and back end. */
function behaviourJobs(totals, nodes) {
  const jobs = [];
  for (const { version, node } of nodes) {
    if (wanted.node && majorOf(version) !== wanted.node) continue;
    for (const backend of BACKENDS) {
      if (wanted.backend && backend !== wanted.backend) continue;
      for (const { strategy, kinds } of STRATEGIES[backend]) {
        const files = kinds
          .filter((kind) => (wanted.only ?? kind) === kind)
          .flatMap((kind) => filesOn(version, kind));
        if (files.length === 0) continue;
        const name = `Node ${version}, ${backend}, ${strategy}`;
        const env = { RSPROF_BACKEND: backend, RSPROF_STRATEGY: strategy };
        jobs.push(() => stages.nodeTestStage(totals, name, { node, files, env }));
      }
    }
  }
  return jobs;
}

function filesOn(version, kind) {
  const all = stages.testFiles(kind);
  const chosen = EVERYWHERE[kind];
  if (wanted.node || !chosen || FULL_LINES.includes(majorOf(version))) return all;
  return all.filter((file) => chosen.includes(path.basename(file, '.test.js')));
}

/** As many lanes as cores, but no more than memory can feed (a lane's captures need about 2 GB). */
function laneCount() {
  const byMemory = Math.floor(os.totalmem() / 2 ** 31);
  return Math.max(1, Math.min(os.cpus().length, byMemory, 4));
}

main().catch((error) => {
  console.error(error.message);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exitCode = 1;
});
