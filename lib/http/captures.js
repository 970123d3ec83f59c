'use strict';

/**
 * The captures of a folder: of this process and of others, of rules and of people, with sidecars and without.
 *
 * A capture is known to clients by the hash of its name, and found by looking at what there is: no text of
 * a client ever becomes a part of a path. Links, folders and devices are not seen, nor are files that are
 * still written.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { RsprofError, fromSystemError } = require('../errors.js');
const { sidecarPath } = require('../sidecar.js');
const { readVerdict, verdictPath, writeVerdict } = require('../verdict-file.js');
const { diskSpace } = require('../watch/disk.js');
const { classify, sidecarOf, takeInventory } = require('../watch/inventory.js');
const { Ledger } = require('../watch/ledger.js');
const { bytesOfRoom } = require('../watch/limit-options.js');
const { makerOfReason } = require('../watch/makers.js');
const { toCapture } = require('./capture-file.js');
const { captureId } = require('./capture-id.js');
const { readProfilerLimits } = require('./profiler-limits.js');
const { QuietEmitter } = require('./quiet-emitter.js');

/** A folder with more is listed as far as this: the newest, where names tell. */
const MOST = 1000;

function notFound() {
  const message =
    'there is no such capture (any more): it was removed, or made room for newer ones; list them again';
  return new RsprofError('ERR_RSPROF_NOT_FOUND', message);
}

const sumOf = (entries) => entries.reduce((sum, { bytes }) => sum + bytes, 0);

/** Rules and the profiler remove only what they made themselves. */
const isRemovable = ({ capture: { reason } }) => makerOfReason(reason ?? '') !== null;

/** A regular file, or undefined. */
async function statsOf(file) {
  try {
    const stats = await fs.promises.lstat(file);
    return stats.isFile() ? stats : undefined;
  } catch {
    return undefined;
  }
}

/** What changes when a file does. */
const stampOf = (stats) => (stats ? `${stats.ino}-${stats.size}-${stats.mtimeMs}` : '');

/** Names of captures, the newest first where they begin with the time. */
async function captureNames(dir) {
  const names = [];
  try {
    for await (const { name } of await fs.promises.opendir(dir)) {
      if (classify(name) === 'capture') names.push(name);
    }
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw fromSystemError(error, 'list the captures in', dir);
  }
  return names.sort().reverse().slice(0, MOST);
}

/**
 * Emits `added` and `removed` with the capture, and `change` with `{ id, change: 'added'|'removed' }`, when a
 * look finds others than the one before.
 */
class Captures extends QuietEmitter {
  #dir;
  #limits;
  #isOpen;
  /** Name -> { stamp, capture }, of the last look; undefined before the first. */
  #known;
  #last = Promise.resolve();
  #next;

  /**
   * @param {object} how
   * @param {string} how.dir need not exist
   * @param {object} [how.limits] as `readProfilerLimits()` gives them
   * @param {(file: string) => boolean} [how.isOpen] whether the explorer has it open
   */
  constructor({ dir, limits = readProfilerLimits(), isOpen = () => false }) {
    super();
    this.#dir = path.resolve(dir);
    this.#limits = limits;
    this.#isOpen = isOpen;
  }

  get dir() {
    return this.#dir;
  }

  /**
   * @returns {Promise<object[]>} newest first
   * @throws {RsprofError} ACCESS, IO: the folder cannot be read. One that is not there is empty
   */
  list() {
    // Whoever asks while a look is under way gets the next one: it may have begun before what they know of.
    if (!this.#next) {
      const begin = () => {
        this.#next = undefined;
        return this.#look();
      };
      this.#next = this.#last.then(begin);
      this.#last = this.#next.catch(() => {});
    }
    return this.#next;
  }

  async #look() {
    const found = new Map();
    for (const name of await captureNames(this.#dir)) {
      const entry = await this.#describe(name);
      if (entry) found.set(name, entry);
    }
    const before = this.#known;
    this.#known = found;
    if (before) this.#tellChanges(before, found);
    const captures = [...found.values()].map(({ capture }) => capture);
    return captures.sort((one, other) => other.startedAt.localeCompare(one.startedAt));
  }

