'use strict';

// Many forked snapshots in a row, in a process that allocates hard, beside two workers that do the
// same. Prints one line of JSON; exits with 1 where a file is invalid, a child stayed or less than
// 99 % were taken by fork.
//
//   node bench/fork-stress.js --snapshots 500 --heap 2 --workers 2 --duty 0.25 --seconds 3600
//
// heap: MB of small live objects; duty: the share of its time in which each thread allocates (the
// child has the lowest priority: with 1 it waits for a free core); seconds: end early, with what there is.
//
//   --control 0.9     waits that many seconds instead of taking each snapshot: what the load alone does
//                     to the process's memory
//
// This process judges the files; the one under test is its child, so that reading hundreds of
// snapshots does not count as its memory.

const { fork, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { Worker, isMainThread, workerData } = require('node:worker_threads');

const { readHeapSnapshot } = require('../__test__/support/heapsnapshot.js');

const WARM_UP = 3;
const SPAWNS = 41;
/** How long a thread allocates at a stretch before it lets others run. */
const BURST_MS = 4;

/** Below this share by fork the run counts as failed. */
const BY_FORK_AT_LEAST = 0.99;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const round = (value) => Math.round(value * 100) / 100;

function percentile(sorted, share) {
  return round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]);
}

function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => percentile(sorted, share));
  return { p50, p99, max };
}

/** Young and old garbage, with a window of survivors so that marking always has work. */
class Churn {
  #kept = [];

  burst(ms) {
    const end = performance.now() + ms;
    let made = 0;
    while (performance.now() < end) {
      for (let i = 0; i < 50; i++)
        this.#kept.push({ at: i, text: `churn ${made++}`, list: [i, made] });
      if (this.#kept.length > 20_000) this.#kept = this.#kept.slice(-5_000);
    }
    return made;
  }
}

// --- The workers of the process under test ---------------------------------------------------

/** Allocates while `flag` is 1, sleeps while it is 0. Never returns. */
async function churnInWorker({ flag, duty }) {
  const view = new Int32Array(flag);
  const churn = new Churn();
  for (;;) {
    Atomics.wait(view, 0, 0);
    churn.burst(BURST_MS);
    await wait(restFor(duty));
  }
}

function restFor(duty) {
  return duty >= 1 ? 0 : (BURST_MS * (1 - duty)) / duty;
}

// --- The process under test ------------------------------------------------------------------

class Load {
  #view = new Int32Array(new SharedArrayBuffer(4));
  #churn = new Churn();
  #duty;
  #workers;

