'use strict';

/**
 * What is left to do for processes that have died: their deaths are told, and the rest of a rule is done with
 * the snapshot that a dying process could only have written.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { parsePartialName } = require('../naming.js');
const { sidecarPath } = require('../sidecar.js');
const { findEarlier, pruneBlackboxes } = require('./blackbox/folder.js');

/** A child may still write, or a process of another host not be silent for long enough. */
const LOOK_MS = 5_000;

/** Longer than a snapshot takes by default. */
const LOOKS = 72;

const SNAPSHOT = /^\d{8}T\d{6}\.\d{3}Z-(\d{1,10})-.*\.heapsnapshot(?:\.gz|\.zst)?$/;

/** The snapshot of a dead process, once it is whole; `isBegun` while a child writes it. */
function snapshotOf(dir, pid) {
  const ours = fs.readdirSync(dir).filter((name) => name.includes(`-${pid}-`));
  const whole = ours.filter((name) => Number(SNAPSHOT.exec(name)?.[1]) === pid);
  const [name] = whole
    .filter((one) => ours.includes(path.basename(sidecarPath(one))))
    .sort()
    .reverse();
  if (name) return { file: path.join(dir, name) };
  return { isBegun: whole.length > 0 || ours.some((one) => parsePartialName(one) !== null) };
}

class PostMortem {
  #parts;
  #timer;
  #looks = 0;
  /** Dead by a full heap, their snapshots to come. */
  #awaited = [];

  /**
   * @param {object} parts
   * @param {string} parts.dir
   * @param {(death: object) => void} parts.onDeath told of each death once
   * @param {(snapshot: string, death: object) => void} [parts.onSnapshot] told of the snapshot at its end
   * @param {(error: Error) => void} parts.fail
   */
  constructor(parts) {
    this.#parts = parts;
    this.#look();
  }

  async #look() {
    const { dir, onDeath, fail } = this.#parts;
    try {
      const deaths = await findEarlier(dir);
      if (this.#looks === 0) await pruneBlackboxes(dir);
      for (const death of deaths) {
        onDeath(death);
        this.#awaited.push(death);
      }
      this.#awaited = this.#awaited.filter((death) => this.#isAwaited(death));
    } catch (error) {
      fail(error);
    }
    this.#schedule();
  }

  /** Whether its snapshot may still come; one that is there is handed on. */
  #isAwaited(death) {
    const { dir, onSnapshot } = this.#parts;
    const { file, isBegun } = snapshotOf(dir, death.pid);
    if (file && death.lastSeen - fs.statSync(file).mtimeMs < LOOK_MS) onSnapshot?.(file, death);
    return !file && isBegun;
  }

  #schedule() {
    const isOver = this.#looks++ >= LOOKS || (this.#looks > 2 && this.#awaited.length === 0);
    if (isOver || this.#timer === null) return;
    this.#timer = setTimeout(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }
}

module.exports = { PostMortem };
