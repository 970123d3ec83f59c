'use strict';

// A program whose event loop gets stuck, with the addon's watchdog on it. What it is to do comes as JSON in
// the first argument (or as `workerData`); what the watchdog found goes to standard output, as JSON.

const fs = require('node:fs');
const { execSync } = require('node:child_process');
const { Worker, isMainThread, parentPort, threadId, workerData } = require('node:worker_threads');
const { setTimeout: sleep } = require('node:timers/promises');

const addon = require('../../native');
const { ownThreads } = require('./threads.js');

const plan = isMainThread ? JSON.parse(process.argv[2]) : workerData;
const { dir, options, allowed = true } = plan;

/** Milliseconds between two beats. */
const BEAT_MS = 25;

const PROFILE_MS = 200;

/** Turns that are stuck for a time last longer from one to the next, until the watchdog has noticed. */
const FIRST_STUCK_MS = 400;

let sink = 0;
let until = 0;
let dog;

/** Whether the profile is in its place: then a turn has been stuck for long enough. */
function isWritten() {
  return fs.existsSync(dir) && fs.readdirSync(dir).some((name) => name.endsWith('.cpuprofile'));
}

function isBegun() {
  return fs.existsSync(dir) && fs.readdirSync(dir).some((name) => name.endsWith('.partial'));
}

let begunAt = Infinity;

/** Whether more than half of the profile must be there. */
function isMostlyProfiled() {
  if (isBegun()) begunAt = Math.min(begunAt, performance.now());
  return performance.now() - begunAt > 0.7 * PROFILE_MS;
}

function spin() {
  while (true) {
    for (let i = 0; i < 1e5; i++) sink = (sink * 31 + i) | 0;
    if (isWritten()) return;
  }
}

function hotLoop(isOver) {
  let looks = 0;
  for (let i = 0; ; i++) {
    sink = Math.sqrt(sink + i);
    if (i % 2e6 === 0 && isOver(looks++)) return;
  }
}

const CATASTROPHE = /^(a+)+$/;

/** V8 optimises the loop, for calls from wherever. */
function warmUp() {
  for (let i = 0; i < 20; i++) hotLoop((looks) => looks === 1);
}

function backtrack() {
  do CATASTROPHE.test(`${'a'.repeat(23)}b`);
  while (!isWritten());
}

const large = [];

function stringify() {
  do sink += JSON.stringify(large).length;
  while (!isWritten());
}

function waste() {
  while (performance.now() < until) sink++;
}

const stuck = {
  spin,
  backtrack,
  waste,
  warmLoop() {
    hotLoop(isWritten);
  },
  /** The first call takes most of the profile. */
  twoCalls() {
    hotLoop(isMostlyProfiled);
    hotLoop(isWritten);
  },
  fillAndStringify() {
    for (let i = 0; i < 1e5; i++) large.push({ id: i, name: `name ${i}`, tags: ['a', i] });
    stringify();
  },
  sleep() {
    execSync('sleep 2');
  },
  sleepThenSpin() {
    execSync('sleep 1.7');
    spin();
  },
  stop() {
    while (!isBegun());
    dog.stop();
  },
  exit() {
    while (!isBegun());
    process.exit(0);
  },
  kill() {
    while (!isBegun());
    process.kill(process.pid, 'SIGKILL');
  },
};

function watch() {
  dog = new addon.Watchdog({
    thresholdMs: 200,
    profileMs: PROFILE_MS,
    intervalUs: 1000,
    dir,
    name: `-${process.pid}-${threadId}-0001.cpuprofile`,
    hostTag: '0123abcd',
    threadId,
    compression: 'none',
    level: 1,
    sidecar: JSON.stringify({ format: 'rsprof-sidecar/1', kind: 'cpuProfile', options: {} }),
    say: true,
    uptime: 1,
    ...options,
    ...(plan.bare && { sidecar: undefined }),
  });
  if (plan.debugged) dog.setDebugged(true);
}

/** Beats, and has a turn stuck now and then until an episode was seen. */
function run() {
  const found = [];
  let beats = 0;
  let turns = 0;
  const timer = setInterval(() => {
    dog.beat(allowed);
    const text = dog.take();
    if (text !== null) found.push(...JSON.parse(text));
    beats++;
    const isLast = plan.beats ? beats >= plan.beats : found.length > 0;
    if (isLast) {
      clearInterval(timer);
      finish(found);
    } else if (plan.stuck && beats % 12 === 6) {
      until = performance.now() + FIRST_STUCK_MS * 2 ** turns++;
      stuck[plan.stuck]();
    }
  }, BEAT_MS);
  if (plan.busy) keepBusy(timer);
}

/** Many short turns. */
function keepBusy(timer) {
  const turn = () => {
    until = performance.now() + 5;
    waste();
    if (!timer._destroyed) setImmediate(turn);
  };
  turn();
}

/** The kernel lists a thread for some moments after it was joined. */
async function ownThreadsLeft() {
  for (let look = 0; look < 100 && ownThreads().length > 0; look++) await sleep(10);
  return ownThreads();
}

async function finish(found) {
  const lock = plan.looksAtLock && addon.tryLockFile(options.lockPath);
  dog.stop();
  const threads = await ownThreadsLeft();
  tell({
    found,
    threads,
    isLockFree: Boolean(lock),
    names: fs.existsSync(dir) ? fs.readdirSync(dir) : [],
  });
}

function tell(result) {
  if (parentPort) parentPort.postMessage(result);
  else console.log(JSON.stringify(result));
}

if (plan.worker && isMainThread) {
  const worker = new Worker(__filename, { workerData: plan });
  worker.once('message', tell);
} else {
  if (plan.nobody) process.setuid(65534);
  if (plan.stuck === 'warmLoop') warmUp();
  watch();
  // At process.exit() no hook of the addon runs, and V8's sampling thread may crash on what Node frees then.
  process.once('exit', () => dog.stop());
  if (process.send) process.send('ready');
  run();
}
