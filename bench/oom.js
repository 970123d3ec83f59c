'use strict';

// What a snapshot at out-of-memory costs the one who waits for the restart: a program that leaks until it
// dies, with nothing, with rsprof, with Node's --heapsnapshot-near-heap-limit=1 and with V8's
// --heap-snapshot-on-oom (where this Node has it).
//
//   node bench/oom.js --limit 64 --rounds 3 --seconds 300
//
// limit: --max-old-space-size in MB; seconds: the longest a contender may take. Times count from the moment at
// which 80 % of the limit was used. Peak memory is the sum of the proportional set sizes (Pss) of all
// processes of the contender, so what a child shares with its parent counts once.

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { readHeapSnapshot } = require('../__test__/support/heapsnapshot.js');

const LOOK_EVERY_MS = 50;
const MB = 2 ** 20;

const { values: options } = parseArgs({
  options: {
    limit: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '300' },
    only: { type: 'string' },
    victim: { type: 'string' },
  },
});

/** Leaks small objects in small arrays; says when 80 % of the limit are used. */
function leak(folder) {
  if (folder) require('..').snapshotOnOutOfMemory({ dir: folder, compression: 'none' });
  class Leaked {
    constructor(n) {
      this.numbers = [n, n + 1];
    }
  }
  const limit = Number(options.limit) * MB;
  const kept = [];
  let told = false;
  const go = () => {
    for (let n = 0; n < 20; n++) kept.push(Array.from({ length: 500 }, (_, k) => new Leaked(k)));
    if (!told && process.memoryUsage().heapUsed > limit * 0.8) {
      told = true;
      process.send('near');
    }
    setImmediate(go);
  };
  go();
}

const hasOnOom = () => {
  const { stdout } = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  return stdout.includes('--heap-snapshot-on-oom');
};

/** Name -> flags of node, and whether rsprof is armed. */
function contenders() {
  return {
    nothing: { flags: [] },
    rsprof: { flags: [], armed: true },
    '--heapsnapshot-near-heap-limit=1': { flags: ['--heapsnapshot-near-heap-limit=1'] },
    ...(hasOnOom() && { '--heap-snapshot-on-oom': { flags: ['--heap-snapshot-on-oom'] } }),
  };
}

/** The processes that carry `mark` in their command line, but this one. */
function marked(mark) {
  return fs.readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(mark);
    } catch {
      return false;
    }
  });
}

function pss(pid) {
  try {
    const text = fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

async function measure({ flags, armed }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-oom-'));
  try {
    return await observe(folder, flags, armed);
  } finally {
    for (const pid of marked(folder)) process.kill(Number(pid), 'SIGKILL');
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function observe(folder, flags, armed) {
  const args = [`--max-old-space-size=${options.limit}`, ...flags, __filename];
  args.push('--limit', options.limit, '--victim', armed ? `rsprof:${folder}` : `bare:${folder}`);
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const found = { peakBytes: 0 };
  let near;
  child.on('message', () => {
    near = performance.now();
  });
  child.on('exit', (code, signal) => {
    found.ended = signal ?? code;
    found.deadMs = performance.now() - near;
  });
  const end = performance.now() + Number(options.seconds) * 1000;
  for (;;) {
    const pids = marked(folder);
    if ((pids.length === 0 && 'ended' in found) || performance.now() > end) break;
    found.peakBytes = Math.max(
      found.peakBytes,
      pids.map(pss).reduce((sum, one) => sum + one, 0),
    );
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  found.doneMs = performance.now() - near;
  return { ...found, ...judge(folder) };
}

function judge(folder) {
  const files = fs.readdirSync(folder).filter((name) => name.endsWith('.heapsnapshot'));
  if (files.length === 0) return { file: 'none' };
  const bytes = fs.statSync(path.join(folder, files[0])).size;
  try {
    const leaked = readHeapSnapshot(path.join(folder, files[0])).nodesNamed('Leaked').length;
    return { file: `whole, ${leaked} leaked objects`, bytes };
  } catch (error) {
    return { file: `broken: ${error.message.split('\n')[0]}`, bytes };
  }
}

const shown = (value, unit) => (value === undefined ? '-' : Math.round(value / unit));

async function main() {
  console.log(`Node ${process.version}, limit ${options.limit} MB, ${os.cpus().length} cores\n`);
  console.log('| | dead after ms | all over after ms | peak Pss MB | file | MB | ended |');
  console.log('| --- | --: | --: | --: | --- | --: | --- |');
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const [name, contender] of Object.entries(contenders())) {
      if (options.only && !name.includes(options.only)) continue;
      const { deadMs, doneMs, peakBytes, file, bytes, ended } = await measure(contender);
      const cells = [name, shown(deadMs, 1), shown(doneMs, 1), shown(peakBytes, MB)];
      console.log(`| ${[...cells, file, shown(bytes, MB), ended ?? 'not yet'].join(' | ')} |`);
    }
  }
}

if (options.victim) leak(/^rsprof:(.*)$/.exec(options.victim)?.[1]);
else main();
