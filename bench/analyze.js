'use strict';

// `node bench/analyze.js`: rsprof's analysis of heap snapshots against what people use today, in one
// run. Each measurement is a process of its own, from its start to its exit; the contenders take
// turns, round by round, and medians are shown as ratios to rsprof.
//
//   node bench/analyze.js --sizes 35,290,1450 --rounds 3 --only rsprof,devtools,memlab \
//     --tasks analyze,gzip,diff --timeout 600 --json

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { CONTENDERS, TASKS } = require('./analyze/contenders.js');
const { ensureFixture, warm } = require('./analyze/fixtures.js');
const { measure } = require('./analyze/measure.js');
const { installPeers } = require('./analyze/peers.js');
const report = require('./analyze/report.js');

const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '35,290' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: Object.keys(CONTENDERS).join() },
    tasks: { type: 'string', default: Object.keys(TASKS).join() },
    timeout: { type: 'string', default: '600' },
    json: { type: 'boolean', default: false },
  },
});
const results = path.join(__dirname, 'results');
const log = (text) => console.error(text);

async function main() {
  const wanted = chosen(options.only, CONTENDERS);
  const found = { machine: machine(), missing: [], sizes: {} };
  const folders = await available(wanted, found.missing);
  for (const size of options.sizes.split(',')) {
    const files = await ensureFixture(size, log);
    found.sizes[size] = {
      bytes: fs.statSync(files.before).size,
      gzipBytes: fs.statSync(files.gzip).size,
      tasks: await benchSize(size, files, folders),
    };
  }
  publish(found);
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
    cpus: `${os.cpus().length} x ${cpu?.model ?? 'unknown'}`,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GB`,
    load: os.loadavg()[0].toFixed(1),
    rounds: Number(options.rounds),
  };
}

/** `{ name: folder of its package }` of those that are there; why the others are not goes to `missing`. */
async function available(wanted, missing) {
  const peers = await installPeers(
    wanted.flatMap((name) => CONTENDERS[name].peer ?? []),
    log,
  );
  const folders = {};
  for (const name of wanted) {
    const { peer, file } = CONTENDERS[name];
    if (peer && peers[peer].why) missing.push(peers[peer].why);
    else if (file && !fs.existsSync(file))
      missing.push(`${name}: ${path.relative(process.cwd(), file)} does not exist`);
    else folders[name] = peer && peers[peer].folder;
  }
  return folders;
}

async function benchSize(size, files, folders) {
  const found = {};
  for (const task of chosen(options.tasks, TASKS)) {
    const names = Object.keys(folders).filter((name) => CONTENDERS[name][task]);
    if (names.length === 0) continue;
    await warm(Object.values(files));
    found[task] = await rounds(names, `${size} MB, ${task}`, (name) =>
      measure(CONTENDERS[name][task](files, folders[name]), {
        timeoutSeconds: Number(options.timeout),
      }),
    );
  }
  return found;
}

/** Every contender once a round, in turns; one that fails is not run again. */
async function rounds(names, title, once) {
  const figures = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 1; round <= Number(options.rounds); round++) {
    for (const name of names) {
      if (figures[name].some(({ failed }) => failed)) continue;
      log(`round ${round} of ${options.rounds}, ${title}: ${name}`);
      const { output, ...one } = await once(name);
      figures[name].push(one);
      log(`  ${one.failed ?? `${one.seconds.toFixed(2)} s`}  ${output.trim().slice(0, 100)}`);
    }
  }
  return figures;
}

function publish(found) {
  const markdown = report.markdown(found);
  fs.mkdirSync(results, { recursive: true });
  fs.writeFileSync(path.join(results, 'analyze.json'), JSON.stringify(found, null, 2));
  fs.writeFileSync(path.join(results, 'analyze.md'), markdown);
  console.log(options.json ? JSON.stringify(found, null, 2) : markdown);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
