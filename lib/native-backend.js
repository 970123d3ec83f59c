'use strict';

/**
 * The backend on the Rust addon. Requiring this file loads it.
 *
 * @module
 */

const { performance } = require('node:perf_hooks');
const { getSystemErrorName } = require('node:util');
const addon = require('../native/index.js');
const { abortedError } = require('./abort.js');
const { CODES, RsprofError, fromSystemError, toRsprofError } = require('./errors.js');
const { finishSerializing, guard, inspectorIsOpen } = require('./inspector-guard.js');
const { labelSets, recordingStarts } = require('./label-recorder.js');
const { finalName } = require('./naming.js');

const NAME = 'native';

/** V8's flags by the name of the option. */
const COLLECTED = Object.freeze({ major: 1, all: 2 });

/**
 * Whether the addon knows the V8 of this process.
 *
 * @param {boolean} allowUntested serve a V8 that was never tested too
 * @returns {{ supported: boolean, reason: string }}
 */
function probe(allowUntested) {
  const { supported, reason } = addon.probe(allowUntested);
  return { supported, reason };
}

/** `ENOSPC` for 28; undefined for what is no system error. */
function systemCode(errno) {
  return Number.isInteger(errno) && errno > 0 ? getSystemErrorName(-errno) : undefined;
}

/**
 * An error of the addon. Where it names a system error, code and advice are that one's, unless the
 * addon's own code says more.
 */
function fromOutcome({ code, message, errno }, target) {
  const system = systemCode(errno);
  const own = CODES.includes(code) ? code : 'ERR_RSPROF_INTERNAL';
  if (!system) return new RsprofError(own, message);
  const cause = Object.assign(new Error(message), { code: system, errno: -errno });
  const error = fromSystemError(cause, 'write', target ? finalName(target) : 'the stream');
  return own === 'ERR_RSPROF_IO' || own === error.code
    ? error
    : new RsprofError(own, message, { cause });
}

/** The report of an outcome. */
function unwrap({ ok, error }, target) {
  if (error) throw fromOutcome(error, target);
  return ok;
}

/** Calls the addon; what it throws becomes an RsprofError. */
function call(action, work) {
  try {
    return work();
  } catch (error) {
    throw toRsprofError(error, action);
  }
}

class SnapshotRecording {
  #native;
  #request;
  #endGuard = () => {};
  #waitedMs = 0;

  constructor(native, request) {
    this.#native = native;
    this.#request = request;
    if (!request.serializeOnMain) this.#endGuard = guard(this);
    this.done = this.#finish();
  }

  async #finish() {
    let releaseMs = 0;
    let outcome;
    try {
      outcome = await this.#native.done();
    } finally {
      // V8's snapshot goes on this thread, and only when nobody reads it any more.
      releaseMs = this.#native.release();
      this.#endGuard();
    }
    return this.#report(unwrap(outcome, this.#request.path), releaseMs);
  }

  #report(report, releaseMs) {
    const { serializeMs, ...figures } = report;
    const { serializeOnMain } = this.#request;
    const paused = (serializeOnMain ? serializeMs : 0) + this.#waitedMs;
    const pauses = { graphMs: this.#native.graphMs, serializeMs: paused, releaseMs };
    const serializedOn = serializeOnMain ? 'main' : 'thread';
    return { ...figures, pauses, serializedOn, strategy: 'inline' };
  }

  /** For the guard: blocks until V8's snapshot is no longer read. The wait counts as a pause. */
  finishSerializing() {
    const begin = performance.now();
    this.#native.finishSerializing();
    this.#waitedMs += performance.now() - begin;
  }

  progress() {
    return this.#native.progress();
  }

  abort() {
    this.#native.abort();
  }

  abortSync() {
    this.#native.release();
  }

  read() {
    return this.#native.read();
  }
}

/** Errors after which another fork may well work. */
const passing = new WeakSet();

