'use strict';

/**
 * Captures that are open for questions, each in a process of its own: neither the heap nor the event loop
 * of this process feels how large they are, and a capture that is too much for its process is an error to
 * whoever asks, no more.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { onAbort } = require('../abort.js');
const { aborted } = require('../analysis-engine.js');
const { diffInProcess } = require('../analysis-process.js');
const { RsprofError, invalidArgument } = require('../errors.js');
const { availableBytes: availableHere } = require('../forecast.js');
const { readError } = require('../heap-file.js');
const { OPTIONS } = require('../options.js');
const { Reporter } = require('../progress.js');
const { memoryFor } = require('./explorer-memory.js');
const { QUESTIONS, readQuestion } = require('./explorer-questions.js');
const { Session } = require('./explorer-session.js');

const IDLE_MS = 5 * 60_000;

/** After which a comparison is ended. */
const COMPARISON_SECONDS = 15 * 60;

function notOpen(file, why = 'it was not opened, or not used for a while') {
  const message = `${path.basename(file)} is not open: ${why}; open it (again)`;
  return new RsprofError('ERR_RSPROF_NOT_OPEN', message);
}

/** A file by its content, as far as the system tells: one that was written anew is another one. */
async function identify(file) {
  try {
    const { dev, ino, size, mtimeMs } = await fs.promises.stat(file);
    return `${dev}:${ino}:${size}:${mtimeMs}`;
  } catch (error) {
    throw readError(error, file);
  }
}

/** One that is open, or is being opened. Whoever opens it meanwhile waits for the same. */
class OpenCapture {
  file;
  identity;
  kind = null;
  report = null;
  #onEnd;
  #session = null;
  #error = null;
  #controller = new AbortController();
  #followers = new Set();
  #idle;
  #idleMs;
  #opened;

  constructor(file, identity, { idleMs, onEnd }) {
    Object.assign(this, { file, identity });
    this.#idleMs = idleMs;
    this.#onEnd = onEnd;
  }

  /** @param {() => Promise<number>} admit gives the memory that the process may take */
  begin(admit) {
    this.#opened = this.#open(admit);
    // Who waits is told; with nobody there it is over, too.
    this.#opened.catch((error) => this.end(error));
  }

