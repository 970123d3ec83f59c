'use strict';

/**
 * A rule that waits for `nearHeapLimit`: nobody runs JavaScript when V8's heap is full, so a snapshot by a
 * child is armed beforehand (lib/out-of-memory.js), as far as the limits let it.
 *
 * @module
 */

const { optionNames } = require('../options.js');
const { armOutOfMemory } = require('../out-of-memory.js');

/** When to ask again where the limits did not let it. */
const RETRY_MS = 600_000;

/** Options of the rule's snapshot that a snapshot at the limit has, too. */
function optionsFor(given, dir) {
  const names = optionNames('snapshotOnOutOfMemory');
  const options = Object.entries(given).filter(([name]) => names.includes(name));
  return { ...Object.fromEntries(options), dir };
}

class NearHeapLimit {
  #parts;
  #watch;
  #timer;
  #isOver = false;

  /**
   * @param {object} parts
   * @param {object} parts.rule
   * @param {object} parts.options of the rule's heapSnapshot
   * @param {string} parts.dir
   * @param {import('./limits.js').Limits} parts.limits
   * @param {(skipped: object) => void} parts.skip told where it is not armed
   * @param {(error: Error) => void} parts.fail
   */
  constructor(parts) {
    this.#parts = parts;
    this.#arm();
  }

  async #arm() {
    const { rule, options, dir, limits, skip, fail } = this.#parts;
    try {
      const wish = { rule: rule.name, limits: rule.limits };
      const { skipped } = await limits.reserveForOutOfMemory(wish);
      if (this.#isOver) return;
      if (skipped) {
        skip(skipped);
        this.#retry();
      } else {
        const reason = `rule ${rule.name}: near the heap limit`;
        this.#watch = armOutOfMemory(optionsFor(options, dir), reason);
      }
    } catch (error) {
      fail(error);
    }
  }

  #retry() {
    this.#timer = setTimeout(() => this.#arm(), RETRY_MS);
    this.#timer.unref();
  }

  stop() {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#watch?.disarm();
  }
}

module.exports = { NearHeapLimit };