  #tellChanges(before, found) {
    const tell = (from, to, change) => {
      for (const [name, { capture }] of from) {
        if (to.has(name)) continue;
        this.tell(change, capture);
        this.tell('change', { id: capture.id, change });
      }
    };
    tell(found, before, 'added');
    tell(before, found, 'removed');
  }

  /** A capture as it is now; what has not changed since the last look is not read again. */
  async #describe(name) {
    const file = path.join(this.#dir, name);
    const stats = await statsOf(file);
    if (!stats) return undefined;
    const more = [sidecarPath(file), verdictPath(file)].map(statsOf);
    const [ofSidecar, ofVerdict] = await Promise.all(more);
    const stamp = [stats, ofSidecar, ofVerdict].map(stampOf).join();
    const known = this.#known?.get(name);
    const entry = known?.stamp === stamp ? known : { stamp };
    entry.capture ??= toCapture({
      name,
      path: file,
      stats,
      sidecar: ofSidecar ? await sidecarOf(this.#dir, name) : null,
      verdict: ofVerdict ? await readVerdict(file) : null,
    });
    entry.bytes = stats.size + (ofSidecar?.size ?? 0) + (ofVerdict?.size ?? 0);
    entry.capture.analyzed = entry.capture.verdict !== null || this.#isOpen(file);
    return entry;
  }

  /**
   * @returns {Promise<{ captures: object[], bytes: number, removableBytes: number, quota: number|null }>} `bytes`
   *   with sidecars; of them `removableBytes` may go to make room; `quota` is null where it is a share of a disk
   *   whose size is not known
   */
  async overview() {
    const captures = await this.list();
    const entries = [...this.#known.values()];
    const bytes = sumOf(entries);
    const removableBytes = sumOf(entries.filter(isRemovable));
    const quota = bytesOfRoom(this.#limits.quota, diskSpace(this.#dir).totalBytes);
    return { captures, bytes, removableBytes, quota: Number.isFinite(quota) ? quota : null };
  }

  #nameOf(id) {
    return [...(this.#known?.keys() ?? [])].find((name) => captureId(name) === id);
  }

  /**
   * @param {string} id
   * @returns {Promise<object>} the capture as it is now, with its `path`
   * @throws {RsprofError} NOT_FOUND
   */
  async find(id) {
    if (this.#nameOf(id) === undefined) await this.list();
    const name = this.#nameOf(id);
    const entry = name === undefined ? undefined : await this.#describe(name);
    if (entry) return entry.capture;
    if (name !== undefined) await this.list();
    throw notFound();
  }

  /**
   * Removes a capture and what goes with it: sidecar, verdict, what a rule made of it. Whoever reads it reads
   * on.
   *
   * @param {string} id
   * @returns {Promise<object>} what was removed
   * @throws {RsprofError} NOT_FOUND, ACCESS, IO
   */
  async remove(id) {
    const capture = await this.find(id);
    try {
      const inventory = await takeInventory(this.#dir, await Ledger.read(this.#dir, Date.now()));
      const own = inventory.captures.find(({ name }) => name === capture.fileName);
      // The sidecar is the last one: what is left half-way can be told.
      for (const name of own?.files ?? []) await this.#unlink(name);
    } finally {
      await this.list();
    }
    return capture;
  }

  async #unlink(name) {
    const file = path.join(this.#dir, name);
    try {
      await fs.promises.unlink(file);
    } catch (error) {
      if (error.code !== 'ENOENT') throw fromSystemError(error, 'remove', file);
    }
  }

  /**
   * Remembers what an analysis said, beside the capture. Never fails.
   *
   * @param {object} capture of {@link find}
   * @param {unknown} verdict
   * @returns {Promise<boolean>} whether it could be written
   */
  setVerdict(capture, verdict) {
    return writeVerdict(capture.path, verdict);
  }
}

module.exports = { Captures, MOST };