/** One forked child. */
class ForkAttempt {
  #native;
  #request;
  #setStarted;
  #started = new Promise((resolve) => {
    this.#setStarted = resolve;
  });
  #aborted = false;
  #forkMs = 0;
  #releaseMs = 0;

  constructor(native, request) {
    this.#native = native;
    this.#request = request;
    this.done = this.#finish();
  }

  async #finish() {
    const native = this.#native;
    try {
      const failure = await native.prepared();
      if (failure) throw fromOutcome(failure);
      if (this.#aborted) throw abortedError();
      const report = this.#report(this.#unwrap(await this.#fork()));
      report.pauses.releaseMs = this.#release();
      return report;
    } catch (error) {
      this.#release();
      throw error;
    } finally {
      this.#setStarted(false);
    }
  }

  #fork() {
    const begin = performance.now();
    try {
      call('fork the process', () => this.#native.start(this.#request));
    } finally {
      this.#forkMs = performance.now() - begin;
    }
    this.#setStarted(true);
    return this.#native.done();
  }

  #unwrap({ ok, error }) {
    if (!error) return ok;
    const failure = fromOutcome(error, this.#request.path);
    if (error.passing) passing.add(failure);
    throw failure;
  }

  #report({ snapshot, classes, ...child }) {
    const { prepareMs, graphMs, writeMs, confined, addedBytes, spilledBytes } = child;
    const { serializeMs = writeMs, ...figures } = snapshot ?? classes;
    const pauses = { forkMs: this.#forkMs, graphMs: 0, serializeMs: 0, releaseMs: 0 };
    const childMs = { prepareMs, graphMs, serializeMs };
    const fork = { childMs, addedBytes, spilledBytes: spilledBytes ?? null, confined };
    return { ...figures, pauses, fork, serializedOn: 'child', strategy: 'fork' };
  }

  #release() {
    this.#releaseMs += this.#native.release();
    return this.#releaseMs;
  }

  /** How long this thread stood still so far, in milliseconds. */
  pauseMs() {
    return this.#forkMs + this.#releaseMs;
  }

  progress() {
    return this.#native.progress();
  }

  abort() {
    this.#aborted = true;
    this.#native.abort();
  }

  abortSync() {
    this.#aborted = true;
    this.#release();
  }

  async read() {
    return (await this.#started) ? this.#native.read() : null;
  }
}

/** The addon's recording of a CPU profile, with what `label()` knows. */
class LabelledRecording {
  #native;
  #leave = recordingStarts(addon);

  constructor(native) {
    this.#native = native;
  }

  get startMs() {
    return this.#native.startMs;
  }

  get stopMs() {
    return this.#native.stopMs;
  }

  stop(file) {
    const settled = this.#native.stop(file, labelSets());
    this.#leave();
    return settled;
  }

  release() {
    this.#leave();
    return this.#native.release();
  }
}

/** What a CPU profile and a heap profile have in common. */
class ProfileRecording {
  #native;
  #convert;

  /**
   * @param {object} native recording of the addon
   * @param {(figures: object) => object} convert its figures to those of a report
   */
  constructor(native, convert) {
    this.#native = native;
    this.#convert = convert;
    this.startMs = native.startMs;
  }

