'use strict';

/**
 * The end of the pipe that is a file: the partial that the caller made.
 *
 * @module
 */

const fs = require('node:fs');
const { fromSystemError } = require('../errors.js');

const { O_NOFOLLOW = 0, O_WRONLY } = fs.constants;

/** Writes blocks one after the other. One write at a time. */
class FileSink {
  #path;
  #fd;
  #position = 0;

  /**
   * @param {string} path of a file that exists
   * @throws {import('../errors.js').RsprofError} where it cannot be opened
   */
  constructor(path) {
    this.#path = path;
    try {
      this.#fd = fs.openSync(path, O_WRONLY | O_NOFOLLOW);
    } catch (error) {
      throw fromSystemError(error, 'open', path);
    }
  }

  /** @param {Buffer} block untouched until the promise settles */
  async write(block) {
    let done = 0;
    while (done < block.length) {
      const written = await this.#writeSome(block, done);
      done += written;
      this.#position += written;
    }
  }

  #writeSome(block, from) {
    return new Promise((resolve, reject) => {
      fs.write(this.#fd, block, from, block.length - from, this.#position, (error, written) => {
        if (error) reject(fromSystemError(error, 'write', this.#path));
        else resolve(written);
      });
    });
  }

  /** Makes what was written durable. */
  async finish() {
    await new Promise((resolve, reject) => {
      fs.fsync(this.#fd, (error) => {
        // Node refuses every fsync under --permission: the file is as durable as close() makes it.
        if (!error || error.code === 'ERR_ACCESS_DENIED') resolve();
        else reject(fromSystemError(error, 'write', this.#path));
      });
    });
  }

  /** Closes the file; no write may be under way. Harmless to call twice. */
  async close() {
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#fd = undefined;
    await new Promise((resolve, reject) => {
      fs.close(fd, (error) => {
        if (error) reject(fromSystemError(error, 'close', this.#path));
        else resolve();
      });
    });
  }

  /** Closes the file at once, before anything was written. */
  closeSync() {
    fs.closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** Nobody waits inside a file. */
  fail() {}
}

module.exports = { FileSink };