  constructor({ workers, duty }) {
    this.#duty = duty;
    const data = { churn: { flag: this.#view.buffer, duty } };
    this.#workers = Array.from(
      { length: workers },
      () => new Worker(__filename, { workerData: data }),
    );
  }

  async go() {
    Atomics.store(this.#view, 0, 1);
    Atomics.notify(this.#view, 0);
    while (Atomics.load(this.#view, 0) === 1) {
      this.#churn.burst(BURST_MS);
      await wait(restFor(this.#duty));
    }
  }

  async rest() {
    Atomics.store(this.#view, 0, 0);
    await wait(200);
    global.gc();
    await wait(200);
  }

  async end() {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

/** What a spawn costs: milliseconds this thread stands still, and milliseconds in the kernel. */
async function spawnCost() {
  const times = [];
  const before = process.cpuUsage();
  for (let i = 0; i < SPAWNS; i++) {
    const begin = performance.now();
    const child = spawn('/bin/true', { stdio: 'ignore' });
    times.push(performance.now() - begin);
    await new Promise((resolve) => child.on('exit', resolve));
  }
  const { system } = process.cpuUsage(before);
  return { wallMs: spread(times).p50, systemMs: round(system / 1000 / SPAWNS) };
}

/** Children of this process by their state. */
function children() {
  const found = { alive: 0, zombies: 0 };
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(parent) !== process.pid) continue;
      found[state === 'Z' ? 'zombies' : 'alive']++;
    } catch {
      // Gone meanwhile.
    }
  }
  return found;
}

async function standing() {
  return {
    rss: process.memoryUsage().rss,
    descriptors: fs.readdirSync('/proc/self/fd').length,
    threads: fs.readdirSync('/proc/self/task').length,
    spawn: await spawnCost(),
  };
}

async function snapshot(rsprof, dir, control) {
  if (control > 0) {
    await wait(control * 1000);
    return { strategy: 'none' };
  }
  const options = { dir, strategy: 'fork', sidecar: false };
  try {
    const {
      path: file,
      strategy,
      pauseMs,
      fork: child,
      fallback,
    } = await rsprof.heapSnapshot(options);
    const why = fallback ? [...fallback.retries, fallback.reason] : child.retries;
    return { file, strategy, pauseMs, why };
  } catch ({ code, message }) {
    return { error: `${code}: ${message}` };
  }
}

async function subject({ snapshots, heap, seconds, dir, control, ...options }) {
  const end = performance.now() + seconds * 1000;
  const rsprof = require('..');
  globalThis.ballast = Array.from({ length: heap * 10_000 }, (_, i) => ({ i, list: [i] }));
  const load = new Load(options);
  const freshSpawn = await spawnCost();
  load.go();
  for (let i = 0; i < WARM_UP; i++)
    process.send({ outcome: await snapshot(rsprof, dir, control), warm: true });
  await load.rest();
  const before = await standing();
  load.go();
  let zombies = 0;
  for (let i = 0; i < snapshots && performance.now() < end; i++) {
    process.send({ outcome: await snapshot(rsprof, dir, control) });
    zombies = Math.max(zombies, children().zombies);
  }
  await load.rest();
  const after = await standing();
  process.send({ before, after, freshSpawn, zombies, children: children() });
  await load.end();
  process.disconnect();
}

// --- The judge -------------------------------------------------------------------------------

class Tally {
  outcomes = [];
  invalid = [];
  errors = {};
  retries = {};
  fallbacks = {};

  add(outcome, isWarmUp) {
    if (outcome.file) this.#judge(outcome.file);
    if (isWarmUp) return;
    this.outcomes.push(outcome);
    if (outcome.error) count(this.errors, outcome.error);
    for (const reason of outcome.why ?? []) {
      count(outcome.strategy === 'fork' ? this.retries : this.fallbacks, reason);
    }
  }

  #judge(file) {
    try {
      readHeapSnapshot(file);
    } catch (error) {
      this.invalid.push(`${path.basename(file)}: ${error.message}`);
    }
    fs.rmSync(file);
  }

  figures() {
    const by = (strategy) => this.outcomes.filter((one) => one.strategy === strategy);
    return {
      byFork: by('fork').length,
      byFallback: by('inline').length,
      errors: this.errors,
      retries: this.retries,
      fallbackReasons: this.fallbacks,
      invalid: this.invalid,
      pauseMs: by('fork').length > 0 ? spread(by('fork').map((one) => one.pauseMs)) : null,
    };
  }
}

function count(counts, key) {
  counts[key] = (counts[key] ?? 0) + 1;
}

function report(
  options,
  tally,
  { before, after, freshSpawn, zombies, children: left },
  leftBehind,
) {
  return {
    node: process.version,
    ...options,
    taken: tally.outcomes.length,
    ...tally.figures(),
    zombies,
    childrenLeft: left.alive + left.zombies,
    leftBehind,
    descriptorsGrown: after.descriptors - before.descriptors,
    threadsGrown: after.threads - before.threads,
    rssMB: { before: round(before.rss / 2 ** 20), after: round(after.rss / 2 ** 20) },
    spawn: { fresh: freshSpawn, before: before.spawn, after: after.spawn },
  };
}

function isGood({ taken, byFork, invalid, errors, zombies, childrenLeft, leftBehind }) {
  return (
    taken > 0 &&
    byFork >= taken * BY_FORK_AT_LEAST &&
    [invalid, leftBehind, Object.keys(errors)].every((list) => list.length === 0) &&
    zombies + childrenLeft === 0
  );
}

async function judge(options) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-stress-'));
  const begin = performance.now();
  const tally = new Tally();
  let end;
  try {
    const text = JSON.stringify({ ...options, dir });
    const execArgv = ['--expose-gc'];
    const child = fork(__filename, ['--subject', text], { execArgv });
    child.on('message', ({ outcome, warm, ...rest }) => {
      if (outcome) tally.add(outcome, warm);
      else end = rest;
    });
    const code = await new Promise((resolve) =>
      child.on('close', (code, signal) => resolve(signal ?? code)),
    );
    if (!end) throw new Error(`the process under test ended with ${code}`);
    const figures = report(options, tally, end, fs.readdirSync(dir));
    figures.seconds = round((performance.now() - begin) / 1000);
    console.log(JSON.stringify(figures));
    if (!(options.control > 0 || isGood(figures))) process.exitCode = 1;
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

function parse() {
  const text = (value) => ({ type: 'string', default: value });
  const { values } = parseArgs({
    options: {
      snapshots: text('500'),
      heap: text('2'),
      workers: text('2'),
      duty: text('0.25'),
      seconds: text('3600'),
      control: text('0'),
      subject: { type: 'string' },
    },
  });
  if (values.subject) return { subject: JSON.parse(values.subject) };
  const { subject: _none, ...numbers } = values;
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value)]));
}

async function main() {
  if (!isMainThread) return churnInWorker(workerData.churn);
  const options = parse();
  return options.subject ? subject(options.subject) : judge(options);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
