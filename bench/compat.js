'use strict';

// The replacements beside the packages they replace: the same calls, in processes of their own that take
// turns.
//
//   node bench/compat.js [--megabytes 100] [--rounds 5]
//
// v8-profiler-next: takeSnapshot(), every node of it by getNode(), and what JavaScript's heap holds then.
// heapdump: writeSnapshot() to a file.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { fillHeap } = require('./support/heap.js');
const { median } = require('./support/median.js');
const { installPeers } = require('./support/peers.js');

const { values: options } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '5' },
    subject: { type: 'string' },
    module: { type: 'string' },
  },
});

const OURS = path.join(__dirname, '..', 'compat');

function timed(work) {
  const begin = performance.now();
  const result = work();
  return { result, ms: performance.now() - begin };
}

const heapMb = () => {
  globalThis.gc();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

/** What one process finds of one module. */
const SUBJECTS = {
  'v8-profiler-next'(profiler) {
    const before = heapMb();
    const { result: snapshot, ms } = timed(() => profiler.takeSnapshot('bench'));
    const nodes = snapshot.nodesCount;
    const walk = timed(() => {
      let size = 0;
      for (let at = 0; at < nodes; at++) size += snapshot.getNode(at).shallowSize;
      return size;
    });
    const held = heapMb() - before;
    snapshot.delete();
    return { 'take, ms': ms, 'every node, ms': walk.ms, 'heap then, MB more': held, nodes };
  },
  heapdump(heapdump) {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-bench-'));
    try {
      const file = path.join(dir, 'a.heapsnapshot');
      const { ms } = timed(() => heapdump.writeSnapshot(file));
      return { 'write, ms': ms, 'file, MB': fs.statSync(file).size / 2 ** 20 };
    } finally {
      fs.rmSync(dir, { recursive: true, force: true });
    }
  },
};

function subject() {
  fillHeap(Number(options.megabytes));
  const found = SUBJECTS[options.subject](require(options.module));
  console.log(JSON.stringify(found));
}

function measure(name, module) {
  const args = ['--expose-gc', '--max-old-space-size=8000', __filename, '--megabytes'];
  args.push(options.megabytes, '--subject', name, '--module', module);
  const text = execFileSync(process.execPath, args, { encoding: 'utf8' });
  return JSON.parse(text.trimEnd().split('\n').at(-1));
}

function compare(name, folder) {
  const rounds = { package: [], rsprof: [] };
  for (let round = 0; round < Number(options.rounds); round++) {
    rounds.package.push(measure(name, folder));
    rounds.rsprof.push(measure(name, path.join(OURS, `${name}.js`)));
  }
  console.log(`\n${name} | package | rsprof | ratio`);
  for (const figure of Object.keys(rounds.package[0])) {
    const [theirs, ours] = [rounds.package, rounds.rsprof].map((all) =>
      median(all.map((one) => one[figure])),
    );
    console.log(
      [figure, theirs.toFixed(1), ours.toFixed(1), (ours / theirs).toFixed(2)].join(' | '),
    );
  }
}

async function main() {
  const peers = await installPeers(console.error);
  console.log(
    `Node ${process.versions.node}, heap of ${options.megabytes} MB, medians of ${options.rounds}`,
  );
  for (const name of Object.keys(SUBJECTS)) {
    if (peers[name].folder) compare(name, peers[name].folder);
    else console.log(peers[name].why);
  }
}

if (options.subject) subject();
else main();
