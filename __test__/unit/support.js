'use strict';

/** What the unit tests share: temporary folders, and a backend of which every failure can be asked for. */

const assert = require('node:assert/strict');
const { getEventListeners } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const backends = require('../../lib/backend.js');
const { abortedError } = require('../../lib/abort.js');

/** A folder that goes with the test. */
function tempDir(t) {
  const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'rsprof-unit-')));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A promise with its ends outside. */
function deferred() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  parts.promise.catch(() => {});
  return parts;
}

const SNAPSHOT_REPORT = Object.freeze({
  bytes: 4,
  rawBytes: 40,
  sha256: 'ab'.repeat(32),
  nodeCount: 3,
  edgeCount: 2,
  topClasses: [{ name: 'Room', count: 1, selfSize: 24 }],
  pauses: { graphMs: 1, serializeMs: 2, releaseMs: 4 },
  serializedOn: 'thread',
  strategy: 'inline',
});

const PROFILE_REPORT = Object.freeze({
  bytes: 4,
  rawBytes: 40,
  sha256: 'cd'.repeat(32),
  nodeCount: 3,
  sampleCount: 7,
  totalBytes: 99,
  startTime: 1,
  endTime: 2,
  truncated: 0,
  topFunctions: [],
  stopMs: 0.5,
});

/** Ends when the test says so (`end`), or at once; counts what is called. */
class FakeRecording {
  calls = [];
  startMs = 0.25;
  logging = 'eager';
  #ended = deferred();

  constructor(request, { report, wait = false, blocks = [] }) {
    this.request = request;
    this.report = report;
    this.blocks = [...blocks];
    this.done = this.#ended.promise;
    if (!wait) this.end();
  }

  end(error) {
    if (error) this.#ended.reject(error);
    else {
      if (this.request.target) fs.writeFileSync(this.request.target, 'data');
      this.#ended.resolve(this.report);
    }
  }

  progress() {
    return { done: 1, total: 4, rawBytes: 10, finished: false };
  }

  abort() {
    this.calls.push('abort');
    this.end(abortedError());
  }

  abortSync() {
    this.calls.push('abortSync');
  }

  cancel() {
    this.calls.push('cancel');
  }

  async read() {
    return this.blocks.shift() ?? null;
  }

  stop({ target }) {
    this.calls.push('stop');
    this.request.target = target;
    return this.stopped ? this.stopped(target) : Promise.resolve().then(() => this.#write(target));
  }

  #write(target) {
    fs.writeFileSync(target, 'data');
    return this.report;
  }
}

/**
 * Puts a fake backend in the place of the real one until the test ends.
 *
 * @param {object} how `wait`: snapshots end only by `end()`; `start`: called at each start, may throw;
 *   `blocks`: what a stream yields
 * @returns {{ recordings: FakeRecording[] }}
 */
function useFakeBackend(t, how = {}) {
  const recordings = [];
  const begin = (request, report) => {
    how.start?.(request);
    const recording = new FakeRecording(request, { report, ...how });
    recordings.push(recording);
    return recording;
  };
  const backend = {
    name: 'native',
    takeSnapshot: (request) => begin(request, SNAPSHOT_REPORT),
    startCpuProfile: (request) => begin(request, PROFILE_REPORT),
    startHeapProfile: (request) => begin(request, PROFILE_REPORT),
  };
  const { current } = backends;
  backends.current = () => backend;
  t.after(() => {
    backends.current = current;
  });
  return { recordings, backend };
}

/** Waits until `condition` holds. */
async function until(condition, ms = 5000) {
  const end = Date.now() + ms;
  while (!condition()) {
    assert.ok(Date.now() < end, `waited in vain for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** How many listeners `signal` has. */
function listeners(signal) {
  return getEventListeners(signal, 'abort').length;
}

/** Timers that were set and neither cleared nor (for one-shot timers) over; from now until the test ends. */
function pendingTimers(t) {
  const pending = new Set();
  const { setTimeout: later, setInterval: always, clearTimeout } = globalThis;
  const track = (timer) => {
    pending.add(timer);
    return timer;
  };
  const once = (callback, ...rest) => {
    const timer = later(
      () => {
        pending.delete(timer);
        callback();
      },
      ...rest,
    );
    return track(timer);
  };
  const clear = (timer) => {
    pending.delete(timer);
    clearTimeout(timer);
  };
  t.mock.method(globalThis, 'setTimeout', once);
  t.mock.method(globalThis, 'setInterval', (...rest) => track(always(...rest)));
  t.mock.method(globalThis, 'clearTimeout', clear);
  t.mock.method(globalThis, 'clearInterval', clear);
  return pending;
}

/** A check for assert.rejects / assert.throws. */
function code(name, more = () => true) {
  return (error) => {
    assert.equal(error.name, 'RsprofError', error.stack);
    assert.equal(error.code, `ERR_RSPROF_${name}`, error.stack);
    return more(error) !== false;
  };
}

/** Nothing of a capture is left: no exit listener, gates open. */
function assertIdle() {
  assert.equal(
    process.listeners('exit').filter((listener) => listener.name === 'runAll').length,
    0,
  );
  for (const gate of Object.values(globalThis[Symbol.for('rsprof.gate/1')] ?? {})) {
    assert.deepEqual(
      { busy: gate.busy, waiting: gate.waiting.length },
      { busy: false, waiting: 0 },
    );
  }
  assert.equal(globalThis[Symbol.for('rsprof.partials/1')]?.size ?? 0, 0);
}

module.exports = {
  assertIdle,
  code,
  deferred,
  listeners,
  pendingTimers,
  tempDir,
  until,
  useFakeBackend,
};
