'use strict';

/**
 * The folder of the captures as the limits see it: its ledger, and the room there is and can be made.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { fromSystemError } = require('../errors.js');
const { sweep } = require('../sweep.js');
const { size } = require('../units.js');
const { takeInventory } = require('./inventory.js');
const { Ledger } = require('./ledger.js');
const { bytesOfRoom } = require('./limit-options.js');
const { planRemoval, removeCaptures } = require('./quota.js');

/** When to look at a full disk again. */
const RETRY_MS = 60_000;

/**
 * What there is: bytes that captures take and may take, that are free and shall stay free (NaN: not known).
 *
 * @typedef {{ usedBytes: number, quotaBytes: number, freeBytes: number, minFreeBytes: number }} Room
 */

/** Notes what was written at out-of-memory, by processes that could note nothing any more. */
function adopt(ledger, { nearLimit, now, orphansOf }) {
  let isNew = false;
  for (const { rule, name, at, bytes } of nearLimit) {
    const maker = rule ?? orphansOf;
    if (maker === undefined || ledger.makerOf(name)) continue;
    const time = Math.min(at, now);
    const files = [{ name, kind: 'heapSnapshot', bytes }];
    ledger.add({ id: name, rule: maker, at: time, endedAt: time, files });
    isNew = true;
  }
  return isNew;
}

class CaptureFolder {
  #space;
  #protect;
  #problem;
  #removed = { files: 0, bytes: 0 };

  /**
   * @param {string} dir absolute
   * @param {object} options
   * @param {(dir: string) => { freeBytes: number, totalBytes: number }} options.space
   * @param {() => Iterable<string>} [options.protect] paths of files that must stay; without it what this
   *   thread has noted in the ledger stays as it is: its watcher may have
   * @param {(text: string) => void} options.problem is told of trouble
   */
  constructor(dir, { space, protect, problem }) {
    this.dir = dir;
    this.#space = space;
    this.#protect = protect;
    this.#problem = problem;
  }

  /** Of what was removed so far. */
  get removed() {
    return { ...this.#removed };
  }

  /** @throws {RsprofError} ACCESS, DISK_FULL, IO */
  async make() {
    try {
      await fs.promises.mkdir(this.dir, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw fromSystemError(error, 'create the folder', this.dir);
    }
  }

  /** Free and total bytes of the disk. */
  space() {
    return this.#space(this.dir);
  }

  /** The ledger as it is; for a look, without the lock. */
  peek(now) {
    return Ledger.read(this.dir, now);
  }

  /** The ledger, with what was wrong with it put right. Under the lock. */
  async openLedger(now) {
    const ledger = await this.peek(now);
    const { problem, isRepaired } = ledger;
    if (!problem && !isRepaired) return ledger;
    await ledger.write();
    this.#problem(
      problem
        ? `the ledger of rules was set aside, and counting begins anew: ${problem}`
        : `the ledger of rules in ${this.dir} told of times to come; they count as now`,
    );
    return ledger;
  }

  async #inventory(ledger) {
    try {
      return await takeInventory(this.dir, ledger);
    } catch (error) {
      throw fromSystemError(error, 'list the captures in', this.dir);
    }
  }

  /**
   * Removes what has to go, and says what there is then. Under the lock; the ledger may be written.
   *
   * @param {Ledger} ledger
   * @param {object} wish
   * @param {object} wish.limits
   * @param {number} wish.now
   * @param {number} wish.reserve bytes that are to come
   * @param {string} [wish.orphansOf] the rule to which snapshots at out-of-memory count that are not finished
   * @returns {Promise<Room>}
   */
  async makeRoom(ledger, { limits, now, reserve, orphansOf }) {
    const before = await this.#inventory(ledger);
    if (adopt(ledger, { ...before, now, orphansOf })) await this.#writeFirst(ledger);
    this.#noteBaselines(ledger, now);
    const swept = await sweep(this.dir);
    const inventory = swept.length > 0 ? await this.#inventory(ledger) : before;
    const room = this.#room(inventory, limits);
    const plan = planRemoval({
      ...room,
      captures: inventory.captures,
      protect: new Set(ledger.baselines(now)),
      keep: limits.keep,
      reserve,
    });
    const bytes = await this.#remove(plan);
    return { ...room, usedBytes: room.usedBytes - bytes, freeBytes: this.space().freeBytes };
  }

  /** Before anything is removed: what is gone counts all the same. But a full disk needs the removal. */
  async #writeFirst(ledger) {
    try {
      await ledger.write();
    } catch (error) {
      this.#problem(error.message);
    }
  }

  /** As {@link makeRoom}, but changes nothing: for a look, without the lock. */
  async lookAround(ledger, { limits, now, orphansOf }) {
    const inventory = await this.#inventory(ledger);
    adopt(ledger, { ...inventory, now, orphansOf });
    return this.#room(inventory, limits);
  }

  #room({ bytes }, limits) {
    const { freeBytes, totalBytes } = this.space();
    const quota = bytesOfRoom(limits.quota, totalBytes);
    const minFree = bytesOfRoom(limits.minFreeDisk, totalBytes);
    return {
      usedBytes: bytes,
      quotaBytes: Number.isNaN(quota) ? Infinity : quota,
      freeBytes,
      minFreeBytes: Number.isNaN(minFree) ? 0 : minFree,
    };
  }

  /** Nothing outside of the folder: a name that is not in it protects nothing. */
  #noteBaselines(ledger, now) {
    if (!this.#protect) return;
    const inside = [...this.#protect()]
      .map((file) => path.resolve(this.dir, String(file)))
      .filter((file) => path.dirname(file) === this.dir);
    ledger.setBaselines(
      inside.map((file) => path.basename(file)),
      now,
    );
  }

  /** @returns {Promise<number>} bytes that are gone */
  async #remove(plan) {
    const gone = await removeCaptures(this.dir, plan);
    const bytes = gone.reduce((sum, one) => sum + one.bytes, 0);
    this.#removed.files += gone.reduce((sum, { files }) => sum + files.length, 0);
    this.#removed.bytes += bytes;
    if (gone.length < plan.length) {
      const left = plan.filter((one) => !gone.includes(one)).map(({ name }) => name);
      this.#problem(`rsprof cannot remove from ${this.dir} what is over the limits: ${left}`);
    }
    return bytes;
  }
}

/**
 * Whether quota or disk forbid `bytes` more.
 *
 * @param {Room} room
 * @param {{ dir: string, now: number, bytes?: number }} wish
 * @returns {{ limit: 'quota'|'minFreeDisk', reason: string, until: number }|null}
 */
function whyFull({ usedBytes, quotaBytes, freeBytes, minFreeBytes }, { dir, now, bytes = 0 }) {
  const until = now + RETRY_MS;
  const more = bytes > 0 ? `, and one more could take ${size(bytes)}` : '';
  if (usedBytes + bytes > quotaBytes) {
    const reason =
      `captures in ${dir} take ${size(usedBytes)}${more}; limits.quota is ${size(quotaBytes)}, ` +
      'and rules may remove no more of them: move some away, or raise it';
    return { limit: 'quota', reason, until };
  }
  if (freeBytes - bytes < minFreeBytes) {
    const reason = `${size(freeBytes)} of the disk of ${dir} are free${more}; limits.minFreeDisk is ${size(minFreeBytes)}`;
    return { limit: 'minFreeDisk', reason, until };
  }
  return null;
}

module.exports = { CaptureFolder, RETRY_MS, whyFull };
