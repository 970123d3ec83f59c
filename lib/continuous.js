'use strict';

/**
 * `continuous()`: one window of profiles after the other, for as long as the process runs, into a ring on
 * disk and to Pyroscope.
 *
 * @module
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { onAbort, throwIfAborted } = require('./abort.js');
const { PushQueue } = require('./continuous-queue.js');
const { requireAddon } = require('./continuous-pprof.js');
const { Pusher, describe } = require('./continuous-pusher.js');
const { Pyroscope } = require('./continuous-pyroscope.js');
const { Reporter } = require('./continuous-reporter.js');
const { Ring } = require('./continuous-ring.js');
const { Window } = require('./continuous-window.js');
const { RsprofError, fromSystemError, invalidArgument } = require('./errors.js');
const { tryEnter } = require('./gate.js');
const { resolveOptions } = require('./options.js');
const { size } = require('./units.js');

const ASYNC_DISPOSE = Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose');

/** Windows that are being written at most; a disk that is slower than that makes windows longer. */
const MAX_CLOSING = 2;

/** A day: longer than any flush. */
const FAR_MS = 86_400_000;

/** What the options say together. */
function settle(options) {
  const settings = resolveOptions('continuous', options);
  const { cpu, heap, dir, push } = settings;
  if (!cpu && !heap) throw invalidArgument('continuous() needs cpu, heap or both');
  if (dir === undefined && !push) throw invalidArgument('continuous() needs dir, push or both');
  if (push) checkSecrets(push);
  if (cpu) cpu.interval ??= settings.interval;
  if (dir !== undefined) settings.dir = path.resolve(dir);
  return settings;
}

/** Two ways to say who one is are one too many. */
function checkSecrets({ token, basicAuth, headers, url }) {
  const inHeaders = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  const inUrl = url.username !== '' || url.password !== '';
  const ways = [token !== undefined, basicAuth !== undefined, inHeaders, inUrl];
  if (ways.filter(Boolean).length < 2) return;
  throw invalidArgument(
    "option 'push' of continuous() takes one of token, basicAuth, a name and password in url, and an " +
      'Authorization header',
  );
}

function makeFolder(dir) {
  try {
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fromSystemError(error, 'create the folder', dir);
  }
}

/** Somebody may have removed it meanwhile. Where it cannot be made the start of a window says so. */
function remakeFolder(dir) {
  try {
    makeFolder(dir);
  } catch {
    // See above.
  }
}

/** Bytes that are free for us in `dir`; Infinity where that cannot be told (Node before 18.15). */
function freeBytes(dir) {
  try {
    const { bavail, bsize } = fs.statfsSync(dir);
    return bavail * bsize;
  } catch {
    return Infinity;
  }
}

/** Continuous profiling of this thread, until it is stopped. */
class Continuous {
  #settings;
  #leave;
  #reporter;
  #dir;
  #ring;
  #queue;
  #pusher;
  #window;
  #timer;
  #nextAt = performance.now();
  #closing = 0;
  #chain = Promise.resolve();
  #ended = false;
  #settle;
  #forgetSignal = () => {};

  /**
   * Starts the first window.
   *
   * @param {object} settings of `continuous()`, with the defaults
   * @param {() => void} leave called when it has ended
   * @throws {RsprofError} as the start of a profile does; then nothing runs
   */
  constructor(settings, leave) {
    this.#settings = settings;
    this.#leave = leave;
    this.#reporter = new Reporter(settings.onError);
    this.#dir = settings.dir ?? os.tmpdir();
    /** Resolves with the last `stats()` when it has ended, whoever ended it. Never rejects. */
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#begin();
    if (settings.dir !== undefined) this.#openRing();
    if (settings.push) this.#openPush(settings.push);
    this.#schedule();
    this.#forgetSignal = onAbort(settings.signal, () => this.#abort());
    this.#reporter.tell('start');
  }

  #begin() {
    if (this.#settings.dir !== undefined) makeFolder(this.#dir);
    this.#window = new Window(this.#settings, this.#dir, Date.now());
    const [failure] = this.#window.failures;
    if (!failure) return;
    this.#window.cancel();
    throw failure.error;
  }

