'use strict';

// What the clients of a server see while it takes a heap snapshot: nothing, by fork, by V8's own
// writer, one after the other in the same server. The load is a process of its own, on connections that are kept alive.
//
//   node bench/fork-latency.js [--rounds 3] [--heap 200] [--rate 300] [--seconds 10]
//
// heap: MB of small objects; rate: requests a second; seconds: how long the phase without a snapshot
// lasts, the others last as long as their snapshot. Each round has a server of its own.
//
// The load is open-loop: a request is due at its time whether or not those before it were answered, and its
// latency counts from then on. A client that waits for its answer would send one request into a
// stop of ten seconds, and its p99 would show nothing of it.

const { fork } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const v8 = require('node:v8');

const { fillHeap } = require('./support/heap.js');
const { LoopWatch, wait } = require('./support/measure.js');
const { medians, row } = require('./support/report.js');

const WARM_UP_MS = 2000;
/** Between two phases: what one left in flight is not the next one's. */
const REST_MS = 1000;
const CONNECTIONS = 64;
/** A phase that had less than this part of its requests was not under load. */
const REQUESTS_AT_LEAST = 0.9;
/** V8's writer runs on the JavaScript thread: a stop shorter than this part of the call was not measured. */
const STOP_AT_LEAST = 0.8;

const BASE = 'v8.writeHeapSnapshot';

/** Each runs in the server and gives what it made; it throws where it was not what its name says. */
const PHASES = {
  nothing: ({ seconds }) => wait(seconds * 1000),
  'rsprof, by fork': async ({ dir }) => {
    const { heapSnapshot } = require('..');
    const result = await heapSnapshot({ dir, strategy: 'fork', fallback: false });
    const { strategy, path: file, rawBytes, pauseMs, fork: child } = result;
    if (strategy !== 'fork') throw new Error(`the snapshot was taken by ${strategy}, not by fork`);
    return { file, rawBytes, pauseMs, attempts: child.attempts };
  },
  [BASE]: async ({ dir }) => {
    const file = v8.writeHeapSnapshot(path.join(dir, 'v8.heapsnapshot'));
    return { file, rawBytes: fs.statSync(file).size };
  },
};

// --- The server ------------------------------------------------------------------------------

/** Reads and writes a record: a server that writes to no page of its heap would have none copied. */
function answer(_request, response) {
  const customers = globalThis.benchHeap;
  answer.served = (answer.served ?? 0) + 1;
  const customer = customers[(answer.served * 7919) % customers.length];
  const number = answer.served;
  customer.orders[1] = { customer, number, lines: [number % 7, number % 11] };
  const { id, name, note } = customer;
  response.end(JSON.stringify({ id, name, note, last: number }));
}

function listen() {
  const server = http.createServer(answer);
  // After a stop longer than these the server would hang up on clients that did wait.
  Object.assign(server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server.address().port));
  });
}

async function runPhase({ phase, ...options }) {
  const watch = new LoopWatch();
  watch.start();
  await wait(20);
  const begin = performance.now();
  const made = (await PHASES[phase](options)) ?? {};
  const tookMs = performance.now() - begin;
  await wait(20);
  const stopMs = watch.stop();
  if (made.file) checkFile(made);
  if (phase === BASE && stopMs < STOP_AT_LEAST * tookMs) {
    throw new Error(`${BASE} took ${tookMs} ms, and the longest stop seen was ${stopMs} ms`);
  }
  return { ...made, tookMs, stopMs };
}

/** V8's text takes about as many bytes as the heap of small objects that it tells of, or more. */
function checkFile({ file, rawBytes }) {
  const written = fs.statSync(file).size;
  const least = v8.getHeapStatistics().used_heap_size / 2;
  fs.rmSync(file);
  if (written === 0 || rawBytes < least) throw new Error(`${file} is no snapshot of this heap`);
}

const server = {
  async start({ heap }) {
    const heapUsed = fillHeap(heap);
    return { heapUsed, port: await listen() };
  },
  phase: runPhase,
};

// --- The load --------------------------------------------------------------------------------

class Load {
  #agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  #options;
  #rate;
  #phase = [];
  #failure;

  constructor({ port, rate }) {
    this.#options = { host: '127.0.0.1', port, path: '/', agent: this.#agent };
    this.#rate = rate;
    const begin = performance.now();
    let sent = 0;
    const send = () => {
      const due = ((performance.now() - begin) / 1000) * this.#rate;
      for (; sent < due; sent++) this.#phase.push(this.#send(begin + (sent / this.#rate) * 1000));
    };
    setInterval(send, 1);
  }

