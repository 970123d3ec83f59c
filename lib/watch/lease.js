'use strict';

/**
 * The right to capture now: of one rule, in one process of the host. Whoever has it must end it.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { expectedBytes, whyNotFit } = require('./budget.js');
const { kindOf } = require('./inventory.js');

/** After so long it is taken back: an action that hangs must not stop all captures of the host for ever. */
const MAX_HOLD_MS = 3_600_000;

/** Files of one firing that are looked at. */
const MAX_FILES = 32;

const asPath = (file) => (typeof file === 'string' ? file : file?.path);

/** A file that an action made, if it lies in the folder itself: `{ name, kind, bytes }`. */
async function describe(dir, file) {
  const where = asPath(file);
  if (typeof where !== 'string' || path.dirname(path.resolve(dir, where)) !== dir) return [];
  const name = path.basename(where);
  try {
    const stats = await fs.promises.lstat(path.join(dir, name));
    const kind = file.kind ?? kindOf(name);
    return stats.isFile() ? [{ name, kind, bytes: stats.size }] : [];
  } catch {
    return [];
  }
}

/** Of an error, or of `{ action, error }`. */
function textOf(error) {
  return String(error?.error?.message ?? error?.message ?? error);
}

class Lease {
  #host;
  #room;
  #promised = 0;
  #timer;
  #ended;

  /**
   * @param {object} host what {@link import('./limits.js').Limits} lends it
   * @param {() => object} host.figures of the disk, the heap and its forecast, now
   * @param {(entry: object) => Promise<void>} host.finish completes the ledger, removes, lets go of the lock
   * @param {object} firing
   * @param {object} firing.entry of the ledger
   * @param {object} firing.limits
   * @param {{ usedBytes: number, quotaBytes: number, minFreeBytes: number, entries: object[] }} firing.room
   */
  constructor(host, { entry, limits, room }) {
    this.#host = host;
    this.#room = room;
    this.limits = limits;
    this.entry = entry;
    this.#timer = setTimeout(() => this.#expire(), MAX_HOLD_MS);
    this.#timer.unref();
  }

  #expire() {
    this.end({ failed: true, errors: ['the actions did not end'] });
  }

  /**
   * Whether a capture fits now. What was answered with null counts as written.
   *
   * @param {string} kind such as `heapSnapshot`
   * @returns {{ reason: string, isDisk: boolean, figures: object }|null} null: it does. Never throws
   */
  fits(kind) {
    try {
      const figures = this.#figures(kind);
      const why = whyNotFit(kind, figures);
      if (why === null) this.#promised += figures.bytes;
      return why;
    } catch (error) {
      return {
        reason: `it cannot be told whether it fits: ${error.message}`,
        isDisk: false,
        figures: {},
      };
    }
  }

  #figures(kind) {
    const { entries, usedBytes, quotaBytes, minFreeBytes } = this.#room;
    const now = this.#host.figures();
    return {
      kind,
      bytes: expectedBytes(kind, { ...now, entries }),
      usedBytes: usedBytes + this.#promised,
      quotaBytes,
      freeBytes: now.freeBytes,
      minFreeBytes,
      memoryBytes: now.memoryBytes,
      availableBytes: Math.min(now.availableBytes, this.limits.memory ?? Infinity),
      pauseMs: now.canFork ? now.forkPauseMs : now.pauseMs,
      pauseLimitMs: this.limits.pause,
      canSpill: now.canFork,
    };
  }

  /**
   * Options of `heapSnapshot()` that keep it within the limits.
   *
   * @returns {{ budget: { memory?: number, pauseSeconds: number }, spill: 'auto'|boolean }}
   */
  snapshotOptions() {
    const { memory, pause } = this.limits;
    const budget = { pauseSeconds: pause / 1000, ...(memory !== undefined && { memory }) };
    const { memoryBytes, availableBytes } = this.#host.figures();
    // Of its own accord a child spills when the machine has too little, not when a limit says so.
    const isOver = memory < memoryBytes && memoryBytes <= availableBytes;
    return { budget, spill: isOver ? true : 'auto' };
  }

  /**
   * Notes what came of it, makes room, and lets the next one in. Never fails; harmless to call twice.
   *
   * @param {object} [outcome]
   * @param {(string|{ path: string, kind?: string })[]} [outcome.files] that the actions made
   * @param {unknown[]} [outcome.errors] of the actions, or `{ error }` of each
   * @param {boolean} [outcome.failed] by default: there were errors and no files
   * @returns {Promise<void>}
   */
  end(outcome = {}) {
    this.#ended ??= this.#end(outcome);
    return this.#ended;
  }

  async #end({ files = [], errors = [], failed = errors.length > 0 && files.length === 0 }) {
    clearTimeout(this.#timer);
    const described = files.slice(0, MAX_FILES).map((file) => describe(this.#host.dir, file));
    await this.#host.finish({
      ...this.entry,
      files: (await Promise.all(described)).flat(),
      failed: failed === true,
      error: errors.length > 0 ? textOf(errors[0]) : null,
    });
  }
}

module.exports = { Lease };
