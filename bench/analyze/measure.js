'use strict';

// One run of a contender in a process of its own: wall time from its start to its exit, CPU time and
// peak memory of the whole process (and of the processes that it starts).

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const probe = path.join(__dirname, 'usage-probe.js');
const POLL_MS = 50;
const OUTPUT_LIMIT = 2 ** 20;

/** `{ seconds, cpuSeconds, peakBytes, output }`, with `failed` (why) where it did not end well. */
async function measure(args, { timeoutSeconds }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-bench-'));
  const usageFile = path.join(folder, 'usage');
  try {
    const run = await runToEnd(args, usageFile, timeoutSeconds);
    const { cpuSeconds, peakBytes } = usageIn(usageFile, run.lastSeen);
    const figures = { seconds: run.seconds, cpuSeconds, peakBytes, output: run.stdout };
    return run.failed === undefined ? figures : { ...figures, failed: run.failed };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function runToEnd(args, usageFile, timeoutSeconds) {
  const options = `${process.env.NODE_OPTIONS ?? ''} --require=${JSON.stringify(probe)}`;
  const env = { ...process.env, NODE_OPTIONS: options.trim(), BENCH_USAGE: usageFile };
  const started = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const watch = new Watch(child, timeoutSeconds);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => watch.stop(performance.now() - started));
    child.once('close', (code, signal) => {
      const failed = reason({ code, signal, timedOut: watch.timedOut, stderr: stderr.text });
      resolve({ seconds: watch.seconds, lastSeen: watch.lastSeen, stdout: stdout.text, failed });
    });
  });
}

/** Ends a run that takes too long, and remembers what was last seen of one that may not report. */
class Watch {
  timedOut = false;
  lastSeen = {};

  constructor(child, timeoutSeconds) {
    this.poll = setInterval(() => this.#look(child.pid), POLL_MS);
    this.timer = setTimeout(() => {
      this.timedOut = `ended after ${timeoutSeconds} s`;
      child.kill('SIGKILL');
    }, timeoutSeconds * 1000);
  }

  #look(pid) {
    try {
      const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
      const peak = /^VmHWM:\s+(\d+) kB/m.exec(status);
      if (peak) this.lastSeen = { peakBytes: Number(peak[1]) * 1024 };
    } catch {
      // No such process any more, or no /proc at all.
    }
  }

  stop(milliseconds) {
    clearInterval(this.poll);
    clearTimeout(this.timer);
    this.seconds = milliseconds / 1000;
  }
}

function collect(stream) {
  const collected = { text: '' };
  stream.setEncoding('utf8').on('data', (text) => {
    collected.text = (collected.text + text).slice(-OUTPUT_LIMIT);
  });
  return collected;
}

/** The sum over the processes of the run: each appended a line when it ended. */
function usageIn(file, lastSeen) {
  if (!fs.existsSync(file)) return { cpuSeconds: undefined, peakBytes: lastSeen.peakBytes };
  const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n').map(JSON.parse);
  const sum = (name) => lines.reduce((total, line) => total + line[name], 0);
  return { cpuSeconds: sum('cpuSeconds'), peakBytes: sum('peakBytes') };
}

function reason({ code, signal, timedOut, stderr }) {
  if (timedOut) return timedOut;
  if (code === 0) return undefined;
  const error = stderr.split('\n').find((line) => /error|fatal|panic/i.test(line));
  return `${signal ?? `exit code ${code}`}: ${(error ?? stderr.trim()).trim().slice(0, 160)}`;
}

module.exports = { measure };
