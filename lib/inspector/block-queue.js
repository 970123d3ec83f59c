'use strict';

/**
 * The end of the pipe that a reader pulls from: blocks, with back-pressure.
 *
 * @module
 */

/** Largest block handed out, in bytes. */
const BLOCK_BYTES = 65_536;

/** Bytes that wait for the reader at most, before the writer has to wait. */
const HIGH_WATER = 4 * BLOCK_BYTES;

/** A queue of copies: the writer may use its buffers again. */
class BlockQueue {
  #blocks = [];
  #bytes = 0;
  #ended = false;
  #error = null;
  #readers = [];
  #writers = [];

  /**
   * @param {Buffer} block copied
   * @returns {Promise<void>} once there is room for more
   */
  async write(block) {
    for (let at = 0; at < block.length; at += BLOCK_BYTES) {
      if (this.#error) throw this.#error;
      this.#put(Buffer.from(block.subarray(at, at + BLOCK_BYTES)));
      if (this.#bytes >= HIGH_WATER) await this.#room();
    }
  }

  #put(block) {
    const reader = this.#readers.shift();
    if (reader) {
      reader(block);
      return;
    }
    this.#blocks.push(block);
    this.#bytes += block.length;
  }

  #room() {
    return new Promise((resolve, reject) => {
      this.#writers.push({ resolve, reject });
    });
  }

  /** @returns {Promise<Buffer|null>} the next block; null at the end or after a failure */
  read() {
    const block = this.#blocks.shift();
    if (block) {
      this.#bytes -= block.length;
      if (this.#bytes < HIGH_WATER) this.#releaseWriters((writer) => writer.resolve());
      return Promise.resolve(block);
    }
    if (this.#ended || this.#error) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#readers.push(resolve);
    });
  }

  #releaseWriters(release) {
    for (const writer of this.#writers.splice(0)) release(writer);
  }

  #releaseReaders() {
    for (const reader of this.#readers.splice(0)) reader(null);
  }

  /** No more blocks will come; those that wait can still be read. */
  async finish() {
    this.#ended = true;
    this.#releaseReaders();
  }

  /** Drops what waits and wakes everyone. */
  fail(error) {
    this.#error ??= error;
    this.#blocks = [];
    this.#bytes = 0;
    this.#releaseWriters((writer) => writer.reject(this.#error));
    this.#releaseReaders();
  }

  /** A queue holds no descriptor. */
  async close() {}

  closeSync() {}
}

module.exports = { BLOCK_BYTES, BlockQueue, HIGH_WATER };
