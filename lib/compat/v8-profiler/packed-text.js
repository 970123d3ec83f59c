'use strict';

/**
 * A long text of one-byte characters, compressed in memory block by block.
 *
 * @module
 */

const zlib = require('node:zlib');

/** Uncompressed bytes of a block. */
const BLOCK_BYTES = 1 << 20;

class PackedText {
  #blocks = [];
  #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #filled = 0;

  /** @param {Buffer} bytes */
  write(bytes) {
    let start = 0;
    while (start < bytes.length) {
      const copied = bytes.copy(this.#block, this.#filled, start);
      start += copied;
      this.#filled += copied;
      if (this.#filled === BLOCK_BYTES) this.#pack();
    }
  }

  #pack() {
    const text = this.#block.subarray(0, this.#filled);
    this.#blocks.push(zlib.deflateRawSync(text, { level: 1 }));
    this.#filled = 0;
  }

  /** No more bytes. */
  finish() {
    if (this.#filled > 0) this.#pack();
    this.#block = undefined;
  }

  /**
   * @param {number} size characters of a piece; the last one may be shorter
   * @param {(text: string, length: number) => boolean} take answers whether it wants more
   * @returns {boolean} whether all of it was taken
   */
  read(size, take) {
    let rest = Buffer.alloc(0);
    for (const block of this.#blocks) {
      const bytes = Buffer.concat([rest, zlib.inflateRawSync(block)]);
      let start = 0;
      for (; bytes.length - start >= size; start += size) {
        if (!take(bytes.latin1Slice(start, start + size), size)) return false;
      }
      rest = bytes.subarray(start);
    }
    return rest.length === 0 || take(rest.latin1Slice(), rest.length);
  }
}

module.exports = { PackedText };
