'use strict';

/**
 * When a rule (or whoever presses a button of the profiler) may capture: how often, one at a time on the host, and how much of disk, memory and time.
 *
 * What is counted stands in a ledger that all processes of a folder share (lib/watch/ledger.js), and is
 * written before the capture begins: one that kills its process counts, too.
 *
 * @module
 */

const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');
const v8 = require('node:v8');
const backends = require('../backend.js');
const { toRsprofError } = require('../errors.js');
const { forecast, forkPauseMs, usedHeapBytes } = require('../forecast.js');
const { identity } = require('../process-identity.js');
const { unforkable } = require('../snapshot-strategy.js');
const { expectedBytes } = require('./budget.js');
const { CaptureFolder, RETRY_MS, whyFull } = require('./capture-folder.js');
const { diskSpace } = require('./disk.js');
const { whyNotNow } = require('./firings.js');
const { Gate } = require('./gate.js');
const { tryHostLock } = require('./host-lock.js');
const { Lease } = require('./lease.js');
const { readLimits, readRuleLimits } = require('./limit-options.js');
const { spellDuration } = require('./quantity.js');
const { Tally } = require('./tally.js');

/** When to ask again for a lock that another has: after so long, or up to twice that. */
const BUSY_RETRY_MS = 5000;

/** Looks for the lock at the start of a process, and the time between them: eight workers start at once. */
const START_ATTEMPTS = 5;
const START_RETRY_MS = 100;

/** Of the name of a rule this much counts: what the ledger keeps. */
const MAX_NAME = 200;

/** @typedef {{ limit: string, reason: string, until: number, code?: string }} Skipped */

/** Whether heap snapshots are by a child here. */
function canForkHere() {
  try {
    return unforkable(backends.current()) === undefined;
  } catch {
    return false;
  }
}

/** What a heap snapshot costs now. */
function forecastHere() {
  return {
    ...forecast(),
    heapBytes: usedHeapBytes(),
    heapLimitBytes: v8.getHeapStatistics().heap_size_limit,
    forkPauseMs: forkPauseMs(),
  };
}

function newName(sequence) {
  const { hostTag, pid, startTime, threadId } = identity();
  return `${hostTag}-${pid}-${startTime}-${threadId}-${sequence}`;
}

class Limits {
  #limits;
  #clock;
  #startedAt;
  #random;
  #lockOptions;
  #folder;
  #forecast;
  #canFork;
  #compression;
  #tally;
  #gate = new Gate();
  /** A lease is out, or asked for. */
  #isTaken = false;
  #sequence = 0;

