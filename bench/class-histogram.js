'use strict';

// What a class histogram takes beside a forked snapshot of the same heap: memory of the child, time, disk.
//
//   node bench/class-histogram.js [--objects 2500000]      2.5 million of two objects each: 260 MB

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { parseArgs } = require('node:util');
const rsprof = require('../index.js');

const { values: options } = parseArgs({
  options: {
    objects: { type: 'string', default: '2500000' },
    subject: { type: 'boolean', default: false },
  },
});

class Ballast {
  constructor(i) {
    this.a = i;
    this.b = [i];
  }
}

/** One line of figures. */
function line(name, { fork, bytes, pauseMs, durationMs }, heapBytes) {
  const times = (fork.addedBytes / heapBytes).toFixed(1);
  const added = `${(fork.addedBytes / 1e6).toFixed(0)} MB (${times} x the heap)`;
  console.log([name, added, bytes, pauseMs.toFixed(0), durationMs.toFixed(0)].join(' | '));
}

async function subject(objects) {
  globalThis.ballast = Array.from({ length: objects }, (_, i) => new Ballast(i));
  globalThis.gc();
  const heapBytes = process.memoryUsage().heapUsed;
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-classes-'));
  const byFork = { strategy: 'fork', fallback: false, spill: false, force: true };
  try {
    console.log(`Node ${process.versions.node}, heap ${(heapBytes / 1e6).toFixed(0)} MB`);
    console.log('capture | memory of the child | file, bytes | stop, ms | whole, ms');
    line('class histogram', await rsprof.classHistogram({ dir, sidecar: false }), heapBytes);
    const snapshot = await rsprof.heapSnapshot({ dir, sidecar: false, ...byFork });
    line('heap snapshot, gzip', snapshot, heapBytes);
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

function main() {
  const args = ['--expose-gc', '--max-old-space-size=8000', __filename, '--subject'];
  execFileSync(process.execPath, [...args, '--objects', options.objects], { stdio: 'inherit' });
}

if (options.subject) subject(Number(options.objects));
else main();
