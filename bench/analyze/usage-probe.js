'use strict';

// Preloaded into every Node process of a contender: at its exit, appends what the whole process used
// to the file that BENCH_USAGE names. The peak is the kernel's, of this program alone: the figure of
// getrusage starts with what the parent held at the fork.

const fs = require('node:fs');
const { isMainThread } = require('node:worker_threads');

if (isMainThread && process.env.BENCH_USAGE) process.on('exit', report);

function report() {
  const { user, system } = process.cpuUsage();
  const usage = { cpuSeconds: (user + system) / 1e6, peakBytes: peakBytes() };
  fs.appendFileSync(process.env.BENCH_USAGE, `${JSON.stringify(usage)}\n`);
}

function peakBytes() {
  try {
    const status = fs.readFileSync('/proc/self/status', 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