  /**
   * @param {object} options
   * @param {string} options.dir of the captures
   * @param {object} [options.limits] as {@link readLimits} gives them
   * @param {() => number} [options.clock] ms since the epoch
   * @param {(file: string) => { release(): void }|null} [options.tryLockFile] the addon's flock; see
   *   lib/watch/file-lock.js for what is without it
   * @param {string} [options.tmpDir] of the host's lock
   * @param {(dir: string) => { freeBytes: number, totalBytes: number }} [options.freeBytes]
   * @param {() => object} [options.forecast] of a heap snapshot
   * @param {() => boolean} [options.canFork]
   * @param {'gzip'|'zstd'|'none'} [options.compression] of the captures
   * @param {() => Iterable<string>} [options.protect] paths of files that must stay, such as baselines
   * @param {(text: string) => void} [options.report] is told of trouble
   * @param {() => number} [options.random] from 0 to 1
   */
  constructor(options) {
    const { dir, limits = readLimits(), clock = Date.now, tryLockFile, tmpDir } = options;
    this.#limits = limits;
    this.#clock = clock;
    this.#startedAt = clock();
    this.#forecast = options.forecast ?? forecastHere;
    this.#canFork = options.canFork ?? canForkHere;
    this.#compression = options.compression ?? 'gzip';
    this.#random = options.random ?? Math.random;
    this.#tally = new Tally(options.report);
    this.#folder = new CaptureFolder(path.resolve(dir), {
      space: options.freeBytes ?? diskSpace,
      protect: options.protect,
      problem: (text) => this.#tally.problem(text, this.#clock()),
    });
    this.#lockOptions = { dir: this.#folder.dir, tryLockFile, tmpDir };
  }

  /**
   * Whether a rule need be asked for at all. In memory, next to free: for each evaluation.
   *
   * @param {string} rule its name
   * @param {number} now ms since the epoch
   * @param {boolean} [isUrgent] as `urgent` of {@link admit}
   * @returns {boolean} false before the moment at which it may fire again
   */
  mayFire(rule, now, isUrgent = false) {
    return this.#gate.isOpen(rule, now, isUrgent);
  }

  /**
   * Asks for the right to capture. Never rejects.
   *
   * @param {object} wish
   * @param {string} wish.rule its name
   * @param {object} [wish.limits] of the rule, as {@link readRuleLimits} gives them
   * @param {number} [wish.now] ms since the epoch
   * @param {boolean} [wish.urgent] a stuck loop, a full heap, a signal: the start's grace does not count
   * @param {string[]} [wish.kinds] of the captures to come: room is made for them
   * @returns {Promise<{ lease: Lease }|{ skipped: Skipped }>} a lease must be ended
   */
  async admit({ rule, limits, now = this.#clock(), urgent = false, kinds = ['heapSnapshot'] }) {
    const firing = { ...this.#firing(rule, limits, now), kinds };
    const early = this.#whyTooEarly(now, urgent) ?? this.#whyTaken(now);
    if (early) return this.#skip(rule, early, now);
    this.#isTaken = true;
    const { lease, skipped } = await this.#tryAdmit(firing);
    if (skipped) {
      this.#isTaken = false;
      return this.#skip(rule, skipped, now);
    }
    this.#tally.count('admitted');
    this.#gate.close(rule, now, now + firing.limits.cooldown);
    return { lease };
  }

  #firing(rule, limits, now) {
    return { rule: rule.slice(0, MAX_NAME), limits: { ...this.#limits, ...limits }, now };
  }

  #whyTooEarly(now, isUrgent) {
    const { grace } = this.#limits;
    const age = now - this.#startedAt;
    if (isUrgent || age >= grace || age < 0) return null;
    const reason = `the process started ${spellDuration(age)} ago; limits.grace is ${spellDuration(grace)}`;
    return { limit: 'grace', reason, until: this.#startedAt + grace };
  }

  #whyTaken(now) {
    if (!this.#isTaken) return null;
    return this.#busy(now, 'another rule of this process is capturing');
  }

  #busy(now, reason) {
    return { limit: 'busy', reason, until: now + BUSY_RETRY_MS * (1 + this.#random()) };
  }

  #skip(rule, skipped, now) {
    this.#tally.skip(rule, skipped, now);
    this.#gate.close(rule, now, skipped.until, skipped.limit === 'grace');
    return { skipped };
  }

  /** Any trouble with the folder is a reason not to capture. */
  async #tryAdmit(firing) {
    let lock;
    try {
      await this.#folder.make();
      const known = await this.#whyNotYet(firing);
      if (known) return { skipped: known };
      lock = await tryHostLock(this.#lockOptions);
      if (!lock) {
        const reason = 'another process or thread of this host is capturing';
        return { skipped: this.#busy(firing.now, reason) };
      }
      const answer = await this.#underLock(firing, lock);
      if (answer.skipped) lock.release();
      return answer;
    } catch (error) {
      lock?.release();
      return { skipped: this.#trouble(error, firing.now) };
    }
  }

  #trouble(error, now) {
    const { code, message: reason } = toRsprofError(error, 'look after its captures');
    this.#tally.problem(reason, now);
    return { limit: 'dir', reason, until: now + RETRY_MS, code };
  }

  /** A look without the lock: what is forbidden for hours need not hold anybody up. */
  async #whyNotYet(firing) {
    const ledger = await this.#folder.peek(firing.now);
    return ledger.isRepaired ? null : whyNotNow(ledger.entries, firing);
  }

  async #underLock(firing, lock) {
    const { rule, limits, now } = firing;
    const ledger = await this.#folder.openLedger(now);
    const why = whyNotNow(ledger.entries, firing);
    if (why) return { skipped: why };
    const figures = this.#figures();
    const reserve = this.#expected(firing.kinds, { ...figures, entries: ledger.entries });
    const room = await this.#folder.makeRoom(ledger, { limits, now, reserve });
    const full = whyFull(room, { dir: this.#folder.dir, now });
    if (full) return { skipped: full };
    const id = newName(`${now}-${++this.#sequence}`);
    const entry = { id, rule, at: now, endedAt: null, heapUsed: figures.heapBytes };
    ledger.add(entry);
    await ledger.write();
    return { lease: this.#newLease({ entry, limits, lock, room, entries: ledger.entries }) };
  }

  #expected(kinds, known) {
    return kinds.reduce((sum, kind) => sum + expectedBytes(kind, known), 0);
  }

  #newLease({ entry, limits, lock, room, entries }) {
    const host = {
      dir: this.#folder.dir,
      figures: () => this.#figures(),
      finish: (ended) => this.#finish({ ended, limits, lock }),
    };
    return new Lease(host, { entry, limits, room: { ...room, entries: [...entries] } });
  }

  #figures() {
    return {
      ...this.#folder.space(),
      ...this.#forecast(),
      canFork: this.#canFork(),
      compression: this.#compression,
    };
  }

  async #finish({ ended, limits, lock }) {
    const now = Math.max(this.#clock(), ended.at);
    try {
      const ledger = await this.#folder.openLedger(now);
      ledger.complete({ ...ended, endedAt: now });
      await this.#folder.makeRoom(ledger, { limits, now, reserve: 0 });
      await ledger.write();
    } catch (error) {
      this.#trouble(error, now);
    } finally {
      lock.release();
      this.#isTaken = false;
      if (ended.failed) this.#tally.count('failed');
      this.#gate.close(ended.rule, now, now + limits.cooldown);
    }
  }

  /**
   * Whether one more snapshot at out-of-memory may be written. To be asked when it is armed: a process that
   * dies asks nobody. Makes room, and counts what former lives left. Never rejects.
   *
   * @param {object} wish
   * @param {string} wish.rule its name
   * @param {object} [wish.limits] of the rule; the cooldown does not count
   * @param {number} [wish.now] ms since the epoch
   * @returns {Promise<{ skipped: Skipped|null }>} null: it may; else it is worth asking again then
   */
  async reserveForOutOfMemory({ rule, limits, now = this.#clock() }) {
    const firing = { ...this.#firing(rule, limits, now), withoutCooldown: true };
    let lock = null;
    let skipped;
    try {
      await this.#folder.make();
      lock = await this.#lockAtStart();
      skipped = await (lock ? this.#whyNotAtLimit(firing) : this.#whyNotAsItIs(firing));
    } catch (error) {
      skipped = this.#trouble(error, now);
    } finally {
      lock?.release();
    }
    if (skipped) this.#tally.skip(rule, skipped, now);
    return { skipped };
  }

  async #lockAtStart() {
    for (let attempt = 0; attempt < START_ATTEMPTS && !this.#isTaken; attempt++) {
      const lock = await tryHostLock(this.#lockOptions);
      if (lock) return lock;
      await delay(START_RETRY_MS, undefined, { ref: false });
    }
    return null;
  }

  async #whyNotAtLimit(firing) {
    const { rule, limits, now } = firing;
    const ledger = await this.#folder.openLedger(now);
    const { heapLimitBytes, ...figures } = this.#figures();
    const known = { ...figures, heapBytes: heapLimitBytes, entries: ledger.entries };
    const reserve = expectedBytes('heapSnapshot', known);
    const room = await this.#folder.makeRoom(ledger, { limits, now, reserve, orphansOf: rule });
    const { dir } = this.#folder;
    return whyNotNow(ledger.entries, firing) ?? whyFull(room, { dir, now, bytes: reserve });
  }

  /** Without the lock it looks only. */
  async #whyNotAsItIs(firing) {
    const { rule, limits, now } = firing;
    const ledger = await this.#folder.peek(now);
    const room = await this.#folder.lookAround(ledger, { limits, now, orphansOf: rule });
    return whyNotNow(ledger.entries, firing) ?? whyFull(room, { dir: this.#folder.dir, now });
  }

  /**
   * What was let through, and what was not and why.
   *
   * @returns {object} `admitted`, `failed`, `removed: { files, bytes }`; `skipped`: times of each limit;
   *   `held`: evaluations of each rule for which nothing was asked; `last`: the last skip of each rule;
   *   `problems`: the newest troubles with folder and ledger
   */
  stats() {
    return {
      ...this.#tally.stats(),
      removed: this.#folder.removed,
      held: this.#gate.held(),
    };
  }
}

module.exports = { Limits, readLimits, readRuleLimits };