  #openRing() {
    this.#ring = new Ring(this.#settings);
    this.#chain = this.#prune();
  }

  #openPush(push) {
    this.#queue = new PushQueue(push.maxQueueBytes);
    const receiver = new Pyroscope(push, this.#settings.cpu?.interval);
    const [queue, reporter] = [this.#queue, this.#reporter];
    this.#pusher = new Pusher({ queue, receiver, settings: push, reporter });
  }

  /** The next turn; where the event loop stood still there is none to make up for. */
  #schedule() {
    const [now, length] = [performance.now(), this.#settings.window * 1000];
    this.#nextAt += length;
    if (this.#nextAt <= now) this.#nextAt = now + length;
    this.#timer = setTimeout(() => this.#turn(), this.#nextAt - now);
    this.#timer.unref();
  }

  /** From one window to the next. */
  #turn() {
    try {
      if (this.#closing < MAX_CLOSING) this.#close(this.#change());
      else this.#reporter.add('extended');
    } catch (error) {
      this.#reporter.fail(error);
    }
    this.#schedule();
  }

  /**
   * Starts a window and ends the one before, so that no moment is missed: CPU profiles overlap for as long
   * as this takes; of V8's allocation samplers there is only one.
   */
  #change() {
    const old = this.#window;
    old.until = Math.max(Date.now(), old.from);
    this.#endHeap(old);
    this.#window = this.#open(old.until);
    old.stop('cpu');
    return old;
  }

  /** Ends what cannot overlap; all of it where there is no room for it. */
  #endHeap(window) {
    if (this.#hasRoom()) window.stop('heap');
    else window.cancel();
  }

  #open(from) {
    if (this.#ring) remakeFolder(this.#dir);
    const window = new Window(this.#settings, this.#dir, from);
    for (const { kind, error } of window.failures) this.#fail(error, kind, window);
    return window;
  }

  #hasRoom() {
    const free = freeBytes(this.#dir);
    if (free >= this.#settings.minFreeBytes) return true;
    const message =
      `rsprof drops a window of continuous(): only ${size(free)} are free in ${this.#dir}, ` +
      `less than minFreeBytes (${size(this.#settings.minFreeBytes)}); free space or choose another dir`;
    this.#reporter.add('failed');
    this.#reporter.fail(new RsprofError('ERR_RSPROF_DISK_FULL', message));
    return false;
  }

  #fail(error, kind, { from, until }) {
    this.#reporter.add('failed');
    this.#reporter.fail(error, { kind, from, until });
  }

  #close(window) {
    this.#closing++;
    this.#chain = this.#chain
      .then(() => this.#finish(window))
      .catch((error) => this.#reporter.fail(error))
      .then(() => {
        this.#closing--;
      });
    return this.#chain;
  }

  async #finish(window) {
    const { from, until } = window;
    for await (const { kind, profile, error } of window.finish()) {
      if (error) this.#fail(error, kind, window);
      else this.#deliver({ kind, from, until, ...profile });
    }
    await this.#prune();
    this.#reporter.add('windows');
  }

  #deliver(profile) {
    if (this.#ring) {
      this.#reporter.add('written');
      this.#reporter.add('writtenBytes', profile.bytes);
    }
    this.#reporter.tell('window', { window: describe(profile) });
    if (!this.#queue) return;
    this.#drop(this.#queue.push(profile));
    this.#pusher.start();
  }

  async #prune() {
    const removed = await this.#ring?.prune();
    if (removed && this.#queue) this.#drop(this.#queue.forget(removed));
  }

  #drop(items) {
    for (const item of items) {
      this.#reporter.add('dropped');
      this.#reporter.tell('drop', { window: describe(item) });
    }
    if (items.length > 0) this.#reporter.fail(this.#lost(items.length));
  }

  #lost(count) {
    const limit = this.#ring ? 'keep and maxBytes' : 'push.maxQueueBytes';
    const message = `rsprof dropped ${count} unsent of continuous(), oldest first: ${limit} allow no more`;
    return new RsprofError('ERR_RSPROF_PUSH', message);
  }

  /** What happened so far. */
  stats() {
    return {
      ...this.#reporter.stats(),
      queued: this.#queue?.length ?? 0,
      queuedBytes: this.#queue?.bytes ?? 0,
      running: !this.#ended,
    };
  }

  /** Ends it: the window so far is written, and what waits is sent if that can be. Idempotent. */
  stop() {
    this.#end(async () => {
      const last = this.#window;
      last.until = Math.max(Date.now(), last.from);
      this.#endHeap(last);
      last.stop('cpu');
      await this.#close(last);
      await this.#pusher?.flush(this.#settings.push.flushTimeout * 1000);
    });
    return this.done;
  }

  /** Ends it for nothing. */
  #abort() {
    this.#end(async () => {
      this.#window.cancel();
      this.#pusher?.end();
      await this.#chain;
    });
  }

  /** Only the first end counts; its work runs synchronously up to its first await. */
  async #end(work) {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    const keepAlive = setInterval(() => {}, FAR_MS);
    try {
      await work();
    } catch (error) {
      this.#reporter.fail(error);
    }
    clearInterval(keepAlive);
    this.#conclude();
  }

  #conclude() {
    // Files of the ring stay, unsent; what is in memory goes with us.
    if (this.#queue && !this.#ring) this.#drop(this.#queue.clear());
    this.#forgetSignal();
    this.#leave();
    const stats = this.stats();
    this.#reporter.tell('end', { stats });
    this.#settle(stats);
  }

  async [ASYNC_DISPOSE]() {
    await this.stop();
  }
}

/**
 * Profiles this thread continuously. See index.d.ts.
 *
 * @param {object} options
 * @returns {Continuous}
 * @throws {RsprofError} synchronously
 */
function continuous(options) {
  const settings = settle(options);
  throwIfAborted(settings.signal);
  requireAddon();
  const leave = tryEnter('continuous profile');
  try {
    return new Continuous(settings, leave);
  } catch (error) {
    leave();
    throw error;
  }
}

module.exports = { continuous };
