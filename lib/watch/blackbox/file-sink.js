'use strict';

/**
 * Where a black box goes without the addon: a file of fixed size, written by this thread. The pages are the
 * kernel's as soon as a write returns, so they outlive the process, however it ends.
 *
 * @module
 */

const fs = require('node:fs');
const { fromSystemError } = require('../../errors.js');

const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_WRONLY } = fs.constants;
const CREATE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
const MODE = 0o600;

const BLOCK = 65_536;

function writeAll(descriptor, bytes, offset) {
  let done = 0;
  while (done < bytes.length) {
    done += fs.writeSync(descriptor, bytes, done, bytes.length - done, offset + done);
  }
}

/** Zeros, not a hole: whether there is room is known now, not when it matters. */
function allocate(descriptor, bytes) {
  const zeros = new Uint8Array(BLOCK);
  for (let offset = 0; offset < bytes; offset += BLOCK) {
    writeAll(descriptor, zeros.subarray(0, Math.min(BLOCK, bytes - offset)), offset);
  }
}

class FileSink {
  #descriptor;

  /**
   * @param {string} path must not exist
   * @param {number} bytes of the whole file
   * @throws {RsprofError} DISK_FULL, ACCESS, EXISTS, NOT_FOUND, IO; then there is no file
   */
  constructor(path, bytes) {
    try {
      this.#descriptor = fs.openSync(path, CREATE, MODE);
      allocate(this.#descriptor, bytes);
    } catch (error) {
      this.#remove(path);
      throw fromSystemError(error, 'write the black box', path);
    }
  }

  #remove(path) {
    if (this.#descriptor === undefined) return;
    this.close();
    fs.unlinkSync(path);
  }

  /** Synchronous: when it returns, the bytes are the kernel's. */
  write(offset, bytes) {
    writeAll(this.#descriptor, bytes, offset);
  }

  close() {
    if (this.#descriptor === undefined) return;
    fs.closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/**
 * Writes to a file that another writer (a thread of the addon) has open: at process exit nobody waits for
 * that one.
 */
function writeNow(path, offset, bytes) {
  const descriptor = fs.openSync(path, O_WRONLY | O_NOFOLLOW);
  try {
    writeAll(descriptor, bytes, offset);
  } finally {
    fs.closeSync(descriptor);
  }
}

module.exports = { FileSink, writeNow };
