'use strict';

/**
 * A fixed number of buffers that go round: who takes the last one makes the next one wait.
 *
 * @module
 */

class BufferPool {
  #size;
  #left;
  #free = [];
  #waiting = [];

  /**
   * @param {number} count buffers that exist at most
   * @param {number} size bytes each
   */
  constructor(count, size) {
    this.#left = count;
    this.#size = size;
  }

  /** @returns {Promise<Buffer>} of uninitialised bytes */
  async acquire() {
    const buffer = this.#free.pop();
    if (buffer) return buffer;
    if (this.#left > 0) {
      this.#left--;
      return Buffer.allocUnsafeSlow(this.#size);
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** @param {Buffer} view of a buffer that was acquired, or of a larger one that took its place */
  release(view) {
    const fits = view.buffer.byteLength === this.#size;
    const buffer = fits ? Buffer.from(view.buffer) : Buffer.allocUnsafeSlow(this.#size);
    const next = this.#waiting.shift();
    if (next) next(buffer);
    else this.#free.push(buffer);
  }
}

module.exports = { BufferPool };