  async #open(admit) {
    const memory = await admit();
    if (this.#error) throw this.#error;
    this.#session = new Session(this.file, () => this.end(notOpen(this.file)));
    const onProgress = (progress) => {
      for (const follower of this.#followers) follower.report(progress);
    };
    const { signal } = this.#controller;
    const values = { path: this.file, memory };
    const answer = await this.#session.ask('open', values, { signal, onProgress });
    this.kind = JSON.parse(answer).kind;
    this.report = await this.#session.ask('report', {}, { signal });
    this.#rest();
  }

  get isOpen() {
    return this.report !== null && this.#error === null;
  }

  /** Of its process, once there is one. */
  get pid() {
    return this.#session?.pid;
  }

  /** Waits until its process is gone, too. */
  async gone() {
    await this.#session?.gone();
  }

  /** Waits until it is open. When nobody waits any more before it is, it is not wanted. */
  async wait({ signal, onProgress }) {
    const follower = new Reporter(onProgress);
    this.#followers.add(follower);
    let forget;
    const abort = new Promise((_, reject) => {
      forget = onAbort(signal, () => reject(aborted(signal)));
    });
    try {
      await Promise.race([this.#opened, abort]);
    } finally {
      forget();
      this.#followers.delete(follower);
      if (this.#followers.size === 0 && !this.isOpen) this.end(notOpen(this.file));
    }
    this.#rest();
  }

  async ask(question, values, how) {
    clearTimeout(this.#idle);
    try {
      return await this.#session.ask(question, values, how);
    } finally {
      this.#rest();
    }
  }

  /** Has it closed when nobody has asked for a while. */
  #rest() {
    clearTimeout(this.#idle);
    if (this.#error || this.#session.pending > 0) return;
    this.#idle = setTimeout(() => this.end(notOpen(this.file)), this.#idleMs).unref();
  }

  /** Closes it; `error` is what they are told who wait. */
  end(error) {
    if (this.#error) return;
    this.#error = error;
    clearTimeout(this.#idle);
    this.#session?.end(error);
    this.#onEnd(this);
  }
}

class Explorer {
  /** By path, the least recently used first. */
  #captures = new Map();
  #idleMs;
  #most;
  #availableBytes;
  #isClosed = false;

  /**
   * Starts nothing.
   *
   * @param {object} [options]
   * @param {number} [options.idleMs] after which a file that nobody asks about is closed
   * @param {number} [options.most] files that are open at once
   * @param {() => number} [options.availableBytes] memory that is left
   */
  constructor({ idleMs = IDLE_MS, most = 2, availableBytes = availableHere } = {}) {
    this.#idleMs = idleMs;
    this.#most = most;
    this.#availableBytes = availableBytes;
  }

  /**
   * Opens a capture, or keeps it open: the file that was used least recently is closed for one too many.
   *
   * @param {string} file
   * @param {object} [how]
   * @param {AbortSignal} [how.signal] of this call; the file is closed when no other call waits for it
   * @param {(progress: { phase: string, percent: number }) => void} [how.onProgress]
   * @returns {Promise<object>} the report, as of `analyze()`
   * @throws {RsprofError} ABORTED, BUDGET where memory is short, NOT_FOUND, ACCESS, FORK, and those of `analyze()`
   */
  async open(file, { signal, onProgress } = {}) {
    return JSON.parse(await this.#open(file, { signal, onProgress }));
  }

  async #open(file, how) {
    if (how.signal?.aborted) throw aborted(how.signal);
    const name = path.resolve(file);
    const identity = await identify(name);
    if (this.#isClosed) throw notOpen(name, 'the explorer was closed');
    const capture = this.#capture(name, identity);
    await capture.wait(how);
    return capture.report;
  }

  /** The one that is there, or a new one; now the one most recently used. */
  #capture(name, identity) {
    const known = this.#captures.get(name);
    if (known?.identity === identity) {
      this.#touch(known);
      return known;
    }
    known?.end(notOpen(name, 'the file has changed'));
    const onEnd = (ended) => this.#forget(ended);
    const capture = new OpenCapture(name, identity, { idleMs: this.#idleMs, onEnd });
    this.#captures.set(name, capture);
    capture.begin(() => this.#admit(capture));
    return capture;
  }

  #touch(capture) {
    this.#captures.delete(capture.file);
    this.#captures.set(capture.file, capture);
  }

  #forget(capture) {
    if (this.#captures.get(capture.file) === capture) this.#captures.delete(capture.file);
  }

  /** Makes room: for one more process, and in memory. */
  async #admit(capture) {
    while (this.#captures.size > this.#most) await this.#closeOldest(capture);
    for (;;) {
      try {
        return await memoryFor([capture.file], this.#availableBytes);
      } catch (error) {
        const canHelp = error.code === 'ERR_RSPROF_BUDGET' && this.#captures.size > 1;
        if (!canHelp || !(await this.#closeOldest(capture))) throw error;
      }
    }
  }

  /** @returns {Promise<boolean>} whether there was one besides `but` */
  async #closeOldest(but) {
    const oldest = [...this.#captures.values()].find((one) => one !== but);
    if (!oldest) return false;
    oldest.end(notOpen(oldest.file, 'it was closed for another file'));
    await oldest.gone();
    return true;
  }

  /** @returns {{ file: string, pid: number|undefined, isOpen: boolean }[]} what is open, or being opened */
  get processes() {
    return [...this.#captures.values()].map(({ file, pid, isOpen }) => ({ file, pid, isOpen }));
  }

  /**
   * @param {string} file
   * @returns {boolean} whether questions are answered
   */
  isOpen(file) {
    return this.#captures.get(path.resolve(file))?.isOpen ?? false;
  }

  /**
   * Asks about an open file; see `explorer-questions.js` for what there is to ask.
   *
   * @param {string} file
   * @param {'report'|'inspect'|'classes'|'objects'|'dominators'|'flame'} question
   * @param {object} [given] its arguments; numbers may be texts
   * @param {{ signal?: AbortSignal }} [how] ends the waiting
   * @returns {Promise<Buffer>} the answer as JSON, ready to be sent on without a look into it
   * @throws {RsprofError} NOT_OPEN, INVALID_ARG, ABORTED, BUSY, BUDGET, FORK
   */
  async askForJson(file, question, given, { signal } = {}) {
    const values = readQuestion(question, given);
    const capture = this.#captures.get(path.resolve(file));
    if (!capture?.isOpen) throw notOpen(file);
    this.#touch(capture);
    const { kind } = QUESTIONS[question];
    if (kind && kind !== capture.kind) {
      const what = kind === 'profile' ? 'a profile' : 'a heap snapshot';
      throw invalidArgument(
        `${path.basename(file)} is not ${what}: it cannot be asked '${question}'`,
      );
    }
    if (question === 'report') return capture.report;
    return capture.ask(question, values, { signal });
  }

  /**
   * The same as an object.
   *
   * @returns {Promise<object>}
   */
  async ask(file, question, given, how) {
    return JSON.parse(await this.askForJson(file, question, given, how));
  }

  /**
   * Exports a profile, which is opened if it is not.
   *
   * @param {string} file
   * @param {'pprof'|'speedscope'|'folded'|'chrome'|'html'} format
   * @param {string} out path of the file to write, which is replaced; its folder exists
   * @param {{ signal?: AbortSignal }} [how]
   * @throws {RsprofError} INVALID_ARG, those of {@link Explorer.open} and of `exportProfile()`
   */
  async exportTo(file, format, out, { signal } = {}) {
    if (!OPTIONS.format.values.includes(format)) {
      const formats = OPTIONS.format.values.join(', ');
      throw invalidArgument(`there is no format '${format}'; there are ${formats}`);
    }
    await this.#open(file, { signal });
    const capture = this.#captures.get(path.resolve(file));
    if (!capture?.isOpen) throw notOpen(file);
    if (capture.kind !== 'profile') {
      throw invalidArgument(`${path.basename(file)} is not a profile: it cannot be exported`);
    }
    await capture.ask('export', { format, out: path.resolve(out) }, { signal });
  }

  /**
   * Compares two captures of a kind, in a process that ends then.
   *
   * @param {string} before the older one
   * @param {string} after
   * @param {{ signal?: AbortSignal }} [how]
   * @returns {Promise<object>} as `diff()`
   * @throws {RsprofError} BUDGET where memory is short, ABORTED, FORK, those of `diff()`
   */
  async compare(before, after, { signal } = {}) {
    const files = [path.resolve(before), path.resolve(after)];
    await memoryFor(files, this.#availableBytes);
    return diffInProcess(...files, { signal, seconds: COMPARISON_SECONDS });
  }

  /**
   * Closes a file, as when it is removed.
   *
   * @param {string} file
   */
  forget(file) {
    this.#captures.get(path.resolve(file))?.end(notOpen(file, 'it was closed'));
  }

  /** Closes all files, for good. */
  close() {
    this.#isClosed = true;
    for (const capture of [...this.#captures.values()]) {
      capture.end(notOpen(capture.file, 'the explorer was closed'));
    }
  }
}

module.exports = { Explorer };
