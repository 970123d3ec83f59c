'use strict';

/**
 * What every capture has, whatever it captures: a time, a file, a sidecar, messages, and an end that
 * leaves nothing behind.
 *
 * @module
 */

const path = require('node:path');
const { performance } = require('node:perf_hooks');
const { threadId } = require('node:worker_threads');
const { abortedError, onAbort } = require('./abort.js');
const backends = require('./backend.js');
const { publish } = require('./diagnostics.js');
const { toRsprofError } = require('./errors.js');
const { onExit } = require('./exit.js');
const { defaultName } = require('./naming.js');
const { OutputFile } = require('./output-file.js');
const { followProgress } = require('./progress.js');
const { processFigures, sidecarText } = require('./sidecar.js');
const { sweepOnce } = require('./sweep.js');

/** What each kind is called in messages. */
const TITLES = Object.freeze({
  heapSnapshot: 'take the heap snapshot',
  cpuProfile: 'record the CPU profile',
  heapProfile: 'record the heap profile',
  gcProfile: 'record the garbage collections',
  report: 'write the diagnostic report',
  classHistogram: 'count the classes',
});

let count = 0;

class Capture {
  #cleanups = [];
  #clock = performance.now();
  #startedAt = new Date();
  #processFigures = processFigures();
  #progress;

  /**
   * @param {'heapSnapshot'|'cpuProfile'|'heapProfile'|'gcProfile'|'report'|'classHistogram'} kind
   * @param {object} settings the options with their defaults
   * @param {AbortSignal} [signal] ends the capture; the option's by default
   */
  constructor(kind, settings, signal = settings.signal) {
    this.kind = kind;
    this.settings = settings;
    this.signal = signal;
    this.id = ++count;
  }

  /** Has `cleanup` called when the capture ends, however it ends; the newest first. */
  defer(cleanup) {
    this.#cleanups.push(cleanup);
  }

  /**
   * The backend of this thread. From here on the subscribers know of the capture.
   *
   * @throws {RsprofError} UNAVAILABLE; UNSUPPORTED for a compression it does not have
   */
  backend() {
    const backend = backends.current();
    this.backendName = backend.name;
    /** Has a partial file removed should the thread be terminated; not every backend can. */
    this.guardFile = backend.guardFile;
    backend.checkCompression?.(this.settings.compression);
    this.announce();
    return backend;
  }

  /** From here on the subscribers know of the capture. */
  announce() {
    publish('start', { ...this.#message(), reason: this.settings.reason });
  }

  /**
   * Checks where the file shall go, creates nothing but `dir`.
   *
   * @returns {OutputFile} discarded with the capture unless committed before
   * @throws {RsprofError} EXISTS, IS_DIRECTORY, NOT_FOUND, ACCESS, IO
   */
  openOutput() {
    const { path: file, dir, compression, overwrite, sidecar } = this.settings;
    const name = defaultName(this.kind, compression, this.#startedAt);
    const output = new OutputFile({
      file: file ?? path.join(dir, name),
      makeDir: file === undefined,
      overwrite,
      sidecar,
    });
    this.path = output.path;
    this.#untilTheEnd(() => output.discard());
    /** Settles when what dead processes left in the folder is gone; never rejects. */
    this.swept = sweepOnce(output.dir);
    return output;
  }

  /**
   * Waits for a recording that runs by itself: aborts it with the signal, stops it at process exit,
   * reports its progress.
   *
   * @param {{ done: Promise<object>, abort(): void, abortSync(): void, progress(): object }} recording
   * @returns {Promise<object>} its report
   */
  async follow(recording) {
    this.#untilTheEnd(null, () => recording.abortSync());
    this.#progress = followProgress(recording, this.settings.onProgress);
    this.defer(() => this.#progress.stop());
    this.defer(onAbort(this.signal, () => recording.abort()));
    return recording.done;
  }

  /** Stops `recording` should the process exit before the capture ends. */
  abortAtExit(recording) {
    this.#untilTheEnd(null, () => recording.abortSync());
  }

  #untilTheEnd(cleanup, atExit = cleanup) {
    if (cleanup) this.defer(cleanup);
    this.defer(onExit(atExit));
  }

  /**
   * What the caller gets for a capture without a file.
   *
   * @param {object} figures of the recording
   * @returns {object} with the times and the names every result has
   */
  result(figures) {
    return {
      ...figures,
      durationMs: performance.now() - this.#clock,
      backend: this.backendName,
      compression: this.settings.compression,
      pid: process.pid,
      threadId,
      startedAt: this.#startedAt.toISOString(),
    };
  }

  /**
   * Puts file and sidecar in place.
   *
   * @param {OutputFile} output
   * @param {object} figures of the recording
   * @returns {Promise<object>} what the caller gets
   * @throws {RsprofError} EXISTS, DISK_FULL, ACCESS, IO; then neither is left
   */
  async commit(output, figures) {
    const result = this.result({ path: output.path, sidecar: output.sidecar, ...figures });
    const { kind, settings } = this;
    await output.commit(
      sidecarText({ kind, settings, result, processFigures: this.#processFigures }),
    );
    return result;
  }

  /**
   * Runs the capture (synchronously up to its first await) and ends it, however it ends.
   *
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   * @throws {RsprofError} whatever was thrown
   */
  async run(work) {
    try {
      const result = await work();
      this.#end();
      this.#progress?.finish(result.rawBytes);
      publish('end', { ...this.#message(), result });
      return result;
    } catch (error) {
      throw this.fail(error);
    }
  }

  /**
   * Ends the capture after a failure.
   *
   * @param {unknown} error
   * @returns {RsprofError} what to throw; `cause` is the signal's reason where it was aborted
   */
  fail(error) {
    this.#end();
    let failure = toRsprofError(error, TITLES[this.kind]);
    if (failure.code === 'ERR_RSPROF_ABORTED' && this.signal?.aborted)
      failure = abortedError(this.signal);
    publish('error', { ...this.#message(), error: failure });
    return failure;
  }

  #message() {
    return {
      kind: this.kind,
      id: this.id,
      backend: this.backendName,
      path: this.path,
      startedAt: this.#startedAt.toISOString(),
    };
  }

  #end() {
    for (const cleanup of this.#cleanups.splice(0).reverse()) cleanup();
  }
}

module.exports = { Capture };