  /** How late the request was sent, and how late it was answered, in milliseconds since it was due. */
  #send(due) {
    const sentMs = performance.now() - due;
    return new Promise((resolve) => {
      const failed = (error) => {
        this.#failure ??= error;
        resolve({ sentMs, latencyMs: Number.POSITIVE_INFINITY });
      };
      const request = http.get(this.#options, (response) => {
        response.resume().on('error', failed);
        response.on('end', () => resolve({ sentMs, latencyMs: performance.now() - due }));
      });
      request.on('error', failed);
    });
  }

  /** What is due from now on belongs to the next phase. */
  begin() {
    this.#phase = [];
    this.begun = performance.now();
  }

  /** The figures of what was due since `begin`, once all of it was answered. */
  async end() {
    const seconds = (performance.now() - this.begun) / 1000;
    const answers = await Promise.all(this.#phase);
    if (this.#failure) throw this.#failure;
    const expected = seconds * this.#rate;
    if (answers.length < REQUESTS_AT_LEAST * expected) {
      throw new Error(`${answers.length} requests were sent, ${Math.round(expected)} were due`);
    }
    return figures(answers);
  }
}

function figures(answers) {
  const sorted = answers.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  const at = (share) => sorted[Math.ceil(share * sorted.length) - 1];
  return {
    requests: sorted.length,
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
    max: sorted.at(-1),
    senderLateMs: Math.max(...answers.map(({ sentMs }) => sentMs)),
  };
}

let running;
const load = {
  start(options) {
    running = new Load(options);
    return {};
  },
  begin() {
    running.begin();
    return {};
  },
  end: () => running.end(),
};

// --- Both, as children of the one that measures ----------------------------------------------

/** Answers the parent's messages `{ call, ...options }` by the functions of a role. */
function play(role) {
  process.on('message', async ({ call, ...options }) => {
    try {
      process.send({ ok: await role[call](options) });
    } catch ({ message, stack }) {
      process.send({ error: `${message}\n${stack}` });
    }
  });
  process.on('disconnect', () => process.exit());
}

class Actor {
  #child;

  constructor(role) {
    const execArgv = ['--expose-gc', '--max-old-space-size=6000'];
    this.#child = fork(__filename, ['--role', role], { execArgv });
    this.role = role;
  }

  ask(call, options) {
    return new Promise((resolve, reject) => {
      const ended = (code, signal) =>
        reject(new Error(`the ${this.role} ended: ${signal ?? code}`));
      this.#child.once('exit', ended);
      this.#child.once('message', ({ ok, error }) => {
        this.#child.off('exit', ended);
        if (error) reject(new Error(`the ${this.role} failed: ${error}`));
        else resolve(ok);
      });
      this.#child.send({ call, ...options });
    });
  }

  end() {
    this.#child.kill('SIGKILL');
  }
}

// --- Who measures ----------------------------------------------------------------------------

/** One server under load through all phases: `{ [phase]: figures }`. */
async function measureRound({ heap, rate, seconds, dir }) {
  const [serving, loading] = [new Actor('server'), new Actor('load')];
  try {
    const { port, heapUsed } = await serving.ask('start', { heap });
    await loading.ask('start', { port, rate });
    await wait(WARM_UP_MS);
    const found = {};
    for (const phase of Object.keys(PHASES)) {
      await loading.ask('begin');
      const server = await serving.ask('phase', { phase, seconds, dir });
      found[phase] = { ...server, ...(await loading.ask('end')), heapUsed };
      await wait(REST_MS);
    }
    return found;
  } finally {
    serving.end();
    loading.end();
  }
}

/** Small ratios as the others tell them: 1/272. */
function part(value, base) {
  const ratio = value / base;
  return ratio < 0.1 ? `1/${Math.round(1 / ratio)}` : ratio.toFixed(2);
}

const digits = (value) => value.toFixed(value < 100 ? 1 : 0);

function table(rounds) {
  const found = Object.keys(PHASES).map((phase) => [
    phase,
    medians(rounds.map((round) => onlyNumbers(round[phase]))),
  ]);
  const base = found.find(([phase]) => phase === BASE)[1];
  const shown = ['p50', 'p99', 'p999', 'max', 'stopMs'];
  const titles = ['p50 ms', 'p99 ms', 'p99.9 ms', 'max ms', 'longest stop ms'];
  const head = ['', 'seconds', 'requests', ...titles.flatMap((title) => [title, 'ratio'])];
  const lines = found.map(([phase, one]) => {
    const figures = shown.flatMap((name) => [digits(one[name]), part(one[name], base[name])]);
    return row([phase, (one.tookMs / 1000).toFixed(1), Math.round(one.requests), ...figures]);
  });
  return [row(head), row(head.map((_, at) => (at === 0 ? '---' : '--:'))), ...lines].join('\n');
}

function onlyNumbers(figures) {
  return Object.fromEntries(
    Object.entries(figures).filter(([, value]) => typeof value === 'number'),
  );
}

/** What a reader needs to judge the table: the tool's own word, and what is the load's own fault. */
function remarks(rounds) {
  const byFork = rounds.map((round) => round['rsprof, by fork']);
  const list = (values) => values.map((value) => value.toFixed(1)).join(', ');
  const late = rounds.map((round) => Math.max(...Object.values(round).map((p) => p.senderLateMs)));
  return [
    `The fork's own word (pauseMs): ${list(byFork.map(({ pauseMs }) => pauseMs))} ms; forks tried: ${byFork.map(({ attempts }) => attempts).join(', ')}.`,
    `The load sent no request later than ${list(late)} ms after it was due.`,
  ].join('\n');
}

async function main(options) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-latency-'));
  const rounds = [];
  try {
    for (let round = 1; round <= options.rounds; round++) {
      console.error(`round ${round} of ${options.rounds}`);
      rounds.push(await measureRound({ ...options, dir }));
    }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
  const heapUsed = Math.round(rounds[0].nothing.heapUsed / 2 ** 20);
  const what = `Node ${process.version}, ${os.cpus().length} cores, ${heapUsed} MB of heap`;
  console.log(`${what}, ${options.rate} requests a second; medians of ${options.rounds} rounds.\n`);
  console.log(`${table(rounds)}\n\n${remarks(rounds)}`);
}

function parse() {
  const number = (value) => ({ type: 'string', default: value });
  const { values } = parseArgs({
    options: {
      rounds: number('3'),
      heap: number('200'),
      rate: number('300'),
      seconds: number('10'),
      role: { type: 'string' },
    },
  });
  const { role, ...numbers } = values;
  const options = Object.entries(numbers).map(([name, text]) => {
    if (!(Number(text) > 0)) throw new Error(`--${name} must be a number above 0, not ${text}`);
    return [name, Number(text)];
  });
  return { role, ...Object.fromEntries(options) };
}

const { role, ...options } = parse();
if (role) play({ server, load }[role]);
else {
  main(options).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
