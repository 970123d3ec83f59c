'use strict';

/**
 * One open file: the process that keeps it, and the questions to it.
 *
 * @module
 */

const path = require('node:path');
const { onAbort } = require('../abort.js');
const { aborted } = require('../analysis-engine.js');
const { CODES, RsprofError } = require('../errors.js');
const { describeEnd, followComplaints, notStarted, spawnQuietly } = require('../quiet-process.js');
const { FrameReader } = require('./explorer-frames.js');

const CHILD = path.join(__dirname, 'explorer-child.js');

/** Questions that are answered side by side, and that wait. */
const MOST_AT_ONCE = 2;
const MOST_WAITING = 64;

/** A question that takes longer is not answered any more. */
const QUESTION_MS = 2 * 60_000;
const OPEN_MS = 15 * 60_000;

function fromChild({ code, message }) {
  const own = CODES.includes(code) ? code : 'ERR_RSPROF_INTERNAL';
  return new RsprofError(own, String(message));
}

function crashed(name, end) {
  const why = end.signal === 'SIGKILL' ? ' (the kernel does that when memory is short)' : '';
  const message = `the process that kept ${name} open ${describeEnd(end)}${why}; open the file again`;
  return new RsprofError('ERR_RSPROF_FORK', message);
}

function tooSlow(name, ms) {
  const message = `the process that kept ${name} open gave no answer for ${ms / 1000} s, and was ended; open the file again`;
  return new RsprofError('ERR_RSPROF_BUDGET', message);
}

function tooMany(name) {
  const message = `${MOST_WAITING} questions about ${name} wait for an answer; ask again later`;
  return new RsprofError('ERR_RSPROF_BUSY', message);
}

/** Ends by its child's end, or by {@link Session.end}; whoever waits is told why. */
class Session {
  #name;
  #onEnd;
  #child;
  #complaint = () => '';
  #nextId = 1;
  /** Asked, not sent yet. */
  #waiting = [];
  /** By their id: sent, not answered yet. Of an aborted one nobody waits any more. */
  #sent = new Map();
  #error = null;
  #settleGone;

  #gone = new Promise((resolve) => {
    this.#settleGone = resolve;
  });

  /**
   * Starts the process; nothing is read yet.
   *
   * @param {string} file
   * @param {(session: Session) => void} onEnd called once
   * @throws {RsprofError} ACCESS, FORK
   */
  constructor(file, onEnd) {
    this.#name = path.basename(file);
    this.#onEnd = onEnd;
    this.#child = spawnQuietly([CHILD], ['pipe', 'ignore', 'pipe', 'pipe']);
    this.#listen(this.#child);
    this.#hold();
  }

  #listen(child) {
    child.on('error', (error) => this.end(notStarted(error)));
    child.on('close', (code, signal) => {
      this.end(crashed(this.#name, { code, signal, complaint: this.#complaint() }));
    });
    child.on('exit', this.#settleGone);
    // Without a process there are no pipes; whatever goes wrong with them, the process ends with it.
    child.stdin?.on('error', () => {});
    if (child.stderr) this.#complaint = followComplaints(child.stderr);
    const reader = new FrameReader((head, body) => this.#receive(head, body));
    child.stdio?.[3]?.on('error', () => {}).on('data', (chunk) => this.#read(reader, chunk));
    if (child.pid === undefined) this.#settleGone();
  }

  #read(reader, chunk) {
    try {
      reader.push(chunk);
    } catch (error) {
      const message = `the process that kept ${this.#name} open talks nonsense: ${error.message}`;
      this.end(new RsprofError('ERR_RSPROF_INTERNAL', message, { cause: error }));
    }
  }

  get pid() {
    return this.#child.pid;
  }

  /** How many wait for an answer. */
  get pending() {
    const waitedFor = [...this.#sent.values()].filter(({ isDropped }) => !isDropped);
    return this.#waiting.length + waitedFor.length;
  }

  /** Waits until the process is gone. */
  gone() {
    this.#child.ref();
    return this.#gone;
  }

  get isOver() {
    return this.#error !== null;
  }

  /**
   * Asks the process.
   *
   * @param {string} question
   * @param {object} values
   * @param {{ signal?: AbortSignal, onProgress?: Function }} how an abort ends the waiting, not the process
   * @returns {Promise<Buffer>} JSON
   * @throws {RsprofError} what the process answers; ABORTED, BUSY, BUDGET, FORK; why the session has ended
   */
  ask(question, values, { signal, onProgress } = {}) {
    if (signal?.aborted) return Promise.reject(aborted(signal));
    if (this.isOver) return Promise.reject(this.#error);
    if (this.#waiting.length >= MOST_WAITING) return Promise.reject(tooMany(this.#name));
    return new Promise((resolve, reject) => {
      const asked = { id: this.#nextId++, question, values, resolve, reject, onProgress };
      asked.forget = onAbort(signal, () => this.#drop(asked, aborted(signal)));
      this.#waiting.push(asked);
      this.#sendNext();
    });
  }

  /** Ends the process, and tells `error` to all who wait. Only the first call counts. */
  end(error) {
    if (this.isOver) return;
    this.#error = error;
    this.#child.kill('SIGKILL');
    for (const asked of [...this.#sent.values(), ...this.#waiting]) this.#settle(asked, error);
    this.#sent.clear();
    this.#waiting = [];
    this.#hold();
    this.#onEnd(this);
  }

  #sendNext() {
    while (this.#waiting.length > 0 && this.#sent.size < MOST_AT_ONCE) {
      const asked = this.#waiting.shift();
      this.#sent.set(asked.id, asked);
      const ms = asked.question === 'open' ? OPEN_MS : QUESTION_MS;
      asked.timeout = setTimeout(() => this.end(tooSlow(this.#name, ms)), ms).unref();
      const { id, question, values } = asked;
      this.#write({ id, question, values });
    }
    this.#hold();
  }

  #write(line) {
    this.#child.stdin?.write(`${JSON.stringify(line)}\n`);
  }

  #drop(asked, error) {
    asked.reject(error);
    asked.isDropped = true;
    if (this.#sent.has(asked.id)) this.#write({ cancel: asked.id });
    else this.#waiting = this.#waiting.filter((one) => one !== asked);
    this.#hold();
  }

  #receive({ id, error, progress }, body) {
    const asked = this.#sent.get(id);
    if (!asked) return;
    if (progress) {
      if (!asked.isDropped) asked.onProgress?.(progress);
      return;
    }
    this.#sent.delete(id);
    this.#settle(asked, error ? fromChild(error) : null, body);
    this.#sendNext();
  }

  #settle(asked, error, body) {
    clearTimeout(asked.timeout);
    asked.forget?.();
    if (error) asked.reject(error);
    else asked.resolve(body);
  }

  /** This process is kept alive by who waits, never by a file that is only open. */
  #hold() {
    const child = this.#child;
    const handles = [child, child.stdin, child.stderr, child.stdio?.[3]];
    const act = this.pending > 0 ? 'ref' : 'unref';
    for (const handle of handles) handle?.[act]?.();
  }
}

module.exports = { MOST_AT_ONCE, MOST_WAITING, Session };