  async stop({ target, compression, level }) {
    const native = this.#native;
    try {
      const settled = native.stop({ path: target, compression, level });
      const { stopMs } = native;
      return { ...this.#convert(unwrap(await settled, target)), stopMs };
    } catch (error) {
      throw toRsprofError(error, 'write the profile');
    } finally {
      native.release();
    }
  }

  cancel() {
    this.#native.release();
  }

  abortSync() {
    this.#native.release();
  }
}

/** The addon counts hits: the time of the profile is shared out by them. */
function cpuReport({ hits, busyHits, topFunctions, ...figures }) {
  const totalMs = (figures.endTime - figures.startTime) / 1000;
  const convert = ({ weight, ...frame }) => ({
    ...frame,
    selfMs: (totalMs * weight) / hits,
    share: weight / busyHits,
  });
  return { ...figures, topFunctions: topFunctions.map(convert) };
}

function heapReport({ topFunctions, ...figures }) {
  const { totalBytes } = figures;
  const convert = ({ weight, ...frame }) => ({
    ...frame,
    bytes: weight,
    share: weight / totalBytes,
  });
  return { ...figures, topFunctions: topFunctions.map(convert) };
}

/** @returns {SnapshotRecording} see lib/snapshot-strategy.js */
function takeSnapshot({ target, compression, level, numericValues, exposeInternals, redactKey }) {
  const serializeOnMain = inspectorIsOpen() || addon.tracksAllocations();
  const request = { compression, level, numericValues, exposeInternals, serializeOnMain };
  if (target !== null) request.path = target;
  if (redactKey) request.redactKey = redactKey;
  const native = call('take the heap snapshot', () => addon.takeSnapshot(request));
  return new SnapshotRecording(native, request);
}

/**
 * Writes a snapshot before it returns: this thread stops until the last byte is on the disk.
 *
 * @param {{ target: string, redactKey: Buffer|null }} request `target`: an existing, empty file
 * @throws {RsprofError} DISK_FULL, ACCESS, IO, UNSUPPORTED and others
 */
function writeSnapshotSync({ target, redactKey }) {
  const plain = { compression: 'none', level: 1, numericValues: false, exposeInternals: false };
  const request = { ...plain, path: target, serializeOnMain: true };
  if (redactKey) request.redactKey = redactKey;
  finishSerializing();
  const native = call('take the heap snapshot', () => addon.takeSnapshot(request));
  try {
    unwrap(
      call('write the heap snapshot', () => native.wait()),
      target,
    );
  } finally {
    native.release();
  }
}

/** @returns {{ nodes: number, bytes: number, compare(): object }} as of lib/inspector/heap-marks.js */
function markHeap() {
  finishSerializing();
  const marks = call('look at the heap', () => addon.markHeap());
  const compare = () => {
    finishSerializing();
    return call('look at the heap', () => marks.compare());
  };
  return { nodes: marks.nodes, bytes: marks.bytes, compare };
}

/** @returns {{ take(): number[][] }} see src/bindings/collections.rs */
function followCollections() {
  return call('follow the garbage collections', () => new addon.FullCollections());
}

/** @returns {string|undefined} why this process cannot be forked for a snapshot */
function unforkable() {
  if (process.platform !== 'linux') return `${process.platform} has no fork that V8 survives`;
  return undefined;
}

/** @returns {ForkAttempt} see lib/fork-recording.js */
function forkSnapshot({ target, tempDir, redactKey, budget, spill, classes, ...rest }) {
  const { compression, level, numericValues, exposeInternals, stableIds } = rest;
  const request = { compression, level, numericValues, exposeInternals, stableIds };
  request.budgetSeconds = budget.seconds;
  if (spill) request.spillDir = tempDir;
  if (budget.memory !== undefined) request.budgetMemory = budget.memory;
  if (target !== null) request.path = target;
  if (redactKey) request.redactKey = redactKey;
  if (classes) request.classes = { query: classes.query, head: classes.head() };
  return new ForkAttempt(
    call('prepare the fork', () => addon.planFork()),
    request,
  );
}

/**
 * Has a half-written file removed should this thread end (be terminated, say) before `end()`.
 *
 * @returns {{ end(): void }}
 */
function guardFile(path) {
  return call('guard the file', () => addon.guardFile(path));
}

/** @returns {{ disarm(): void }} see lib/out-of-memory.js */
function watchOutOfMemory(request) {
  return call('watch for out-of-memory', () => addon.watchOutOfMemory(request));
}

/** @returns {ProfileRecording} with `logging` */
function startCpuProfile({ interval, maxSamples, callerLines, eager }) {
  const request = { interval, maxSamples, callerLines, eager };
  const native = call('start the CPU profile', () => addon.startCpuProfile(request));
  const recording = new ProfileRecording(new LabelledRecording(native), cpuReport);
  recording.logging = eager ? 'eager' : 'lazy';
  return recording;
}

/** @returns {ProfileRecording} */
function startHeapProfile({ interval, stackDepth, includeCollected }) {
  const request = { interval, stackDepth, includeCollected: COLLECTED[includeCollected] ?? 0 };
  const native = call('start the heap profile', () => addon.startHeapProfile(request));
  return new ProfileRecording(native, heapReport);
}

module.exports = {
  name: NAME,
  followCollections,
  forkSnapshot,
  guardFile,
  markHeap,
  isPassing: (error) => passing.has(error),
  probe,
  queriesObjects: () => addon.queriesObjects(),
  startCpuProfile,
  startHeapProfile,
  takeSnapshot,
  unforkable,
  watchOutOfMemory,
  writeSnapshotSync,
};
