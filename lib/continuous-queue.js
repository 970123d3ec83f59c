'use strict';

/**
 * What waits to be pushed, oldest first: in memory up to a number of bytes, or as names of files of the
 * ring, which bounds itself.
 *
 * An item is `{ kind, from, until, bytes, body }` or, with `path` instead of `body`, on disk.
 *
 * @module
 */

class PushQueue {
  #items = [];
  #held = 0;
  #maxBytes;
  #taken = null;

  /**
   * @param {number} maxBytes held in memory at most, what is being sent included
   */
  constructor(maxBytes) {
    this.#maxBytes = maxBytes;
  }

  /** How many wait, the one that is being sent included. */
  get length() {
    return this.#items.length;
  }

  /** Their size in bytes, in memory and on disk. */
  get bytes() {
    return this.#items.reduce((sum, item) => sum + item.bytes, 0);
  }

  /**
   * Adds the newest.
   *
   * @param {object} item
   * @returns {object[]} what had to go for it: the oldest, or itself where it alone is too large
   */
  push(item) {
    this.#items.push(item);
    this.#held += heldBytes(item);
    const dropped = [];
    while (this.#held > this.#maxBytes) {
      const oldest = this.#items.find((one) => one !== this.#taken && one.body);
      if (!oldest) break;
      this.#remove(oldest);
      dropped.push(oldest);
    }
    return dropped;
  }

  /** The oldest, to be sent; it stays until `done()`. */
  take() {
    this.#taken = this.#items[0] ?? null;
    return this.#taken;
  }

  /** The one that was taken need not be sent any more. */
  done() {
    if (this.#taken) this.#remove(this.#taken);
    this.#taken = null;
  }

  /**
   * Forgets files that are gone.
   *
   * @param {Set<string>} paths
   * @returns {object[]} what was forgotten; the one that is being sent is not
   */
  forget(paths) {
    const gone = this.#items.filter((item) => item !== this.#taken && paths.has(item.path));
    for (const item of gone) this.#remove(item);
    return gone;
  }

  /** Everything, of which nothing is sent any more. */
  clear() {
    this.#taken = null;
    this.#held = 0;
    return this.#items.splice(0);
  }

  #remove(item) {
    const index = this.#items.indexOf(item);
    if (index === -1) return;
    this.#items.splice(index, 1);
    this.#held -= heldBytes(item);
  }
}

function heldBytes(item) {
  return item.body ? item.bytes : 0;
}

module.exports = { PushQueue };
